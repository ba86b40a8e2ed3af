"""Drawings: the RNN unrolled, the LSTM cell, windows on an axis."""

import numpy as np
from matplotlib.patches import Rectangle

from vidlab.figures.picture import Picture
from vidlab.reference import output_size, same_padding


def rnn_unrolled() -> Picture:
    """The recurrent layer as a loop, and unrolled over four steps.

    >>> rnn_unrolled().alt[:36]
    'The recurrent layer as a loop, and u'
    """
    fig = Picture(
        figsize=(8, 3.1),
        alt="The recurrent layer as a loop, and unrolled: each element x goes through the same W into a state h, and "
        "each state through the same U into the next",
    )
    ax = fig.subplots()
    arrow = {"arrowstyle": "-|>", "color": "0.25", "shrinkA": 0, "shrinkB": 0}
    box = {"boxstyle": "round,pad=0.35", "facecolor": "#cfe3f2", "edgecolor": "0.25"}
    middle = {"ha": "center", "va": "center"}

    def step(column, h, x):
        ax.text(column, 1, h, bbox=box, size=13, **middle)
        ax.text(column, 0, x, bbox=box | {"facecolor": "white"}, size=13, **middle)
        ax.annotate("", (column, 0.75), (column, 0.24), arrowprops=arrow)
        ax.text(column + 0.08, 0.48, "$W$", color="C1", size=12, va="center")
        ax.annotate("", (column, 1.75), (column, 1.26), arrowprops=arrow)

    step(0, "$h$", "$x$")
    ax.annotate("", (-0.17, 0.86), (-0.17, 1.14), arrowprops=arrow | {"connectionstyle": "arc3,rad=2.6", "color": "C0"})
    ax.text(-0.95, 1, "$U$", color="C0", size=12, **middle)
    ax.text(1, 1, "=", size=18, **middle)
    for k in range(4):
        step(2.9 + 1.2 * k, f"$h_{k + 1}$", f"$x_{k + 1}$")
    for k in range(5):
        left = 2.9 + 1.2 * (k - 1)
        ax.annotate("", (left + 0.95, 1), (left + 0.26, 1), arrowprops=arrow | {"color": "C0"})
        ax.text(left + 0.6, 1.1, "$U$", color="C0", size=12, ha="center", va="bottom")
    ax.text(1.78, 1, "$h_0$", size=13, **middle)
    ax.text(7.9, 1, "...", size=13, **middle)
    ax.set(xlim=(-1.2, 8.2), ylim=(-0.4, 1.9))
    ax.set_axis_off()
    return fig


def windows(ways, n=8, kernel=3) -> Picture:
    """Where the windows of a kernel lie on an axis of `n` entries.

    `ways` are (stride, padding, dilation); padding adds hatched zeros. Each output stands above what it sees.

    >>> [ax.get_title() for ax in windows([(1, "valid", 1), (2, "same", 1)]).axes]
    ['valid, stride 1, dilation 1: 8 → 6', 'same, stride 2, dilation 1: 8 → 4']
    """
    said = [f"{padding}, stride {s}, dilation {d}" for s, padding, d in ways]
    fig = Picture(
        figsize=(9, 1.7 * -(-len(ways) // 2)), alt=f"Windows of {kernel} over {n} entries: " + "; ".join(said)
    )
    for ax, (stride, padding, dilation), name in zip(
        fig.subplots(-(-len(ways) // 2), 2).flat, ways, said, strict=False
    ):
        outputs, before, after = output_size(n, kernel, stride, padding, dilation), 0, 0
        if padding == "same":
            before, after = same_padding(n, kernel, stride, dilation)
        for c in range(-before, n + after):
            zero = not 0 <= c < n
            style = {"facecolor": "white", "hatch": "////"} if zero else {"facecolor": "0.8"}
            ax.add_patch(Rectangle((c - 0.4, -0.2), 0.8, 0.4, edgecolor="0.3", **style))
        for p in range(outputs):
            seen = p * stride - before + dilation * np.arange(kernel)
            for c in seen:
                ax.plot([seen.mean(), c], [1.3, 0.2], "-", color=f"C{p % 6}", linewidth=1)
            ax.add_patch(Rectangle((seen.mean() - 0.4, 1.3), 0.8, 0.4, facecolor=f"C{p % 6}", edgecolor="0.3"))
        ax.set(xlim=(-2.6, n + 1.6), ylim=(-0.35, 1.85), xticks=[], yticks=[], title=f"{name}: {n} → {outputs}")
        ax.spines[:].set_visible(False)
    return fig


def lstm_cell():
    """One step of the LSTM with peepholes, in six pictures: what is active while i, f, g, c, o and h are computed.

    Peepholes are dashed. Boxes are small layers, circles work number by number.

    >>> len(lstm_cell().axes)
    6
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
