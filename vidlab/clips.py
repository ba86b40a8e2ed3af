"""What a clip is, said once for all who take one."""

import os

import numpy as np


def checked(clip, name="clip", any_range=False):
    """A clip as (frames, height, width, 1 or 3), uint8 or float32, whichever way it is given.

    Parameters
    ----------
    clip : uint8, floats from 0 to 1, or bool, of shape (frames, height, width, 3) or 1 for grey. Without the channels
        it is grey; one frame, (height, width, 3) or (height, width), is a clip of one.
    name : of the argument, for messages.
    any_range : take numbers of any range as they are: maps, not pictures.

    Raises
    ------
    ValueError : it is no clip; the message says what it is instead, and what to do.
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


def as_uint8(clip):
    """The pixels of a checked clip as uint8."""
    return clip if clip.dtype == np.uint8 else (clip * 255).round().clip(0, 255).astype(np.uint8)


def as_floats(clip):
    """The pixels of a checked clip as float32 from 0 to 1."""
    return clip.astype(np.float32) / 255 if clip.dtype == np.uint8 else clip
