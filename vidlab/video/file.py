"""An open video file: its streams, its frames one by one, and when each is shown.

What `av` raises is translated here, so nobody above sees it.
"""

import io
import os
import stat
from array import array
from contextlib import contextmanager
from fractions import Fraction
from itertools import islice

import av
import numpy as np
from av.stream import Disposition

from vidlab.video.errors import NoFrames, NotAVideo, TooLarge, VideoNotFound, shown, truncated, without_index

LIMIT_BYTES = 2 * 10**9

# A playlist or a script named .mp4 could make ffmpeg open other files or the network. So only formats that
# hold their own data are recognised, and no further file or address may be opened.
FORMATS = (
    "mov,avi,matroska,gif,mpeg,mpegvideo,mpegts,flv,asf,ogg,h264,hevc,m4v,mjpeg,ivf,obu,av1,nut,dv,"
    "yuv4mpegpipe,mxf,apng,wav,mp3,aac,flac"
)
REORDERED = 32  # packets or frames: neighbours may come out of order by less (16 in h264, and in AVI's times)
FRAME_THREADS = "h264", "hevc"  # decoders that gain by them
OPTIONS = {"format_whitelist": FORMATS, "protocol_whitelist": "none"}


@contextmanager
def opened(source, kind, limit_bytes, threads=None, strict=False):
    """The first stream of a kind ("video" or "audio") of a file, as a `Stream`; what av raises is translated."""
    with regular_file(source) as (name, file):
        container = None
        try:
            # A file object, not the name: names such as concat:x or http://x mean more to ffmpeg than a file.
            container = av.open(file, metadata_errors="ignore", options=OPTIONS, buffer_size=2**18)
            stream = _first_stream(name, file, container, kind)
            if kind == "video":
                _set_decoder(name, stream, limit_bytes, threads, strict)
            yield Stream(name, file, container, stream, strict)
        except (av.FFmpegError, OSError):
            if container is None and _begins_like_video(file):
                raise without_index(name) from None
            raise NotAVideo(f"{name}: it cannot be read as a video; try a player, or get it anew") from None
        except MemoryError:
            raise TooLarge(f"{name}: there is not enough memory for it; ask for fewer frames") from None
        finally:
            if container is not None:
                container.close()


@contextmanager
def regular_file(source):
    """The name of a file, bytes or file object for messages, and the file object, at its beginning."""
    if isinstance(source, bytes | bytearray | memoryview):
        source = io.BytesIO(source)
    if hasattr(source, "read") and hasattr(source, "seek"):
        name = getattr(source, "name", None)
        name = name if isinstance(name, str) else "the video given as bytes"
        if not source.seek(0, os.SEEK_END):
            raise NotAVideo(f"{name}: the file is empty (0 bytes); get it again")
        source.seek(0)
        yield name, source
        return
    if not isinstance(source, str | os.PathLike):
        raise TypeError(f"path must be a str, a pathlib.Path, bytes or a file, not {type(source).__name__}")
    name = shown(source)
    try:
        status = os.stat(source)
    except (OSError, ValueError):
        raise VideoNotFound(f"{name}: there is no such file; check the name and the folder") from None
    if stat.S_ISDIR(status.st_mode):
        raise NotAVideo(f"{name}: this is a folder; name one of the files in it")
    if not stat.S_ISREG(status.st_mode):  # a pipe would keep us waiting for ever
        raise NotAVideo(f"{name}: this is not a file but a pipe or a device; save the video as a file first")
    if not status.st_size:
        raise NotAVideo(f"{name}: the file is empty (0 bytes); get it again")
    try:
        file = open(source, "rb")
    except OSError as error:
        raise VideoNotFound(f"{name}: it cannot be opened ({error.strerror}); check its rights") from None
    with file:
        yield name, file


def _begins_like_video(file):
    """Whether the first bytes are those of mp4/mov, avi, Matroska/WebM, flv or gif."""
    file.seek(0)
    head = file.read(12)
    return head[4:8] == b"ftyp" or head[8:] == b"AVI " or head.startswith((b"\x1aE\xdf\xa3", b"FLV", b"GIF8"))


def _first_stream(name, file, container, kind):
    """The first stream of its kind that av can decode; a cover picture beside music is no video."""
    pictures, sounds = container.streams.video, container.streams.audio
    for stream in pictures if kind == "video" else sounds:
        if stream.codec_context is not None and not stream.disposition & Disposition.attached_pic:
            return stream
    if not pictures and not sounds and _begins_like_video(file):
        raise without_index(name)
    if kind == "audio":
        raise NoFrames(f"{name}: it has no sound; probe(path).has_audio tells beforehand")
    raise NotAVideo(f"{name}: it has no video stream that av can decode; read_audio reads sound")


def _set_decoder(name, stream, limit_bytes, threads, strict):
    """Limit the pictures' size, and choose the decoder's threads."""
    decoder, pixels = stream.codec_context, stream.height * stream.width
    most = max(limit_bytes, LIMIT_BYTES) // 20  # pixels; a decoder may hold 20 bytes of each
    if pixels > most:
        size = f"{stream.height} x {stream.width}"
        raise TooLarge(f"{name}: {size} is over {most} pixels a picture; raise limit_bytes")
    decoder.options = {"max_pixels": str(min(most, 2**31 - 1))}
    # Threads for whole frames are faster than for slices, but after damage they lose good frames, which repair is to
    # keep. Starting them takes longer than decoding small pictures.
    by_frame = strict and decoder.codec.name in FRAME_THREADS and pixels >= 40_000
    if threads is None:
        threads = min(os.cpu_count() or 1, 4) if by_frame else 1 if pixels < 500_000 else 0
    stream.thread_type, decoder.thread_count = "FRAME" if by_frame else "SLICE", int(threads)


class Stream:
    """One stream of an open file: its packets, its frames one by one, and when each is shown.

    Attributes
    ----------
    name
        Of the file, for messages.
    stream
        The one of `av`.
    origin
        The time stamp of the file's first frame, where `seek` had to look for it; else None.
    begin
        The time stamp of the key frame that `seek` went to; else None.
    """

    def __init__(self, name, file, container, stream, strict):
        self.name, self.file, self.container, self.stream, self.strict = name, file, container, stream, strict
        self.origin = self.begin = None
        self.formats = set(container.format.name.split(","))
        self.unit = stream.time_base or Fraction(1, 1000)
        rate = stream.type == "video" and (stream.average_rate or stream.guessed_rate) or 25
        self.usual = float(1 / rate / self.unit)  # a frame's length, in units, where nothing else is known
        self.jumped = False  # before the last packet, the file's time jumped
        self.carry, self.last, self.step = 0, None, 0  # what is added to its times; its time of decoding; its length

    def seconds(self, units):
        return units * self.unit.numerator / self.unit.denominator

    def packets(self):
        """Every packet from here on, in the file's order.

        In ts and mpg files, which may be joined end to end, the time goes on where it jumps back by more than 0.1 s, or
        on by more than 10 s, as in the `ffmpeg` program.
        """
        joined = bool(self.formats & {"mpeg", "mpegts"})
        for packet in self.container.demux(self.stream):
            self.jumped = False
            if joined and packet.dts is not None:
                ahead = 0 if self.last is None else self.seconds(packet.dts + self.carry - self.last)
                self.jumped = not -0.1 <= ahead <= 10
                if self.jumped:
                    self.carry = round(self.last + self.step) - packet.dts
                packet.dts += self.carry
                if packet.pts is not None:
                    packet.pts += self.carry
                self.last, self.step = packet.dts, packet.duration or self.usual
            yield packet

    def frames(self):
        """Every frame from here on, in the order of showing; with `strict`, `Truncated` where something is missing."""
        decoder, count, packets, begun, cut = self.stream.codec_context, 0, 0, False, None
        waiting = self.packets()
        while True:
            try:
                packet = next(waiting, None)
            except av.FFmpegError:
                if self.strict:
                    raise truncated(self.name, f"the file is damaged behind frame {count}") from None
                packet = None
            if cut is not None:  # where files were joined, one of the first one's last two packets is called so
                if packet is None or packets - cut[0] == 2:
                    raise truncated(self.name, f"the packet behind frame {cut[1]} is cut short")
                cut = None if self.jumped else cut
            if packet is None:
                break
            if not packet.size:  # a gap, or av's mark of the end; a decoder takes both for the end
                packets += packet.dts is not None
                continue
            packets += 1
            begun = begun or packet.is_keyframe
            if self.strict and begun and packet.is_corrupt:
                cut = cut or (packets, count)
            try:
                decoded = decoder.decode(packet)
            except av.FFmpegError:
                if self.strict and begun:
                    raise truncated(self.name, f"the packet behind frame {count} is damaged") from None
                continue
            count += len(decoded)
            yield from decoded
        if self.strict and self._ends_early(packets):
            raise truncated(self.name, f"the file ends early, behind frame {count}")
        yield from self.held_back()

    def held_back(self):
        """The frames that the decoder still holds, once it gets no more packets."""
        try:
            yield from self.stream.codec_context.decode(None)
        except av.FFmpegError:
            if self.strict:
                raise truncated(self.name, "its last packets are damaged") from None

    def _leads(self, packet):
        """Whether a packet behind the key frame that was sought is shown before it: no decoder can make it out."""
        return self.begin is not None and packet.pts is not None and packet.pts < self.begin

    def seek(self, seconds):
        """Go to the last key frame that is shown at `seconds` after the first frame, or before.

        Returns whether the file's index and times allowed it; if not, the stream must be opened anew.
        """
        container, stream = self.container, self.stream
        avi_in_order = "avi" in self.formats and not stream.codec_context.has_b_frames
        if not (avi_in_order or self.formats & {"mp4", "matroska"}):
            return False
        try:
            first = [p for p in islice(container.demux(stream), REORDERED) if p.size and not p.is_discard]
            if not first or not first[0].is_keyframe or any(p.pts is None for p in first):
                return False
            self.origin = min(p.pts for p in first)
            wanted = at = self.origin + int(seconds / self.unit)
            for _ in range(4):  # an index has times of decoding: the picture may be shown after `wanted`
                container.seek(at, stream=stream)
                key = next((p for p in container.demux(stream) if p.size), None)
                if key is None or not key.is_keyframe or key.pts is None:
                    return False
                if key.pts <= wanted:
                    self.begin = key.pts
                    container.seek(at, stream=stream)
                    return True
                at = (key.pts if key.dts is None else key.dts) - 1
        except av.FFmpegError:
            pass
        return False

    def _ends_early(self, packets):
        """Whether the file promises more bytes than it has: by its index (mp4, mov) or by its outermost box.

        A count of frames in the header is no promise by itself: good files state too many of them.
        """
        size = self.file.seek(0, os.SEEK_END)
        if "mp4" in self.formats:
            index = self.stream.index_entries
            missing = self.begin is not None or packets < len(index)
            return missing and any(entry.pos + entry.size > size for entry in index)
        self.file.seek(0)
        head = self.file.read(4096)
        if head.startswith(b"RIFF"):
            promised = int.from_bytes(head[4:8], "little")
            return promised != 2**32 - 1 and promised + 8 > size and packets < self.stream.frames
        if head.startswith(b"\x1aE\xdf\xa3"):  # Matroska: a Segment whose size is all ones promises nothing
            at = head.find(b"\x18\x53\x80\x67") + 4
            length = 9 - head[at].bit_length() if 4 <= at < len(head) and head[at] else 0
            promised = int.from_bytes(head[at : at + length]) - (1 << 7 * length if length else 0)
            return promised + 1 < 1 << 7 * length and at + length + promised > size
        return False

    def indexed_times(self):
        """Times at a constant rate for as many frames as are in the index of an mp4, mov, avi or gif file.

        None where there is no whole index: in fragmented and in damaged files, and in the other formats.
        """
        if "gif" in self.formats:  # which av has read through by now
            count = self.stream.frames
        elif self.formats & {"mp4", "avi"}:
            count = len(self.stream.index_entries)
        else:
            count = 0
        return np.arange(count + 1) / float(self.stream.average_rate or 25) if count else None

    def demuxed_times(self, end=np.inf):
        """Times by the packets, which costs far less than decoding them; up to a little behind `end`."""
        stamps, late = Stamps(self), 0
        try:
            for packet in self.packets():
                if packet.size and not packet.is_discard and not self._leads(packet):
                    late = late + 1 if stamps.add(packet) >= end else 0
                    if late > REORDERED:
                        break
        except av.FFmpegError:
            pass  # decoding will meet it again, and say so
        return stamps.times()


class Stamps:
    """When each frame (or packet) of a `Stream` begins, in seconds after the file's first."""

    def __init__(self, stream):
        self.stream, self.origin, self.stamps, self.length = stream, stream.origin, array("d"), 0

    def add(self, passing):
        stamp = passing.dts if passing.pts is None else passing.pts
        if stamp is None:
            stamp = self.stamps[-1] + self.stream.usual if self.stamps else 0
        if self.origin is None:
            self.origin = stamp
        self.stamps.append(stamp)
        self.length = passing.duration or 0
        return self.stream.seconds(stamp - self.origin)

    def times(self):
        """Begin of each of the n frames, and the end of the last: (n + 1,) seconds, never decreasing."""
        stamps = np.sort(self.stamps)  # packets come in the order of decoding, and AVI's times stay so
        if not len(stamps):
            return np.zeros(1)
        mean = (stamps[-1] - stamps[0]) / (len(stamps) - 1) if len(stamps) > 1 else self.stream.usual
        origin = stamps[0] if self.stream.origin is None else self.stream.origin
        return self.stream.seconds(np.append(stamps, stamps[-1] + (self.length or mean)) - origin)
