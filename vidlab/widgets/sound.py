"""The spectrum lab: a tone, two, a glide, a click or a sound of your own, and its log-mel spectrogram."""

import numpy as np

from vidlab import reference
from vidlab.widgets import lab

RATE, SECONDS = 16_000, 1.0
LOW, HIGH = 80.0, 7600.0  # hertz, of the bands
SOUNDS = "one tone", "two tones", "a glide from one to the other", "a short tone", "a click"
OWN = "your own sound"
LONGEST = 5.0  # seconds


@lab.plainly
def spectrum(samples=None, rate=RATE):
    """Choose a sound, hear it, and see its spectrogram: `reference.log_mel` by sliders.

    Parameters
    ----------
    samples
        (n,) or (n, channels) floats from -1 to 1, the sound of a clip of your own, at most 5 seconds: it can be chosen
        beside the tones.
    rate
        Samples a second.

    Returns
    -------
    lab.Lab
        Shows itself when a cell ends in it.

    Raises
    ------
    ValueError
        The samples are no sound, or too long or too short.
    """
    own = None if samples is None else _checked(samples, rate)
    last = 97 if own is None else (len(own) - 400) // 160  # the last column, at the window and hop to begin with

    def show(**values):
        return answer(own, rate if values["what"] == OWN else RATE, **values)

    return lab.Lab(
        "Sound and its spectrum",
        [
            lab.choice("what", "sound", [*SOUNDS, *([] if own is None else [OWN])], SOUNDS[1] if own is None else OWN),
            lab.slider("pitch", "pitch, hertz", 100, 6000, 660, 20),
            lab.slider("second", "second pitch, hertz", 100, 6000, 1000, 20),
            lab.choice("size", "window, samples", ["64", "128", "256", "400", "800", "1600"], "400"),
            lab.choice("hop", "hop, samples", ["80", "160", "320", "640"], "160"),
            lab.slider("bands", "mel bands", 8, 64, 40),
            lab.toggle("log", "logarithm", True),
            lab.slider("at", "column", 0, last, 49 if own is None else min(_loudest(own), last)),
            lab.play("at", fps=20.0),
        ],
        show,
    )


def answer(own, rate, what, pitch, second, size, hop, bands, log, at):
    """What the lab shows at one setting of its controls."""
    size, hop, bands = int(size), int(hop), int(bands)
    x = own if what == OWN else made(what, pitch, second)
    high = min(HIGH, rate / 2)
    heard = reference.log_mel(x, rate, size=size, hop=hop, bands=bands, low=LOW, high=high)
    low, top, scale = (-7.5, 6.0, "log") if log else (0.0, size / 5, "strength")
    heard = heard if log else np.exp(heard) - 1e-3
    at = min(int(at), len(heard) - 1)
    begin = at * hop
    edges = np.linspace(reference.mel(LOW), reference.mel(high), bands + 2)
    centres = 700 * (10 ** (edges[1:-1] / 2595) - 1)
    empty = int((reference.mel_filters(bands, size, rate, LOW, high) == 0).all(axis=0).sum())
    loudest = int(heard[at].argmax())

    times = max(1, 480 // len(heard))
    thick = max(1, round(160 / (times * bands)))  # rows of pixels for a band
    picture = lab.shades(heard.T[::-1], low, top).repeat(thick, 0)
    middle = begin + size / 2
    inside, peaks = x[begin : begin + size], _peaks(x)
    said = "this window is silent"
    if np.any(inside):
        said = f"the loudest band is {loudest} of {bands}, around {centres[loudest]:.0f} hertz"
    panels = {
        "wave": lab.lines(
            {"highest": peaks.max(axis=1), "lowest": peaks.min(axis=1)},
            "the whole sound; the line is the window's middle",
            "The highest and the lowest sample in each of 200 pieces of the sound", -1, 1,
            f"{len(x) / rate:.2f} seconds, in 200 pieces", "sample", min(int(middle // _each(x)), 199), height=120,
        ),
        "window": lab.lines(
            {"in the window": inside, "times its Hann window": inside * reference.hann_window(size)},
            f"the samples of column {at}", "The samples in this window, before and after they fade at both ends",
            -1, 1.5, "sample", height=120,
        ),
        "spectrogram": lab.pixels(
            picture, "spectrogram: time to the right, pitch upwards",
            f"Spectrogram of {bands} bands and {len(heard)} columns; column {at} is outlined.", "viridis", times,
            [(0, at, len(picture), 1)],
        ),
        "column": lab.lines(
            {scale: heard[at]}, f"column {at}, band by band", f"Column {at}: {said}.", low, top,
            "band, low to high pitch", scale, height=160,
        ),
        "sound": lab.sound(x, rate, "hear it", f"The sound: {_named(what, pitch, second)}"),
    }  # fmt: skip
    status = (
        f"{_named(what, pitch, second)}. A window of {size} samples lasts {1000 * size / rate:.1f} ms; its bins lie "
        f"{rate / size:.0f} hertz apart{_without(empty)}. "
        f"A column each {1000 * hop / rate:.0f} ms, {len(heard)} in all. "
        f"In column {at}, at {middle / rate:.2f} s, {said}."
    )
    tones = {"pitch": {"disabled": what in (SOUNDS[4], OWN)}, "second": {"disabled": what not in SOUNDS[1:3]}}
    return {"panels": panels, "status": status, "limits": {"at": {"max": len(heard) - 1}, **tones}}


def made(what, pitch, second):
    """One second of a sound, from -1 to 1."""
    time = np.arange(round(SECONDS * RATE)) / RATE
    fade = np.minimum(1, np.minimum(time, SECONDS - time) / 0.02)
    if what == "a click":
        return np.where(np.arange(len(time)) == len(time) // 2, 0.9, 0.0)
    if what == "a glide from one to the other":
        turns = np.cumsum(pitch + (second - pitch) * time / SECONDS) / RATE
        return 0.4 * fade * np.sin(2 * np.pi * turns)
    if what == "a short tone":
        fade = np.clip(np.minimum(time - 0.45, 0.55 - time) / 0.01, 0, 1)
    tones = [pitch, second] if what == "two tones" else [pitch]
    return fade * sum(0.4 * np.sin(2 * np.pi * hertz * time) for hertz in tones)


def _named(what, pitch, second):
    return {
        "one tone": f"A tone of {pitch:g} hertz",
        "two tones": f"Two tones, {pitch:g} and {second:g} hertz",
        "a glide from one to the other": f"A glide from {pitch:g} to {second:g} hertz",
        "a short tone": f"A tenth of a second of {pitch:g} hertz",
        "a click": "A click, one sample long",
    }.get(what, "Your own sound")


def _without(empty):
    """What the status says of bands so narrow that no bin lies in them."""
    if empty == 0:
        return ""
    return ", so that 1 band holds no bin" if empty == 1 else f", so that {empty} bands hold no bin"


def _each(x):
    """How many samples each of the 200 pieces has."""
    return -(-len(x) // 200)


def _peaks(x):
    """(200, samples of a piece), the last filled up with silence."""
    each = _each(x)
    return np.pad(x, (0, 200 * each - len(x))).reshape(200, each)


def _loudest(x):
    """The column, at the hop that the lab begins with, whose samples are the loudest."""
    return int(np.square(x[: len(x) // 160 * 160]).reshape(-1, 160).sum(axis=1).argmax())


def _checked(samples, rate):
    samples = np.asarray(samples)
    if samples.ndim not in (1, 2) or samples.size == 0 or samples.dtype.kind != "f":
        raise ValueError(
            f"samples: expected floats of shape (n,) or (n, channels), got {samples.dtype} of {samples.shape}"
        )
    if not np.isfinite(samples).all():
        raise ValueError("samples: expected finite numbers, got some that are infinite or none at all (NaN)")
    samples = samples.mean(axis=1) if samples.ndim == 2 else samples
    if not (isinstance(rate, int | np.integer) and rate >= 2000):
        raise ValueError(f"rate: expected samples a second, a whole number from 2000 up, got {rate!r}")
    if not 1600 <= len(samples) <= LONGEST * rate:
        raise ValueError(
            f"samples: expected from 1600 samples to {LONGEST:g} seconds, got {len(samples)}; take a part of them"
        )
    return np.clip(samples.astype(np.float64), -1, 1)
