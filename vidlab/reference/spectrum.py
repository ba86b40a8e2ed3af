"""The spectrum of a sound: what it is made of, window by window, in the bands that an ear tells apart.

    frames   x_t[n] = w[n] x[t hop + n],  n = 0 .. N - 1
    Fourier  X[t, k] = sum_n x_t[n] exp(-2 pi i k n / N),  at k rate / N hertz
    mel      m(f) = 2595 log10(1 + f / 700)
    bands    S[t, b] = log(floor + sum_k |X[t, k]| M[k, b]),  M triangles, equally wide in mel

Where sound is a sequence of numbers, too many a second to feed to a network, this makes of it a picture: time to the
right, pitch upwards. Source: Stevens, Volkmann and Newman, A scale for the measurement of the psychological magnitude
pitch, 1937; the constants are those of HTK, and of tf.signal, with whose windows and triangles this agrees.
"""

import numpy as np

from vidlab.reference.arguments import as_floats, sizes


def hann_window(n):
    """A window that fades in and out: w[k] = 0.5 - 0.5 cos(2 pi k / n), k = 0 .. n - 1.

    Without it the cut ends of a frame would sound as clicks, at all pitches at once.

    >>> hann_window(4)
    array([0. , 0.5, 1. , 0.5])
    """
    (n,) = sizes("n", n, 1)
    return 0.5 - 0.5 * np.cos(2 * np.pi * np.arange(n) / n)


def stft_loops(samples, size=400, hop=160):
    """The short-time Fourier transform as its formula reads. Arguments and result as in `stft`.

    >>> samples = np.random.default_rng(0).normal(size=30)
    >>> np.allclose(stft_loops(samples, 8, 4), stft(samples, 8, 4))
    True
    """
    samples = _samples(samples, size, hop)
    window, frames = hann_window(size), 1 + (samples.shape[-1] - size) // hop
    y = np.zeros((*samples.shape[:-1], frames, size // 2 + 1), complex)
    for t in range(frames):
        for k in range(size // 2 + 1):
            for n in range(size):
                turn = np.exp(-2j * np.pi * k * n / size)
                y[..., t, k] += window[n] * samples[..., t * hop + n] * turn
    return y


def stft(samples, size=400, hop=160):
    """The short-time Fourier transform.

        X[t, k] = sum_n w[n] x[t hop + n] exp(-2 pi i k n / size)

    Parameters
    ----------
    samples
        Array (..., n), numbers from -1 to 1.
    size
        Samples of a window; at 16,000 a second, 400 are 25 ms.
    hop
        Samples from one window to the next. What is left over at the end is dropped.

    Returns
    -------
    array (..., 1 + (n - size) // hop, size // 2 + 1), complex; bin k is at k rate / size hertz

    Raises
    ------
    ValueError
        `size` or `hop` is no whole number from 1 up, or there are fewer samples than a window has.

    Source: Allen and Rabiner, A unified approach to short-time Fourier analysis and synthesis, 1977.

    Examples
    --------
    >>> tone = np.sin(2 * np.pi * 1000 * np.arange(1600) / 16000)
    >>> spectrum = np.abs(stft(tone))
    >>> spectrum.shape, int(spectrum[0].argmax()) * 16000 // 400
    ((8, 201), 1000)
    """
    samples = _samples(samples, size, hop)
    frames = np.lib.stride_tricks.sliding_window_view(samples, size, axis=-1)[..., ::hop, :]
    return np.fft.rfft(hann_window(size) * frames, axis=-1)


def mel(hertz):
    """A pitch in mel: m(f) = 2595 log10(1 + f / 700). Equal steps in mel sound equally far apart.

    >>> np.round(mel([0, 700, 1000]), 1)
    array([  0. , 781.2, 1000. ])
    """
    return 2595.0 * np.log10(1.0 + np.asarray(hertz, float) / 700.0)


def mel_filters(bands, size=400, rate=16_000, low=80.0, high=7600.0):
    """Triangles that share out the bins of a spectrum among bands, equally wide in mel and half over each other.

        M[k, b] = max(0, min((m_k - e_b) / (e_{b+1} - e_b), (e_{b+2} - m_k) / (e_{b+2} - e_{b+1})))

    with m_k the pitch of bin k in mel, and e_0 .. e_{bands+1} from `low` to `high` in equal steps of mel.

    Parameters
    ----------
    bands
        How many.
    size, rate
        Samples of a window, and in a second.
    low, high
        Hertz; `high` at most half of `rate`, above which no pitch can be told (Nyquist).

    Returns
    -------
    array (size // 2 + 1, bands)

    Raises
    ------
    ValueError
        A number is out of its range.

    Examples
    --------
    >>> mel_filters(4, size=64).shape
    (33, 4)
    """
    (bands,), (size,) = sizes("bands", bands, 1), sizes("size", size, 1)
    if not 0 <= low < high <= rate / 2:
        raise ValueError(f"low={low} and high={high} must be 0 <= low < high <= {rate / 2:g}, half of the rate")
    edges = np.linspace(mel(low), mel(high), bands + 2)
    pitch = mel(np.arange(size // 2 + 1) * rate / size)[:, None]
    rising = (pitch - edges[:-2]) / (edges[1:-1] - edges[:-2])
    falling = (edges[2:] - pitch) / (edges[2:] - edges[1:-1])
    filters = np.maximum(0.0, np.minimum(rising, falling))
    filters[0] = 0.0  # a constant is no sound
    return filters


def log_mel(samples, rate=16_000, *, size=400, hop=160, bands=40, low=80.0, high=7600.0, floor=1e-3):
    """The log-mel spectrogram: the picture of a sound that networks are fed with.

        S[t, b] = log(floor + sum_k |X[t, k]| M[k, b])

    The logarithm makes "twice as strong" the same step wherever the sound is well above `floor`, which keeps silence
    from minus infinity.

    Parameters
    ----------
    samples, size, hop
        As in `stft`.
    rate, bands, low, high
        As in `mel_filters`.
    floor
        Above 0.

    Returns
    -------
    array (..., frames, bands)

    Raises
    ------
    ValueError
        A number is out of its range.

    Examples
    --------
    >>> log_mel(np.zeros(16000)).shape
    (98, 40)
    """
    if not floor > 0:
        raise ValueError(f"floor={floor} must be above 0")
    return np.log(floor + np.abs(stft(samples, size, hop)) @ mel_filters(bands, size, rate, low, high))


def _samples(samples, size, hop):
    samples = as_floats(samples=samples)
    sizes("size", size, 1), sizes("hop", hop, 1)
    if samples.ndim == 0 or samples.shape[-1] < size:
        raise ValueError(f"samples: {samples.shape} has fewer than a window of {size}")
    return samples
