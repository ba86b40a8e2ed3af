"""Figures: what they draw, and that they carry a text."""

import base64
import re
import threading
from io import BytesIO

import numpy as np
import pytest
from PIL import Image

from tests.notebooks.pictures import is_blank
from vidlab import figures

CLIP = np.random.default_rng(0).integers(0, 255, (12, 16, 20, 3), np.uint8)
HISTORY = {"loss": [2.0, 1.0], "val_loss": [2.1, 1.5], "accuracy": [0.1, 0.6], "val_accuracy": [0.1, 0.4]}
ROWS = [{"model": "a", "top1": 0.9, "shuffled": 0.2}, {"model": "b", "top1": 0.3, "shuffled": 0.3}]


def pixels(picture):
    bundle, _ = picture._repr_mimebundle_()
    return np.asarray(Image.open(BytesIO(base64.b64decode(bundle["image/png"]))).convert("RGB"))


@pytest.mark.parametrize("draw", [
    lambda: figures.film_strip(CLIP, title="a clip"),
    lambda: figures.film_strip(CLIP[..., 0] / 255.0 - 0.5, values=(-0.5, 0.5)),
    lambda: figures.film_strips([CLIP, CLIP], ["one", "two\nlines"]),
    lambda: figures.curves(HISTORY, "a model"),
    lambda: figures.curves({"loss": [1.0], "accuracy": [0.5]}),
    lambda: figures.confusion([[5, 1], [0, 6]], ["left", "right"], "title"),
    lambda: figures.accuracies(ROWS, 0.125, "title"),
    figures.lstm_cell,
])  # fmt: skip
def test_pictures_are_not_blank_and_carry_a_text(draw):
    picture = draw()
    bundle, metadata = picture._repr_mimebundle_()
    assert not is_blank(pixels(picture))
    assert len(picture.alt) > 15 and metadata["image/png"]["alt"] == picture.alt
    assert picture.alt in bundle["text/plain"]


@pytest.mark.parametrize("n", [1, 2, 5, 12, 40])
def test_a_film_strip_shows_first_and_last_frame(n):
    clip = np.resize(CLIP, (n, 16, 20, 3))
    strip = figures.film_strip(clip, frames=8)
    numbers = [int(ax.get_xlabel()) for ax in strip.axes]
    assert len(numbers) == min(n, 8) and numbers[0] == 0 and numbers[-1] == n - 1
    for ax, number in zip(strip.axes, numbers, strict=True):
        assert np.array_equal(ax.images[0].get_array(), clip[number])


def test_the_whole_range_is_the_same_for_every_clip():
    dark, bright = (
        figures.film_strip(np.zeros((2, 8, 8), np.uint8)),
        figures.film_strip(np.full((2, 8, 8), 255, np.uint8)),
    )
    assert dark.axes[0].images[0].get_clim() == bright.axes[0].images[0].get_clim() == (0, 255)


def test_a_long_title_is_not_cut():
    strip = figures.film_strip(CLIP[:2], title="a title that is much longer than two frames are wide, really")
    strip.canvas.draw()
    title = strip._suptitle.get_window_extent()
    assert title.x0 >= 0 and title.x1 <= strip.bbox.width


def test_confusion_counts_stand_in_their_cells():
    ax = figures.confusion([[5, 1], [0, 6]], ["left", "right"]).axes[0]
    assert {t.get_position(): t.get_text() for t in ax.texts} == {(0, 0): "5", (1, 0): "1", (1, 1): "6"}
    assert [t.get_text() for t in ax.get_yticklabels()] == ["left", "right"]


def test_confusion_axes_say_which_is_which():
    """A clip of the first class that was called the second: in the row of the true one, in the other's column."""
    ax = figures.confusion([[0, 7], [0, 0]], ["left", "right"]).axes[0]
    ((column, row),) = [t.get_position() for t in ax.texts]
    assert ax.get_yticklabels()[row].get_text() == "left" and ax.get_ylabel() == "true class"
    assert ax.get_xticklabels()[column].get_text() == "right" and ax.get_xlabel() == "predicted class"
    assert ax.images[0].get_array()[row, column] == 7


def test_curves_name_training_and_validation():
    history = {"loss": [3, 2], "val_loss": [5, 4], "accuracy": [0.1, 0.2], "val_accuracy": [0.3, 0.4]}
    for ax, key in zip(figures.curves(history).axes, ("loss", "accuracy"), strict=True):
        drawn = {line.get_label(): list(line.get_ydata()) for line in ax.lines}
        assert drawn == {"training": history[key], "validation": history[f"val_{key}"]}
        assert ax.get_ylabel().startswith(key) and ax.get_xlabel() == "epoch"
    assert [t.get_text() for t in figures.curves(history).axes[0].get_legend().texts] == ["training", "validation"]


def test_accuracies_say_which_dots_are_of_shuffled_frames():
    rows = [{"model": "a", "top1": 0.9, "shuffled": 0.2}, {"model": "b", "top1": 0.7, "shuffled": 0.3}]
    ax = figures.accuracies(rows, 0.125).axes[0]
    drawn = {line.get_label(): (list(line.get_xdata()), list(line.get_ydata())) for line in ax.lines[1:]}
    assert drawn == {"frames shuffled": ([0.2, 0.3], [0, 1]), "frames in order": ([0.9, 0.7], [0, 1])}
    hollow = {line.get_label(): line.get_markerfacecolor() == "none" for line in ax.lines[1:]}
    assert hollow == {"frames shuffled": True, "frames in order": False}
    assert list(ax.lines[0].get_xdata()) == [0.125, 0.125] and ax.texts[0].get_text() == "chance"
    assert [t.get_text() for t in ax.get_yticklabels()] == ["a", "b"]


@pytest.mark.parametrize(
    ("clip", "message"),
    [
        (np.zeros((3,)), "expected .frames, height, width, 1 or 3., got an array of shape .3,."),
        (np.zeros((2, 4, 4, 2)), "got an array of shape .2, 4, 4, 2."),
        (np.zeros((0, 4, 4, 3)), "got an array of shape .0, 4, 4, 3."),
        (CLIP.astype(float), "floats from 0 to 1, got float64 from 0 to .*divide by 255"),
        (np.full(CLIP.shape, np.nan), "NaN or infinite"),
        (CLIP.astype(int), "got int64"),
        (CLIP.mean(-1), "divide by 255"),
    ],
)
def test_what_is_not_a_clip_is_refused(clip, message):
    for draw in (figures.film_strip, figures.show, lambda clip: figures.film_strips([clip], ["one"])):
        with pytest.raises(ValueError, match=f"clip: .*{message}"):
            draw(clip)


def test_other_mistakes_are_named():
    with pytest.raises(ValueError, match="frames: expected 1 or more, got 0"):
        figures.film_strip(CLIP, frames=0)
    with pytest.raises(ValueError, match="titles: expected one for each clip, got 1 for 2 clips"):
        figures.film_strips([CLIP, CLIP], ["one"])
    with pytest.raises(ValueError, match=r"matrix: expected shape \(2, 2\) for 2 classes, got \(3, 3\)"):
        figures.confusion(np.eye(3), ["a", "b"])


@pytest.mark.parametrize("clip", [CLIP, CLIP / 255.0, CLIP[..., 0]])
def test_show_embeds_a_video_and_leaves_a_film_strip(clip, monkeypatch, tmp_path):
    shown = []
    monkeypatch.setattr("IPython.display.display", shown.append)
    figures.show(clip, title='a "quoted" <clip>')
    page, strip = shown
    data = re.search(r'src="data:video/mp4;base64,([^"]+)"', page.data)[1]
    (tmp_path / "clip.mp4").write_bytes(base64.b64decode(data))
    from vidlab import video

    played = video.read(tmp_path / "clip.mp4", size=clip.shape[1:3])
    expected = clip if clip.ndim == 4 else clip[..., None].repeat(3, -1)
    expected = expected * 255 if clip.dtype != np.uint8 else expected
    assert len(played) == len(clip) and np.abs(played.mean((1, 2, 3)) - expected.mean((1, 2, 3))).max() < 6
    assert "&quot;quoted&quot; &lt;clip&gt;" in page.data
    assert isinstance(strip, figures.Picture)


def test_figures_can_be_drawn_on_many_threads_at_once():
    pictures = [None] * 8
    workers = [
        threading.Thread(target=lambda i=i: pictures.__setitem__(i, pixels(figures.curves(HISTORY)))) for i in range(8)
    ]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    assert all(np.array_equal(picture, pictures[0]) for picture in pictures)


def test_each_picture_of_the_lstm_cell_lights_what_its_equation_reads():
    inputs = {"x_t, h_{t-1}"}
    reads = {
        "i": inputs | {"c_{t-1}", "i"}, "f": inputs | {"c_{t-1}", "f"}, "g": inputs | {"g"},
        "c": {"c_{t-1}", "f", "i", "g", "c_t", "×", "+"}, "o": inputs | {"c_t", "o"},
        "h": {"c_t", "o", "tanh", "×", "h_t"},
    }  # fmt: skip
    axes = figures.lstm_cell().axes
    assert len(axes) == len(reads)
    for ax, (step, expected) in zip(axes, reads.items(), strict=True):
        assert f"${step}_t =" in ax.get_title()
        lit = {text.get_text().strip("$") for text in ax.texts if text.get_text() and text.get_color() == "black"}
        assert lit == expected, step
        peepholes = [line for line in ax.lines if line.get_color() == "C1" and line.get_linestyle() == "--"]
        assert len(peepholes) == (step in "ifo"), step
