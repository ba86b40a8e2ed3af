"""Where samples come from: a folder per class, Kinetics's list, the clips that come with the course."""

import csv
import os
from pathlib import Path

from vidlab.datasets.samples import Sample

VIDEO_SUFFIXES = frozenset(".mp4 .avi .mov .mkv .webm .gif .mpg .mpeg .ts .flv .3gp .m4v .wmv .ogv".split())
_SPLITS = {"train": "train", "training": "train", "val": "val", "validate": "val", "validation": "val",
           "test": "test", "testing": "test"}  # fmt: skip
_COLUMNS = {"label-name": "label", "video-id": "youtube_id", "start-time": "time_start", "end-time": "time_end"}


class DataNotFound(Exception):
    """Video files that should be there are not. The message names the folder or list and says what to do."""


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
    split_folders = [path for path in inside if path.name.lower() in _SPLITS]
    if split_folders and len(split_folders) < len(inside):
        others = ", ".join(sorted({path.name for path in inside} - {path.name for path in split_folders}))
        raise DataNotFound(
            f"{root}: {others} lies beside {split_folders[0].name}; have splits here or classes, not both"
        )
    if split_folders:
        samples = [s for path in split_folders for s in _classes(path, _SPLITS[path.name.lower()])]
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


def kinetics(list_file, root, label="label"):
    """A list as Kinetics has it: label, youtube_id, time_start, time_end and, where known, split.

    The older header (label-name, video-id, start-time, end-time) is read too. Files are looked for at
    ROOT/label/ID_START_END.mp4, the label with its spaces or with `_`. They are trimmed already, so samples
    have no start and stop. `label` names the column to learn, where the list has more of them.

    Raises
    ------
    DataNotFound : the list is missing or has no such columns, or files that it names are missing; the message
        counts them and names the first few.
    """
    list_file, root = Path(list_file), Path(root)
    if not list_file.is_file():
        raise DataNotFound(f"{list_file}: there is no such list")
    with open(list_file, newline="", encoding="utf-8-sig") as file:
        rows = [{_COLUMNS.get(k, k): v for k, v in row.items()} for row in csv.DictReader(file)]
    if not rows or not {"youtube_id", "time_start", "time_end"} <= rows[0].keys():
        raise DataNotFound(
            f"{list_file}: a Kinetics list has the columns youtube_id, time_start, time_end, and rows below"
        )
    if label != "label" and label not in rows[0]:
        raise DataNotFound(f"{list_file}: it has no column {label!r} to learn; it has {', '.join(rows[0])}")
    samples, missing = [], []
    for line, row in enumerate(rows, 2):
        try:
            first, last = (int(float(row[key])) for key in ("time_start", "time_end"))
        except (TypeError, ValueError):
            raise DataNotFound(f"{list_file}: line {line} has no times in seconds") from None
        name = f"{row['youtube_id']}_{first:06d}_{last:06d}.mp4"
        directory = row.get("label") or ""
        tried = [root / spelling / name for spelling in (directory, directory.replace(" ", "_"))]
        path = next((path for path in tried if path.is_file()), None)
        if path is None:
            missing.append(str(tried[0]))
            continue
        split = _SPLITS.get((row.get("split") or "").lower())
        samples.append(Sample(path, row.get(label) or None, group=row["youtube_id"], split=split))
    if missing:
        some = ", ".join(missing[:3]) + (", ..." if len(missing) > 3 else "")
        raise DataNotFound(f"{list_file}: {len(missing)} of its {len(rows)} files are missing: {some}")
    return samples


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
