"""What a folder shows: which of its entries are clips, which are folders of clips, and which are neither."""

import os
import re
from dataclasses import replace
from pathlib import Path

from vidlab.datasets.samples import DataNotFound, Sample

VIDEO_SUFFIXES = frozenset(
    ".mp4 .avi .mov .mkv .webm .gif .mpg .mpeg .ts .mts .m2ts .vob .divx .flv .3gp .m4v .wmv .ogv".split()
)
SPLITS = {"train": "train", "training": "train", "val": "val", "valid": "val", "validate": "val", "validation": "val",
          "test": "test", "testing": "test"}  # fmt: skip
_NOT_FOR_US = "__macosx", "@eadir", "$recycle.bin", "lost+found"  # what systems put beside a user's folders


def folder(root):
    """A folder per class: ROOT/label/clip.mp4, or ROOT/train/label/clip.mp4 with val (or valid) and test beside it.

    Links are followed. Hidden files and folders are passed over, and what systems add (__MACOSX, @eaDir); so are
    files without a video's suffix: `passed_over` names them. The samples are sorted by path.

    Raises
    ------
    DataNotFound
        There is no such folder, or a class's folder has no video file in it or cannot be read, or video
        files lie where no class can be told.

    Examples
    --------
    >>> from vidlab import datasets
    >>> samples = folder(datasets.data_folder() / "clips")
    >>> len(samples), samples[0].label
    (816, 'clockwise')
    """
    root = Path(root).expanduser()
    if not root.is_dir():
        raise DataNotFound(f"{root}: there is no such folder; it should hold one folder of clips for each class")
    inside, loose, _ = _look(root)
    if loose:
        raise DataNotFound(
            f"{root}: {len(loose)} video files such as {loose[0].name} lie in no class's folder; move them into one"
        )
    split_folders = [path for path in inside if path.name.lower() in SPLITS]
    if split_folders and len(split_folders) < len(inside):
        others = ", ".join(sorted({path.name for path in inside} - {path.name for path in split_folders}))
        raise DataNotFound(
            f"{root}: {others} lies beside {split_folders[0].name}; have splits here or classes, not both"
        )
    if split_folders:
        samples = [s for path in split_folders for s in _classes(path, SPLITS[path.name.lower()])]
    else:
        samples = _classes(root, None)
    if not samples:
        raise DataNotFound(f"{root}: no video files in folders below it; put each class's clips in a folder of its own")
    return samples


def takes(root, pattern=r"take[0-9]+"):
    """A folder per class, filmed by `widgets.record`: clips of one take are one group, and stay on one side of a split.

    Parameters
    ----------
    root
        As for `folder`.
    pattern
        Regular expression; files in whose names it finds the same words are one take. A file in whose name it finds
        nothing is a take of its own.

    Raises
    ------
    DataNotFound
        As for `folder`.

    Examples
    --------
    >>> from vidlab import datasets
    >>> sample = takes(datasets.data_folder() / "clips", pattern="vidlab[0-9]+")[0]
    >>> sample.source.name, sample.group
    ('vidlab00003_000000_000002.mp4', 'vidlab00003')
    """
    found = [(sample, re.search(pattern, sample.source.name)) for sample in folder(root)]
    return [replace(sample, group=match[0] if match else None) for sample, match in found]


def _classes(root, split):
    samples = []
    for label in _look(root)[0]:
        folders, clips, others = _look(label)
        if not clips:
            found = ", ".join(path.name for path in (folders + others)[:3]) or "nothing"
            raise DataNotFound(
                f"{label}: no video files in this class's folder, but {found}; clips lie one folder deep"
            )
        samples += [Sample(path, label=label.name, split=split) for path in clips]
    return samples


def video_files(root):
    """Every video file below a folder, sorted; links are followed, and what `folder` passes over is passed over.

    >>> from vidlab import datasets
    >>> len(video_files(datasets.data_folder() / "clips"))
    816
    """
    return sorted(path for _, clips, _ in _below(Path(root)) for path in clips)


def passed_over(root):
    """Every file below a folder that has no video's suffix and is not hidden, sorted.

    >>> _ = Path("notes.txt").write_text("no video")
    >>> [path.name for path in passed_over(".") if path.name == "notes.txt"]
    ['notes.txt']
    """
    return sorted(path for _, _, others in _below(Path(root)) for path in others)


def _below(root, above=()):
    """`_look` of a folder and of all below it; a link that leads back to one above is not followed."""
    here = os.path.realpath(root)
    if here in above:
        return
    found = _look(root)
    yield found
    for path in found[0]:
        yield from _below(path, (*above, here))


def _look(root):
    """The folders, the video files and the other files in a folder, each sorted."""
    try:
        entries = sorted(path for path in root.iterdir() if not path.name.startswith("."))
    except OSError as error:
        raise DataNotFound(f"{root}: this folder cannot be read ({error.strerror}); check its rights") from None
    entries = [path for path in entries if path.name.lower() not in _NOT_FOR_US]
    folders = [path for path in entries if path.is_dir()]
    files = [path for path in entries if path.is_file()]
    clips = [path for path in files if path.suffix.lower() in VIDEO_SUFFIXES]
    return folders, clips, [path for path in files if path.suffix.lower() not in VIDEO_SUFFIXES]
