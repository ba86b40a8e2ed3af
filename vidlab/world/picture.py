"""From where things are to pixels, and to the truth about every pixel."""

from dataclasses import dataclass

import cv2
import numpy as np

from vidlab.world import materials
from vidlab.world.tracks import RADIUS

TRUTH = "flow", "depth", "masks", "boxes"
SHADOW = {"left": (-1, 0), "right": (1, 0), "top": (0, -1), "bottom": (0, 1)}


@dataclass
class Thing:
    """An object: its `pictures` (k, side, side, 4), and for each frame its `phase` (frames, 4), whether it is
    `there`, how far it flashes, how many times its size it has (`swell`), and which picture is `shown`.
    """

    pictures: np.ndarray
    phase: np.ndarray
    there: np.ndarray
    flash: np.ndarray
    swell: np.ndarray
    shown: np.ndarray
    depth: float

    def geometry(self, size):
        """Across and down in pixels, turn in radians, radius in pixels: each (frames, 1, 1) float32."""
        height, width = size
        across, down, turn, grown = (self.phase[:, i, None, None].astype(np.float32) for i in range(4))
        radius = min(height, width) * RADIUS[0] * (RADIUS[1] / RADIUS[0]) ** grown
        return across * width, down * height, 2 * np.pi * turn, radius * self.swell[:, None, None].astype(np.float32)


@dataclass
class View:
    """The camera, in each frame: how far it has panned to the right and down, in pixels, and how far it has zoomed."""

    pan_x: np.ndarray
    pan_y: np.ndarray
    zoom: np.ndarray

    def world(self, size):
        """Where in the world each column and each row of the picture looks: (frames, 1, width), (frames, height, 1)."""
        x, y = np.arange(size[1], dtype=np.float32) + 0.5, np.arange(size[0], dtype=np.float32)[:, None] + 0.5
        if not (self.pan_x.any() or self.pan_y.any() or (self.zoom != 1).any()):
            return x[None, None], y[None]
        middle_y, middle_x = size[0] / 2, size[1] / 2
        zoom = self.zoom[:, None, None]
        x, y = (x - middle_x) / zoom + middle_x, (y - middle_y) / zoom + middle_y
        return x + self.pan_x[:, None, None], y + self.pan_y[:, None, None]


def draw(clip, things, view, shadow="none", truth=None):
    """Lay the objects over the ground, in place, first to last.

    `clip` is (frames, height, width, 3) float32 in [0, 1]. For each pixel: where in the object's picture is it?
    `truth` has arrays to fill in beside the clip: see `render`.
    """
    size = clip.shape[1:3]
    x, y = view.world(size)
    for thing in things if shadow != "none" else ():
        dx, dy = (0.45 * thing.geometry(size)[3] * part for part in SHADOW[shadow])
        clip *= 1 - 0.7 * _seen(thing, x, y, size, dx, dy)[2][..., 3:]
    for number, thing in enumerate(things, 1):
        u, v, colour = _seen(thing, x, y, size)
        paint, opacity = colour[..., :3], colour[..., 3:]
        if thing.flash.any():
            flash = thing.flash[:, None, None, None].astype(np.float32)
            paint = paint * (1 - flash) + opacity * flash
        clip *= 1 - opacity
        clip += paint
        if truth:
            _note(truth, number, thing, view, size, u, v, opacity[..., 0] > 0.5)


def ground_truth(truth, view, size, drift, depth, slide):
    """Fill in flow and depth of the ground. `drift`: how far it has streamed, (frames, 2) in pixels to the right
    and down. `depth`: its distance. `slide`: how far its pixels move because of that. `truth` changes in place.
    """
    if "depth" in truth:
        truth["depth"][:] = depth
    if "flow" in truth:
        x, y = (np.broadcast_to(w, (len(drift), *w.shape[1:]))[:-1] for w in view.world(size))
        zoom, step = view.zoom[1:, None, None], np.diff(drift, axis=0)[:, :, None, None]
        for i, (world, pan, here, side) in enumerate((
            (x, view.pan_x, np.arange(size[1]), size[1]), (y, view.pan_y, np.arange(size[0])[:, None], size[0]),
        )):  # fmt: skip
            world = world + step[:, i] - pan[1:, None, None]
            truth["flow"][..., i] = (world - side / 2) * zoom + side / 2 - here - 0.5
        truth["flow"][..., 0] += slide


def boxes(masks, count):
    """The extent of each object in each mask: (frames, count, 4) as (y0, x0, y1, x1) in [0, 1], NaN when hidden."""
    found = np.full((len(masks), count, 4), np.nan, np.float32)
    for number in range(count):
        here = masks == number + 1
        seen = here.any((1, 2))
        for i, axis in enumerate((2, 1)):
            line = here[seen].any(axis)
            found[seen, number, i] = line.argmax(1) / line.shape[1]
            found[seen, number, i + 2] = 1 - line[:, ::-1].argmax(1) / line.shape[1]
    return found


def _seen(thing, x, y, size, dx=0, dy=0):
    """Where in a thing's picture each pixel of the clip is, -1 to 1, and the colour there, with its opacity."""
    height, width = size
    across, down, turn, radius = thing.geometry(size)
    x = (x - (across + dx) + width / 2) % width - width / 2
    y = (y - (down + dy) + height / 2) % height - height / 2
    cos, sin = np.cos(turn) / radius, np.sin(turn) / radius
    u, v = x * cos + y * sin, y * cos - x * sin  # (frames, height, width)
    column, row = ((w + 1) / 2 * thing.pictures.shape[1] - 0.5 for w in (u, v))
    colour = np.empty((*u.shape, 4), np.float32)
    for k, picture in enumerate(thing.pictures):
        here = thing.shown == k if len(thing.pictures) > 1 else slice(None)
        if np.any(here):
            colour[here] = materials.sampled(picture, column[here], row[here], cv2.BORDER_CONSTANT)
    colour[~thing.there] = 0
    return u, v, colour


def _note(truth, number, thing, view, size, u, v, solid):
    """Write down what is known of an object's pixels."""
    t, row, column = np.nonzero(solid)
    u, v = u[solid], v[solid]
    if "masks" in truth:
        truth["masks"][t, row, column] = number
    if "depth" in truth:
        truth["depth"][t, row, column] = thing.depth
    if "flow" in truth:
        last = len(thing.phase) - 1
        t, row, column, u, v = (a[t < last] for a in (t, row, column, u, v))
        across, down, turn, radius = (a[:, 0, 0] for a in thing.geometry(size))
        cos, sin = radius * np.cos(turn), radius * np.sin(turn)  # from the object's picture to the world
        zoom = view.zoom
        for i, (centre, pan, side, here, c, s) in enumerate((
            (across, view.pan_x, size[1], column, cos, -sin), (down, view.pan_y, size[0], row, sin, cos),
        )):  # fmt: skip
            step = (np.diff(centre) + side / 2) % side - side / 2  # the short way round
            moved = step[t] + (c[t + 1] - c[t]) * u + (s[t + 1] - s[t]) * v
            world = (here + 0.5 - side / 2) / zoom[t] + pan[t] + moved
            truth["flow"][t, row, column, i] = (world - pan[t + 1]) * zoom[t + 1] + side / 2 - here - 0.5
