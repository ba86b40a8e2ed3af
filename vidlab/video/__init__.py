"""Video files to frames and back.

    clip = read("swim.mp4", frames=16, size=(112, 112))    # (16, 112, 112, 3), uint8 RGB
    write("copy.mp4", clip, fps=8)
    probe("swim.mp4")                                      # what is really in the file

A clip is a NumPy array (frames, height, width, 3) of uint8 RGB. Frames are decoded once, in order, with `av`;
only the wanted ones are converted and kept, so memory does not grow with the length of the file. What a
header claims is never trusted: frames are counted by decoding. Files are written with `imageio`. Whatever is
wrong with a file is said by one of the errors below, which names the file and what to do.

    errors       what can be wrong with a file
    sampling     which frames to take
    file         an open file: its streams, packets and times
    reading      files to frames and sound
    writing      frames and sound to files
"""

from vidlab.video.errors import NoFrames, NotAVideo, TooLarge, Truncated, VideoError, VideoNotFound
from vidlab.video.reading import VideoInfo, probe, read, read_audio, stream
from vidlab.video.sampling import indices
from vidlab.video.writing import write

__all__ = [
    "NoFrames", "NotAVideo", "TooLarge", "Truncated", "VideoError", "VideoInfo", "VideoNotFound",
    "indices", "probe", "read", "read_audio", "stream", "write",
]  # fmt: skip
