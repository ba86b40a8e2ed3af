"""From factors to pixels: where the object is in each frame, and the frames.

Where the object is, how it is turned and how large it is are four phases, each on a circle: an object that
leaves on the right comes back on the left, one that has grown to its full size starts small again. A motion
moves one phase at a steady rate. Since each phase starts anywhere on its circle with equal chance, it is
anywhere with equal chance in every frame of every class: no single frame can give the motion away.
"""

from dataclasses import dataclass

import numpy as np

from vidlab.world import materials, sprite
from vidlab.world.factors import choose

#              which phase each motion moves: across, down, turn, size
MOTIONS = {
    "still": (0, 0, 0, 0),
    "left": (-1, 0, 0, 0),
    "right": (1, 0, 0, 0),
    "up": (0, -1, 0, 0),
    "down": (0, 1, 0, 0),
    "clockwise": (0, 0, 1, 0),
    "counterclockwise": (0, 0, -1, 0),
    "growing": (0, 0, 0, 1),
    "shrinking": (0, 0, 0, -1),
}
TRAVEL = 0.4, 0.8  # the part of its circle that a phase goes round in one clip
RADIUS = 0.18, 0.36  # the object's smallest and largest radius, as a part of the picture's shorter side
TONES = {"silent": 0.0, "low": 330.0, "high": 660.0}  # hertz
RATE = 16_000  # sound samples a second


@dataclass(frozen=True)
class Rendered:
    """`clips` (n, frames, height, width, 3) uint8; `labels`, a list of n; `factors`, name -> list of n values;
    `sound` (n, samples) float32 at RATE, or None where it was not asked for; `fps`, frames a second."""

    clips: np.ndarray
    labels: list[str]
    factors: dict[str, list[str]]
    sound: np.ndarray | None
    fps: float


def render(
    n,
    factors=("motion", "shape", "texture", "colour", "digit", "background"),
    label="motion",
    frames=16,
    size=(48, 48),
    seed=0,
    fps=12.0,
    sound=False,
):
    """Render clips whose every property is known.

    Parameters
    ----------
    n : how many clips.
    factors : the factors that vary, as names (all their values) or as a dict of name -> value or values.
        Those left out stay plain: see `FACTORS`.
    label : the factor to be learnt. Its values come equally often.
    frames, size : frames a clip, and (height, width) in pixels.
    seed : same seed, same pixels. Another n gives other clips.
    fps : frames a second, which sets how long the sound is.
    sound : whether to make the sound.

    Returns
    -------
    Rendered

    Raises
    ------
    ValueError : where a factor, a value or a size does not exist; it says what does.
    """
    if n < 1 or frames < 1 or min(size) < 8:
        raise ValueError(f"n={n}, frames={frames} and size={size} must be at least 1, 1 and (8, 8)")
    chosen = choose(factors, n, label, np.random.default_rng(seed))
    clips = np.empty((n, frames, *size, 3), np.uint8)
    for i, rng in enumerate(np.random.default_rng(seed).spawn(n)):
        clips[i] = _clip({name: values[i] for name, values in chosen.items()}, frames, size, rng)
    waves = np.stack([_tone(TONES[pitch], frames / fps) for pitch in chosen["sound"]]) if sound else None
    return Rendered(clips, chosen[label], chosen, waves, fps)


def phases(motion, frames, rng):
    """The four phases (across, down, turn, size) in each frame: (frames, 4), each in [0, 1)."""
    start = rng.random(4)
    rate = np.multiply(MOTIONS[motion], rng.uniform(*TRAVEL)) / max(frames - 1, 1)
    return (start + np.arange(frames)[:, None] * rate) % 1


def _clip(facts, frames, size, rng):
    if facts["background"] == "grey":
        background = np.full((*size, 3), 0.2, np.float32)
    else:
        zoom = rng.uniform(3, 5) * 64 / max(size)  # the same view whatever the size
        background = materials.crop(materials.photograph(facts["background"]), size, zoom, rng)
        background = 0.08 + 0.27 * background
    thing = sprite.make(facts["shape"], facts["texture"], facts["colour"], facts["digit"], rng)
    return _draw(background, thing, phases(facts["motion"], frames, rng))


def _draw(background, thing, phase):
    """Lay the object over the background in each frame: for each pixel, where in the object's picture is it?"""
    height, width = background.shape[:2]
    across, down, turn, grown = (phase[:, i, None, None].astype(np.float32) for i in range(4))
    x = (np.arange(width, dtype=np.float32) + 0.5 - across * width + width / 2) % width - width / 2
    y = (np.arange(height, dtype=np.float32)[:, None] + 0.5 - down * height + height / 2) % height - height / 2
    radius = min(height, width) * RADIUS[0] * (RADIUS[1] / RADIUS[0]) ** grown
    cos, sin = np.cos(2 * np.pi * turn) / radius, np.sin(2 * np.pi * turn) / radius
    u, v = x * cos + y * sin, y * cos - x * sin  # (frames, height, width), -1 to 1 inside the object's picture
    t, row, column = np.nonzero(np.maximum(np.abs(u), np.abs(v)) < 1)
    colour = _bilinear(thing, u[t, row, column], v[t, row, column])
    clip = np.repeat(background[None], len(phase), 0)
    clip[t, row, column] = clip[t, row, column] * (1 - colour[:, 3:]) + colour[:, :3]
    return np.round(clip * 255).astype(np.uint8)


def _bilinear(picture, u, v):
    """Look up the points (u, v) of -1 to 1 in a square picture, between its pixels."""
    side = len(picture)
    column, row = ((np.clip((w + 1) / 2 * side - 0.5, 0, side - 1.001)) for w in (u, v))
    left, top = column.astype(np.intp), row.astype(np.intp)
    right_part, lower_part = (column - left)[:, None], (row - top)[:, None]
    flat, at = picture.reshape(-1, picture.shape[-1]), top * side + left
    upper = flat[at] * (1 - right_part) + flat[at + 1] * right_part
    lower = flat[at + side] * (1 - right_part) + flat[at + side + 1] * right_part
    return upper * (1 - lower_part) + lower * lower_part


def _tone(hertz, seconds):
    time = np.arange(round(seconds * RATE)) / RATE
    fade = np.minimum(1, np.minimum(time, seconds - time) / 0.05)  # no click at the ends
    return (0.3 * fade * np.sin(2 * np.pi * hertz * time)).astype(np.float32)
