"""Where samples come from: a folder per class, the clips that come with the course, a rendered world."""

import os
from pathlib import Path

from vidlab.datasets.lists import SPLITS, VIDEO_SUFFIXES, kinetics
from vidlab.datasets.samples import DataNotFound, Sample


def folder(root):
    """A folder per class: ROOT/label/clip.mp4, or ROOT/train/label/clip.mp4 with val and test beside it.

    Hidden files are passed over. The samples are sorted by path.

    Raises
    ------
    DataNotFound : there is no such folder, or a class's folder has no video file in it, or video files lie where
        no class can be told.
    """
    root = Path(root).expanduser()
    if not root.is_dir():
        raise DataNotFound(f"{root}: there is no such folder; it should hold one folder of clips for each class")
    inside = [path for path in _visible(root) if path.is_dir()]
    loose = [path.name for path in _visible(root) if _is_video(path)]
    if loose:
        raise DataNotFound(
            f"{root}: {len(loose)} video files such as {loose[0]} lie in no class's folder; move them into one"
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


def _classes(root, split):
    samples = []
    for label in filter(Path.is_dir, _visible(root)):
        clips = [path for path in _visible(label) if _is_video(path)]
        if not clips:
            found = ", ".join(path.name for path in _visible(label)[:3]) or "nothing"
            raise DataNotFound(
                f"{label}: no video files in this class's folder, but {found}; clips lie one folder deep"
            )
        samples += [Sample(path, label=label.name, split=split) for path in clips]
    return samples


def _is_video(path):
    return path.suffix.lower() in VIDEO_SUFFIXES and path.is_file()


def _visible(root):
    return sorted(path for path in root.iterdir() if not path.name.startswith("."))


def data_folder():
    """The folder of the clips and results that come with the course: VIDLAB_DATA, or data/ beside the package.

    Raises
    ------
    DataNotFound : it is not there.
    """
    root = Path(os.environ.get("VIDLAB_DATA") or Path(__file__).parents[2] / "data")
    if not (root / "motions.csv").is_file():
        raise DataNotFound(f"{root}: the course's clips are not there; set VIDLAB_DATA to the course's data folder")
    return root


def embedded(label="motion"):
    """The clips that come with the course (data/README.md says what they are).

    `label` is the property to learn: motion, or another column of data/motions.csv (shape, texture, colour,
    digit, background).

    Raises
    ------
    DataNotFound : the folder is not there, or the list has no such column.
    """
    root = data_folder()
    return kinetics(root / "motions.csv", root / "clips", label="label" if label == "motion" else label)


def from_world(rendered):
    """Clips that `world.render` made, as samples in memory."""
    return [Sample(clip, str(name)) for clip, name in zip(rendered.clips, rendered.labels, strict=True)]
