"""Frames and sound to video files."""

import os
import uuid
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
from av.video.reformatter import ColorRange, Colorspace

from vidlab.clips import as_rgb, is_count, require
from vidlab.video.errors import VideoError, VideoNotFound

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
    are kept at half the resolution (yuv420p; ITU-R BT.601, limited range, and tagged so), as players expect, so
    an odd height or width grows by one, the last row or column repeated. A GIF keeps odd sizes, and there equal
    neighbours become one longer frame.

    Parameters
    ----------
    path : str or pathlib.Path
        .mp4, .m4v, .mov, .3gp, .mkv, .ts, .flv, .avi (h264), .mpg (mpeg2), .webm (vp9) or .gif.
    clip : numpy.ndarray
        (frames, height, width, 3 or 1), uint8 or floats from 0 to 1, at least one frame.
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

    Examples
    --------
    >>> from vidlab import video
    >>> write("grey.mp4", np.full((5, 32, 32), 0.5), fps=5)
    >>> video.probe("grey.mp4").duration
    1.0
    """
    path, clip = Path(path), as_rgb(clip)
    audio = _check_writing(path, fps, audio, rate, codec, crf)
    if not path.parent.is_dir():
        raise VideoNotFound(f"{path}: there is no folder {path.parent} to write in; make it first")
    part = path.with_name(f".{uuid.uuid4().hex}{path.suffix}")
    try:
        with open(part, "xb") as file:
            if path.suffix.lower() == ".gif":
                _write_gif(file, clip, fps)
            else:
                _write_with_av(file, path.suffix.lower(), clip, fps, codec, crf, audio, rate)
        os.replace(part, path)
    except (av.FFmpegError, ValueError) as error:
        raise VideoError(f"{path}: it cannot be written ({error}); try another codec or suffix") from None
    finally:
        part.unlink(missing_ok=True)


def _check_writing(path, fps, audio, rate, codec, crf):
    """Refuse what cannot be written; the sound comes back as float32 (channels, n)."""
    suffix = path.suffix.lower()
    require(suffix in CODECS, f"path must end in one of {' '.join(CODECS)}, not {path.suffix!r}")
    require(0 < fps <= 1000, f"fps must lie above 0 and not above 1000 frames a second, not {fps!r}")
    plain = audio is None and codec is None and crf is None
    require(suffix != ".gif" or plain, "a gif takes no audio, codec or crf; write an .mp4")
    if audio is None:
        return None
    require(is_count(rate), f"rate must be the samples per second of audio, a whole number, not {rate!r}")
    audio = np.asarray(audio)
    audio = audio[:, None] if audio.ndim == 1 else audio
    whole = audio.ndim == 2 and audio.shape[1] in (1, 2) and len(audio) and audio.dtype.kind == "f"
    require(whole, f"audio must be floats of shape (n,), (n, 1) or (n, 2), not {audio.dtype} {audio.shape}")
    return np.ascontiguousarray(np.clip(np.nan_to_num(audio), -1, 1).T, dtype=np.float32)


def _write_gif(file, clip, fps):
    import imageio.v3 as iio  # here, because importing it is slow

    iio.imwrite(file, clip, plugin="pillow", extension=".gif", duration=1000 / fps, loop=0)


def _write_with_av(file, suffix, clip, fps, codec, crf, audio, rate):
    """Imageio offers neither sound nor the tags that say how the colours are to be read."""
    clip, (own_codec, sound_codec) = _even(clip), CODECS[suffix]
    with av.open(file, "w") as container:
        video = container.add_stream(codec or own_codec, rate=Fraction(str(fps)).limit_denominator(65535))
        video.height, video.width, video.pix_fmt = *clip.shape[1:3], "yuv420p"
        video.options = {} if crf is None else {"crf": str(crf)}
        # untagged, players take a tall picture's colours for those of another standard
        video.codec_context.colorspace, video.codec_context.color_range = Colorspace.ITU601, ColorRange.MPEG
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
