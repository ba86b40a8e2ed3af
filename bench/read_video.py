"""How fast vidlab reads video, beside OpenCV, imageio's two plugins, plain av and, for a late start, ffmpeg.

    python bench/read_video.py --out read_video.json                 # on clips that it makes
    python bench/read_video.py --clips my-videos --out read_video.json

Two tasks for each clip: 16 frames, evenly spaced, at 112x112; and every frame at full size. For one of ten minutes a
third: 16 neighbouring frames at 112x112 from nine minutes on ("late"). All readers take turns within a round, in an
order drawn by lot, so that a busy machine slows each of them alike. Medians over the rounds, in milliseconds; beside
them those of the processor time of all threads ("cpu"). TensorFlow is loaded first, as it is in a notebook: imageio's
pyav plugin collects garbage at every close, and that takes long once many modules are loaded. Each reader gives uint8
RGB. One that fails on a clip, or gives another number of frames, has no time there.
"""

import argparse
import json
import os
import platform
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import av
import numpy as np

from vidlab import video
from vidlab.video.writing import CODECS

SIZE = (112, 112)


def read_vidlab(path, frames):
    return video.read(path, frames, SIZE if frames else None)


def read_av(path, frames):
    """As one would write it by hand: count by decoding nothing, trust the header."""
    with av.open(str(path)) as container:
        stream = container.streams.video[0]
        stream.thread_type = "AUTO"
        wanted = set(video.indices(stream.frames, frames).tolist()) if frames else None
        height, width = SIZE if frames else (None, None)
        return np.stack([
            frame.to_ndarray(format="rgb24", height=height, width=width)
            for k, frame in enumerate(container.decode(stream))
            if wanted is None or k in wanted
        ])  # fmt: skip


def read_opencv(path, frames):
    import cv2

    capture = cv2.VideoCapture(str(path))
    try:
        count = int(capture.get(cv2.CAP_PROP_FRAME_COUNT))
        wanted = set(video.indices(count, frames).tolist()) if frames else None
        pictures, k = [], 0
        while capture.grab():
            if wanted is None or k in wanted:
                picture = cv2.cvtColor(capture.retrieve()[1], cv2.COLOR_BGR2RGB)
                pictures.append(cv2.resize(picture, SIZE[::-1]) if frames else picture)
            k += 1
        return np.stack(pictures)
    finally:
        capture.release()


def read_imageio_pyav(path, frames):
    return _read_imageio(path, frames, "pyav")


def read_imageio_ffmpeg(path, frames):
    return _read_imageio(path, frames, "FFMPEG")


def _read_imageio(path, frames, plugin):
    import cv2
    import imageio.v3 as iio

    if not frames:
        return np.stack(list(iio.imiter(path, plugin=plugin)))
    with av.open(str(path)) as container:
        wanted = set(video.indices(container.streams.video[0].frames, frames).tolist())
    pictures = (p for k, p in enumerate(iio.imiter(path, plugin=plugin)) if k in wanted)
    return np.stack([cv2.resize(picture, SIZE[::-1]) for picture in pictures])


def read_vidlab_late(path, frames):
    return video.read(path, frames, SIZE, start=LATE, stop=LATE + 1, sampling="dense")


def read_opencv_late(path, frames):
    import cv2

    capture = cv2.VideoCapture(str(path))
    try:
        capture.set(cv2.CAP_PROP_POS_MSEC, 1000 * LATE)
        pictures = [cv2.cvtColor(capture.read()[1], cv2.COLOR_BGR2RGB) for _ in range(frames)]
        return np.stack([cv2.resize(picture, SIZE[::-1]) for picture in pictures])
    finally:
        capture.release()


def read_ffmpeg_late(path, frames):
    size = f"{SIZE[1]}x{SIZE[0]}"
    command = [FFMPEG, "-v", "error", "-ss", str(LATE), "-i", path, "-frames:v", str(frames), "-s", size]
    done = subprocess.run([*command, "-f", "rawvideo", "-pix_fmt", "rgb24", "-"], stdout=subprocess.PIPE, check=True)
    return np.frombuffer(done.stdout, np.uint8).reshape(-1, *SIZE, 3)


LATE = 540  # seconds
FFMPEG = shutil.which("ffmpeg")
LATE_READERS = {"vidlab": read_vidlab_late, "OpenCV": read_opencv_late}
if FFMPEG:
    LATE_READERS["ffmpeg"] = read_ffmpeg_late
READERS = {
    "vidlab": read_vidlab,
    "av": read_av,
    "OpenCV": read_opencv,
    "imageio pyav": read_imageio_pyav,
    "imageio FFMPEG": read_imageio_ffmpeg,
}


def make_clips(folder):
    """Blurred noise that moves, in sizes and formats like those of the usual data sets."""
    rng = np.random.default_rng(0)
    kinds = (("h264-320x240.mp4", 240, 320, 150, None), ("mpeg4-320x240.avi", 240, 320, 150, "mpeg4"),
             ("vp9-320x240.webm", 240, 320, 90, None), ("h264-1280x720.mp4", 720, 1280, 60, None),
             ("h264-64x64.mp4", 64, 64, 24, None))  # fmt: skip
    for name, height, width, frames, codec in kinds:
        tile = rng.integers(0, 256, (height // 8, width // 8, 3), dtype=np.uint8).repeat(8, 0).repeat(8, 1)
        clip = np.stack([np.roll(tile, (k, 2 * k), axis=(0, 1)) for k in range(frames)])
        video.write(folder / name, clip, codec=codec)


def make_long_clip(path):
    """Ten minutes of h264, 640x480, 25 frames a second, a key frame each ten seconds."""
    rng = np.random.default_rng(0)
    tile = rng.integers(0, 256, (60, 80, 3), dtype=np.uint8).repeat(8, 0).repeat(8, 1)
    with av.open(str(path), "w") as container:
        stream = container.add_stream("libx264", rate=25)
        stream.height, stream.width, stream.pix_fmt = 480, 640, "yuv420p"
        stream.options = {"preset": "ultrafast", "g": "250", "bf": "2"}
        frames = [av.VideoFrame.from_ndarray(np.roll(tile, 2 * k, axis=1), format="rgb24").reformat(format="yuv420p")
                  for k in range(250)]  # fmt: skip
        for k in range(15_000):
            frame = frames[k % 250]
            frame.pts = k
            container.mux(stream.encode(frame))
        container.mux(stream.encode())


def measure(paths, rounds, readers):
    """{(clip, task): {reader: [(seconds, seconds of processor time)]}}; the first round warms up and does not count."""
    seconds, rng, all_readers = {}, np.random.default_rng(0), readers
    for path in paths:
        is_long = path.name == LONG
        there = 15_000 if is_long else video.probe(path).frames
        for task, frames in (("late", 16),) if is_long else (("16 at 112x112", min(16, there)), ("whole", None)):
            readers = LATE_READERS if is_long else all_readers
            times = seconds[path.name, task] = {name: [] for name in readers}
            for turn in range(rounds + 1):
                for name in rng.permutation([*times]):  # no reader always follows the same other one
                    begin, busy = time.perf_counter(), processor()
                    try:
                        got = len(readers[name](path, frames))
                        problem = "" if got == (frames or there) else f"{got} frames"
                    except Exception as error:
                        problem = type(error).__name__
                    if problem:
                        print(f"{path.name}, {task}: {name}: {problem}", file=sys.stderr)
                        del times[name]
                    elif turn:
                        times[name].append((time.perf_counter() - begin, processor() - busy))
    return seconds


def processor():
    """Seconds of processor time, of this process and of those that it waited for."""
    return sum(os.times()[:4])


LONG = "ten minutes.mp4"


def main():
    form = argparse.RawDescriptionHelpFormatter
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=form)
    parser.add_argument("--clips", type=Path, help="a folder of videos; without it, made ones")
    parser.add_argument("--rounds", type=int, default=15)
    parser.add_argument("--out", type=Path, help="write the numbers as JSON")
    parser.add_argument("--without-tensorflow", action="store_true")
    args = parser.parse_args()

    readers = dict(READERS)
    try:
        import imageio_ffmpeg  # noqa: F401
    except ImportError:
        print("imageio's FFMPEG plugin is left out: imageio-ffmpeg is not installed")
        del readers["imageio FFMPEG"]
    if not args.without_tensorflow:
        from vidlab.tensorflow import tf  # noqa: F401

    with tempfile.TemporaryDirectory() as folder:
        if args.clips is None:
            make_clips(Path(folder))
            make_long_clip(Path(folder, LONG))
        paths = sorted(p for p in (args.clips or Path(folder)).iterdir() if p.suffix in CODECS)
        seconds = measure(paths, args.rounds, readers)

    print(f"{'clip':24} {'task':14}" + "".join(f"{name:>15}" for name in readers) + "   best other / vidlab")
    rows = []
    for (clip, task), times in seconds.items():
        medians, cpu = (
            {name: 1000 * statistics.median(v[i] for v in values) for name, values in times.items()} for i in (0, 1)
        )
        others = [value for name, value in medians.items() if name != "vidlab"]
        ahead = min(others) / medians["vidlab"] if others and "vidlab" in medians else None
        cells = "".join(f"{medians[name]:15.1f}" if name in medians else f"{'-':>15}" for name in readers)
        print(f"{clip:24} {task:14}{cells}" + (f"{ahead:10.2f}" if ahead else ""))
        print(f"{'':24} {'  cpu':14}" + "".join(f"{cpu.get(name, 0):15.1f}" for name in readers))
        if "ffmpeg" in medians:
            print(f"{'':24} ffmpeg (a process of its own): {medians['ffmpeg']:.1f}")
        rows.append({"clip": clip, "task": task, "milliseconds": medians, "cpu": cpu, "best_other_over_vidlab": ahead})
    ratios = [
        row["milliseconds"]["imageio pyav"] / row["milliseconds"]["vidlab"]
        for row in rows
        if {"imageio pyav", "vidlab"} <= set(row["milliseconds"])
    ]
    if ratios:
        middle = statistics.median(ratios)
        print(f"imageio pyav / vidlab: {min(ratios):.1f} to {max(ratios):.1f}, median {middle:.1f}")
    if args.out:
        machine = {"cores": os.cpu_count(), "python": platform.python_version(), "av": av.__version__}
        result = {"machine": machine, "rounds": args.rounds, "rows": rows}
        args.out.write_text(json.dumps(result, indent=1) + "\n")


if __name__ == "__main__":
    main()
