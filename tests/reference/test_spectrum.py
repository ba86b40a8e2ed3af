"""Spectra against TensorFlow's and Keras's, over random shapes; and what they must do to sounds that are known."""

import keras
import numpy as np
import pytest

from vidlab import reference
from vidlab.tensorflow import tf

# sizes are even: TensorFlow's window of an odd size ends otherwise
DRAWS = [np.random.default_rng(seed) for seed in range(12)]


def sound(rng):
    """Random samples, and a window and a hop that fit."""
    size = int(rng.integers(5, 60)) * 2
    samples = rng.normal(size=(int(rng.integers(1, 4)), int(rng.integers(size, 6 * size))))
    return samples, size, int(rng.integers(1, size + 1))


@pytest.mark.parametrize("rng", DRAWS)
def test_as_tensorflow_computes_it(rng):
    samples, size, hop = sound(rng)
    ours = reference.stft(samples, size, hop)
    theirs = tf.signal.stft(samples, size, hop, fft_length=size, window_fn=tf.signal.hann_window).numpy()
    assert ours.shape == theirs.shape and np.allclose(ours, theirs, atol=1e-10)
    if ours.size < 20_000:
        assert np.allclose(reference.stft_loops(samples, size, hop), ours, atol=1e-10)


@pytest.mark.parametrize("rng", DRAWS[:6])
def test_as_keras_computes_it(rng):
    samples, size, hop = sound(rng)
    real, imaginary = keras.ops.stft(samples.astype(np.float32), size, hop, size, window="hann", center=False)
    ours = reference.stft(samples, size, hop)
    assert np.allclose(ours.real, real, atol=1e-4) and np.allclose(ours.imag, imaginary, atol=1e-4)


@pytest.mark.parametrize("rng", DRAWS)
def test_bands_and_their_logarithm_as_tensorflow_has_them(rng):
    bands, size, rate = int(rng.integers(4, 60)), 2 * int(rng.integers(32, 300)), int(rng.choice([8000, 16000, 44100]))
    low, high = float(rng.uniform(20, 300)), float(rng.uniform(0.3, 0.5) * rate)
    ours = reference.mel_filters(bands, size, rate, low, high)
    theirs = tf.signal.linear_to_mel_weight_matrix(bands, size // 2 + 1, rate, low, high)
    assert np.allclose(ours, theirs, atol=2e-5)
    samples = rng.normal(size=(2, 4 * size))
    spectrogram = reference.log_mel(samples, rate, size=size, hop=size // 2, bands=bands, low=low, high=high)
    power = np.abs(tf.signal.stft(samples, size, size // 2, size).numpy())
    assert np.allclose(spectrogram, np.log(1e-3 + power @ ours), atol=1e-4)


@pytest.mark.parametrize("hertz", [330.0, 660.0, 3000.0])
def test_a_tone_stands_in_its_band(hertz):
    time = np.arange(16_000) / 16_000
    heard = reference.log_mel(0.3 * np.sin(2 * np.pi * hertz * time), bands=40)
    centres = np.linspace(reference.mel(80), reference.mel(7600), 42)[1:-1]
    assert abs(heard.mean(axis=0).argmax() - np.abs(centres - reference.mel(hertz)).argmin()) <= 1
    louder = reference.log_mel(0.6 * np.sin(2 * np.pi * hertz * time), bands=40)
    assert np.allclose((louder - heard).max(axis=1), np.log(2), atol=0.02)
    silent = np.r_[np.zeros(8000), 0.3 * np.sin(2 * np.pi * hertz * time[:8000])]
    assert reference.log_mel(silent)[:40].max() == pytest.approx(np.log(1e-3))


def test_a_constant_and_what_is_too_short():
    assert np.allclose(reference.log_mel(np.ones(4000)), np.log(1e-3), atol=0.1)
    for arguments, says in (
        ((np.zeros(300), 400, 160), r"samples: \(300,\) has fewer than a window of 400"),
        ((np.zeros(300), 0, 160), "size: expected a positive integer"),
        ((np.zeros(300), 20, 1.5), "hop: expected a positive integer"),
    ):
        with pytest.raises(ValueError, match=says):
            reference.stft(*arguments)
    with pytest.raises(ValueError, match="high=9000 must be 0 <= low < high <= 8000, half of the rate"):
        reference.mel_filters(10, high=9000)
    with pytest.raises(ValueError, match="floor=0"):
        reference.log_mel(np.zeros(800), floor=0)
