"""The network as a strip of small pictures, from the clip to the classes."""

from functools import lru_cache
from math import ceil

import numpy as np

from vidlab.widgets import lab

SIDE, SMALLEST = 28, 8  # pixels of a small picture, each way: fewer where there are many layers
BYTES = 12_000  # of all of them together, about: they go along with every answer


class Strip:
    """The control that chooses a layer, and its pictures.

    Of a layer with maps each picture is the map of one filter, the one with the largest answer over the clip; of a flat
    layer its units as cells, row by row; of probabilities a bar for each.

    Parameters
    ----------
    found
        dict of name -> `layer_views.Drawn`, the clip first.
    pictures
        The clip, (frames, height, width[, 3]) uint8.
    """

    def __init__(self, found, pictures):
        side = int(np.clip((BYTES / len(found)) ** 0.5, SMALLEST, SIDE))
        self.layers, self.frames = list(found.values()), len(pictures)
        clip, *layers = self.layers
        every = ceil(max(pictures.shape[1:3]) / side)
        self.makers = [lambda now: pictures[now, ::every, ::every], *(_maker(one, side) for one in layers)]
        self.pictures = lru_cache(maxsize=None)(self._pictures)
        shapes = [maker(0).shape for maker in self.makers]
        colours = ["gray", *("gray" if one.bars else one.colours for one in layers)]
        notes = ["×".join(map(str, one.shape[1:])) for one in self.layers]
        first = next((one for one in layers if not one.flat), layers[0])
        self.control = lab.strip("layer", "layer", found, notes, shapes, colours, first.name)

    def _pictures(self, frame):
        """Those of all layers at a frame of the clip, one after the other, as bytes."""
        nows = [frame, *(frame * one.frames // self.frames for one in self.layers[1:])]
        return b"".join(maker(now).tobytes() for maker, now in zip(self.makers, nows, strict=True))


def _maker(one, side):
    """A function from a frame of the layer to its picture, (rows, columns) uint8."""
    if one.bars and one.filters <= side:
        high = 3 if one.filters * 3 <= side else 1  # the third row of pixels parts the bars

        def bars(now):
            picture = np.where(np.arange(side) < one.values[now, :, 0] * side, 255, 70).astype(np.uint8)
            picture = picture.repeat(high, axis=0)
            picture[2::3] *= high == 1
            return picture

        return bars
    if one.flat:
        every = ceil(one.filters / side**2)
        shown = one.shades[:, ::every, 0, 0]
        across = ceil(shown.shape[1] ** 0.5)
        down = ceil(shown.shape[1] / across)
        return lambda now: np.pad(shown[now], (0, across * down - shown.shape[1])).reshape(down, across)
    strongest = one.peak.max(axis=0).argmax()
    every = ceil(max(one.shades.shape[2:]) / side)
    return lambda now: one.shades[now, strongest, ::every, ::every]
