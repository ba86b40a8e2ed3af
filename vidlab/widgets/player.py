"""The player: a clip, frame by frame, with what belongs to each frame laid over it."""

from numbers import Real

import numpy as np
import traitlets

from vidlab import figures
from vidlab.clips import as_uint8
from vidlab.widgets import lab

LARGEST = 64_000_000  # bytes of frames that are sent to the page at once


class Player(lab.Live):
    """The player in the page."""

    _esm = lab.browser("controls.js", "panels.js", "player.js")
    clips = traitlets.List().tag(sync=True)
    layers = traitlets.List().tag(sync=True)
    fps = traitlets.Float().tag(sync=True)
    times = traitlets.Int().tag(sync=True)


@lab.plainly
def play(clip, fps=12.0, heat=None, flow=None, masks=None, beside=None, titles=None, height=256):
    """Play a clip, stop it, step through it frame by frame, and lay over it what is known of each frame.

    All frames are sent to the page once: it plays without the kernel.

    Parameters
    ----------
    clip
        (frames, height, width, 3), uint8 or floats from 0 to 1; one channel, or none, is shown in grey.
    fps
        Frames a second at normal speed.
    heat
        (frames, rows, columns) numbers from 0 to 1, for instance where a model looks; a coarser grid is stretched. Or
        an explanation of `vidlab.explain`, of which what speaks for the class is shown.
    flow
        (frames or frames - 1, height, width, 2) pixels to the right and down from this frame to the next: arrows.
    masks
        (frames, height, width), bool or the number of the object, 0 for none.
    beside
        A second clip of as many frames.
    titles
        Names of the two clips.
    height
        Of the picture on the page, in pixels.
    """
    clips = [_rgb(clip, "clip")] + ([_rgb(beside, "beside")] if beside is not None else [])
    frames = len(clips[0])
    if len(clips[-1]) != frames:
        raise ValueError(f"beside: expected {frames} frames, as the clip has, got {len(clips[1])}")
    if not (isinstance(fps, Real) and fps > 0):
        raise ValueError(f"fps: expected frames a second above 0, got {fps!r}")
    if titles is not None and len(titles) != len(clips):
        raise ValueError(f"titles: expected {len(clips)}, one for each clip, got {len(titles)}")
    if (size := sum(c.nbytes for c in clips)) > LARGEST:
        raise ValueError(f"clip: {size / 1e6:.0f} MB is too much for a page; take fewer frames or video.read(size=...)")
    titles = list(titles or ["the clip", "beside it"][: len(clips)])
    layers = []
    if heat is not None:
        heat = _layer(getattr(heat, "heat", heat), "heat", (frames,), 3)
        if not (heat.min() >= 0 and heat.max() <= 1):  # so written, it refuses nan too
            raise ValueError(f"heat: expected numbers from 0 to 1, got {heat.min():g} to {heat.max():g}")
        layers.append({"kind": "heat", "data": lab.shades(heat, 0, 1).tobytes(), "shape": list(heat.shape)})
    if masks is not None:
        masks = _layer(masks, "masks", clips[0].shape[:3], 3)
        if masks.dtype.kind == "f" or masks.min() < 0 or masks.max() > 255:
            raise ValueError(f"masks: expected bool, or whole numbers from 0 to 255, got {masks.dtype}")
        masks = masks.astype(np.uint8)
        layers.append({"kind": "masks", "data": masks.tobytes(), "shape": list(masks.shape)})
    if flow is not None:
        flow = _layer(flow, "flow", (*np.shape(flow)[:1], *clips[0].shape[1:3], 2), 4).astype(np.float32)
        if len(flow) not in (frames, frames - 1):
            raise ValueError(f"flow: expected {frames} or {frames - 1} fields for {frames} frames, got {len(flow)}")
        every = max(1, flow.shape[1] // 12)
        grid = flow[:, every // 2 :: every, every // 2 :: every]
        layers.append({"kind": "flow", "data": grid.tobytes(), "shape": list(grid.shape), "every": every})
    sent = [
        {"data": c.tobytes(), "shape": list(c.shape), "title": title} for c, title in zip(clips, titles, strict=True)
    ]
    return Player(
        _figure(clips, titles, heat, masks, flow),
        title="Player: " + " and ".join(titles),
        clips=sent,
        layers=layers,
        fps=float(fps),
        times=max(1, height // clips[0].shape[1]),
    )


def _rgb(clip, name):
    clip = as_uint8(clip, name)
    return np.ascontiguousarray(np.broadcast_to(clip, (*clip.shape[:3], 3)))


def _layer(values, name, begins, dimensions):
    values = np.asarray(values)
    if (
        values.ndim != dimensions
        or values.shape[: len(begins)] != begins
        or not values.size
        or values.dtype.kind not in "biuf"
    ):
        raise ValueError(
            f"{name}: expected numbers of shape {_words(begins, dimensions)}, got {values.dtype} of {values.shape}"
        )
    return values


def _words(begins, dimensions):
    names = ["frames", "rows", "columns"][len(begins) : dimensions]
    return f"({', '.join([*map(str, begins), *names])})"


def _figure(clips, titles, heat, masks, flow):
    rows, names = list(clips), list(titles)
    if heat is not None:
        down, across = (np.arange(n) * size // n for n, size in zip(clips[0].shape[1:3], heat.shape[1:], strict=True))
        colours = lab.palette("viridis")[lab.shades(heat, 0, 1)][:, down[:, None], across]
        rows, names = [*rows, (clips[0] * 0.4 + colours * 0.6).astype(np.uint8)], [*names, "heat"]
    if masks is not None:
        rows, names = [*rows, np.where(masks[..., None] > 0, clips[0], clips[0] // 4)], [*names, "masks"]
    if flow is None:
        return figures.film_strips(rows, names)
    fig = figures.film_strips([*rows, clips[0] // 2], [*names, "flow, × 3"])
    y, x = np.mgrid[tuple(slice(4, size, max(8, size // 8)) for size in flow.shape[1:3])]
    shown = np.linspace(0, len(clips[0]) - 1, 6).round().astype(int)
    for ax, frame in zip(fig.axes[-6:], shown, strict=True):
        if frame < len(flow):
            moves = np.linalg.norm(flow[frame, y, x], axis=-1) > 0.1
            u, v = flow[frame, y, x][moves].T
            ax.quiver(x[moves], y[moves], u, v, angles="xy", scale_units="xy", scale=1 / 3, color="white", width=0.02)
    return fig
