"""Pictures for the notebooks: film strips, curves, confusion matrices.

Every function returns a `Picture`, a matplotlib Figure that shows itself and carries a text for readers who
cannot see it. No function touches pyplot, so they are safe in widget callbacks. Importing this room sets the
look of all figures, from `course.mplstyle`.
"""

import base64
import html
import tempfile
from io import BytesIO
from pathlib import Path

import matplotlib.style
import numpy as np
from matplotlib.figure import Figure

from vidlab import video
from vidlab.clips import as_uint8, checked

matplotlib.style.use(Path(__file__).with_name("course.mplstyle"))
ZERO_CENTRED = "PuOr"  # the colour map for kernels and differences


class Picture(Figure):
    """A Figure with alternative text: `alt` says in words what it shows."""

    def __init__(self, *args, alt, **kwargs):
        super().__init__(*args, **kwargs)
        self.alt = alt

    def _repr_mimebundle_(self, include=None, exclude=None):
        file = BytesIO()
        self.savefig(file, format="png")
        picture = {
            "text/plain": f"<Picture: {self.alt}>",
            "image/png": base64.b64encode(file.getvalue()).decode("ascii"),
        }
        return picture, {"image/png": {"alt": self.alt}}


def film_strip(clip, frames=8, title=None, values=None):
    """Frames of a clip side by side, with the number of each below it.

    Parameters
    ----------
    clip : (frames, height, width) or (frames, height, width, 1 or 3); uint8, or float in [0, 1].
    frames : how many to show, evenly spread; all where the clip has fewer.
    values : for clips of one channel, the (lowest, highest) value, so that strips can be compared; with a
        lowest value below 0 the colours are centred on zero.
    """
    clip = checked(clip, any_range=values is not None)
    if frames < 1:
        raise ValueError(f"frames: expected 1 or more, got {frames}")
    chosen = np.unique(np.linspace(0, len(clip) - 1, min(frames, len(clip))).round().astype(int))
    width = max(min(9.0, 1.3 * len(chosen)), 0.075 * len(title or ""))  # a long title needs room
    side = min(1.3, width / len(chosen))
    height = side * clip.shape[1] / clip.shape[2] + (0.5 if title else 0.25)
    alt = f"{len(chosen)} frames of a clip of {len(clip)}, side by side" + (f": {title}" if title else "")
    fig = Picture(figsize=(width, height), alt=alt)
    fig.get_layout_engine().set(w_pad=0.03, h_pad=0.03, wspace=0, hspace=0)
    for ax, index in zip(fig.subplots(1, len(chosen), squeeze=False)[0], chosen, strict=True):
        _image(ax, clip[index], values)
        ax.set_xlabel(str(index), labelpad=2)
    if title:
        fig.suptitle(title, fontsize=10)
    return fig


def film_strips(clips, titles, frames=6, title=None):
    """Several clips, a film strip a row, each with its title on the left."""
    clips = [checked(clip) for clip in clips]
    if not clips or len(clips) != len(titles):
        raise ValueError(f"titles: expected one for each clip, got {len(titles)} for {len(clips)} clips")
    longest = max(map(len, "\n".join(titles).split("\n")))
    fig = Picture(
        figsize=(0.4 + 0.075 * longest + 1.05 * frames, 1.05 * len(clips) + (0.3 if title else 0)),
        alt=f"{len(clips)} clips, a row of frames each: " + "; ".join(t.replace("\n", ", ") for t in titles),
    )
    fig.get_layout_engine().set(w_pad=0.03, h_pad=0.03, wspace=0, hspace=0)
    axes = fig.subplots(len(clips), frames, squeeze=False)
    for row, clip, name in zip(axes, clips, titles, strict=True):
        for ax, index in zip(row, np.linspace(0, len(clip) - 1, frames).round().astype(int), strict=True):
            _image(ax, clip[index], None)
        row[0].set_ylabel(name, rotation=0, ha="right", va="center", labelpad=8)
    if title:
        fig.suptitle(title, fontsize=10)
    return fig


def show(clip, fps=12.0, title=None, height=192):
    """Play a clip in the notebook, and leave a film strip for readers who cannot play it.

    The video is inside the page: it needs no server and no file. `height` is the player's, in pixels.
    """
    from IPython.display import HTML, display

    clip = as_uint8(checked(clip))
    times = max(1, height // clip.shape[1])
    large = np.broadcast_to(clip, (*clip.shape[:3], 3)).repeat(times, 1).repeat(times, 2)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "clip.mp4"
        video.write(path, large, fps=fps)
        data = base64.b64encode(path.read_bytes()).decode("ascii")
    name = html.escape(title or "clip")
    display(
        HTML(
            f'<video controls loop muted playsinline height="{height}" aria-label="{name}, {len(clip)} frames" '
            f'src="data:video/mp4;base64,{data}"></video>'
        )
    )
    display(film_strip(clip, title=title))


def curves(history, title=None):
    """Loss and accuracy against the epoch: `history` maps Keras's names (loss, val_loss, ...) to lists."""
    fig = Picture(figsize=(8.0, 2.8), alt="Loss and accuracy against the epoch" + (f": {title}" if title else ""))
    for ax, name, label in zip(fig.subplots(1, 2), ("loss", "accuracy"), ("loss (nats)", "accuracy"), strict=True):
        for key, who in ((name, "training"), (f"val_{name}", "validation")):
            if history.get(key):
                epochs = np.arange(1, len(history[key]) + 1)
                ax.plot(epochs, history[key], label=who, marker="o" if len(epochs) == 1 else None)
        ax.set(xlabel="epoch", ylabel=label)
        ax.xaxis.get_major_locator().set_params(integer=True)
        if name == "accuracy":
            ax.set_ylim(0, 1.02)
        else:
            ax.set_ylim(bottom=0)
            ax.legend()
    if title:
        fig.suptitle(title, fontsize=10)
    return fig


def confusion(matrix, classes, title=None):
    """How often each true class (row) was called each class (column)."""
    matrix = np.asarray(matrix)
    n = len(classes)
    if matrix.shape != (n, n):
        raise ValueError(f"matrix: expected shape ({n}, {n}) for {n} classes, got {matrix.shape}")
    right = np.trace(matrix) / max(matrix.sum(), 1)
    fig = Picture(
        figsize=(2.2 + 0.42 * n, 1.6 + 0.38 * n), alt=f"Confusion matrix of {n} classes, {right:.0%} on the diagonal"
    )
    ax = fig.subplots()
    ax.imshow(matrix, cmap="cividis", vmin=0)
    for i, j in np.ndindex(n, n):
        if matrix[i, j]:
            bright = matrix[i, j] > matrix.max() / 2
            ax.text(j, i, matrix[i, j], ha="center", va="center", color="black" if bright else "white", fontsize=9)
    ax.set_xticks(range(n), classes, rotation=45, ha="right", rotation_mode="anchor")
    ax.set_yticks(range(n), classes)
    ax.set(xlabel="predicted class", ylabel="true class", title=title or "")
    return fig


def accuracies(rows, chance, title=None):
    """A dot for each run: `rows` as `training.compare` returns them; hollow dots for shuffled frames."""
    names = list(dict.fromkeys(row["model"] for row in rows))
    fig = Picture(
        figsize=(7.0, 0.9 + 0.45 * len(names)),
        alt="Accuracy of each run: "
        + "; ".join(
            f"{name} {', '.join(format(r['top1'], '.2f') for r in rows if r['model'] == name)}" for name in names
        ),
    )
    ax = fig.subplots()
    y = [names.index(row["model"]) for row in rows]
    ax.axvline(chance, color="0.5", linewidth=1, linestyle="--", zorder=0)
    ax.annotate(
        "chance",
        (chance, 1),
        xycoords=("data", "axes fraction"),
        xytext=(3, -2),
        textcoords="offset points",
        va="top",
        color="0.35",
        fontsize=9,
    )
    ax.plot([row["shuffled"] for row in rows], y, "o", color="C1", markerfacecolor="none", label="frames shuffled")
    ax.plot([row["top1"] for row in rows], y, "o", color="C0", label="frames in order")
    ax.set_yticks(range(len(names)), names)
    ax.set(xlim=(0, 1.02), ylim=(len(names) - 0.5, -0.5), xlabel="accuracy on the test clips", title=title or "")
    ax.legend(loc="center right", bbox_to_anchor=(0.98, 0.4))
    return fig


def lstm_cell():
    """One step of the LSTM with peepholes, in six pictures: what is active while i, f, g, c, o and h are computed.

    Peepholes are dashed. Boxes are small layers, circles work number by number.
    """
    steps = {  # what lights up, and the equation of each picture
        "i": "1. input gate: how much to write\n" r"$i_t = \sigma(W_{xi}x_t + W_{hi}h_{t-1} + W_{ci}c_{t-1} + b_i)$",
        "f": "2. forget gate: how much to keep\n" r"$f_t = \sigma(W_{xf}x_t + W_{hf}h_{t-1} + W_{cf}c_{t-1} + b_f)$",
        "g": "3. candidate: what to write\n" r"$g_t = \tanh(W_{xc}x_t + W_{hc}h_{t-1} + b_c)$",
        "c": "4. the cell\n" r"$c_t = f_t \cdot c_{t-1} + i_t \cdot g_t$",
        "o": "5. output gate: how much to show\n" r"$o_t = \sigma(W_{xo}x_t + W_{ho}h_{t-1} + W_{co}c_t + b_o)$",
        "h": "6. the output\n" r"$h_t = o_t \cdot \tanh(c_t)$",
    }
    paths = [  # steps that light it, dashed or not, corners; the last one has the arrow's head
        ("c", "-", [(0.3, 6), (1.75, 6)]), ("c", "-", [(2.3, 6), (4.75, 6)]), ("c", "-", [(5.3, 6), (9.7, 6)]),
        ("f", "-", [(0.3, 0.5), (2, 0.5), (2, 1.5)]), ("i", "-", [(0.3, 0.5), (4, 0.5), (4, 1.5)]),
        ("g", "-", [(0.3, 0.5), (6, 0.5), (6, 1.5)]), ("o", "-", [(0.3, 0.5), (8, 0.5), (8, 1.5)]),
        ("c", "-", [(2, 2.25), (2, 5.75)]), ("c", "-", [(4, 2.25), (4, 4), (4.75, 4)]),
        ("c", "-", [(6, 2.25), (6, 4), (5.25, 4)]), ("c", "-", [(5, 4.25), (5, 5.75)]),
        ("h", "-", [(9, 6), (9, 5.1)]), ("h", "-", [(9, 4.45), (9, 3.7)]),
        ("h", "-", [(8, 2.25), (8, 3.4), (8.75, 3.4)]), ("h", "-", [(9, 3.1), (9, 0.5), (9.7, 0.5)]),
        ("i", "--", [(1, 6), (1, 3.2), (3.2, 3.2), (3.2, 1.9), (3.72, 1.9)]),
        ("f", "--", [(1, 6), (1, 1.9), (1.72, 1.9)]), ("o", "--", [(7.2, 6), (7.2, 1.9), (7.72, 1.9)]),
    ]  # fmt: skip
    nodes = [  # steps that light it, its place, its shape, what it says
        ("fc", (2, 1.9), "square", "f"), ("ic", (4, 1.9), "square", "i"), ("gc", (6, 1.9), "square", "g"),
        ("oh", (8, 1.9), "square", "o"), ("c", (2, 6), "circle", "×"), ("c", (5, 6), "circle", "+"),
        ("c", (5, 4), "circle", "×"), ("h", (9, 3.4), "circle", "×"), ("h", (9, 4.8), "square", "tanh"),
    ]  # fmt: skip
    ends = [
        ("ifc", (0.2, 6.5), "$c_{t-1}$"), ("coh", (9.7, 6.5), "$c_t$"), ("ifgo", (0.5, 1), "$x_t, h_{t-1}$"),
        ("h", (9.7, 1), "$h_t$"),
    ]  # fmt: skip
    fig = Picture(
        figsize=(9.5, 6.6),
        alt="Six pictures of one LSTM cell, each with the path lit that computes i, f, g, c, o or h. The gates i and f "
        "read x, the last h and, by peepholes, the last cell; g reads x and h; the cell is multiplied by f, then i "
        "times g is added; o reads x, h and, by its peephole, the new cell; h is o times the tanh of the new cell",
    )
    for ax, (step, equation) in zip(fig.subplots(2, 3).flat, steps.items(), strict=True):

        def look(lit, step=step):
            return {"color": "C1" if step in lit else "0.7", "zorder": 2 if step in lit else 1}

        def ink(lit, step=step):
            return "black" if step in lit else "0.55"

        for lit, dashes, corners in paths:
            ax.plot(*zip(*corners, strict=True), dashes, lw=2.2 if step in lit else 1.2, **look(lit))
            style = {"arrowstyle": "-|>", "lw": 0, "mutation_scale": 14, "shrinkA": 0, "shrinkB": 0}
            ax.annotate("", corners[-1], corners[-2], arrowprops=style | look(lit))
        for lit, place, shape, word in nodes:
            edge = look(lit)["color"]
            box = {"boxstyle": f"{shape},pad=0.3", "fc": "white", "ec": edge, "lw": 2 if step in lit else 1.2}
            ax.text(*place, word, ha="center", va="center", size=9, color=ink(lit), bbox=box, zorder=3)
        for lit, place, word in ends:
            ax.text(*place, word, ha="center", va="center", size=10, color=ink(lit))
        ax.set(xlim=(-0.3, 10.3), ylim=(0, 7), title=equation)
        ax.set_axis_off()
    return fig


def _image(ax, frame, values):
    if frame.shape[-1] == 3:
        ax.imshow(frame)
    else:
        low, high = values or ((0, 255) if frame.dtype == np.uint8 else (0, 1))
        ax.imshow(frame[..., 0], cmap=ZERO_CENTRED if low < 0 else "gray", vmin=low, vmax=high)
    ax.set(xticks=[], yticks=[])
    for side in ax.spines.values():
        side.set_visible(False)
