"""Video files to frames and sound."""

from dataclasses import dataclass
from itertools import chain
from typing import Literal

import av
import numpy as np
from av.audio.resampler import AudioResampler
from av.sidedata.sidedata import Type
from av.video.reformatter import VideoReformatter

from vidlab.clips import Frames, is_count, one_of, require
from vidlab.video.errors import NoFrames, TooLarge, no_pictures, truncated
from vidlab.video.file import LIMIT_BYTES, REORDERED, Stamps, opened
from vidlab.video.sampling import indices

PROBED = 2 * 10**9  # pixels that `probe` decodes
ROUNDING = 1e-3  # seconds: a frame that leaves so soon after `start` is not on show there


def read(
    path,
    frames=None,
    size=None,
    fit="stretch",
    start=None,
    stop=None,
    sampling="uniform",
    seed=None,
    on_error="raise",
    *,
    stride=1,
    by="frame",
    limit_bytes=LIMIT_BYTES,
    threads=None,
):
    """Read a video file into a clip.

    Of several video streams the first is read. Rotation and mirroring that a phone wrote beside the pictures are
    applied; the sample aspect ratio is not: pixels are those that are stored, and a player may show them wider.

    Parameters
    ----------
    path
        Str, pathlib.Path, bytes or a file object
    frames : int or None
        How many frames to take, None for all. Where more are asked than there are, the last is repeated.
    size : (int, int) or None
        Height and width of the result in pixels; None keeps the file's.
    fit : str
        How a picture meets another shape: "stretch" it, scale it to cover `size` and "crop" the middle, or
        scale it to lie within `size` and "pad" with black.
    start, stop : float or None
        Seconds after the first frame: what is on show from `start` on and before `stop`. Where the file has an index
        (mp4, mov, mkv, webm, some avi), reading begins at the key frame before `start`, and what lies before that is
        not checked.
    sampling, seed, stride
        Which frames to take: see `indices`.
    on_error : str
        "raise" raises `Truncated` where a part is missing or damaged: a packet that is cut short or that the
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
        Threads of the decoder; None: one for small pictures, else its own choice. Give 1 in parallel maps.

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

    Examples
    --------
    >>> from vidlab import datasets
    >>> read(datasets.embedded()[0].source, frames=4, size=(32, 48)).shape
    (4, 32, 48, 3)
    """
    Frames(frames, size, fit=fit, sampling=sampling, stride=stride, by=by)  # refuses what is out of its range
    _check_reading(start, stop, on_error, threads)
    if isinstance(seed, np.random.Generator) or (seed is None and sampling == "random"):
        seed = int(np.random.default_rng(seed).integers(2**63))  # the choice below may be made twice

    begin, end = start or 0, np.inf if stop is None else stop

    def choose(times):
        on_show = (times[:-1] >= begin) | (times[1:] > begin + ROUNDING)
        inside = np.flatnonzero(on_show & (times[:-1] < end))
        if not len(inside):
            return inside
        if by == "time":
            inside = _at_constant_rate(times, inside, begin, end)
        return inside[indices(len(inside), frames, sampling, seed, stride=stride)]

    # Choose by the file's index or, where that will not do, by its packets. Then decode, which tells the
    # truth; where the truth leads to another choice, decode once more, from the file's beginning.
    times = clip = None
    by_index, seek = by == "frame" and start is None and stop is None, begin > 0
    for _ in range(5):
        with opened(path, "video", limit_bytes, threads, on_error == "raise") as file:
            name = file.name
            if times is None and by_index:
                times = file.indexed_times()
            if seek and not file.seek(begin):
                seek = False
                continue
            if times is None:
                times = file.demuxed_times(end)
                continue  # at the file's end now: open it again
            chosen = choose(times)
            clip, found = _decode(file, chosen, size, fit, end, limit_bytes)
        if np.array_equal(choose(found), chosen) and (len(found) > 1 or not seek):
            break
        seek, times = False, None if seek else found
    else:
        raise truncated(name, "it decodes otherwise each time")
    if len(found) < 2:
        raise no_pictures(name)
    if clip is None:
        raise NoFrames(f"{name}: no frame is shown from {begin} s to before {end} s; probe it for its length")
    return clip


def stream(path, size=None, fit="stretch", on_error="raise", *, limit_bytes=LIMIT_BYTES):
    """The frames of a file one by one, as (when it begins in seconds after the first, picture): for long files.

    Memory does not grow with the file's length.

    Parameters
    ----------
    path, size, fit, on_error
        As in `read`.
    limit_bytes : int
        The most memory that a picture may take.

    Raises
    ------
    VideoNotFound, NotAVideo, NoFrames, Truncated, TooLarge
        Something is wrong with the file; of a part that is missing or damaged when the frames before it have passed.
    ValueError
        An argument is out of its range.

    Examples
    --------
    >>> from vidlab import datasets
    >>> for seconds, picture in stream(datasets.embedded()[0].source, size=(32, 48)):
    ...     if seconds == 1:
    ...         print(picture.shape)
    (32, 48, 3)
    """
    Frames(None, size, fit=fit)  # refuses what is out of its range
    _check_reading(None, None, on_error, None)
    return _stream(path, size, fit, on_error, limit_bytes)


def _stream(path, size, fit, on_error, limit_bytes):
    reformatter, latest = VideoReformatter(), None
    with opened(path, "video", limit_bytes, None, on_error == "raise") as file:
        stamps = Stamps(file)
        for frame in file.frames():
            latest = max(latest or 0.0, stamps.add(frame))
            picture = _picture(file.name, frame, reformatter, size, fit, limit_bytes)
            size = size or picture.shape[:2]
            yield latest, picture
        if latest is None:
            raise no_pictures(file.name)


def _check_reading(start, stop, on_error, threads):
    require(start is None or start >= 0, f"start must be None or seconds from 0 up, not {start!r}")
    require(stop is None or stop > (start or 0), f"stop must be None or seconds after start, not {stop!r}")
    one_of("on_error", on_error, Literal["raise", "repair"])
    require(threads is None or is_count(threads), f"threads must be None or from 1 up, not {threads!r}")


def _at_constant_rate(times, inside, begin, end):
    """The frame on show in the middle of each of len(inside) equal steps of time."""
    begin, end = max(begin, times[inside[0]]), min(end, times[inside[-1] + 1])
    ticks = begin + (np.arange(len(inside)) + 0.5) * (end - begin) / len(inside)
    return inside[np.clip(np.searchsorted(times[inside], ticks, side="right") - 1, 0, None)]


def _decode(file, chosen, size, fit, end, limit_bytes):
    """One pass over the file: the clip of the chosen frames, and the times of the frames that passed."""
    reformatter = VideoReformatter()
    stamps, clip, row, late = Stamps(file), None, 0, 0
    for k, frame in enumerate(file.frames()):
        late = late + 1 if stamps.add(frame) >= end else 0
        if late > REORDERED:
            break
        if row == len(chosen) or chosen[row] != k:
            continue
        picture = _picture(file.name, frame, reformatter, size, fit, limit_bytes)
        if clip is None:
            size = picture.shape[:2]  # later pictures of another size are scaled to the first one's
            _refuse_large(file.name, len(chosen), *size, limit_bytes)
            clip = np.empty((len(chosen), *picture.shape), np.uint8)
        while row < len(chosen) and chosen[row] == k:
            clip[row] = picture
            row += 1
    return clip, stamps.times()


def _picture(name, frame, reformatter, size, fit, limit_bytes):
    """One frame as an array (height, width, 3): brought upright and fitted into `size`."""
    turns, mirrored = _orientation(frame)
    upright = np.array((frame.height, frame.width)[:: -1 if turns % 2 else 1])
    target = scaled = upright if size is None else np.array(size)
    if fit != "stretch":
        ratio = (max if fit == "crop" else min)(target / upright)
        scaled = np.maximum(np.round(upright * ratio), 1).astype(int)
    _refuse_large(name, 1, *scaled, limit_bytes)
    rows, columns = scaled[:: -1 if turns % 2 else 1].tolist()
    # one thread: a pool of them costs more than it saves, and must not outlive a later fork
    rgb = reformatter.reformat(frame, width=columns, height=rows, format="rgb24", threads=1)
    picture = rgb.to_ndarray()
    if turns or mirrored:  # as whole pixels, which move faster than single bytes
        whole = picture.view("V3")[:, :: -1 if mirrored else 1]
        picture = np.ascontiguousarray(np.rot90(whole, turns)).view(np.uint8)
    margin = (target - scaled) // 2
    if fit == "crop":
        return picture[-margin[0] :, -margin[1] :][: target[0], : target[1]]
    if fit == "pad":
        return np.pad(picture, (*zip(margin, target - scaled - margin, strict=True), (0, 0)))
    return picture


def fitted(picture, size, fit="stretch"):
    """One picture, (height, width, 3) uint8, brought to `size` as `read` brings those of a file.

    >>> fitted(np.zeros((30, 40, 3), np.uint8), (12, 12), "crop").shape
    (12, 12, 3)
    """
    frame = av.VideoFrame.from_ndarray(np.ascontiguousarray(picture), "rgb24")
    return _picture("a picture", frame, VideoReformatter(), size, fit, LIMIT_BYTES)


def _orientation(frame):
    """What brings it upright: (quarter turns counter-clockwise, as np.rot90's; are left and right exchanged before).

    The display matrix sends a pixel at (x, y) to (a x + c y, b x + d y); ISO/IEC 14496-12, section 6.2.2.
    """
    data = frame.side_data.get(Type.DISPLAYMATRIX)
    if data is None:
        return 0, False
    a, b, _, c, d = np.frombuffer(data, np.int32)[:5].astype(float)
    mirrored = a * d < b * c
    if mirrored:
        a, b = -a, -b
    return round(-np.arctan2(b, a) / (np.pi / 2)) % 4, bool(mirrored)


def _refuse_large(path, frames, height, width, limit_bytes):
    need = int(frames) * int(height) * int(width) * 3
    if need > limit_bytes:
        raise TooLarge(
            f"{path}: {frames} x {height} x {width} pixels take {need / 1e9:.3g} GB, more than the limit of "
            f"{limit_bytes / 1e9:.3g} GB; ask for fewer frames or a smaller size, or raise limit_bytes"
        )


def read_audio(path, on_error="raise", *, limit_bytes=LIMIT_BYTES):
    """Read the sound of a video or sound file.

    Parameters
    ----------
    path
        Str, pathlib.Path, bytes or a file object
    on_error, limit_bytes
        As in `read`.

    Returns
    -------
    samples : numpy.ndarray
        (n, channels), float32 in [-1, 1].
    rate : int
        Samples per second. The first sample sounds ``probe(path).audio_start`` seconds after the first picture.

    Raises
    ------
    VideoNotFound, NotAVideo, NoFrames, Truncated, TooLarge
        Something is wrong with the file. `NoFrames` where it is silent: ``probe(path).has_audio`` tells.

    Examples
    --------
    >>> from vidlab import datasets, video
    >>> heard = next(s.source for s in datasets.embedded() if video.probe(s.source).has_audio)
    >>> samples, rate = read_audio(heard)
    >>> samples.shape[1], rate
    (1, 16000)
    """
    _check_reading(None, None, on_error, None)
    parts, need, resamplers = [], 0, {}
    with opened(path, "audio", limit_bytes, strict=on_error == "raise") as file:
        for frame in file.frames():
            if not resamplers:
                layout, rate = frame.layout, frame.sample_rate  # later sound of another form is brought to it
            form = frame.format.name, frame.layout.name, frame.sample_rate
            try:
                if frame.layout.nb_channels > 8:
                    raise ValueError("av reads beyond the memory of such frames")
                if form not in resamplers:
                    resamplers[form] = AudioResampler("fltp", layout, rate)
                parts += [part.to_ndarray() for part in resamplers[form].resample(frame)]
            except (av.FFmpegError, ValueError):
                if file.strict:
                    raise truncated(file.name, f"its sound is damaged or of a strange form ({form[1]})") from None
                continue
            need += 8 * frame.samples * layout.nb_channels  # the parts, and then the whole
            if need > limit_bytes:
                limit = f"{limit_bytes / 1e9:.3g} GB"
                raise TooLarge(f"{file.name}: its sound takes more than the limit of {limit}; raise limit_bytes")
    if not parts:
        raise NoFrames(f"{file.name}: no sound in it can be decoded; get the file again")
    return np.ascontiguousarray(np.concatenate(parts, axis=1).T), rate


# ---------------------------------------------------------------------------------- what is in a file


@dataclass(frozen=True)
class VideoInfo:
    """What `probe` found in a file: decoded facts, not the header's claims.

    ``width`` and ``height`` are those of the pictures that `read` returns: stored pixels, after ``rotation`` (degrees
    counter-clockwise: 0, 90, 180 or 270; before it, left and right are exchanged where the picture is ``mirrored``).
    ``duration`` is in seconds, from the first picture's start to the last one's end; ``fps`` is the mean rate, 0.0
    where a single picture gives none. ``audio_start`` is when the first sample of `read_audio` sounds, in seconds after
    the first picture's start; None without sound.
    """

    frames: int
    width: int
    height: int
    fps: float
    duration: float
    codec: str
    rotation: int
    has_audio: bool
    mirrored: bool = False
    audio_start: float | None = None


def probe(path):
    """Say what is in a video file, by decoding it.

    Every frame is decoded up to 2,000 million pixels in all (17 minutes at 320x240, some seconds of work);
    of a longer file the rest is counted in packets.

    Parameters
    ----------
    path
        Str, pathlib.Path, bytes or a file object

    Returns
    -------
    VideoInfo
        What can be had from the file, as `read` with ``on_error="repair"`` has it.

    Raises
    ------
    VideoNotFound, NotAVideo, NoFrames, TooLarge
        Something is wrong with the file.

    Examples
    --------
    >>> from vidlab import datasets
    >>> info = probe(datasets.embedded()[0].source)
    >>> info.frames, info.fps, info.codec
    (24, 12.0, 'h264')
    """
    pixels = 0
    with opened(path, "video", LIMIT_BYTES) as file:
        first, stamps, stream = None, Stamps(file), file.stream
        for frame in file.frames():
            first = first or frame
            stamps.add(frame)
            pixels += frame.width * frame.height
            if pixels > PROBED:
                for late in chain(file.held_back(), file.packets()):
                    if isinstance(late, av.VideoFrame) or (late.size and not late.is_discard):
                        stamps.add(late)
                break
        if first is None:
            raise no_pictures(file.name)
        (turns, mirrored), times = _orientation(first), stamps.times()
        has_audio = any(sound.codec_context for sound in file.container.streams.audio)
        return VideoInfo(
            frames=len(times) - 1,
            width=first.height if turns % 2 else first.width,
            height=first.width if turns % 2 else first.height,
            fps=_mean_rate(times, stream),
            duration=float(times[-1]),
            codec=stream.codec_context.codec.canonical_name,
            rotation=90 * turns,
            has_audio=has_audio,
            mirrored=mirrored,
            audio_start=_audio_begin(path) - file.seconds(stamps.origin) if has_audio else None,
        )


def _audio_begin(path):
    """The time stamp of the first sample that can be decoded, in seconds of the file's clock."""
    with opened(path, "audio", LIMIT_BYTES) as file:
        return next((f.time for f in file.frames() if f.time is not None), 0.0)


def _mean_rate(times, stream):
    """Frames a second by the timestamps; where the header's rate agrees within their rounding, that one."""
    span, steps = times[-2] - times[0], len(times) - 2
    rounding = 1.5 * float(stream.time_base or 0) + 1e-6
    for rate in (stream.average_rate, stream.guessed_rate):
        if rate and abs(span - steps / rate) <= rounding:
            return float(rate)
    return float(steps / span) if span > 0 else 0.0
