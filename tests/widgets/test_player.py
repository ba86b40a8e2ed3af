"""The player without a browser: what is sent to the page, what readers find, what is refused."""

import base64
from io import BytesIO

import numpy as np
import pytest
from PIL import Image

from vidlab import widgets
from vidlab.widgets import lab

RNG = np.random.default_rng(0)
CLIP = RNG.integers(0, 255, (9, 16, 20, 3), np.uint8)
FLOW = RNG.normal(size=(8, 16, 20, 2))


def test_frames_are_sent_as_they_are():
    player = widgets.play(CLIP, fps=10, beside=CLIP[::-1], titles=["on", "back"], height=64)
    sent = [np.frombuffer(c["data"], np.uint8).reshape(c["shape"]) for c in player.clips]
    assert np.array_equal(sent, [CLIP, CLIP[::-1]])
    assert [c["title"] for c in player.clips] == ["on", "back"] and (player.fps, player.times) == (10, 4)
    grey = widgets.play(CLIP[..., :1]).clips[0]
    assert np.array_equal(np.frombuffer(grey["data"], np.uint8).reshape(grey["shape"])[..., 2], CLIP[..., 0])


def test_layers_are_sent_as_they_are():
    heat, masks = RNG.random((9, 4, 5)), RNG.integers(0, 3, (9, 16, 20))
    layers = {layer["kind"]: layer for layer in widgets.play(CLIP, heat=heat, masks=masks, flow=FLOW).layers}
    got = {
        k: np.frombuffer(v["data"], np.float32 if k == "flow" else np.uint8).reshape(v["shape"])
        for k, v in layers.items()
    }
    assert np.array_equal(got["heat"], np.floor(heat * 255 + 0.5)) and np.array_equal(got["masks"], masks)
    assert np.array_equal(got["flow"], FLOW.astype(np.float32)) and layers["flow"]["every"] == 1
    large = widgets.play(CLIP.repeat(4, 1).repeat(4, 2), flow=FLOW.repeat(4, 1).repeat(4, 2)).layers[0]
    assert large["every"] == 5  # of 64 rows: a dozen arrows
    assert np.array_equal(
        np.frombuffer(large["data"], np.float32).reshape(large["shape"]),
        FLOW.repeat(4, 1).repeat(4, 2)[:, 2::5, 2::5].astype(np.float32),
    )


def test_readers_without_a_kernel_find_a_figure(monkeypatch):
    shown = []
    monkeypatch.setattr(lab, "display", lambda thing, raw=False: shown.append(thing))
    widgets.play(CLIP, heat=np.ones((9, 4, 5)), masks=np.ones((9, 16, 20), bool))._ipython_display_()
    view, figure = shown
    assert set(view) == {"application/vnd.jupyter.widget-view+json"}  # a text beside it would be compared by nbval
    assert 'alt="3 clips, a row of frames each: the clip; heat; masks"' in figure.data
    data = figure.data.split("base64,")[1].split('"')[0]
    assert np.ptp(np.asarray(Image.open(BytesIO(base64.b64decode(data))).convert("L"))) > 100


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        ({"clip": CLIP[..., :2]}, r"clip: expected \(frames, height, width, 1 or 3\), got .* \(9, 16, 20, 2\)"),
        ({"clip": CLIP * 1.0}, "clip: expected uint8, or floats from 0 to 1, .*; divide by 255"),
        ({"clip": CLIP / 127.5 - 1}, r"got float64 from -1 to .*; \(clip \+ 1\) / 2 brings"),
        ({"clip": np.full(CLIP.shape, np.nan)}, "clip: some of its numbers are NaN or infinite"),
        ({"beside": CLIP[:5]}, "beside: expected 9 frames, as the clip has, got 5"),
        ({"fps": 0}, "fps: expected frames a second above 0, got 0"),
        ({"titles": ["a", "b"]}, "titles: expected 1, one for each clip, got 2"),
        (
            {"heat": np.ones((8, 4, 4))},
            r"heat: expected numbers of shape \(9, rows, columns\), got float64 of \(8, 4, 4\)",
        ),
        ({"heat": np.full((9, 4, 4), 2.0)}, "heat: expected numbers from 0 to 1, got 2 to 2"),
        ({"heat": np.full((9, 4, 4), np.nan)}, "heat: expected numbers from 0 to 1"),
        ({"masks": np.ones((9, 4, 4))}, r"masks: expected numbers of shape \(9, 16, 20\)"),
        ({"masks": np.full((9, 16, 20), 256)}, "masks: expected bool, or whole numbers from 0 to 255, got int64"),
        ({"masks": np.ones((9, 16, 20)) / 2}, "masks: expected bool, or whole numbers from 0 to 255, got float64"),
        ({"flow": 3.0}, "flow: expected numbers of shape"),
        ({"flow": FLOW[:3]}, "flow: expected 9 or 8 fields for 9 frames, got 3"),
        ({"flow": FLOW[..., :1]}, "flow: expected numbers of shape"),
        ({"clip": np.zeros((200, 400, 400, 3), np.uint8)}, r"clip: 96 MB is too much for a page; .* video.read\(size"),
    ],
)
def test_what_cannot_be_played_is_refused(options, sentence):
    with pytest.raises(ValueError, match=sentence):
        widgets.play(**({"clip": CLIP} | options))


@pytest.mark.parametrize("clip", [CLIP / 255, CLIP[..., 0], CLIP[0], CLIP > 99], ids=["floats", "grey", "one", "bool"])
def test_every_usual_form_of_a_clip_is_played(clip):
    player = widgets.play(clip, fps=np.float32(12))
    shown = np.frombuffer(player.clips[0]["data"], np.uint8).reshape(player.clips[0]["shape"])
    wanted = clip * 255 if clip.dtype == bool else (clip * 255).round() if clip.dtype.kind == "f" else clip
    wanted = wanted[None] if wanted.ndim == 3 and wanted.shape[-1] == 3 else wanted
    wanted = wanted[..., None] if wanted.ndim == 3 else wanted
    assert np.array_equal(shown, np.broadcast_to(wanted, shown.shape)) and player.fps == 12
