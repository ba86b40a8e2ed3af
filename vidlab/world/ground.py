"""What is behind the objects, how the camera and the ground move, and the light."""

import cv2
import numpy as np

from vidlab.world import materials
from vidlab.world.picture import View
from vidlab.world.tracks import TRAVEL

CAMERA = {  # to the right, down, nearer
    "still": (0, 0, 0), "pan left": (-1, 0, 0), "pan right": (1, 0, 0), "tilt up": (0, -1, 0), "tilt down": (0, 1, 0),
    "zoom in": (0, 0, 1), "zoom out": (0, 0, -1),
}  # fmt: skip
STREAM = {"still": (0, 0), "left": (-1, 0), "right": (1, 0), "up": (0, -1), "down": (0, 1)}
ZOOM = 1.8  # the closest view; the widest is 1
CONTRAST = {"low": 0.35, "high": 2.2}
LEVEL = {"dim": 0.4, "bright": 1.9}
GLIDE = 0.15, 0.3  # how far the ground goes by when the camera glides past an object, in widths of the picture
SWAY = 0.6  # how far the camera goes to either side of the left one, as a part of the way to the right one


def moves(facts, frames, size, draws):
    """The `View`, and how far the ground has streamed: (frames, 2), in pixels to the right and down."""
    s, (height, width) = np.linspace(0, 1, frames), size
    start, travel = draws["camera"].random(), draws["camera"].uniform(*TRAVEL)
    right, down, nearer = CAMERA[facts["camera"]]
    zoom = ZOOM ** ((start + nearer * travel * s) % 1) if facts["camera"] != "still" else np.ones(frames)
    if facts["depth"] != "unknown":
        right, travel = draws["depth"].choice((-1, 1)), draws["depth"].uniform(*GLIDE)
    view = View(*((a * travel * s * side) for a, side in ((right, width), (down, height))), zoom)
    streamed = draws["flow"].uniform(*TRAVEL) * s[:, None]
    return view, streamed * np.multiply(STREAM[facts["flow"]], (width, height))


def ground_frames(facts, view, drift, size, draws):
    """The ground in each frame, (1 or frames, height, width, 3) float32; its depth; and how far its pixels move from
    each frame to the next because of that, to the right.
    """
    if facts["relief"] != "none":
        return _relief(facts["relief"], len(drift), size, draws["relief"])
    rng = draws["background"]
    moving = view.pan_x.any() or view.pan_y.any() or (view.zoom != 1).any() or drift.any()
    if facts["background"] != "grey":
        zoom = rng.uniform(3, 5) * 64 / max(size)  # the same view whatever the size
        piece = materials.crop(materials.photograph(facts["background"]), size, zoom, rng)
        piece = 0.08 + 0.27 * piece
    elif moving:
        piece = materials.crop(materials.texture("gravel"), size, 3, rng)  # or nothing would be seen to move
        piece = np.clip(0.2 + 0.1 * piece, 0.02, 0.5)[..., None].repeat(3, -1)
    else:
        return np.full((1, *size, 3), 0.2, np.float32), 1.0, 0.0
    if not moving:
        return piece[None], 1.0, 0.0
    x, y = view.world(size)
    shift = rng.uniform(0, 2, 2) * size  # anywhere on the endless ground: its picture, mirrored again and again
    x = x - drift[:, 0, None, None] + shift[1]
    y = y - drift[:, 1, None, None] + shift[0]
    return materials.sampled(piece, x - 0.5, y - 0.5, cv2.BORDER_REFLECT), 1.0, 0.0


def _relief(kind, frames, size, rng):
    """The motorcycle from a camera that goes from beside the left one to beside the right one, or back.

    A point at column x of the left picture is at x - b d(x) for a camera that has gone b of the way to the right
    camera: so the pixel p shows the point x = p + b d(x), found by iteration. Its depth goes with 1 / d.
    """
    left, disparity = materials.stereo()
    height, width = size
    margin = width // 6
    zoom = min(left.shape[0] / height, left.shape[1] / (width + 2 * margin)) * rng.uniform(0.6, 0.9)
    high, wide = int(zoom * height), int(zoom * (width + 2 * margin))
    top, side = rng.integers(left.shape[0] - high + 1), rng.integers(left.shape[1] - wide + 1)
    wanted = height, width + 2 * margin
    picture = materials.scaled(left[top : top + high, side : side + wide], wanted)
    shift = materials.scaled(disparity[top : top + high, side : side + wide], wanted) / zoom
    if kind == "flat":
        shift = np.full_like(shift, shift.mean())
    elif kind == "inverted":
        shift = shift.max() + shift.min() - shift
    way = np.linspace(-SWAY, SWAY, frames)[:, None, None] * rng.choice((-1, 1))
    pixel, row = np.arange(width) + margin, np.arange(height)[:, None]
    moved = 0
    for _ in range(3):
        x = pixel + way * moved
        moved = materials.sampled(shift, x, row, cv2.BORDER_REPLICATE)
    clip = 0.06 + 0.5 * materials.sampled(picture, x, row, cv2.BORDER_REPLICATE)
    return clip, shift.mean() / moved, -np.diff(way, axis=0) * moved[:-1]


def lit(clip, facts):
    """Contrast, the side of the light and its level, in this order. `clip` may change in place."""
    if facts["contrast"] != "normal":
        mean = clip.mean()
        clip = mean + (clip - mean) * CONTRAST[facts["contrast"]]
    if facts["light"] != "even":
        ramp = np.linspace(1.7, 0.25, clip.shape[2 if facts["light"] in ("left", "right") else 1], dtype=np.float32)
        ramp = ramp if facts["light"] in ("left", "top") else ramp[::-1]
        clip = clip * (ramp[:, None] if facts["light"] in ("left", "right") else ramp[:, None, None])
    if facts["level"] != "normal":
        clip = clip * LEVEL[facts["level"]]
    return np.clip(clip, 0, 1)
