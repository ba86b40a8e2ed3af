"""Video files to frames and back.

    clip = read("swim.mp4", frames=16, size=(112, 112))    # (16, 112, 112, 3), uint8 RGB
    write("copy.mp4", clip, fps=8)
    probe("swim.mp4")                                      # what is really in the file

A clip is a NumPy array (frames, height, width, 3) of uint8 RGB. Frames are decoded once, in order, with `av`;
only the wanted ones are converted and kept, so memory does not grow with the length of the file. What a
header claims is never trusted: frames are counted by decoding. Files are written with `imageio`. Whatever is
wrong with a file is said by one of the errors below, which names the file and what to do.
"""

import os
import stat
import uuid
from array import array
from contextlib import contextmanager
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
from av.audio.resampler import AudioResampler
from av.stream import Disposition
from av.video.reformatter import VideoReformatter

__all__ = [
    "VideoInfo", "VideoError", "VideoNotFound", "NotAVideo", "NoFrames", "Truncated", "TooLarge",
    "probe", "read", "read_audio", "write", "indices",
]  # fmt: skip

SAMPLINGS = ("uniform", "dense", "segments", "random", "all")
LIMIT_BYTES = 2 * 10**9

# A playlist or a script named .mp4 could make ffmpeg open other files or the network. So only formats that
# hold their own data are recognised, and no further file or address may be opened.
FORMATS = (
    "mov,avi,matroska,gif,mpeg,mpegvideo,mpegts,flv,asf,ogg,h264,hevc,m4v,mjpeg,ivf,obu,av1,nut,dv,"
    "yuv4mpegpipe,mxf,apng,wav,mp3,aac,flac"
)
OPTIONS = {"format_whitelist": FORMATS, "protocol_whitelist": "none"}


class VideoError(Exception):
    """Something is wrong with a video file. The message names the file and says what to do."""


class VideoNotFound(VideoError):
    """There is no file at the path, or it may not be read."""


class NotAVideo(VideoError):
    """The file is there, but it holds no video (or, for `read_audio`, nothing with sound in it)."""


class NoFrames(VideoError):
    """The file is a video, but no picture (for `read_audio`: no sound) can be decoded where it was wanted."""


class Truncated(VideoError):
    """A part of the video is missing or damaged; ``on_error="repair"`` reads the rest."""


class TooLarge(VideoError):
    """The result would take more memory than ``limit_bytes``."""


@dataclass(frozen=True)
class VideoInfo:
    """What `probe` found in a file: decoded facts, not the header's claims.

    ``width`` and ``height`` are those of the pictures that `read` returns, after ``rotation`` (degrees
    counter-clockwise: 0, 90, 180 or 270). ``duration`` is in seconds, from the first picture's start to the
    last one's end; ``fps`` is the mean rate, 0.0 where a single picture gives none.
    """

    frames: int
    width: int
    height: int
    fps: float
    duration: float
    codec: str
    rotation: int
    has_audio: bool


# ---------------------------------------------------------------------------------------------- sampling


def indices(n_frames, frames=None, sampling="uniform", seed=None, *, stride=1):
    """Which frames of a clip to take.

    Parameters
    ----------
    n_frames : int
        How many frames there are, 1 or more.
    frames : int or None
        How many to take. None takes every one. Where more are asked than there are, the last is repeated.
    sampling : str
        "uniform": evenly spaced from the first to the last (a single one: the middle).
        "dense": a run of frames, `stride` apart; from the middle of the clip without a seed, from a random
        start with one. A run longer than the clip starts at 0 and repeats the last.
        "segments": one of each of `frames` equal segments (temporal segment networks, Wang et al. 2016); the
        middle one without a seed, a random one with it.
        "random": a random choice without repeats, in order.
        "all": every frame; `frames` must be None.
    seed : int, numpy.random.Generator or None
    stride : int
        Distance between the frames of "dense".

    Returns
    -------
    numpy.ndarray
        Integers (frames,), never decreasing.

    Raises
    ------
    ValueError
        An argument is out of its range; the message names it.
    """
    _check_sampling(frames, sampling, stride)
    if not _is_count(n_frames):
        raise ValueError(f"n_frames must be a whole number from 1 up, not {n_frames!r}")
    if frames is None:
        return np.arange(n_frames)
    k = np.arange(frames)
    if sampling == "dense":
        room = max(n_frames - 1 - (frames - 1) * stride, 0)
        start = room // 2 if seed is None else np.random.default_rng(seed).integers(room + 1)
        return np.minimum(start + k * stride, n_frames - 1)
    if frames >= n_frames:
        return np.minimum(k, n_frames - 1)
    if sampling == "random":
        return np.sort(np.random.default_rng(seed).choice(n_frames, frames, replace=False))
    if sampling == "segments":
        first, after = k * n_frames // frames, (k + 1) * n_frames // frames
        return (first + after - 1) // 2 if seed is None else np.random.default_rng(seed).integers(first, after)
    if frames == 1:
        return np.array([(n_frames - 1) // 2])
    return np.floor(k * (n_frames - 1) / (frames - 1) + 0.5).astype(int)


def _is_count(value):
    return isinstance(value, int | np.integer) and not isinstance(value, bool) and value >= 1


def _check_sampling(frames, sampling, stride):
    if sampling not in SAMPLINGS:
        raise ValueError(f"sampling must be one of {', '.join(SAMPLINGS)}, not {sampling!r}")
    if frames is not None and not _is_count(frames):
        raise ValueError(f"frames must be None or a whole number from 1 up, not {frames!r}")
    if frames is not None and sampling == "all":
        raise ValueError('frames must be None with sampling="all", which takes every frame')
    if not _is_count(stride):
        raise ValueError(f"stride must be a whole number from 1 up, not {stride!r}")


# --------------------------------------------------------------------------------------------- reading


def read(path, frames=None, size=None, fit="stretch", start=None, stop=None, sampling="uniform", seed=None,
         on_error="strict", *, stride=1, by="frame", limit_bytes=LIMIT_BYTES, threads=None):
    """Read a video file into a clip.

    Of several video streams the first is read. Rotation that a phone wrote beside the pictures is applied.

    Parameters
    ----------
    path : str or pathlib.Path
    frames : int or None
        How many frames to take, None for all. Where more are asked than there are, the last is repeated.
    size : (int, int) or None
        Height and width of the result in pixels; None keeps the file's.
    fit : str
        How a picture meets another shape: "stretch" it, scale it to cover `size` and "crop" the middle, or
        scale it to lie within `size` and "pad" with black.
    start, stop : float or None
        Seconds after the first frame: only frames shown from `start` on and before `stop` are taken.
    sampling, seed, stride
        Which frames to take: see `indices`.
    on_error : str
        "strict" raises `Truncated` where a part is missing or damaged: a packet that is cut short or that the
        decoder refuses, or a file that ends before its own index or outermost box does. A header's frame
        count alone never condemns a file, nor do packets before the first key frame of a recording that
        starts in mid-stream. Formats without an index (ts, mpg, flv, gif) may end anywhere: a clean cut
        between two frames cannot be noticed there. "repair" goes on behind each bad packet and keeps every
        frame that can be had.
    by : str
        "frame" counts frames. "time" samples as if the clip were first brought to a constant frame rate, so
        that a frame that stands longer is taken more often (phones, screen recordings and GIFs vary).
    limit_bytes : int
        The most memory that the result may take.
    threads : int or None
        Threads of the decoder; None leaves the choice to it. Give 1 inside parallel maps.

    Returns
    -------
    numpy.ndarray
        The clip (frames, height, width, 3), uint8 RGB.

    Raises
    ------
    VideoNotFound, NotAVideo, NoFrames, Truncated, TooLarge
        Something is wrong with the file.
    ValueError
        An argument is out of its range.
    """
    _check_sampling(frames, sampling, stride)
    _check_reading(size, fit, start, stop, on_error, by, threads)
    if isinstance(seed, np.random.Generator) or (seed is None and sampling == "random"):
        seed = int(np.random.default_rng(seed).integers(2**63))  # the choice below may be made twice

    def choose(times):
        inside = np.flatnonzero((times[:-1] >= (start or 0)) & (times[:-1] < (np.inf if stop is None else stop)))
        if not len(inside):
            return inside
        if by == "time":
            inside = _at_constant_rate(times, inside)
        return inside[indices(len(inside), frames, sampling, seed, stride=stride)]

    # Choose by the file's index or, where it has none, by its packets. Then decode, which tells the truth;
    # where that leads to another choice, decode once more.
    times = None
    while True:
        with _opened(path, "video", limit_bytes, threads) as (container, stream):
            if times is None:
                times = _indexed_times(container, stream)
            if times is None:
                times = _demuxed_times(container, stream)
                continue  # at the file's end now
            chosen = choose(times)
            clip, times = _decode(path, container, stream, chosen, size, fit, stop, on_error, limit_bytes)
        if np.array_equal(choose(times), chosen):
            break
    if len(times) < 2:
        raise NoFrames(f"{path}: no picture in it can be decoded; the file is damaged or empty, get it again")
    if not len(chosen):
        raise NoFrames(
            f"{path}: no frame from start={start} to stop={stop}; the last begins at {times[-2]:.3f} s"
        )
    return clip


def _check_reading(size, fit, start, stop, on_error, by, threads):
    if size is not None and not (
        isinstance(size, tuple | list | np.ndarray) and len(size) == 2 and all(_is_count(n) for n in size)
    ):
        raise ValueError(f"size must be None or (height, width) in whole pixels, not {size!r}")
    if fit not in ("stretch", "crop", "pad"):
        raise ValueError(f"fit must be stretch, crop or pad, not {fit!r}")
    if on_error not in ("strict", "repair"):
        raise ValueError(f"on_error must be strict or repair, not {on_error!r}")
    if by not in ("frame", "time"):
        raise ValueError(f"by must be frame or time, not {by!r}")
    if threads is not None and not _is_count(threads):
        raise ValueError(f"threads must be None or a whole number from 1 up, not {threads!r}")
    if start is not None and not start >= 0:
        raise ValueError(f"start must be None or seconds from 0 up, not {start!r}")
    if stop is not None and not stop > (start or 0):
        raise ValueError(f"stop must be None or seconds after start, not {stop!r}")


def _at_constant_rate(times, inside):
    """The frame on show at the middle of each of len(inside) equal steps from the first to the last one's end."""
    begin, end = times[inside[0]], times[inside[-1] + 1]
    ticks = begin + (np.arange(len(inside)) + 0.5) * (end - begin) / len(inside)
    return inside[np.clip(np.searchsorted(times[inside], ticks, side="right") - 1, 0, None)]


def _decode(path, container, stream, chosen, size, fit, stop, on_error, limit_bytes):
    """One pass over the file: the clip of the chosen frames, and when each frame that passed begins."""
    reformatter = VideoReformatter()
    stamps, clip, row = _Stamps(stream), None, 0
    for k, frame in enumerate(_decoded(path, container, stream, on_error)):
        stamps.add(frame)
        if stop is not None and stamps.seconds(k) >= stop:
            break
        if row == len(chosen) or chosen[row] != k:
            continue
        picture = _picture(path, frame, reformatter, size, fit, limit_bytes)
        if clip is None:
            size = picture.shape[:2]  # later pictures of another size are scaled to the first one's
            _refuse_large(path, len(chosen), *size, limit_bytes)
            clip = np.empty((len(chosen), *picture.shape), np.uint8)
        while row < len(chosen) and chosen[row] == k:
            clip[row] = picture
            row += 1
    return clip, stamps.times()


def _picture(path, frame, reformatter, size, fit, limit_bytes):
    """One frame as an array (height, width, 3): turned upright and fitted into `size`."""
    turns = _turns(frame)
    height, width = (frame.width, frame.height) if turns % 2 else (frame.height, frame.width)
    target = scaled = size or (height, width)
    if fit != "stretch":
        ratio = (max if fit == "crop" else min)(target[0] / height, target[1] / width)
        scaled = max(1, round(height * ratio)), max(1, round(width * ratio))
    _refuse_large(path, 1, *scaled, limit_bytes)
    rows, columns = scaled[::-1] if turns % 2 else scaled
    # one thread: a pool of them costs more than it saves, and must not outlive a later fork
    rgb = reformatter.reformat(frame, width=columns, height=rows, format="rgb24", threads=1)
    picture = np.rot90(rgb.to_ndarray(), turns)
    if fit == "crop":
        top, left = (scaled[0] - target[0]) // 2, (scaled[1] - target[1]) // 2
        return picture[top : top + target[0], left : left + target[1]]
    if fit == "pad" and scaled != tuple(target):
        above, before = (target[0] - scaled[0]) // 2, (target[1] - scaled[1]) // 2
        padded = np.zeros((*target, 3), np.uint8)
        padded[above : above + scaled[0], before : before + scaled[1]] = picture
        return padded
    return picture


def _turns(frame):
    """Quarter turns counter-clockwise that bring the picture upright, for np.rot90."""
    return round(frame.rotation / 90) % 4


def _refuse_large(path, frames, height, width, limit_bytes):
    need = frames * height * width * 3
    if need > limit_bytes:
        raise TooLarge(
            f"{path}: {frames} x {height} x {width} pixels take {need / 1e9:.3g} GB, more than the limit of "
            f"{limit_bytes / 1e9:.3g} GB; ask for fewer frames or a smaller size, or raise limit_bytes"
        )


def read_audio(path, on_error="strict", *, limit_bytes=LIMIT_BYTES):
    """Read the sound of a video or sound file.

    Parameters
    ----------
    path : str or pathlib.Path
    on_error, limit_bytes
        As in `read`.

    Returns
    -------
    samples : numpy.ndarray
        (n, channels), float32 in [-1, 1].
    rate : int
        Samples per second.

    Raises
    ------
    VideoNotFound, NotAVideo, NoFrames, Truncated, TooLarge
        Something is wrong with the file. `NoFrames` where it is silent: ``probe(path).has_audio`` tells.
    """
    _check_reading(None, "stretch", None, None, on_error, "frame", None)
    parts, need, rate = [], 0, 0
    with _opened(path, "audio", limit_bytes) as (container, stream):
        resampler = AudioResampler(format="fltp")
        for frame in _decoded(path, container, stream, on_error):
            rate = rate or frame.sample_rate
            try:
                converted = [part.to_ndarray() for part in resampler.resample(frame)]
            except (av.FFmpegError, ValueError):
                if on_error == "strict":
                    raise _truncated(path, "its sound changes its form on the way") from None
                continue
            parts += converted
            need += 2 * sum(part.nbytes for part in converted)  # twice: parts and their concatenation
            if need > limit_bytes:
                raise TooLarge(
                    f"{path}: its sound takes more than the limit of {limit_bytes / 1e9:.3g} GB; raise limit_bytes"
                )
        if parts:
            parts += [part.to_ndarray() for part in resampler.resample(None)]
    if not parts:
        raise NoFrames(f"{path}: no sound in it can be decoded; the file is damaged or empty, get it again")
    return np.ascontiguousarray(np.concatenate(parts, axis=1).T), rate


def probe(path):
    """Say what is in a video file, by decoding it.

    Every frame is decoded up to 2,000 million pixels in all (17 minutes at 320x240, some seconds of work);
    of a longer file the rest is counted in packets.

    Parameters
    ----------
    path : str or pathlib.Path

    Returns
    -------
    VideoInfo
        What can be had from the file, as `read` with ``on_error="repair"`` has it.

    Raises
    ------
    VideoNotFound, NotAVideo, NoFrames, TooLarge
        Something is wrong with the file.
    """
    pixels = 0
    with _opened(path, "video", LIMIT_BYTES) as (container, stream):
        first, stamps = None, _Stamps(stream)
        for frame in _decoded(path, container, stream, "repair"):
            first = first or frame
            stamps.add(frame)
            pixels += frame.width * frame.height
            if pixels > 2 * 10**9:
                for packet in container.demux(stream):
                    if packet.size and not packet.is_discard:
                        stamps.add(packet)
                break
        if first is None:
            raise NoFrames(f"{path}: no picture in it can be decoded; the file is damaged or empty, get it again")
        times, turns = stamps.times(), _turns(first)
        return VideoInfo(
            frames=len(times) - 1,
            width=first.height if turns % 2 else first.width,
            height=first.width if turns % 2 else first.height,
            fps=_mean_rate(times, stream),
            duration=float(times[-1]),
            codec=stream.codec_context.codec.canonical_name,
            rotation=90 * turns,
            has_audio=any(sound.codec_context for sound in container.streams.audio),
        )


def _mean_rate(times, stream):
    """Frames a second by the timestamps; where the header's rate agrees within their rounding, that one."""
    span, steps = times[-2] - times[0], len(times) - 2
    rounding = 1.5 * float(stream.time_base or 0) + 1e-6
    for rate in (stream.average_rate, stream.guessed_rate):
        if rate and abs(span - steps / rate) <= rounding:
            return float(rate)
    return float(steps / span) if span > 0 else 0.0


# ------------------------------------------------------------------------------- files, packets and times


@contextmanager
def _opened(path, kind, limit_bytes, threads=None):
    """The container and its first stream of a kind ("video" or "audio"); whatever `av` raises is translated."""
    with _file(path) as file:
        container = None
        try:
            # A file object, not the name: names such as concat:x or http://x mean more to ffmpeg than a file.
            container = av.open(file, metadata_errors="ignore", options=OPTIONS)
            stream = _first_stream(path, container, kind)
            if kind == "video":
                _refuse_large(path, 1, stream.height, stream.width, limit_bytes)
            stream.thread_type = "SLICE"
            if threads is not None:
                stream.codec_context.thread_count = int(threads)
            yield container, stream
        except av.FFmpegError as error:
            if container is None and _begins_like_video(path):
                raise _truncated(path, "it begins like a video, but its index is missing") from None
            raise NotAVideo(
                f"{path}: this is not a video that can be read ({error.strerror}); open it in a player, or "
                "get it again"
            ) from None
        except MemoryError:
            raise TooLarge(f"{path}: there is not enough memory for it; ask for fewer frames") from None
        finally:
            if container is not None:
                container.close()


@contextmanager
def _file(path):
    """The file, open for reading. Only a regular file that is not empty will do: a pipe would wait for ever."""
    if not isinstance(path, str | os.PathLike):
        raise TypeError(f"path must be a str or a pathlib.Path, not {type(path).__name__}")
    try:
        status = os.stat(path)
    except (OSError, ValueError):
        raise VideoNotFound(f"{path}: there is no such file; check the name and the folder") from None
    if stat.S_ISDIR(status.st_mode):
        raise NotAVideo(f"{path}: this is a folder; name one of the files in it")
    if not stat.S_ISREG(status.st_mode):
        raise NotAVideo(f"{path}: this is not a file but a pipe or a device; save the video as a file first")
    if not status.st_size:
        raise NotAVideo(f"{path}: the file is empty (0 bytes); get it again")
    try:
        file = open(path, "rb")  # noqa: SIM115
    except OSError as error:
        raise VideoNotFound(f"{path}: it cannot be opened ({error.strerror}); check its permissions") from None
    with file:
        yield file
