"""Chance changes to a clip that leave what it shows the same, and to its label where they do not."""

import re
import warnings
from dataclasses import dataclass
from functools import lru_cache
from typing import NamedTuple

import cv2
import numpy as np

from vidlab.clips import Frames, as_rgb, require

# Words that a mirror makes untrue, and those that running backwards does besides.
_MIRRORED = "left right, leftward rightward, leftwards rightwards, clockwise counterclockwise"
_REVERSED = (
    _MIRRORED + ", up down, upward downward, upwards downwards, open close, opening closing, growing shrinking, "
    "rising falling, entering leaving, pushing pulling, forward backward, forwards backwards, "
    "appearing disappearing, ascending descending, lifting lowering, raising lowering, folding unfolding, "
    "wrapping unwrapping, tying untying, loading unloading, filling emptying, zipping unzipping, "
    "approaching receding, towards away, into out"
)
_GREY = np.array([0.299, 0.587, 0.114])  # ITU-R BT.601


@dataclass(frozen=True)
class Augment:
    """How much clips may change from epoch to epoch, drawn for each clip and the same for all of its frames.

    ``Augment(crop=0.7, flip="swap", colour=0.2)`` goes into `Batches`. Called, ``Augment(...)(clip, seed)``, it
    gives one such clip to look at.

    Parameters
    ----------
    crop
        The least share of the picture's area that is kept, in (0, 1]: a window of at least that share, its
        sides' ratio changed by up to 4/3, is scaled to the whole size (Szegedy et al., Going deeper with
        convolutions, CVPR 2015). 1 keeps all.
    flip
        Mirror one clip in two, left for right. Where labels hold words such as left or clockwise, True warns;
        "swap" gives such a clip the opposite label, and leaves it alone where that is none of the classes.
    colour
        How much, c in [0, 1): brightness, contrast and saturation are each multiplied by a factor from 1 - c to 1 + c.
    speed
        (slowest, fastest), such as (0.8, 1.25): how fast time runs. Slower shows a part of the frames that
        would be taken, faster more than there are: then the first or last frame stands for a while.
    reverse
        Show one clip in two backwards; True and "swap" as for `flip`, with words such as opening, too.

    Raises
    ------
    ValueError
        An argument is out of its range.
    """

    crop: float = 1.0
    flip: bool | str = False
    colour: float = 0.0
    speed: tuple[float, float] = (1.0, 1.0)
    reverse: bool | str = False

    def __post_init__(self):
        require(_is_number(self.crop) and 0 < self.crop <= 1, f"crop={self.crop!r} must be above 0 and at most 1")
        require(_is_number(self.colour) and 0 <= self.colour < 1, f"colour={self.colour!r} must be from 0 to below 1")
        speed = self.speed
        pair = isinstance(speed, tuple | list) and len(speed) == 2 and all(map(_is_number, speed))
        require(
            pair and 0 < speed[0] <= speed[1] < np.inf,
            f"speed={speed!r} must be (slowest, fastest), such as (0.8, 1.25)",
        )
        for name in ("flip", "reverse"):
            value = getattr(self, name)
            require(isinstance(value, bool) or value == "swap", f'{name}={value!r} must be True, False or "swap"')

    @property
    def changes_speed(self):
        return tuple(self.speed) != (1, 1)

    def __call__(self, clip, seed):
        """One changed clip (frames, height, width, 3), uint8, as many frames as before; whatever its label."""
        clip, drawn = as_rgb(clip), self.draw(seed)
        if self.changes_speed:
            clip = clip[drawn.positions(len(clip), Frames(len(clip)))]
        return drawn.apply(clip)

    def draw(self, seed):
        """What happens to a clip. Each change is drawn whether it is wanted or not: none depends on another."""
        rng = np.random.default_rng(seed)
        speed, place = np.exp(rng.uniform(*np.log(self.speed))), rng.random()
        area, ratio = rng.uniform(self.crop, 1), np.exp(rng.uniform(-1, 1) * np.log(4 / 3) / 2)
        sides = np.minimum(np.sqrt(area) * np.array([ratio, 1 / ratio]), 1)
        corner = rng.random(2) * (1 - sides)
        window = (*corner, *(corner + sides)) if self.crop < 1 else None
        flip, reverse = rng.random(2) < 0.5
        colour = rng.uniform(1 - self.colour, 1 + self.colour, 3) if self.colour else None
        return Drawn(speed, place, window, bool(self.flip and flip), colour, bool(self.reverse and reverse))

    def draw_labelled(self, seed, label, classes):
        """As `draw`, and the clip's label after it. `label` is a number, `classes` the names."""
        drawn = self.draw(seed)
        for name in ("flip", "reverse"):
            if getattr(self, name) == "swap" and getattr(drawn, name):
                after = opposites(tuple(classes), name).get(label, label)
                if after is None:
                    drawn = drawn._replace(**{name: False})
                else:
                    label = after
        return drawn, label

    def warn_of(self, classes):
        """Say in a sentence which labels `flip` and `reverse` make untrue."""
        for name, does in (("flip", "mirrors"), ("reverse", "turns back")):
            touched = [classes[i] for i in opposites(tuple(classes), name)]
            if getattr(self, name) is True and touched:
                some = ", ".join(touched[:4]) + (", ..." if len(touched) > 4 else "")
                warnings.warn(
                    f'augment: {name}=True {does} clips labelled {some}, which makes the label wrong; {name}="swap" '
                    f"exchanges such labels, {name}=False leaves the clips alone",
                    stacklevel=4,
                )


class Drawn(NamedTuple):
    """What happens to one clip. `window` is (top, left, bottom, right) in shares of the picture."""

    speed: float
    place: float
    window: tuple | None
    flip: bool
    colour: np.ndarray | None
    reverse: bool

    def positions(self, n_frames, frames):
        """Which of n frames to take: at speed 1 they would reach from end to end ("uniform") or be `stride` apart
        ("dense"). The run of them starts at a place drawn from all that keep it inside, or cover the whole.
        """
        count, uniform = frames.frames, frames.sampling == "uniform"
        step = self.speed * (max((n_frames - 1) / max(count - 1, 1), 1) if uniform else frames.stride)
        room = n_frames - 1 - (count - 1) * step
        at = np.floor(room * self.place + step * np.arange(count) + 0.5)
        return np.clip(at, 0, n_frames - 1).astype(int)

    def apply(self, clip):
        """All but the speed."""
        if self.reverse:
            clip = clip[::-1]
        if self.window is not None:
            clip = _scaled(clip, *self.window)
        if self.flip:
            clip = clip[:, :, ::-1]
        if self.colour is not None:
            clip = _recoloured(clip, *self.colour)
        return np.ascontiguousarray(clip)


def _scaled(clip, top, left, bottom, right):
    """A window, in shares of the picture, scaled to the whole. Pixel x shows what was at (x + 1/2) s + left - 1/2."""
    height, width = clip.shape[1:3]
    rows, columns = bottom - top, right - left
    back = np.array([
        [columns, 0, left * width + columns / 2 - 0.5],
        [0, rows, top * height + rows / 2 - 0.5],
    ])  # fmt: skip
    how = dict(flags=cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP, borderMode=cv2.BORDER_REPLICATE)
    return np.stack([cv2.warpAffine(frame, back, (width, height), **how) for frame in clip])


def _recoloured(clip, brightness, contrast, saturation):
    """Brightness b, contrast k about the clip's mean m, saturation s: y = kb (s x + (1 - s) grey(x)) + (1 - k) b m."""
    picture = np.ascontiguousarray(clip).reshape(-1, *clip.shape[2:])  # the frames, one below the other
    mean = _GREY @ cv2.mean(picture)[:3]
    mix = saturation * np.eye(3) + (1 - saturation) * _GREY
    offset = np.full((3, 1), (1 - contrast) * brightness * mean)
    return cv2.transform(picture, np.hstack([contrast * brightness * mix, offset])).reshape(clip.shape)


@lru_cache
def opposites(classes, change):
    """{number: number of the opposite class, or None where there is none} for labels that `change` makes untrue.

    A label's opposite is itself with every word of a pair exchanged: "from left to right" and "from right to left".
    Upper and lower case, spaces and `_` do not matter.
    """
    pairs = [pair.split() for pair in (_MIRRORED if change == "flip" else _REVERSED).split(", ")]
    other = {}
    for a, b in pairs:
        other.setdefault(a, b)
        other.setdefault(b, a)
    number = {_words(name): i for i, name in enumerate(classes)}
    turned = {i: tuple(other.get(word, word) for word in words) for words, i in number.items()}
    return {i: number.get(turned[i]) for words, i in number.items() if turned[i] != words}


def _words(label):
    joined = re.sub(r"(?i)(counter|anti)[-_ ]?clockwise", "counterclockwise", str(label))
    return tuple(word.lower() for word in re.findall(r"[^\W\d_A-Z]+|[A-Z]+[^\W\d_A-Z]*|\d+", joined))


def _is_number(value):
    return isinstance(value, int | float | np.integer | np.floating) and not isinstance(value, bool)
