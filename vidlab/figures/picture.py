"""A matplotlib figure that shows itself in a notebook and carries a text for readers who cannot see it."""

import base64
from io import BytesIO
from pathlib import Path

import matplotlib.style
import numpy as np
from matplotlib.figure import Figure
from PIL import Image

matplotlib.style.use(Path(__file__).with_name("course.mplstyle"))
ZERO_CENTRED = "PuOr"  # the colour map for kernels and differences


class Picture(Figure):
    """A Figure with alternative text: `alt` says in words what it shows.

    With `colours`, its PNG has so many colours at most, and is a third as large; for charts, not for photographs.
    """

    def __init__(self, *args, alt, colours=None, **kwargs):
        super().__init__(*args, **kwargs)
        self.alt, self.colours = alt, colours

    def _repr_mimebundle_(self, include=None, exclude=None):
        file = BytesIO()
        self.savefig(file, format="png")
        if self.colours:
            drawn, file = Image.open(file).convert("RGB"), BytesIO()
            drawn.quantize(self.colours).save(file, "png")
        picture = {
            "text/plain": f"<Picture: {self.alt}>",
            "image/png": base64.b64encode(file.getvalue()).decode("ascii"),
        }
        return picture, {"image/png": {"alt": self.alt}}


def draw_image(ax, frame, values=None, aspect="equal"):
    """A picture without ticks: (rows, columns), or with 1 or 3 channels.

    `values` are the (lowest, highest) of a map; with a lowest below 0 its colours are centred on zero. Without it a
    picture's are 0 to 255 (uint8) or 0 to 1.
    """
    frame = np.asarray(frame)
    if frame.ndim == 3 and frame.shape[-1] == 3:
        image = ax.imshow(frame, aspect=aspect)
    else:
        low, high = values or ((0, 255) if frame.dtype == np.uint8 else (0, 1))
        colours = ZERO_CENTRED if low < 0 else "gray" if values is None else "viridis"
        flat = frame.reshape(frame.shape[:2])
        image = ax.imshow(flat, cmap=colours, vmin=low, vmax=high, aspect=aspect)
    ax.set(xticks=[], yticks=[])
    for side in ax.spines.values():
        side.set_visible(False)
    return image
