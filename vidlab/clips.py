"""What a clip is, and which frames of a file make one: said once for all who take them."""

import os
from dataclasses import KW_ONLY, dataclass
from typing import Literal

import numpy as np

Fit = Literal["stretch", "crop", "pad"]
Sampling = Literal["uniform", "dense", "segments", "random", "all"]
By = Literal["frame", "time"]


@dataclass(frozen=True)
class Frames:
    """Which frames of a file make a clip, and how they are brought to its size.

    `datasets.load_clips`, `datasets.Batches` and `training.save` take one, so that a model is asked about clips made
    as those were that it learnt from. `video.read` has the same words as arguments.

    Parameters
    ----------
    frames
        How many; None for all. Where more are asked than there are, the last is repeated.
    size
        (height, width) in pixels; None keeps the file's.
    fit
        How a picture meets another shape: "stretch" it, scale it to cover `size` and "crop" the middle, or scale it to
        lie within `size` and "pad" with black.
    sampling
        Which frames: see `video.indices`.
    stride
        Distance between the frames of "dense" sampling.
    by
        "frame" counts frames; "time" samples as if the clip were first brought to a constant frame rate.

    Raises
    ------
    ValueError
        A value is out of its range; the message names it.

    Examples
    --------
    >>> Frames(8, (32, 48)).shape
    (8, 32, 48, 3)
    >>> Frames(8, sampling="dense", stride=2)
    Frames(frames=8, size=(48, 48), fit='stretch', sampling='dense', stride=2, by='frame')
    """

    frames: int | None = 16
    size: tuple[int, int] | None = (48, 48)
    _: KW_ONLY
    fit: Fit = "stretch"
    sampling: Sampling = "uniform"
    stride: int = 1
    by: By = "frame"

    def __post_init__(self):
        size = self.size
        require(self.frames is None or is_count(self.frames), f"frames must be None or from 1 up, not {self.frames!r}")
        pair = size is None or (np.shape(size) == (2,) and all(map(is_count, size)))
        require(pair, f"size must be None or (height, width) in whole pixels, not {size!r}")
        one_of("fit", self.fit, Fit)
        one_of("sampling", self.sampling, Sampling)
        all_of_them = self.frames is None or self.sampling != "all"
        require(all_of_them, 'frames must be None with sampling="all", which takes all')
        require(is_count(self.stride), f"stride must be a whole number from 1 up, not {self.stride!r}")
        one_of("by", self.by, By)
        if size is not None:
            object.__setattr__(self, "size", tuple(map(int, size)))

    @property
    def shape(self) -> tuple[int, int, int, int]:
        """(frames, height, width, 3) of every clip.

        Raises
        ------
        ValueError
            `frames` or `size` is None, so that each clip has its own.
        """
        fixed = self.frames is not None and self.size is not None
        require(fixed, f"{self}: clips of one array need a number of frames and a size")
        return (self.frames, *self.size, 3)


def checked(clip, name: str = "clip", *, any_range: bool = False) -> np.ndarray:
    """A clip as (frames, height, width, 1 or 3), uint8 or float32, whichever way it is given.

    Parameters
    ----------
    clip
        uint8, floats from 0 to 1, or bool, of shape (frames, height, width, 3) or 1 for grey. Without the channels it
        is grey; one frame, (height, width, 3) or (height, width), is a clip of one.
    name
        Of the argument, for messages.
    any_range
        Take numbers of any range as they are: maps, not pictures.

    Raises
    ------
    ValueError
        It is no clip; the message says what it is instead, and what to do.
    """
    if isinstance(clip, str | os.PathLike):
        raise ValueError(f"{name}: {str(clip)!r} is a file's name; video.read(name) makes a clip of it")
    clip = np.asarray(clip)
    if clip.dtype == bool:
        clip = clip.astype(np.uint8) * 255
    if clip.ndim == 2 or (clip.ndim == 3 and clip.shape[-1] in (1, 3)):
        clip = clip[None]
    if clip.ndim == 3:
        clip = clip[..., None]
    if clip.ndim != 4 or clip.shape[-1] not in (1, 3) or not clip.size:
        raise ValueError(f"{name}: expected (frames, height, width, 1 or 3), got an array of shape {clip.shape}")
    if clip.dtype == np.uint8 or any_range:
        return clip
    if clip.dtype.kind not in "fiu":
        raise ValueError(f"{name}: expected uint8, or floats from 0 to 1, got {clip.dtype}")
    if not np.isfinite(clip).all():
        raise ValueError(f"{name}: some of its numbers are NaN or infinite; look where it comes from")
    low, high = float(clip.min()), float(clip.max())
    if clip.dtype.kind == "f" and low >= -0.001 and high <= 1.001:
        return clip.astype(np.float32)
    if low < 0:
        remedy = "(clip + 1) / 2 brings -1..1 there" if low >= -1.001 and high <= 1.001 else "scale it"
    elif clip.dtype.kind == "f":
        remedy = "divide by 255"
    else:
        remedy = "clip.astype(np.uint8) makes it so" if high <= 255 else "scale it"
    raise ValueError(
        f"{name}: expected uint8, or floats from 0 to 1, got {clip.dtype} from {low:g} to {high:g}; {remedy}"
    )


def as_uint8(clip, name: str = "clip") -> np.ndarray:
    """A clip, checked, as uint8 (frames, height, width, 1 or 3).

    >>> as_uint8(np.full((2, 2), 0.5)).ravel()
    array([128, 128, 128, 128], dtype=uint8)
    """
    clip = checked(clip, name)
    return clip if clip.dtype == np.uint8 else (clip * 255).round().clip(0, 255).astype(np.uint8)


def as_rgb(clip, name: str = "clip") -> np.ndarray:
    """A clip, checked, as uint8 (frames, height, width, 3): grey becomes three equal channels."""
    clip = as_uint8(clip, name)
    return np.ascontiguousarray(np.broadcast_to(clip, (*clip.shape[:3], 3)))


def as_floats(clip, name: str = "clip") -> np.ndarray:
    """A clip, checked, as float32 from 0 to 1: (frames, height, width, 1 or 3)."""
    clip = checked(clip, name)
    return clip.astype(np.float32) / 255 if clip.dtype == np.uint8 else clip


def one_of(name: str, value, choices):
    """Refuse a value that is none of a `Literal`'s."""
    choices = choices.__args__
    require(value in choices, f"{name}={value!r} must be {', '.join(choices[:-1])} or {choices[-1]}")


def is_count(value) -> bool:
    """Whether it is a whole number from 1 up."""
    return isinstance(value, int | np.integer) and not isinstance(value, bool) and value >= 1


def require(fulfilled, message: str):
    """Raise ValueError with the message unless it is fulfilled."""
    if not fulfilled:
        raise ValueError(message)
