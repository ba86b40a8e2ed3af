"""What can be wrong with a video file, and how it is said: one sentence with the file and what to do."""

import os


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


def shown(name):
    """A file's name as any terminal can show it: what is not UTF-8 in it becomes ?."""
    return os.fsdecode(name).encode("utf8", "replace").decode("utf8")


def truncated(path, what):
    """A part of the file is missing: `what` says which."""
    return Truncated(f'{path}: {what}; get it again, or read what is left of it with on_error="repair"')


def without_index(path):
    """The file lacks what says how to read it."""
    return truncated(path, "it begins like a video, but what says how to read it is missing or damaged")


def no_pictures(path):
    """No picture of the file can be decoded."""
    return NoFrames(f"{path}: no picture in it can be decoded; get the file again")
