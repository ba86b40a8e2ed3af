"""The spectrum lab: what is heard stands where the spectrogram shows it."""

import io
import re
import wave

import numpy as np
import pytest

from vidlab import reference, widgets


def change(lab, **values):
    lab.values = lab.values | values
    assert "does not work" not in lab.status
    return lab.panels


def heard(panel):
    with wave.open(io.BytesIO(panel["data"])) as file:
        return np.frombuffer(file.readframes(file.getnframes()), "<i2") / 32767, file.getframerate()


@pytest.mark.parametrize("hertz", [240, 660, 3000])
def test_a_tone_is_named_shown_and_heard(hertz):
    lab = widgets.spectrum()
    panels = change(lab, what="one tone", pitch=hertz, size="800")
    named = float(re.search(r"around (\d+) hertz", lab.status)[1])
    assert abs(reference.mel(named) - reference.mel(hertz)) < 60  # bands are 67 mel apart
    samples, rate = heard(panels["sound"])
    assert rate == 16_000 and abs(np.abs(np.fft.rfft(samples)).argmax() - hertz) <= 1
    column = panels["column"]["series"]["log"]
    height, width = panels["spectrogram"]["shape"]
    picture = np.frombuffer(panels["spectrogram"]["data"], np.uint8).reshape(height, width)
    assert (height - 1 - picture[:, 49].argmax()) // (height // len(column)) == np.argmax(column)


def test_window_hop_and_bands_do_what_they_say():
    lab = widgets.spectrum()
    panels = change(lab, hop="320", bands=20, at=97)
    assert panels["spectrogram"]["shape"][1] == 49 == lab.limits["at"]["max"] + 1 and "In column 48" in lab.status
    assert len(panels["column"]["series"]["log"]) == 20
    assert len(change(lab, size="64")["window"]["series"]["in the window"]) == 64
    logs = panels["column"]["series"]["log"]
    strengths = change(lab, size="400", log=False)["column"]["series"]["strength"]
    assert np.allclose(np.log(np.array(strengths) + 1e-3), logs, atol=1e-2)


def test_a_click_is_at_all_pitches_and_silence_at_none():
    lab = widgets.spectrum()
    column = change(lab, what="a click", at=49)["column"]["series"]["log"]
    assert min(column) > -5  # everywhere far above the floor, -6.9
    column = change(lab, at=10)["column"]["series"]["log"]
    assert max(column) < -6.9 and "this window is silent" in lab.status


def test_a_sound_of_ones_own():
    own = np.sin(2 * np.pi * 500 * np.arange(8000) / 8000)
    lab = widgets.spectrum(np.stack([own, own], axis=1), rate=8000)
    samples, rate = heard(lab.panels["sound"])
    assert lab.values["what"] == "your own sound" and rate == 8000 and np.allclose(samples, own, atol=1e-4)
    assert change(lab, what="two tones") and heard(lab.panels["sound"])[1] == 16_000


def test_a_long_sound_opens_where_it_is_loud():
    own = np.zeros(32_000)
    own[24_000:26_000] = np.sin(2 * np.pi * 500 * np.arange(2000) / 16_000)
    lab = widgets.spectrum(own)
    assert 148 <= lab.values["at"] <= 162 and "silent" not in lab.status
    assert next(one for one in lab.controls if one["name"] == "at")["max"] == 197 == lab.limits["at"]["max"]


@pytest.mark.parametrize("seconds, at", [(0.1006, 5), (1.0, 60)])
def test_the_mark_stands_in_the_piece_with_the_middle_of_the_window(seconds, at):
    own = np.full(round(16_000 * seconds), 0.01)
    own[at * 160 + 200] = 1.0  # the sample in the middle of the window of 400
    wave = change(widgets.spectrum(own), at=at)["wave"]
    assert np.argmax(wave["series"]["highest"]) == wave["mark"]


def test_bands_without_a_bin_are_counted():
    lab = widgets.spectrum()
    change(lab, size="64", bands=40)
    dark = (reference.mel_filters(40, 64).sum(axis=0) == 0).sum()
    assert dark > 1 and f"{dark} bands hold no bin" in lab.status
    change(lab, size="1600")
    assert "no bin" not in lab.status


@pytest.mark.parametrize("given, says", [
    (dict(samples=np.zeros(100)), "expected from 1600 samples to 5 seconds, got 100"),
    (dict(samples=np.zeros(9000, int)), "expected floats"),
    (dict(samples=np.full((9000, 2), 999, np.int16)), "expected floats .* got int16"),
    (dict(samples=np.full(9000, np.nan)), "expected finite"),
    (dict(samples=np.zeros(9000), rate=0.5), "rate: expected samples a second"),
])  # fmt: skip
def test_what_is_no_sound_is_refused(given, says):
    with pytest.raises(ValueError, match=says):
        widgets.spectrum(**given)
