"""The object before it moves: a square picture with transparency, of a shape, a texture, a colour and a digit."""

import numpy as np

from vidlab.world import materials

SIDE = 48  # pixels; objects of the embedded clips are drawn at 23 to 46

COLOURS = {
    "white": (0.92, 0.92, 0.92),
    "red": (0.90, 0.22, 0.20),
    "green": (0.25, 0.75, 0.30),
    "blue": (0.25, 0.40, 0.95),
    "yellow": (0.95, 0.85, 0.25),
    "magenta": (0.85, 0.30, 0.80),
    "cyan": (0.25, 0.80, 0.85),
}


def depth_inside(shape, x, y):
    """How far each point lies inside the outline (negative outside). The object fits the square from -1 to 1."""
    r, angle = np.hypot(x, y), np.arctan2(x, -y)  # angle 0 points up
    if shape == "disc":
        return 0.95 - r
    if shape == "square":
        return 0.82 - np.maximum(np.abs(x), np.abs(y))
    if shape == "triangle":
        return 0.48 - r * np.cos(angle % (2 * np.pi / 3) - np.pi / 3)
    if shape == "star":
        tip = np.abs((angle + np.pi / 5) % (2 * np.pi / 5) - np.pi / 5) / (np.pi / 5)  # 0 at a tip, 1 between two
        return 1.0 - 0.5 * tip - r
    if shape == "cross":
        return 0.95 - np.minimum(np.maximum(np.abs(x), np.abs(y) + 0.6), np.maximum(np.abs(x) + 0.6, np.abs(y)))
    raise ValueError(f"shape={shape!r} cannot be drawn")


def make(shape, texture, colour, digit, rng):
    """Draw one object.

    Returns
    -------
    (SIDE, SIDE, 4) float32: red, green and blue times opacity, and opacity, all in [0, 1].
    """
    line = (np.arange(SIDE, dtype=np.float32) + 0.5) / SIDE * 2 - 1
    x, y = np.meshgrid(line, line)
    inside = depth_inside(shape, x, y)
    opacity = np.clip(inside * SIDE / 3 + 0.5, 0, 1)
    shade = np.full((SIDE, SIDE), 0.85, np.float32)
    if texture != "flat":
        shade = np.clip(0.8 + 0.22 * materials.crop(materials.texture(texture), (SIDE, SIDE), 3, rng), 0.15, 1.2)
    shade = shade * np.clip(0.35 + inside * 6, 0.35, 1)  # a dark rim sets the object off from any background
    paint = np.clip(shade[..., None] * np.float32(COLOURS[colour]), 0, 1)
    if digit != "none":
        ink = _ink(digit, rng)[..., None]
        bright = np.dot(COLOURS[colour], (0.3, 0.6, 0.1)) > 0.6
        paint = paint * (1 - ink) + ink * (0.05 if bright else 0.98)
    return np.concatenate([paint * opacity[..., None], opacity[..., None]], -1).astype(np.float32)


def _ink(digit, rng):
    from skimage.transform import resize

    images, which = materials.digits()
    image = images[rng.choice(np.flatnonzero(which == int(digit)))]
    side, start = SIDE // 2, SIDE // 4
    ink = np.zeros((SIDE, SIDE), np.float32)
    ink[start : start + side, start : start + side] = resize(image, (side, side), order=1)
    return ink
