"""The convolution lab: change the kernel and see the output; point at an output and see its sum, number by number.

It is computed in the browser (`browser/convolution.js`), so that a change shows at once. `reference.conv2d` is what
the tests hold it against, and what the stored figure is made with.
"""

import numpy as np
import traitlets

from vidlab import figures, reference
from vidlab.widgets import lab
from vidlab.world import materials

LARGEST = 9  # rows and columns of a kernel
LONGEST, MOST = 128, 1_000_000  # pixels along an axis, and pixels in all: what a page computes without a lag
PRESETS = (
    "identity", "vertical edges", "horizontal edges", "Sobel", "Laplace", "box blur", "Gaussian blur", "motion blur",
    "sharpen", "emboss",
)  # fmt: skip


class Convolution(lab.Live):
    """The convolution lab in the page."""

    _esm = lab.browser("controls.js", "panels.js", "convolution.js")
    _css = lab.browser("lab.css", "convolution.css")
    pixels = traitlets.Bytes().tag(sync=True)  # float32
    shape = traitlets.List().tag(sync=True)  # frames, rows, columns
    note = traitlets.Unicode().tag(sync=True)
    presets = traitlets.Dict().tag(sync=True)  # name -> weights at size 1, 2, ... LARGEST
    start = traitlets.Dict().tag(sync=True)


@lab.plainly
def convolve(image=None, kernel="Sobel", size=3, stride=1, padding="valid", dilation=1, flip=False):
    """Convolve a picture in the page: kernel, stride, padding and dilation can be changed, and every output explained.

    Parameters
    ----------
    image
        (rows, columns) in grey, (rows, columns, 3) RGB, or a clip (frames, rows, columns, 1 or 3), which gets a
        slider for the frame. uint8, or numbers from 0 to 1; up to 128 pixels along an axis. Colours are turned to grey
        (their mean). None: a photograph, 32 × 32.
    kernel
        Name of a preset (`PRESETS`), or a square array of up to 9 × 9 weights.
    size
        Rows and columns of the preset, 1 to 9; an array has its own.
    stride, padding, dilation
        To start with, as for `reference.conv2d`; stride up to 4, dilation up to 3.
    flip
        Start with true convolution, which turns the kernel by half a turn, instead of correlation.

    Raises
    ------
    ValueError
        Where an argument is wrong, or the window does not fit; the message names it.
    """
    clip, note = _grey(image)
    name, weights = _weights(kernel, size)
    for setting, value, most in (("stride", stride, 4), ("dilation", dilation, 3)):
        if not isinstance(value, int | np.integer) or not 1 <= value <= most:
            raise ValueError(f"{setting}: expected a whole number from 1 to {most}, got {value!r}")
    settings = {"stride": int(stride), "padding": padding, "dilation": int(dilation)}
    used = weights[::-1, ::-1] if flip else weights
    output = reference.conv2d(clip[:1, ..., None], used[:, :, None, None], **settings)[0, ..., 0]
    around = around_zero(weights)
    start = {"preset": name, "size": len(weights), "weights": weights.ravel().tolist(), "flip": bool(flip)}
    return Convolution(
        _figure(clip[0], note, name, weights, output, around),
        title="Convolution lab",
        pixels=clip.tobytes(),
        shape=list(clip.shape),
        note=note,
        presets={name: [preset(name, k).ravel().tolist() for k in range(1, LARGEST + 1)] for name in PRESETS},
        start=start | settings | {"range": 2.0 if around else 1.0},
    )


def preset(name, size):
    """A well-known kernel at any size, (size, size) float32; at size 3 it has the well-known numbers.

    Its middle is row and column (size - 1) // 2, where padding "same" puts it on the pixel itself. The weights of one
    preset sum to the same at all sizes, so that outputs can be compared; an edge needs two pixels, so at size 1 the
    edge finders are 0.
    """
    if name not in PRESETS:
        raise ValueError(f"kernel: expected one of {', '.join(PRESETS)}, or an array of weights, got {name!r}")
    at = np.arange(size) - (size - 1) / 2  # distance from the exact middle
    middle = (size - 1) // 2
    identity = np.zeros((size, size))
    identity[middle, middle] = 1
    steps = np.abs(np.arange(size) - middle)
    near = (steps[:, None] + steps <= size // 2) * 1.0 - identity  # neighbours, a diamond of them
    blur = np.outer(_binomial(size), _binomial(size))
    made = {
        "identity": lambda: identity,
        "vertical edges": lambda: _balanced(np.tile(np.sign(at), (size, 1)), 3),
        "horizontal edges": lambda: _balanced(np.tile(np.sign(at), (size, 1)).T, 3),
        "Sobel": lambda: _balanced(np.outer(_binomial(size), _slope(size)), 4),
        "Laplace": lambda: _balanced(near, 4) - 4 * identity * near.any(),
        "box blur": lambda: np.full((size, size), 1 / size**2),
        "Gaussian blur": lambda: blur / blur.sum(),
        "motion blur": lambda: np.tile(identity.sum(1)[:, None], (1, size)) / size,
        "sharpen": lambda: identity - preset("Laplace", size),
        "emboss": lambda: identity + _balanced(at[:, None] + at, 12 / max(size, 3)),
    }[name]()
    return made.astype(np.float32)


def around_zero(weights):
    """Whether a kernel takes differences, so that its outputs lie around zero, and is no picture any more."""
    return bool(weights.min() < 0 and weights.sum() < 0.5)


def _binomial(n):
    row = np.ones(1)
    for _ in range(n - 1):
        row = np.convolve(row, [1, 1])
    return row


def _slope(n):
    return np.convolve(_binomial(n - 1), [-1, 1]) if n > 1 else np.zeros(1)


def _balanced(weights, total):
    """The same with positive weights that sum to `total`."""
    return weights * (total / max(weights[weights > 0].sum(), 1e-9))


def _weights(kernel, size):
    if isinstance(kernel, str):
        if not isinstance(size, int | np.integer) or not 1 <= size <= LARGEST:
            raise ValueError(f"size: expected a whole number from 1 to {LARGEST}, got {size!r}")
        return kernel, preset(kernel, int(size))
    weights = np.asarray(kernel)
    if weights.ndim != 2 or len(set(weights.shape)) > 1 or not 1 <= len(weights) <= LARGEST:
        raise ValueError(f"kernel: expected a square array of 1 × 1 to {LARGEST} × {LARGEST}, got {weights.shape}")
    if weights.dtype.kind not in "biuf" or not np.isfinite(weights).all():
        raise ValueError("kernel: expected finite numbers; replace what is missing or infinite")
    return "my own", weights.astype(np.float32)


def _grey(image):
    """(frames, rows, columns) float32 from 0 to 1, and a note on where it comes from."""
    if image is None:
        portrait = materials.photograph("astronaut")[:224, 110:334].mean(-1)
        return materials.scaled(portrait, (32, 32)).clip(0, 1).astype(np.float32)[None], ""
    image = np.asarray(image)
    if image.ndim == 2:
        image = image[..., None]
    if image.ndim not in (3, 4) or image.shape[-1] not in (1, 3) or not image.size:
        raise ValueError(
            "image: expected (rows, columns), (rows, columns, 3) or a clip (frames, rows, columns, 1 or 3), "
            f"got {np.shape(image)}"
        )
    if max(image.shape[-3:-1]) > LONGEST or image[..., 0].size > MOST:
        raise ValueError(f"image: {image.shape[:-1]} is too much for a page; take a crop of up to {LONGEST} a side")
    if image.dtype == np.uint8:
        image = image / np.float32(255)
    elif image.dtype.kind != "f" or not (image.min() >= 0 and image.max() <= 1):
        raise ValueError(
            f"image: expected uint8, or numbers from 0 to 1; got {image.dtype}; divide by its largest value"
        )
    note = " in grey, the mean of the colours" if image.shape[-1] == 3 else ""
    grey = image.mean(-1, dtype=np.float32)
    return np.ascontiguousarray(grey.reshape(-1, *grey.shape[-2:])), note


def _figure(image, note, name, weights, output, around):
    (rows, columns), (k, _) = image.shape, weights.shape
    fig = figures.Picture(
        figsize=(8, 2.7),
        alt=f"Convolution lab: an input of {rows} by {columns} pixels, the kernel {name} of {k} by {k}, and the output "
        f"of {len(output)} by {output.shape[1]}, from {output.min():.2f} to {output.max():.2f}",
    )
    axes = fig.subplots(1, 3)
    axes[0].imshow(image, cmap="gray", vmin=0, vmax=1)
    axes[0].set_title(f"input {rows} × {columns}{note.partition(',')[0]}")
    most = max(np.abs(weights).max(), 1e-6)
    axes[1].imshow(weights, cmap=figures.ZERO_CENTRED, vmin=-most, vmax=most)
    axes[1].set_title(f"kernel: {name}")
    box = {"facecolor": "white", "edgecolor": "none", "pad": 1, "alpha": 0.8}
    for (i, j), weight in np.ndenumerate(weights):
        axes[1].text(j, i, f"{weight:.3g}" if k < 6 else f"{weight:.2f}", ha="center", va="center",
                     fontsize=9 if k < 6 else 5, bbox=box)  # fmt: skip
    colours, low, high = (figures.ZERO_CENTRED, -2, 2) if around else ("gray", 0, 1)
    shown = axes[2].imshow(output, cmap=colours, vmin=low, vmax=high)
    axes[2].set_title(f"output {len(output)} × {output.shape[1]}")
    fig.colorbar(shown, ax=axes[2])
    for ax in axes:
        ax.set(xticks=[], yticks=[])
    return fig
