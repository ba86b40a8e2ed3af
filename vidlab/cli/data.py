"""`vidlab download`, `check-videos`, `shard` and `world`: get clips, look through them, decode them, make some."""

import json
import shutil
import sys
import uuid
from dataclasses import asdict
from pathlib import Path

from vidlab.cli.course import CommandError


def add_to(commands):
    """Add `download`, `check-videos`, `shard` and `world` to the command line."""
    download = commands.add_parser("download", help="fetch a data set, check it and unpack it")
    download.add_argument("what", metavar="URL", help="an address, or ucf101, or ucf101-lists for its splits")
    download.add_argument("--to", metavar="FOLDER", required=True)
    download.add_argument("--sha256", help="the file's checksum, from the page that offers it (known for ucf101)")
    download.add_argument("--no-extract", action="store_true", help="leave an archive as it is")
    download.set_defaults(run=run_download)
    check = commands.add_parser("check-videos", help="read every video file in a folder, and name the bad ones")
    check.add_argument("folder")
    check.add_argument("--json", metavar="FILE", help="write what was found to a file")
    check.add_argument("--workers", type=int, help="files at a time (default: one for each core)")
    check.add_argument("--seconds", type=float, default=300, help="most time for one file (default: %(default)s)")
    check.set_defaults(run=run_check)
    shard = commands.add_parser("shard", help="decode a folder of clips once, into large files that vidlab train reads")
    shard.add_argument("folder", help="a folder of clips for each class, or train/, val/ and test/ with these")
    shard.add_argument("out", metavar="OUT", help="folder for the shards; where it holds some, the rest are made")
    shard.add_argument("--frames", type=int, default=16, help="frames of each clip (default: %(default)s)")
    shard.add_argument("--size", type=int, default=48, help="pixels a side (default: %(default)s)")
    shard.add_argument("--fit", default="stretch", choices=("stretch", "crop", "pad"), help="how a picture of another "
                       "shape is brought to that size (default: %(default)s)")  # fmt: skip
    shard.add_argument("--clips", type=int, default=256, help="in a shard (default: %(default)s)")
    shard.add_argument("--workers", type=int, help="processes (default: one for each core)")
    shard.add_argument("--part", default="0/1", metavar="I/N", help="only every N-th shard, from the I-th on: for "
                       "machine I of N, from 0")  # fmt: skip
    shard.set_defaults(run=run_shard)
    world = commands.add_parser("world", help="make clips whose every property is known, a folder for each class")
    world.add_argument("--out", metavar="FOLDER", required=True)
    world.add_argument("--n", type=int, default=400, help="how many clips (default: %(default)s)")
    world.add_argument("--label", default="motion", help="the property to learn (default: %(default)s)")
    world.add_argument("--factors", default="", help="other properties that vary, with commas: shape,colour")
    world.add_argument("--frames", type=int, default=16, help="frames of each clip (default: %(default)s)")
    world.add_argument("--size", type=int, default=48, help="pixels a side (default: %(default)s)")
    world.add_argument("--seed", type=int, default=0)
    world.set_defaults(run=run_world)


def run_download(a):
    """Fetch a file, check it and unpack it."""
    from vidlab import fetch

    url, sha256 = fetch.KNOWN.get(a.what, (a.what, None))
    try:
        file = fetch.download(url, a.to, a.sha256 or sha256, progress=sys.stderr.isatty())
        print(f"{file}: whole, and its checksum is right")
        if not a.no_extract and fetch.is_archive(file):
            print(f"unpacked to {fetch.extract(file)}")
    except (fetch.DownloadError, fetch.ArchiveError, ValueError) as error:
        raise CommandError(str(error)) from None
    return 0


def run_check(a):
    """Read every video file of a folder, and name the bad ones."""
    from vidlab import datasets

    root = Path(a.folder)
    if not root.is_dir():
        raise CommandError(f"{root}: there is no such folder")
    if a.workers is not None and a.workers < 1:
        raise CommandError(f"--workers {a.workers} must be from 1 up")
    if not a.seconds > 0:
        raise CommandError(f"--seconds {a.seconds:g} must be above 0")
    try:
        files, others = datasets.video_files(root), datasets.passed_over(root)
    except datasets.DataNotFound as error:
        raise CommandError(str(error)) from None
    if not files:
        raise CommandError(f"{root}: there are no video files in it{', but ' + others[0].name if others else ''}")
    try:
        found = datasets.check_videos(files, a.workers, a.seconds, progress=sys.stderr.isatty())
    except RuntimeError as error:
        raise CommandError(str(error)) from None
    bad = {file: facts for file, facts in found.items() if isinstance(facts, str)}
    for reason in bad.values():
        print(reason)
    print(f"{len(found) - len(bad)} of {len(found)} files can be read" + (f", {len(bad)} cannot" if bad else ""))
    say_passed_over(others)
    if a.json:
        name = {file: file.relative_to(root).as_posix() for file in found}
        report = {
            "bad": [{"file": name[file], "reason": reason} for file, reason in bad.items()],
            "good": [{"file": name[file], **asdict(facts)} for file, facts in found.items() if file not in bad],
        }
        # what is no UTF-8 in a name stays an escape, which JSON's readers turn into the same name again
        text = json.dumps(report, indent=1, ensure_ascii=False).encode("utf8", "backslashreplace")
        try:
            Path(a.json).write_bytes(text)
        except OSError as error:
            raise CommandError(f"{a.json} cannot be written ({error.strerror})") from None
    return 1 if bad else 0


def say_passed_over(others):
    """Say which files of a folder were not taken for clips."""
    if others:
        names = ", ".join(path.name for path in others[:3]) + (", ..." if len(others) > 3 else "")
        print(f"{len(others)} passed over, whose names do not end as a video's do: {names}")


def run_shard(a):
    """Decode a folder of clips into shards."""
    from tqdm import tqdm

    from vidlab import datasets
    from vidlab.clips import Frames

    try:
        i, n = map(int, a.part.split("/"))
    except ValueError:
        raise CommandError(f"--part {a.part} must be like 0/4: machine 0 of 4") from None
    try:
        samples = datasets.folder(a.folder)
        say_passed_over(datasets.passed_over(a.folder))
        frames = Frames(a.frames, (a.size, a.size), fit=a.fit)
        # a share of the shards takes its share of the clips
        with tqdm(total=-(-len(samples) // n), unit="clip", disable=not sys.stderr.isatty()) as bar:
            missing = datasets.write_shards(
                samples, a.out, frames, clips=a.clips, workers=a.workers, part=(i, n), progress=bar.update
            )
    except (datasets.DataNotFound, ValueError) as error:
        raise CommandError(str(error)) from None
    except OSError as error:
        raise CommandError(f"{error.filename or a.out} cannot be written ({error.strerror or error})") from None
    for reason in datasets.unread(a.out).values():
        print(reason)
    if missing:
        print(f"{missing} shards are missing in {a.out}, which other machines make, or this command, given again")
    else:
        whole = datasets.shards(a.out)
        size = sum(path.stat().st_size for path in Path(a.out).glob("*.npy")) / 1e9
        print(f"{len(whole)} clips are in {a.out}, {size:.2g} GB; try: vidlab train {a.out}")
    return 0


def run_world(a):
    """Render clips into a folder for each class."""
    from vidlab import datasets, video, world

    out = Path(a.out)
    if out.exists() and (not out.is_dir() or any(out.iterdir())):
        raise CommandError(f"{out} is there already and nothing is written over; name another folder")
    need = a.n * a.frames * a.size**2 * 3
    if need > 4e9:
        raise CommandError(f"these clips take {need / 1e9:.0f} GB of memory; ask for fewer, shorter or smaller ones")
    factors = dict.fromkeys([a.label, *filter(None, (name.strip() for name in a.factors.split(",")))])
    try:
        rendered = world.render(a.n, tuple(factors), a.label, a.frames, (a.size, a.size), a.seed)
        samples = datasets.split_by_group(datasets.from_world(rendered), seed=a.seed)
    except ValueError as error:
        raise CommandError(str(error)) from None
    beside = out.absolute().with_name(f".{out.name}.{uuid.uuid4().hex[:8]}")  # whole or not at all under its own name
    try:
        for i, sample in enumerate(samples):
            path = beside / sample.split / sample.label / f"{i:05d}.mp4"
            path.parent.mkdir(parents=True, exist_ok=True)
            video.write(path, sample.source, fps=rendered.fps)
        if out.exists():
            out.rmdir()
        beside.rename(out)
    except OSError as error:
        raise CommandError(f"{out} cannot be written ({error.strerror or error})") from None
    finally:
        shutil.rmtree(beside, ignore_errors=True)
    print(f"{len(samples)} clips of {len(set(rendered.labels))} classes are in {out}; try: vidlab train {out}")
    return 0
