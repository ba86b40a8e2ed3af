"""Where the objects are in each frame, how they are turned and how large they are; and what happens to them.

All four are phases, each on a circle: an object that leaves on the right comes back on the left, one that has
grown to its full size starts small again. A motion moves one phase at a steady rate. Since each phase starts
anywhere on its circle with equal chance, it is anywhere with equal chance in every frame of every class: no
single frame can give the motion away.
"""

from dataclasses import dataclass

import numpy as np

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
SPEEDS = {"any": TRAVEL, "slow": (0.15, 0.3), "fast": (0.8, 1.2)}
RADIUS = 0.18, 0.36  # the object's smallest and largest radius, as a part of the picture's shorter side
SWELL = 1.4
PLACES = {
    "top left": (0.0, 0.0),
    "top right": (0.5, 0.0),
    "bottom left": (0.0, 0.5),
    "bottom right": (0.5, 0.5),
}
SPATIAL = {"left of": (-1, 0), "right of": (1, 0), "above": (0, -1), "below": (0, 1)}
DETAILS = (  # what can be seen only in an object that is upright, whole and not small
    "pattern", "boundary", "structure", "category", "feature", "face", "expression", "emotion", "written",
    "order", "temporal",
)  # fmt: skip


@dataclass
class Tracks:
    """`objects`: phases of each object, (frames, 4). `second`: what the second object looks like: "grey", "same" or
    "different". `falls`: times of falls on the floor, and `tops`: times of the highest points, in frames.
    """

    objects: list[np.ndarray]
    second: str = "grey"
    falls: np.ndarray | None = None
    tops: np.ndarray | None = None


def phases(motion, frames, draws, speed="any", place="anywhere"):
    """The four phases (across, down, turn, size) in each frame: (frames, 4), each in [0, 1)."""
    start = draws["motion"].random(4)
    if place != "anywhere":
        start[:2] = start[:2] / 2 + PLACES[place]
    rate = np.multiply(MOTIONS[motion], draws["speed"].uniform(*SPEEDS[speed])) / max(frames - 1, 1)
    return (start + np.arange(frames)[:, None] * rate) % 1


def plan(facts, frames, draws):
    """The `Tracks` that `facts` ask for."""
    for name, scene in SCENES.items():
        if facts[name] != "none":
            return scene(facts[name], np.linspace(0, 1, frames), draws[name])
    one = phases(facts["motion"], frames, draws, facts["speed"], facts["place"])
    still = facts["motion"] == facts["camera"] == "still" and facts["depth"] == "unknown"
    if still and any(facts[name] not in ("none", "nothing", "rim", "single") for name in DETAILS):
        middle = slice(2) if facts["place"] == "anywhere" else slice(0)
        one[:, middle] = 0.35 + 0.3 * one[:, middle]
        one[:, 2] = 0.1 * one[:, 2] - 0.05
        one[:, 3] = 0.6 + 0.4 * one[:, 3]
    return Tracks([one])


def events(facts, frames, draws):
    """What happens to the object in each frame: is it there, how far does it flash (0 to 1), how far does it swell
    (1 is not at all), and which of its pictures is shown, as a part of their number (0 to 1); each (frames,).
    """
    there, flash, swell = np.ones(frames, bool), np.zeros(frames), np.ones(frames)
    t = np.arange(frames)
    if facts["duration"] != "always":
        length = max(1, frames // 8) if facts["duration"] == "short" else max(2, round(frames / 2.7))
        there = (t + draws["duration"].integers(2 * length)) // length % 2 == 0
    if facts["order"] != "none":
        length = max(1, frames // 8)
        rng = draws["order"]
        gap = rng.integers(length, 2 * length + 1)
        first = rng.integers(max(frames - gap - length, 0) + 1)
        starts = (first, first + gap) if facts["order"] == "flash first" else (first + gap, first)
        flash[starts[0] : starts[0] + length] = 1
        swell[starts[1] : starts[1] + length] = SWELL
    if facts["temporal"] != "none":
        length, long = max(1, frames // 8), max(3, frames // 3)
        begin = draws["temporal"].integers(length, max(frames - long - length, length) + 1)
        swell[begin : begin + long] = SWELL
        at = {"before": begin - length, "during": begin + (long - length) // 2, "after": begin + long}
        flash[at[facts["temporal"]] : at[facts["temporal"]] + length] = 1
    return there, flash, swell, np.linspace(0, 1, frames)


def _track(x, y, radius, rng=None, turn=None):
    turn = rng.random() if turn is None else turn
    size = np.log(radius / RADIUS[0]) / np.log(RADIUS[1] / RADIUS[0])
    return np.stack(np.broadcast_arrays(x, y, turn, size), 1).astype(float)


def _axis(rng):
    """A direction, and the one across it."""
    angle = rng.uniform(0, 2 * np.pi)
    along = np.array([np.cos(angle), np.sin(angle)])
    return along, np.array([-along[1], along[0]])


def _on_line(middle, along, where, radius, rng):
    """A track along a line: `where` is how far from `middle`, in each frame."""
    return _track(*(middle[:, None] + along[:, None] * where), radius, rng)


def _bounces(count, s, rng):
    start, top, rate = rng.random(), rng.uniform(0.5, 0.65), int(count)
    turns = start + rate * s
    height = top * (1 - (2 * (turns % 1) - 1) ** 2)
    frames = (len(s) - 1) / rate
    falls = (np.arange(1, rate + 1) - start) * frames
    tops = (np.arange(rate) + (0.5 if start < 0.5 else 1.5) - start) * frames
    ball = _track(rng.uniform(0.2, 0.8), 0.84 - height, 0.15, rng)
    return Tracks([ball], falls=falls, tops=tops)


def _spatial(value, s, rng):
    toward = np.array(SPATIAL[value])
    middle, apart = rng.uniform(0.46, 0.54, 2), rng.uniform(0.38, 0.46)
    aside = np.abs(toward[::-1]) * rng.uniform(-0.12, 0.12)
    here, there = middle + toward * apart / 2 + aside, middle - toward * apart / 2 - aside
    return Tracks([_track(*here, 0.17 + 0 * s, rng), _track(*there, 0.17 + 0 * s, rng)])


def _semantic(value, s, rng):
    (along, across), start = _axis(rng), rng.random(2)
    if value == "cause":
        hit = rng.uniform(0.35, 0.55)
        one = np.minimum(s - hit, 0) * 0.6 - 0.13
        other = np.maximum(s - hit, 0) * 0.6 + 0.13
        return Tracks([_on_line(start, along, one, 0.19, rng), _on_line(start, along, other, 0.08, rng)])
    way = rng.uniform(*TRAVEL) * s
    if value == "owner":
        sway = 0.06 * np.sin(2 * np.pi * (2 * s + rng.random()))
        place = start[:, None] + along[:, None] * (way - 0.3) + across[:, None] * sway
        return Tracks([_on_line(start, along, way, 0.19, rng), _track(*place, 0.08, rng)])
    turn = rng.random() + 0.6 * rng.choice((-1, 1)) * s
    angle = 2 * np.pi * turn
    whole = start[:, None] + along[:, None] * way
    part = whole + 0.09 * np.stack([np.cos(angle), np.sin(angle)])
    return Tracks([_track(*whole, 0.19, turn=turn), _track(*part, 0.08, turn=turn)])


def _interaction(value, s, rng):
    middle, (along, _), m = rng.uniform(0.46, 0.54, 2), _axis(rng), rng.uniform(0.4, 0.6)
    if value == "collide":
        one = 0.13 + 0.4 * np.abs(s - m)
        other = -one
    elif value == "pass":
        one = 0.65 * (s - m)
        other = -one
    elif value == "chase":
        one = 0.4 * (s - 0.5) + 0.17
        other = one - 0.36 + 0.09 * s
    else:
        one = 0.6 * np.maximum(s - m, 0)
        other = 0.25 * np.minimum(s - m, 0) - 0.27 + 0.15 * np.maximum(s - m, 0)
    return Tracks([_on_line(middle, along, one, 0.13, rng), _on_line(middle, along, other, 0.13, rng)])


def _similarity(value, s, rng):
    middle, (along, _), half = rng.uniform(0.47, 0.53, 2), _axis(rng), rng.uniform(0.2, 0.24) + 0 * s
    pair = [_on_line(middle, along, side * half, 0.18, rng) for side in (-1, 1)]
    return Tracks(pair, second=value)


def _correlation(value, s, rng):
    along, across = _axis(rng)
    other = {"together": along, "opposite": -along, "unrelated": across * rng.choice((-1, 1))}[value]
    way = rng.uniform(*TRAVEL) * s
    pair = [_on_line(rng.random(2), direction, way, 0.15, rng) for direction in (along, other)]
    return Tracks(pair, second="different")


def _story(value, s, rng):
    alike = rng.random() < 0.5
    meet = alike == (value == "rule kept")
    apart = (rng.random() + (-1 if meet else 1) * rng.uniform(*TRAVEL) * s) % 1
    middle, (along, _) = rng.uniform(0.46, 0.54, 2), _axis(rng)
    pair = [_on_line(middle, along, side * (0.14 + 0.2 * apart), 0.14, rng) for side in (-1, 1)]
    return Tracks(pair, second="same" if alike else "different")


SCENES = {
    "bounces": _bounces,
    "spatial": _spatial,
    "semantic": _semantic,
    "interaction": _interaction,
    "similarity": _similarity,
    "correlation": _correlation,
    "story": _story,
}
