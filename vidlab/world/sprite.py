"""The object before it moves: a square picture with transparency, of an outline, a surface and what is on it."""

import numpy as np

from vidlab.world import faces, materials
from vidlab.world.factors import FACTORS

SIDE = 48  # pixels; objects of the embedded clips are drawn at 23 to 46

COLOURS = {
    "white": (0.92, 0.92, 0.92),
    "grey": (0.55, 0.55, 0.55),
    "red": (0.90, 0.22, 0.20),
    "green": (0.25, 0.75, 0.30),
    "blue": (0.25, 0.40, 0.95),
    "yellow": (0.95, 0.85, 0.25),
    "magenta": (0.85, 0.30, 0.80),
    "cyan": (0.25, 0.80, 0.85),
}
_RING = np.arange(6) * np.pi / 3
#  where the copies of the shape stand, and how large they are
ARRANGEMENTS = {
    "row": ([(-0.66, 0), (0, 0), (0.66, 0)], 0.33),
    "ring": (np.stack([np.cos(_RING), np.sin(_RING)], 1) * 0.66, 0.3),
    "grid": ([(x, y) for x in (-0.5, 0.5) for y in (-0.5, 0.5)], 0.42),
    "pyramid": ([(0, -0.62), (-0.33, 0), (0.33, 0), (-0.66, 0.62), (0, 0.62), (0.66, 0.62)], 0.32),
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
    if shape == "house":
        roof = np.minimum(-0.1 - y, 0.7 * (y + 0.9 - np.abs(x)))
        return np.maximum(roof, _box(x, y, 0, 0.35, 0.58, 0.5))
    if shape == "car":
        wheels = np.maximum(0.24 - np.hypot(x - 0.48, y - 0.38), 0.24 - np.hypot(x + 0.48, y - 0.38))
        return np.maximum(wheels, np.maximum(_box(x, y, 0, 0.12, 0.92, 0.24), _box(x, y, -0.1, -0.25, 0.5, 0.3)))
    if shape == "tree":
        return np.maximum(0.58 - np.hypot(x, y + 0.36), _box(x, y, 0, 0.5, 0.16, 0.45))
    if shape == "fish":
        body = 0.42 * (1 - np.hypot((x + 0.25) / 0.68, y / 0.42))
        return np.maximum(body, np.minimum(0.9 - x, 0.75 * (x - 0.2) - 0.75 * np.abs(y)))
    raise ValueError(f"shape={shape!r} cannot be drawn")


def make(facts, draws):
    """Draw one object.

    Returns
    -------
    (1 or more, SIDE, SIDE, 4) float32: red, green and blue times opacity, and opacity, all in [0, 1]. There are
    several pictures where the face on the object changes: from the first to the last.
    """
    line = (np.arange(SIDE, dtype=np.float32) + 0.5) / SIDE * 2 - 1
    x, y = np.meshgrid(line, line)
    inside = _outline(facts, x, y, draws)
    opacity = np.clip(inside * SIDE / 3 + 0.5, 0, 1)
    if facts["boundary"] == "soft":
        opacity = np.clip(1.9 * inside / inside.max(), 0, 1)
    elif facts["boundary"] == "outline":
        opacity = opacity * np.clip((0.2 - inside) * SIDE / 3 + 0.5, 0, 1)
    shade = np.full((SIDE, SIDE), 0.85, np.float32)
    if facts["texture"] != "flat":
        piece = materials.crop(materials.texture(facts["texture"]), (SIDE, SIDE), 3, draws["texture"])
        shade = np.clip(0.8 + 0.22 * piece, 0.15, 1.2)
    if facts["pattern"] != "none":
        shade = shade * np.where(_pattern(facts["pattern"], x, y), 0.25, 1)
    if facts["feature"] == "spot":
        shade = shade * np.where(np.hypot(x - 0.2, y + 0.2) < 0.22, 0.1, 1)
    if facts["boundary"] == "rim":
        shade = shade * np.clip(0.35 + inside * 6, 0.35, 1)  # a dark rim sets the object off from any background
    colour = np.float32(COLOURS[facts["colour"]])
    paint = np.clip(shade[..., None] * colour, 0, 1)[None]
    if facts["face"] != "none":
        paint[0, 8:40, 8:40] = materials.face(facts["face"] == "a face", draws["face"])[..., None]
    ink = _ink(facts["digit"], draws["digit"]) if facts["digit"] != "none" else faces.drawn(facts, x, y, draws)
    if ink is not None:
        ink = ink[..., None]
        bright = np.dot(COLOURS[facts["colour"]], (0.3, 0.6, 0.1)) > 0.6
        paint = paint * (1 - ink) + ink * (0.05 if bright else 0.98)
    opacity = np.broadcast_to(opacity[..., None], (*paint.shape[:-1], 1))
    return np.concatenate([paint * opacity, opacity], -1).astype(np.float32)


def another(facts, draws):
    """The facts of an object that looks different: of another shape and another colour."""
    changed = {}
    for name in ("shape" if facts["category"] == "none" else "category", "colour"):
        others = [value for value in FACTORS[name].values if value != facts[name]]
        changed[name] = others[draws[name].integers(len(others))]
    return facts | changed


def plain(**changes):
    """The facts of a plain object."""
    return {name: factor.plain for name, factor in FACTORS.items()} | changes


def _box(x, y, middle_x, middle_y, half_width, half_height):
    return np.minimum(half_width - np.abs(x - middle_x), half_height - np.abs(y - middle_y))


def _outline(facts, x, y, draws):
    shape = facts["shape"]
    if facts["category"] != "none":
        shape = facts["category"]
        rng = draws["category"]
        wide, high = rng.uniform(0.75, 1.0, 2) * (rng.choice((-1, 1)), 1)
        x, y = x / wide, y / high
    if facts["feature"] != "none":
        x, y = x / 0.78, y / 0.78  # room for the stalk, whichever feature it is
    if facts["structure"] == "single":
        inside = depth_inside(shape, x, y)
    else:
        middles, size = ARRANGEMENTS[facts["structure"]]
        inside = np.max([size * depth_inside(shape, (x - cx) / size, (y - cy) / size) for cx, cy in middles], 0)
    if facts["feature"] == "notch":
        inside = np.minimum(inside, np.hypot(x - 0.55, y) - 0.4)
    elif facts["feature"] == "hole":
        inside = np.minimum(inside, np.hypot(x - 0.2, y + 0.2) - 0.26)
    elif facts["feature"] == "stalk":
        inside = np.maximum(inside, _box(x, y, 0, -0.75, 0.12, 0.5))
    return inside


def _pattern(name, x, y):
    if name == "stripes":
        return np.sin(9 * x) > 0
    if name == "checks":
        return np.sin(7 * x) * np.sin(7 * y) > 0
    if name == "rings":
        return np.sin(10 * np.hypot(x, y)) < 0
    return np.hypot((x * 2.2) % 1 - 0.5, (y * 2.2) % 1 - 0.5) < 0.3


def _ink(digit, rng):
    images, which = materials.digits()
    image = images[rng.choice(np.flatnonzero(which == int(digit)))]
    side, start = SIDE // 2, SIDE // 4
    ink = np.zeros((SIDE, SIDE), np.float32)
    ink[start : start + side, start : start + side] = materials.scaled(image, (side, side))
    return ink
