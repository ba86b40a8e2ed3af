"""Where samples come from, besides a user's folders and lists: the clips of the course, a rendered world."""

import os
from pathlib import Path

from vidlab.datasets.lists import kinetics
from vidlab.datasets.samples import DataNotFound, Sample


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
