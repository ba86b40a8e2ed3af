"""Clips decoded once into a few large files, for data that outgrow one machine's processor or memory.

A shard is an array of clips, ``00007.npy``, uint8 (n, frames, height, width, 3), which is read a clip at a time
(memory-mapped), and beside it ``00007.csv`` with a line for each. Each is made by one process and put in its place in
one piece, so that many processes, on many machines, can make them, and go on where they were stopped.
"""

import csv
import hashlib
import json
import multiprocessing
import os
import uuid
from collections.abc import Callable, Iterable
from concurrent.futures import ProcessPoolExecutor
from dataclasses import asdict
from pathlib import Path

import numpy as np

from vidlab import video
from vidlab.clips import Frames, is_count, require
from vidlab.datasets.arrays import checked, decode
from vidlab.datasets.samples import DataNotFound, Sample

SHARDS = "shards.json"  # what is in a folder of shards
LINE = "row", "label", "split", "group", "source", "problem"


def write_shards(
    samples: Iterable[Sample],
    root: str | os.PathLike,
    frames: Frames = Frames(),  # noqa: B008 - it cannot change
    *,
    clips: int = 256,
    workers: int | None = None,
    part: tuple[int, int] = (0, 1),
    progress: Callable[[int], None] | None = None,
) -> int:
    """Decode samples into shards; those that are there already are left as they are.

    Parameters
    ----------
    samples
        All with a label; the same ones each time.
    root
        Folder for the shards; made where it is not there.
    frames
        Which frames of each file, and of what size. To choose frames anew in each epoch, keep more than are trained on.
    clips
        In a shard.
    workers
        Processes; None: one for each core.
    part
        (i, n): only every n-th shard, from the i-th on, as machine i of n does.
    progress
        Called with how many clips have been done since it was last called.

    Returns
    -------
    int
        Shards that are still missing, such as other machines' parts.

    Raises
    ------
    ValueError
        An argument is out of its range, or `root` holds shards of other samples or frames.

    Examples
    --------
    >>> from vidlab import datasets
    >>> write_shards(datasets.embedded()[:6], "small", Frames(4, (16, 16)), clips=4, workers=1)
    0
    >>> [sample.source.shape for sample in shards("small")][:1]
    [(4, 16, 16, 3)]
    """
    samples, _, _ = checked(samples, frames, None)
    i, n = part
    require(is_count(clips), f"clips={clips!r} must be a whole number from 1 up")
    require(workers is None or is_count(workers), f"workers={workers!r} must be None or a whole number from 1 up")
    require(is_count(n) and 0 <= i < n, f"part={part!r} must be (i, n) with 0 <= i < n")
    root = Path(root)
    root.mkdir(parents=True, exist_ok=True)
    pieces = [samples[at : at + clips] for at in range(0, len(samples), clips)]
    _check_facts(root, {"clips": len(samples), "a shard": clips, "frames": asdict(frames), "samples": _sum(samples)})
    left = [(root, k, piece, frames) for k, piece in list(enumerate(pieces))[i::n] if not _whole(root, k)]
    if left:
        # fork would copy threads that hold locks; a fresh process loads no TensorFlow
        with ProcessPoolExecutor(workers, mp_context=multiprocessing.get_context("spawn")) as pool:
            for done in pool.map(_write, left):
                if progress:
                    progress(done)
    return sum(not _whole(root, k) for k in range(len(pieces)))


def shards(root: str | os.PathLike) -> list[Sample]:
    """The clips of a folder of shards; what could not be read when they were made is not among them.

    Each sample's source is a part of a file, which is read when it is used.

    Raises
    ------
    DataNotFound
        There are no shards, or some are missing.

    Examples
    --------
    >>> from vidlab import datasets
    >>> write_shards(datasets.embedded()[:2], "pair", Frames(4, (16, 16)), workers=1)
    0
    >>> [sample.source.shape for sample in shards("pair")]
    [(4, 16, 16, 3), (4, 16, 16, 3)]
    """
    root = Path(root)
    try:
        facts = json.loads((root / SHARDS).read_text(encoding="utf8"))
        number = -(-facts["clips"] // facts["a shard"])
    except (OSError, ValueError, KeyError, TypeError):
        raise DataNotFound(f"{root}: there is no {SHARDS} that can be read; make shards by vidlab shard") from None
    missing = [k for k in range(number) if not _whole(root, k)]
    if missing:
        names = ", ".join(f"{k:05d}" for k in missing[:3]) + (", ..." if len(missing) > 3 else "")
        raise DataNotFound(f"{root}: {len(missing)} of {number} shards are missing ({names}); give vidlab shard again")
    samples = []
    for k in range(number):
        try:
            array = np.load(root / f"{k:05d}.npy", mmap_mode="r", allow_pickle=False)
            with open(root / f"{k:05d}.csv", encoding="utf8", newline="") as file:
                lines = list(csv.DictReader(file))
            for line in lines:
                if not line["problem"]:
                    group = line["group"] or line["source"]
                    samples.append(Sample(array[int(line["row"])], line["label"], group, line["split"] or None))
        except (OSError, ValueError, KeyError, IndexError) as error:
            raise DataNotFound(f"{root}: shard {k:05d} is damaged ({error}); remove it, and make it again") from None
    return samples


def _whole(root, k):
    return (root / f"{k:05d}.csv").exists() and (root / f"{k:05d}.npy").exists()


def _sum(samples):
    """A checksum of which samples these are: their names, labels and splits."""
    text = [f"{s.source if isinstance(s.source, str | os.PathLike) else ''} {s.label} {s.split} {s.start} {s.stop}"
            for s in samples]  # fmt: skip
    return hashlib.sha256("\n".join(text).encode("utf8", "backslashreplace")).hexdigest()[:16]


def _check_facts(root, facts):
    """Write what these shards are, or see that it is what is there."""
    path = root / SHARDS
    try:
        there = json.loads(path.read_text(encoding="utf8"))
    except FileNotFoundError:
        part = path.with_name(f"{SHARDS}.{uuid.uuid4().hex[:8]}.part")  # two machines may have the same process number
        part.write_text(json.dumps(facts, indent=1), encoding="utf8")
        os.replace(part, path)
        return
    except ValueError:
        raise ValueError(f"{path} cannot be read; remove the folder to begin anew") from None
    for what, value in json.loads(json.dumps(facts)).items():
        if there.get(what) != value:
            raise ValueError(
                f"{root}: it holds shards of other samples or frames ({what}: {there.get(what)}, not {value}); name "
                "another folder"
            )


def _write(task):
    """Make one shard; gives its clips."""
    root, k, samples, frames = task
    array, table = root / f"{k:05d}.npy", root / f"{k:05d}.csv"
    parts = [path.with_name(f"{path.name}.{uuid.uuid4().hex[:8]}.part") for path in (array, table)]
    try:
        clips = np.lib.format.open_memmap(parts[0], "w+", np.uint8, (len(samples), *frames.shape))
        with open(parts[1], "w", encoding="utf8", newline="") as file:
            lines = csv.writer(file)
            lines.writerow(LINE)
            for row, sample in enumerate(samples):
                problem = ""
                try:
                    clips[row] = decode(sample, frames)
                except video.VideoError as error:
                    problem = str(error)
                source = "" if isinstance(sample.source, np.ndarray) else Path(sample.source).as_posix()
                lines.writerow((row, sample.label, sample.split or "", sample.group or "", source, problem))
        clips.flush()
        del clips
        os.replace(parts[0], array)
        os.replace(parts[1], table)  # last: where it is, both are
    finally:
        for part in parts:
            part.unlink(missing_ok=True)
    return len(samples)


def unread(root: str | os.PathLike) -> dict[str, str]:
    """{file: reason} of what could not be read when the shards of `root` were made.

    >>> from vidlab import datasets
    >>> write_shards(datasets.embedded()[:2], "two", Frames(4, (16, 16)), workers=1)
    0
    >>> unread("two")
    {}
    """
    found = {}
    for table in sorted(Path(root).glob("*.csv")):
        with open(table, encoding="utf8", newline="") as file:
            found |= {line["source"]: line["problem"] for line in csv.DictReader(file) if line["problem"]}
    return found
