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
    _require(_is_count(n_frames), f"n_frames must be a whole number from 1 up, not {n_frames!r}")
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
        middle = (first + after - 1) // 2
        return middle if seed is None else np.random.default_rng(seed).integers(first, after)
    if frames == 1:
        return np.array([(n_frames - 1) // 2])
    return np.floor(k * (n_frames - 1) / (frames - 1) + 0.5).astype(int)


def _check_sampling(frames, sampling, stride):
    _require(sampling in SAMPLINGS, f"sampling must be one of {', '.join(SAMPLINGS)}, not {sampling!r}")
    _require(frames is None or _is_count(frames), f"frames must be None or from 1 up, not {frames!r}")
    _require(frames is None or sampling != "all", 'frames must be None with sampling="all", which takes all')
    _require(_is_count(stride), f"stride must be a whole number from 1 up, not {stride!r}")


def _is_count(value):
    return isinstance(value, int | np.integer) and not isinstance(value, bool) and value >= 1


def _require(fulfilled, message):
    if not fulfilled:
        raise ValueError(message)


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
    """
    _check_sampling(frames, sampling, stride)
    _check_reading(size, fit, start, stop, on_error, by, threads)
    if isinstance(seed, np.random.Generator) or (seed is None and sampling == "random"):
        seed = int(np.random.default_rng(seed).integers(2**63))  # the choice below may be made twice

    begin, end = start or 0, np.inf if stop is None else stop

    def choose(times):
        inside = np.flatnonzero((times[:-1] >= begin) & (times[:-1] < end))
        if not len(inside):
            return inside
        if by == "time":
            inside = _at_constant_rate(times, inside)
        return inside[indices(len(inside), frames, sampling, seed, stride=stride)]

    # Choose by the file's index or, where that will not do, by its packets. Then decode, which tells the
    # truth; where the truth leads to another choice, decode once more.
    times = clip = None
    by_index = by == "frame" and start is None and stop is None
    for _ in range(4):
        with _opened(path, "video", limit_bytes, threads) as (container, stream):
            if times is None and by_index:
                times = _indexed_times(container, stream)
            if times is None:
                times = _demuxed_times(container, stream)
                continue  # at the file's end now: open it again
            chosen, clip = choose(times), None
            clip, times = _decode(path, container, stream, chosen, size, fit, end, on_error, limit_bytes)
        if np.array_equal(choose(times), chosen):
            break
    else:
        raise _truncated(path, "it decodes otherwise each time")
    if len(times) < 2:
        raise _no_pictures(path)
    if clip is None:
        raise NoFrames(f"{path}: no frame begins from {begin} s to before {end} s; probe it for its length")
    return clip


def _check_reading(size, fit, start, stop, on_error, by, threads):
    pair = size is None or (np.shape(size) == (2,) and all(_is_count(n) for n in size))
    _require(pair, f"size must be None or (height, width) in whole pixels, not {size!r}")
    _require(fit in ("stretch", "crop", "pad"), f"fit must be stretch, crop or pad, not {fit!r}")
    _require(start is None or start >= 0, f"start must be None or seconds from 0 up, not {start!r}")
    _require(stop is None or stop > (start or 0), f"stop must be None or seconds after start, not {stop!r}")
    _require(on_error in ("strict", "repair"), f"on_error must be strict or repair, not {on_error!r}")
    _require(by in ("frame", "time"), f"by must be frame or time, not {by!r}")
    _require(threads is None or _is_count(threads), f"threads must be None or from 1 up, not {threads!r}")


def _at_constant_rate(times, inside):
    """The frame on show in the middle of each of len(inside) equal steps of time."""
    begin, end = times[inside[0]], times[inside[-1] + 1]
    ticks = begin + (np.arange(len(inside)) + 0.5) * (end - begin) / len(inside)
    return inside[np.clip(np.searchsorted(times[inside], ticks, side="right") - 1, 0, None)]


def _decode(path, container, stream, chosen, size, fit, end, on_error, limit_bytes):
    """One pass over the file: the clip of the chosen frames, and the times of the frames that passed."""
    reformatter = VideoReformatter()
    stamps, clip, row, late = _Stamps(stream), None, 0, 0
    for k, frame in enumerate(_decoded(path, container, stream, on_error)):
        late = late + 1 if stamps.add(frame) >= end else 0
        if late > 32:  # AVI times of neighbours are out of order, by 16 frames at most
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
    upright = np.array((frame.height, frame.width)[:: -1 if turns % 2 else 1])
    target = scaled = upright if size is None else np.array(size)
    if fit != "stretch":
        ratio = (max if fit == "crop" else min)(target / upright)
        scaled = np.maximum(np.round(upright * ratio), 1).astype(int)
    _refuse_large(path, 1, *scaled, limit_bytes)
    rows, columns = scaled[:: -1 if turns % 2 else 1].tolist()
    # one thread: a pool of them costs more than it saves, and must not outlive a later fork
    rgb = reformatter.reformat(frame, width=columns, height=rows, format="rgb24", threads=1)
    picture = rgb.to_ndarray()
    if turns:  # as whole pixels, which move faster than single bytes
        picture = np.ascontiguousarray(np.rot90(picture.view("V3"), turns)).view(np.uint8)
    margin = (target - scaled) // 2
    if fit == "crop":
        return picture[-margin[0] :, -margin[1] :][: target[0], : target[1]]
    if fit == "pad":
        return np.pad(picture, (*zip(margin, target - scaled - margin, strict=True), (0, 0)))
    return picture


def _turns(frame):
    """Quarter turns counter-clockwise that bring the picture upright, for np.rot90."""
    return round(frame.rotation / 90) % 4


def _refuse_large(path, frames, height, width, limit_bytes):
    need = int(frames) * int(height) * int(width) * 3
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
    parts, need, resamplers = [], 0, {}
    with _opened(path, "audio", limit_bytes) as (container, stream):
        for frame in _decoded(path, container, stream, on_error):
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
                if on_error == "strict":
                    raise _truncated(path, f"its sound is damaged or of a strange form ({form[1]})") from None
                continue
            need += 8 * frame.samples * layout.nb_channels  # the parts, and then the whole
            if need > limit_bytes:
                limit = f"{limit_bytes / 1e9:.3g} GB"
                raise TooLarge(f"{path}: its sound takes more than the limit of {limit}; raise limit_bytes")
    if not parts:
        raise NoFrames(f"{path}: no sound in it can be decoded; get the file again")
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
            raise _no_pictures(path)
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
    """The container and its first stream of a kind ("video" or "audio"); what av raises is translated."""
    with _file(path) as file:
        container = None
        try:
            # A file object, not the name: names such as concat:x or http://x mean more to ffmpeg than a file.
            container = av.open(file, metadata_errors="ignore", options=OPTIONS, buffer_size=2**18)
            stream = _first_stream(path, container, kind)
            if kind == "video":
                most = max(limit_bytes, LIMIT_BYTES) // 20  # pixels; a decoder may hold 20 bytes of each
                if stream.height * stream.width > most:
                    size = f"{stream.height} x {stream.width}"
                    raise TooLarge(f"{path}: {size} is over {most} pixels a picture; raise limit_bytes")
                stream.codec_context.options = {"max_pixels": str(min(most, 2**31 - 1))}
                if threads is None:  # starting threads takes longer than decoding small pictures
                    threads = 1 if stream.height * stream.width < 500_000 else 0
                stream.thread_type, stream.codec_context.thread_count = "SLICE", int(threads)
            yield container, stream
        except (av.FFmpegError, OSError):
            if container is None and _begins_like_video(path):
                raise _without_index(path) from None
            raise NotAVideo(f"{path}: it cannot be read as a video; try a player, or get it anew") from None
        except MemoryError:
            raise TooLarge(f"{path}: there is not enough memory for it; ask for fewer frames") from None
        finally:
            if container is not None:
                container.close()


@contextmanager
def _file(path):
    """The file, open for reading; a regular one, since a pipe would keep us waiting for ever."""
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
        file = open(path, "rb")
    except OSError as error:
        raise VideoNotFound(f"{path}: it cannot be opened ({error.strerror}); check its rights") from None
    with file:
        yield file


def _begins_like_video(path):
    """Whether the first bytes are those of mp4/mov, avi, Matroska/WebM, flv or gif."""
    with _file(path) as file:
        head = file.read(12)
    return head[4:8] == b"ftyp" or head[8:] == b"AVI " or head.startswith((b"\x1aE\xdf\xa3", b"FLV", b"GIF8"))


def _first_stream(path, container, kind):
    """The first stream of its kind that av can decode; a cover picture beside music is no video."""
    pictures, sounds = container.streams.video, container.streams.audio
    for stream in pictures if kind == "video" else sounds:
        if stream.codec_context is not None and not stream.disposition & Disposition.attached_pic:
            return stream
    if not pictures and not sounds and _begins_like_video(path):
        raise _without_index(path)
    if kind == "audio":
        raise NoFrames(f"{path}: it has no sound; probe(path).has_audio tells beforehand")
    raise NotAVideo(f"{path}: it has no video stream that av can decode; read_audio reads sound")


def _truncated(path, what):
    return Truncated(f'{path}: {what}; get it again, or read what is left of it with on_error="repair"')


def _without_index(path):
    return _truncated(path, "it begins like a video, but what says how to read it is missing or damaged")


def _no_pictures(path):
    return NoFrames(f"{path}: no picture in it can be decoded; get the file again")


def _decoded(path, container, stream, on_error):
    """Every frame of the stream, in the order of showing."""
    strict, decoder = on_error == "strict", stream.codec_context
    begun, packets, frames = False, 0, 0
    stream_packets = container.demux(stream)
    while True:
        try:
            packet = next(stream_packets, None)
        except av.FFmpegError:
            if strict:
                raise _truncated(path, f"the file is damaged behind frame {frames}") from None
            packet = None
        if packet is None:
            break
        if not packet.size:  # a gap, or av's mark of the end; a decoder takes both for the end
            packets += packet.dts is not None
            continue
        packets += 1
        begun = begun or packet.is_keyframe
        if strict and begun and packet.is_corrupt:
            raise _truncated(path, f"the packet behind frame {frames} is cut short")
        try:
            shown = decoder.decode(packet)
        except av.FFmpegError:
            if strict and begun:
                raise _truncated(path, f"the packet behind frame {frames} is damaged") from None
            continue
        frames += len(shown)
        yield from shown
    if strict and _ends_early(path, container, stream, packets):
        raise _truncated(path, f"the file ends early, behind frame {frames}")
    try:
        yield from decoder.decode(None)
    except av.FFmpegError:
        if strict:
            raise _truncated(path, f"the packet behind frame {frames} is damaged") from None


def _ends_early(path, container, stream, packets):
    """Whether the file promises more bytes than it has: by its index (mp4, mov) or by its outermost box.

    A count of frames in the header is no promise by itself: good files state too many of them.
    """
    size = os.path.getsize(path)
    if "mp4" in container.format.name:
        index = stream.index_entries
        return packets < len(index) and any(entry.pos + entry.size > size for entry in index)
    with _file(path) as file:
        head = file.read(4096)
    if head.startswith(b"RIFF"):
        promised = int.from_bytes(head[4:8], "little")
        return promised != 2**32 - 1 and promised + 8 > size and packets < stream.frames
    if head.startswith(b"\x1aE\xdf\xa3"):  # Matroska: a Segment whose size is all ones promises nothing
        at = head.find(b"\x18\x53\x80\x67") + 4
        length = 9 - head[at].bit_length() if 4 <= at < len(head) and head[at] else 0
        promised = int.from_bytes(head[at : at + length]) - (1 << 7 * length if length else 0)
        return promised + 1 < 1 << 7 * length and at + length + promised > size
    return False


class _Stamps:
    """When each frame (or packet) begins, in seconds after the first."""

    def __init__(self, stream):
        self.unit = stream.time_base or Fraction(1, 1000)
        rate = stream.average_rate or stream.guessed_rate or 25
        self.usual = float(1 / rate / self.unit)  # a frame's length, in units, where nothing else is known
        self.stamps, self.length = array("d"), 0

    def add(self, shown):
        stamp = shown.dts if shown.pts is None else shown.pts
        if stamp is None:
            stamp = self.stamps[-1] + self.usual if self.stamps else 0
        self.stamps.append(stamp)
        self.length = shown.duration or 0
        return self._seconds(stamp - self.stamps[0])

    def times(self):
        """Begin of each of the n frames, and the end of the last: (n + 1,) seconds, never decreasing."""
        stamps = np.sort(self.stamps)  # packets come in the order of decoding, and AVI's times stay so
        if not len(stamps):
            return np.zeros(1)
        mean = (stamps[-1] - stamps[0]) / (len(stamps) - 1) if len(stamps) > 1 else self.usual
        return self._seconds(np.append(stamps, stamps[-1] + (self.length or mean)) - stamps[0])

    def _seconds(self, units):
        return units * self.unit.numerator / self.unit.denominator


def _indexed_times(container, stream):
    """Times at a constant rate for as many frames as are in the index of an mp4, mov, avi or gif file.

    None where there is no whole index: in fragmented and in damaged files, and in the other formats.
    """
    if container.format.name == "gif":  # which av has read through by now
        count = stream.frames
    elif {"mp4", "avi"} & set(container.format.name.split(",")):
        count = len(stream.index_entries) if stream.frames == len(stream.index_entries) else 0
    else:
        count = 0
    return np.arange(count + 1) / float(stream.average_rate or 25) if count else None


def _demuxed_times(container, stream):
    """Times by the packets, which costs far less than decoding them."""
    stamps = _Stamps(stream)
    try:
        for packet in container.demux(stream):
            if packet.size and not packet.is_discard:
                stamps.add(packet)
    except av.FFmpegError:
        pass  # decoding will meet it again, and say so
    return stamps.times()


# --------------------------------------------------------------------------------------------- writing

# suffix: video codec, sound codec. GIF goes through Pillow, which chooses its colours.
CODECS = {
    ".mp4": ("libx264", "aac"),
    ".m4v": ("libx264", "aac"),
    ".mov": ("libx264", "aac"),
    ".3gp": ("libx264", "aac"),
    ".mkv": ("libx264", "aac"),
    ".ts": ("libx264", "aac"),
    ".flv": ("libx264", "aac"),
    ".avi": ("libx264", "libmp3lame"),
    ".mpg": ("mpeg2video", "mp2"),
    ".webm": ("libvpx-vp9", "libopus"),
    ".gif": (None, None),
}


def write(path, clip, fps=25, audio=None, rate=None, *, codec=None, crf=None):
    """Write a clip to a video file; the suffix chooses the format.

    The file appears under its name only when it is whole: a failure leaves an older one as it was. Colours
    are kept at half the resolution (yuv420p), as players expect, so an odd height or width grows by one, the
    last row or column repeated. A GIF keeps odd sizes, and there equal neighbours become one longer frame.

    Parameters
    ----------
    path : str or pathlib.Path
        .mp4, .m4v, .mov, .3gp, .mkv, .ts, .flv, .avi (h264), .mpg (mpeg2), .webm (vp9) or .gif.
    clip : numpy.ndarray
        (frames, height, width, 3), uint8 RGB, at least one frame.
    fps : float
        Frames per second.
    audio : numpy.ndarray or None
        Sound (n,) or (n, channels), one channel or two, floating point in [-1, 1]; louder is clipped.
    rate : int or None
        Samples per second of `audio`.
    codec : str or None
        Another encoder of av's, such as "libx265" or "mpeg4".
    crf : int or None
        Constant rate factor of h264, hevc, vp9, av1: lower is better and larger. None: the encoder's own.

    Raises
    ------
    ValueError
        An argument is out of its range.
    VideoNotFound
        The folder to write in does not exist.
    VideoError
        The encoder refused.
    """
    path, clip = Path(path), np.asarray(clip)
    audio = _check_writing(path, clip, fps, audio, rate, codec, crf)
    if not path.parent.is_dir():
        raise VideoNotFound(f"{path}: there is no folder {path.parent} to write in; make it first")
    part = path.with_name(f".{uuid.uuid4().hex}{path.suffix}")
    try:
        with open(part, "xb") as file:
            if audio is None and crf is None:
                _write_with_imageio(file, path.suffix.lower(), clip, fps, codec)
            else:
                _write_with_av(file, path.suffix.lower(), clip, fps, codec, crf, audio, rate)
        os.replace(part, path)
    except (av.FFmpegError, ValueError) as error:
        raise VideoError(f"{path}: it cannot be written ({error}); try another codec or suffix") from None
    finally:
        part.unlink(missing_ok=True)


def _check_writing(path, clip, fps, audio, rate, codec, crf):
    """Refuse what cannot be written; the sound comes back as float32 (channels, n)."""
    suffix, shape = path.suffix.lower(), clip.shape
    _require(suffix in CODECS, f"path must end in one of {' '.join(CODECS)}, not {path.suffix!r}")
    whole = clip.dtype == np.uint8 and clip.ndim == 4 and shape[3] == 3 and clip.size
    _require(whole, f"clip must be uint8 of shape (frames, height, width, 3), not {clip.dtype} {shape}")
    _require(0 < fps <= 1000, f"fps must lie above 0 and not above 1000 frames a second, not {fps!r}")
    plain = audio is None and codec is None and crf is None
    _require(suffix != ".gif" or plain, "a gif takes no audio, codec or crf; write an .mp4")
    if audio is None:
        return None
    _require(_is_count(rate), f"rate must be the samples per second of audio, a whole number, not {rate!r}")
    audio = np.asarray(audio)
    audio = audio[:, None] if audio.ndim == 1 else audio
    whole = audio.ndim == 2 and audio.shape[1] in (1, 2) and len(audio) and audio.dtype.kind == "f"
    _require(whole, f"audio must be floats of shape (n,), (n, 1) or (n, 2), not {audio.dtype} {audio.shape}")
    return np.ascontiguousarray(np.clip(np.nan_to_num(audio), -1, 1).T, dtype=np.float32)


def _write_with_imageio(file, suffix, clip, fps, codec):
    import imageio.v3 as iio  # here, because importing it is slow

    if suffix == ".gif":
        return iio.imwrite(file, clip, plugin="pillow", extension=suffix, duration=1000 / fps, loop=0)
    with iio.imopen(file, "w", plugin="pyav", extension=suffix) as video:
        video.write(_even(clip), codec=codec or CODECS[suffix][0], fps=float(fps), out_pixel_format="yuv420p")


def _write_with_av(file, suffix, clip, fps, codec, crf, audio, rate):
    """With sound or a crf, which imageio does not offer."""
    clip, (own_codec, sound_codec) = _even(clip), CODECS[suffix]
    with av.open(file, "w") as container:
        video = container.add_stream(codec or own_codec, rate=Fraction(fps).limit_denominator(65535))
        video.height, video.width, video.pix_fmt = *clip.shape[1:3], "yuv420p"
        video.options = {} if crf is None else {"crf": str(crf)}
        if audio is not None:
            layout = ("mono", "stereo")[len(audio) - 1]
            sound_rate = 48000 if sound_codec == "libopus" else rate  # opus knows few rates
            sound = container.add_stream(sound_codec, rate=sound_rate, layout=layout)
        for picture in clip:
            container.mux(video.encode(av.VideoFrame.from_ndarray(picture, format="rgb24")))
        container.mux(video.encode())
        if audio is not None:
            samples = av.AudioFrame.from_ndarray(audio, format="fltp", layout=layout)
            samples.sample_rate, samples.pts = rate, 0
            container.mux(sound.encode(samples))
            container.mux(sound.encode())


def _even(clip):
    """The clip with its last row or column repeated where the size is odd, as yuv420p needs."""
    odd = [n % 2 for n in clip.shape[1:3]]
    return np.pad(clip, ((0, 0), (0, odd[0]), (0, odd[1]), (0, 0)), mode="edge") if any(odd) else clip
