"""An open video file: its streams, its frames one by one, and when each is shown.

What `av` raises is translated here, so nobody above sees it.
"""

import os
import stat
from array import array
from contextlib import contextmanager
from fractions import Fraction

import av
import numpy as np
from av.stream import Disposition

from vidlab.video.errors import NoFrames, NotAVideo, TooLarge, VideoNotFound, truncated, without_index

LIMIT_BYTES = 2 * 10**9

# A playlist or a script named .mp4 could make ffmpeg open other files or the network. So only formats that
# hold their own data are recognised, and no further file or address may be opened.
FORMATS = (
    "mov,avi,matroska,gif,mpeg,mpegvideo,mpegts,flv,asf,ogg,h264,hevc,m4v,mjpeg,ivf,obu,av1,nut,dv,"
    "yuv4mpegpipe,mxf,apng,wav,mp3,aac,flac"
)
OPTIONS = {"format_whitelist": FORMATS, "protocol_whitelist": "none"}


@contextmanager
def opened(path, kind, limit_bytes, threads=None):
    """The container and its first stream of a kind ("video" or "audio"); what av raises is translated."""
    with regular_file(path) as file:
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
                raise without_index(path) from None
            raise NotAVideo(f"{path}: it cannot be read as a video; try a player, or get it anew") from None
        except MemoryError:
            raise TooLarge(f"{path}: there is not enough memory for it; ask for fewer frames") from None
        finally:
            if container is not None:
                container.close()


@contextmanager
def regular_file(path):
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
    with regular_file(path) as file:
        head = file.read(12)
    return head[4:8] == b"ftyp" or head[8:] == b"AVI " or head.startswith((b"\x1aE\xdf\xa3", b"FLV", b"GIF8"))


def _first_stream(path, container, kind):
    """The first stream of its kind that av can decode; a cover picture beside music is no video."""
    pictures, sounds = container.streams.video, container.streams.audio
    for stream in pictures if kind == "video" else sounds:
        if stream.codec_context is not None and not stream.disposition & Disposition.attached_pic:
            return stream
    if not pictures and not sounds and _begins_like_video(path):
        raise without_index(path)
    if kind == "audio":
        raise NoFrames(f"{path}: it has no sound; probe(path).has_audio tells beforehand")
    raise NotAVideo(f"{path}: it has no video stream that av can decode; read_audio reads sound")


def decoded(path, container, stream, on_error):
    """Every frame of the stream, in the order of showing."""
    strict, decoder = on_error == "strict", stream.codec_context
    begun, packets, frames = False, 0, 0
    stream_packets = container.demux(stream)
    while True:
        try:
            packet = next(stream_packets, None)
        except av.FFmpegError:
            if strict:
                raise truncated(path, f"the file is damaged behind frame {frames}") from None
            packet = None
        if packet is None:
            break
        if not packet.size:  # a gap, or av's mark of the end; a decoder takes both for the end
            packets += packet.dts is not None
            continue
        packets += 1
        begun = begun or packet.is_keyframe
        if strict and begun and packet.is_corrupt:
            raise truncated(path, f"the packet behind frame {frames} is cut short")
        try:
            shown = decoder.decode(packet)
        except av.FFmpegError:
            if strict and begun:
                raise truncated(path, f"the packet behind frame {frames} is damaged") from None
            continue
        frames += len(shown)
        yield from shown
    if strict and _ends_early(path, container, stream, packets):
        raise truncated(path, f"the file ends early, behind frame {frames}")
    try:
        yield from decoder.decode(None)
    except av.FFmpegError:
        if strict:
            raise truncated(path, f"the packet behind frame {frames} is damaged") from None


def _ends_early(path, container, stream, packets):
    """Whether the file promises more bytes than it has: by its index (mp4, mov) or by its outermost box.

    A count of frames in the header is no promise by itself: good files state too many of them.
    """
    size = os.path.getsize(path)
    if "mp4" in container.format.name:
        index = stream.index_entries
        return packets < len(index) and any(entry.pos + entry.size > size for entry in index)
    with regular_file(path) as file:
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


class Stamps:
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


def indexed_times(container, stream):
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


def demuxed_times(container, stream):
    """Times by the packets, which costs far less than decoding them."""
    stamps = Stamps(stream)
    try:
        for packet in container.demux(stream):
            if packet.size and not packet.is_discard:
                stamps.add(packet)
    except av.FFmpegError:
        pass  # decoding will meet it again, and say so
    return stamps.times()


# suffix: video codec, sound codec. GIF goes through Pillow, which chooses its colours.
