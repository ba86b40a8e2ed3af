"""Feed damaged files to vidlab.video: each must give frames or a VideoError, and nothing else.

    python bench/fuzz_video.py --count 10000 --seed 1      # prints what failed, exit 1 if anything did
    python bench/fuzz_video.py --seed 1 --only 4711        # one of them again, its file kept as fuzz-4711.mp4

Mutation number i of seed s depends on (s, i) alone. A child process works through them under a limit of
memory and, for each, of time; where it dies or hangs, the parent says which one was at work and starts it
again behind.
"""

import argparse
import os
import queue
import struct
import subprocess
import sys
import tempfile
import threading
from pathlib import Path

import av
import numpy as np

from vidlab import video

os.environ.setdefault("SVT_LOG", "1")  # errors only

SOURCES = (  # suffix, encoder, whether with sound
    ("mp4", "libx264", True),
    ("mp4", "mpeg4", False),
    ("mp4", "libx265", False),
    ("mov", "libx264", False),
    ("3gp", "h263", False),
    ("avi", "mpeg4", True),
    ("avi", "mjpeg", False),
    ("mkv", "libx264", True),
    ("webm", "libvpx", False),
    ("webm", "libvpx-vp9", True),
    ("webm", "libsvtav1", False),
    ("gif", "gif", False),
    ("ts", "libx264", True),
    ("flv", "flv", False),
    ("mpg", "mpeg2video", False),
)
FORMATS = {"mjpeg": "yuvj420p", "gif": "rgb8"}
SOUNDS = {"mp4": "aac", "avi": "libmp3lame", "mkv": "aac", "ts": "aac", "webm": "libopus"}
QUIET = {"libx265": {"x265-params": "log-level=none"}}


def make_sources(folder):
    """Small whole files, one of each kind that this build of av can write."""
    moving = np.arange(64 * 48 * 3).reshape(48, 64, 3)
    for suffix, codec, with_sound in SOURCES:
        path = folder / f"{codec}.{suffix}"
        try:
            with av.open(str(path), "w") as container:
                stream = container.add_stream(codec, rate=25)
                stream.width, stream.height = (176, 144) if codec == "h263" else (64, 48)
                stream.pix_fmt, stream.options = FORMATS.get(codec, "yuv420p"), QUIET.get(codec, {})
                if with_sound:
                    rate = 48000 if suffix == "webm" else 16000
                    sound = container.add_stream(SOUNDS[suffix], rate=rate, layout="mono")
                for k in range(12):
                    picture = np.resize((moving + 900 * k) % 251, (stream.height, stream.width, 3))
                    frame = av.VideoFrame.from_ndarray(picture.astype(np.uint8), format="rgb24")
                    container.mux(stream.encode(frame))
                container.mux(stream.encode())
                if with_sound:
                    wave = np.sin(np.arange(8000, dtype=np.float32) / 20)[None]
                    samples = av.AudioFrame.from_ndarray(wave, format="fltp", layout="mono")
                    samples.sample_rate = 16000
                    container.mux(sound.encode(samples))
                    container.mux(sound.encode())
        except (av.FFmpegError, ValueError):
            path.unlink(missing_ok=True)
    return sorted(folder.iterdir())


def mutate(data, other, rng):
    """One to three kinds of damage to the bytes of a file."""
    data = bytearray(data)
    for _ in range(rng.integers(1, 4)):
        size = len(data)
        if size < 16:
            break
        kind = rng.integers(7)
        at = int(rng.integers(size))
        if kind == 0:  # bits, anywhere
            for place in rng.integers(0, size, rng.integers(1, 20)):
                data[place] ^= 1 << int(rng.integers(8))
        elif kind == 1:  # bits, in the header
            for place in rng.integers(0, min(size, 600), rng.integers(1, 8)):
                data[place] ^= 1 << int(rng.integers(8))
        elif kind == 2:  # cut short
            del data[at:]
        elif kind == 3:  # a piece of another file, a piece lost, or one doubled
            length = int(rng.integers(1, 2000))
            piece = [other[at : at + length], b"", data[at : at + length] * 2][rng.integers(3)]
            data[at : at + length] = piece
        elif kind == 4:  # four bytes that look like a size, a count or a width
            value = int(rng.choice([0, 1, 8, 0x7FFF, 0xFFFF, 0x10000, 0x7FFFFFFF, 0xFFFFFFFF, size * 2]))
            data[at : at + 4] = struct.pack(rng.choice([">I", "<I"]), value)
        elif kind == 5:  # a box or chunk whose size is wrong
            names = (b"moov", b"trak", b"stsz", b"stts", b"stco", b"mdat", b"elst", b"tkhd", b"avcC", b"strh",
                     b"strf", b"movi", b"idx1", b"stsd", b"ctts", b"LIST")  # fmt: skip
            found = [data.find(name) for name in names if data.find(name) >= 4]
            if found:
                at = int(rng.choice(found)) + int(rng.choice([-4, 4, 8, 12, 16, 20]))
                noise = rng.random() < 0.5
                data[at : at + 4] = rng.bytes(4) if noise else struct.pack(">I", rng.integers(size))
        else:  # a stretch of zeros or of noise
            length = min(int(rng.integers(1, 400)), size - at)
            data[at : at + length] = bytes(length) if rng.random() < 0.5 else rng.bytes(length)
    return bytes(data)


def try_one(sources, seed, i, folder):
    """Raises what should not happen; otherwise says how it ended."""
    rng = np.random.default_rng([seed, i])
    source, other = (sources[k] for k in rng.integers(len(sources), size=2))
    path = folder / f"fuzz-{i}{source.suffix}"
    path.write_bytes(mutate(source.read_bytes(), other.read_bytes(), rng))
    repair = {"on_error": "repair", "limit_bytes": 200 * 10**6}
    endings = []
    for attempt in (
        lambda: video.probe(path),
        lambda: video.read(path, limit_bytes=200 * 10**6),
        lambda: video.read(path, 5, (20, 30), "pad", sampling="segments", **repair),
        lambda: video.read(path, 5, (20, 30), "crop", 0.1, 0.4, by="time", **repair),
        lambda: video.read_audio(path),
        lambda: video.read_audio(path, **repair),
    ):
        before = open_files()
        try:
            attempt()
            endings.append("read")
        except video.VideoError as error:
            if path.name not in str(error):
                raise AssertionError(f"the message does not name the file: {error}") from error
            endings.append(type(error).__name__)
        if open_files() != before:
            raise AssertionError("a file was left open")
    path.unlink()
    return endings


def open_files():
    """How many file handles this process holds; 0 where the system does not say."""
    return len(os.listdir("/proc/self/fd")) if os.path.isdir("/proc/self/fd") else 0


def child(args):
    if sys.platform == "linux":
        import resource

        resource.setrlimit(resource.RLIMIT_AS, (args.megabytes * 2**20,) * 2)
    sources = sorted(Path(args.folder, "sources").iterdir())
    for i in range(args.first, args.count):
        print(f"at {i}", flush=True)
        try:
            endings = try_one(sources, args.seed, i, Path(args.folder))
        except Exception as error:
            print(f"bad {type(error).__name__}: {' '.join(str(error).split())}", flush=True)
        else:
            print("ok", *endings, flush=True)


def run(count, seed, seconds, megabytes, folder, script=__file__):
    """Runs all mutations. Returns the failures {number: what happened} and how often each ending came."""
    failures, endings, first = {}, {}, 0
    (folder / "sources").mkdir()
    make_sources(folder / "sources")
    while first < count:
        command = [sys.executable, str(script), "--child", "--folder", str(folder), "--first", str(first)]
        command += ["--count", str(count), "--seed", str(seed), "--megabytes", str(megabytes)]
        process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
        lines = queue.Queue()
        threading.Thread(target=_pass_on, args=(process.stdout, lines), daemon=True).start()
        at, problem = first, None
        while problem is None:
            try:
                line = lines.get(timeout=seconds + (30 if at == first else 0))  # it has to import first
            except queue.Empty:
                problem = f"no answer within {seconds} s"
                break
            if line is None:
                problem = f"the process ended with {process.wait()}"
            elif line.startswith("at "):
                at = int(line[3:])
            elif line.startswith("bad "):
                failures[at] = line[4:].strip()
            else:
                for ending in line.split()[1:]:
                    endings[ending] = endings.get(ending, 0) + 1
        process.kill()
        process.wait()
        if problem == "the process ended with 0":
            break
        failures[at] = problem
        first = at + 1
    return failures, endings


def _pass_on(stream, lines):
    with stream:
        for line in stream:
            lines.put(line)
    lines.put(None)


def main():
    form = argparse.RawDescriptionHelpFormatter
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=form)
    parser.add_argument("--count", type=int, default=1000)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--seconds", type=float, default=20, help="for one mutation")
    parser.add_argument("--megabytes", type=int, default=3000, help="of address space")
    parser.add_argument("--only", type=int, help="run this one here, with its traceback")
    parser.add_argument("--child", action="store_true", help=argparse.SUPPRESS)
    parser.add_argument("--folder", help=argparse.SUPPRESS)
    parser.add_argument("--first", type=int, default=0, help=argparse.SUPPRESS)
    args = parser.parse_args()
    if args.child:
        return child(args)
    with tempfile.TemporaryDirectory() as folder:
        if args.only is not None:
            sources = Path(folder, "sources")
            sources.mkdir()
            return print(*try_one(make_sources(sources), args.seed, args.only, Path.cwd()))
        failures, endings = run(args.count, args.seed, args.seconds, args.megabytes, Path(folder))
    print("endings:", ", ".join(f"{name} {n}" for name, n in sorted(endings.items())))
    for i, what in sorted(failures.items()):
        print(f"seed {args.seed}, mutation {i}: {what}")
    print(f"{args.count - len(failures)} of {args.count} mutations gave frames or a VideoError")
    sys.exit(bool(failures))


if __name__ == "__main__":
    main()
