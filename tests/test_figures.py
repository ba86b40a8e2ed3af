"""Figures: what they draw, and that they carry a text."""

import base64
import re
import threading
from io import BytesIO

import numpy as np
import pytest
from PIL import Image

from tests.notebooks.pictures import is_blank
from vidlab import figures, reference, training

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
    lambda: figures.confusion({"in order": [[5, 1], [0, 6]], "backwards": [[1, 5], [6, 0]]}, ["left", "right"]),
    lambda: figures.accuracies(ROWS, 0.125, "title"),
    lambda: figures.lines({"a": [1, 2], "b": [[1, 2], [3, 4]]}, [8, 16], alt="two lines that go up", log="x"),
    lambda: figures.lines({"one": {"a": [1, 2]}, "two": {"a": [2, 1]}}, alt="a line up, a line down", share=False),
    lambda: figures.dots({"a": [0.2, 0.3], "b": [0.9]}, alt="b is better than a", title="t"),
    lambda: figures.bars({"n": {"a": 1, "b": 2}, "m": {"a": 3, "b": 1}}, alt="two quantities of a and b"),
    lambda: figures.maps([CLIP[0], CLIP[0, ..., 0] / 255.0], ["colour", "grey"], alt="a frame in colour and grey"),
    lambda: figures.maps([[np.eye(3) - 0.5] * 2] * 2, labels=["a", "b"], alt="four maps, all equal", values=(-1, 1),
                         numbers=True, colorbar="value", xlabel="x", ylabel="y"),
    figures.lstm_cell,
    figures.rnn_unrolled,
    lambda: figures.windows([(1, "valid", 1), (2, "same", 1), (1, "same", 2)]),
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


def dots_of(ax):
    """{(row, colour): values} of the dots, and {kind: (colour, hollow)} of the legend."""
    points = [line for line in ax.lines if line.get_linestyle() == "None"]
    rows = [t.get_text() for t in ax.get_yticklabels()]
    drawn = {(rows[round(p.get_ydata()[0])], p.get_color()): list(p.get_xdata()) for p in points}
    named = [p for p in points if not p.get_label().startswith("_")]
    return drawn, {p.get_label(): (p.get_color(), p.get_markerfacecolor() == "none") for p in named}


def test_accuracies_say_which_dots_are_of_shuffled_frames():
    rows = [{"model": "a", "top1": 0.9, "shuffled": 0.2}, {"model": "b", "top1": 0.7, "shuffled": 0.3}]
    for given in (rows, [training.Run(seed=0, interval=(0, 1), parameters=1, seconds=1, **row) for row in rows]):
        ax = figures.accuracies(given, 0.125).axes[0]
        drawn, legend = dots_of(ax)
        in_order, shuffled = legend["frames in order"], legend["frames shuffled"]
        assert (in_order[1], shuffled[1]) == (False, True)
        assert drawn["a", in_order[0]] == [0.9] and drawn["a", shuffled[0]] == [0.2]
        assert drawn["b", in_order[0]] == [0.7] and drawn["b", shuffled[0]] == [0.3]
        level = next(line for line in ax.lines if list(line.get_xdata()) == [0.125, 0.125])
        assert level.get_linestyle() == ":" and [t.get_text() for t in ax.texts] == ["chance"]


def test_lines_of_runs_go_through_their_means():
    values = [[0.1, 0.3], [0.5, 0.9], [0.4, 0.4]]
    ax = figures.lines({"of runs": values, "alone": [3, 2, 1]}, [2, 4, 8], alt="x", levels={"chance": 0.25}).axes[0]
    middle, *dots, alone, chance = ax.lines
    assert np.allclose(middle.get_ydata(), [0.2, 0.7, 0.4]) and list(middle.get_xdata()) == [2, 4, 8]
    assert np.allclose([d.get_ydata() for d in dots], np.transpose(values))
    assert {d.get_color() for d in dots} == {middle.get_color()} != {alone.get_color()}
    assert list(alone.get_ydata()) == [3, 2, 1] and set(chance.get_ydata()) == {0.25}
    assert [t.get_text() for t in ax.get_legend().texts] == ["of runs", "alone"]
    assert [h.get_color() for h in ax.get_legend().legend_handles] == [middle.get_color(), alone.get_color()]


def test_a_name_has_one_colour_in_all_panels():
    fig = figures.lines({"left": {"a": [1, 2]}, "right": {"b": [1, 2], "a": [2, 1]}}, alt="x")
    colour = {(ax.get_title(), line.get_label()): line.get_color() for ax in fig.axes for line in ax.lines}
    assert colour["left", "a"] == colour["right", "a"] != colour["right", "b"]
    assert [t.get_text() for t in fig.axes[-1].get_legend().texts] == ["a", "b"]


def test_x_may_differ_from_line_to_line():
    ax = figures.lines({"a": [1, 2], "b": [3]}, {"a": [8, 16], "b": [16]}, alt="x", log="x").axes[0]
    assert [list(line.get_xdata()) for line in ax.lines] == [[8, 16], [16]]
    assert [t.get_text() for t in ax.get_xticklabels()] == ["8", "16"]


def test_bars_stand_beside_their_names():
    ax = figures.bars({"n": {"a": 1, "b": 5}}, alt="x").axes[0]
    names = [t.get_text() for t in ax.get_yticklabels()]
    assert {names[round(p.get_y() + p.get_height() / 2)]: p.get_width() for p in ax.patches} == {"a": 1, "b": 5}


def test_maps_stand_where_they_belong():
    pictures = [[np.full((2, 3), 10 * r + c) for c in range(3)] for r in range(2)]
    values = [[(0, 30), (-5, 30), None]] * 2
    fig = figures.maps(pictures, ["a", "b", "c"], ["up", "down"], alt="x", values=values, numbers=True)
    for place, ax in enumerate(fig.axes):
        r, c = divmod(place, 3)
        assert (np.asarray(ax.images[0].get_array()) == 10 * r + c).all()
        assert ax.get_title() == ("abc"[c] if r == 0 else "") and ax.get_ylabel() == (
            ("up", "down")[r] if c == 0 else ""
        )
        assert {t.get_text() for t in ax.texts} == {f"{10 * r + c:.2f}"}
    assert fig.axes[0].images[0].get_clim() == (0, 30) and fig.axes[1].images[0].get_cmap().name == "PuOr"
    numbers = figures.maps([np.array([[1.0, 2], [3, 4]])], alt="x", values=(0, 4), numbers=True).axes[0].texts
    assert {t.get_position(): t.get_text() for t in numbers} == {
        (0, 0): "1.00", (1, 0): "2.00", (0, 1): "3.00", (1, 1): "4.00"}  # fmt: skip


@pytest.mark.parametrize("way", [(1, "valid", 1), (2, "same", 1), (1, "same", 2)])
def test_windows_see_what_the_convolution_sees(way):
    stride, padding, dilation = way
    ax = figures.windows([way], n=8, kernel=3).axes[0]
    outputs = int(ax.get_title().split("→")[1])
    lines = [(line.get_xdata()[0], round(line.get_xdata()[1])) for line in ax.lines]
    x = np.arange(1.0, 9).reshape(1, 1, 8, 1)
    for p, middle in enumerate(dict.fromkeys(m for m, _ in lines)):
        seen = [c for m, c in lines if m == middle]
        kernel = np.ones((1, 3, 1, 1))
        said = reference.conv2d(x, kernel, stride=(1, stride), padding=padding, dilation=(1, dilation))[0, 0, p, 0]
        assert sum(x[0, 0, c, 0] for c in seen if 0 <= c < 8) == said
    assert outputs == p + 1


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
