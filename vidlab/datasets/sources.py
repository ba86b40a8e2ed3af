"""Where samples come from, besides a user's folders and lists: the clips of the course, a rendered world."""

import json
import os
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from vidlab.datasets.lists import kinetics
from vidlab.datasets.samples import DataNotFound, Sample


def data_folder():
    """The folder of the clips and results that come with the course: VIDLAB_DATA, or data/ beside the package.

    Raises
    ------
    DataNotFound
        It is not there.

    Examples
    --------
    >>> (data_folder() / "motions.csv").exists()
    True
    """
    root = Path(os.environ.get("VIDLAB_DATA") or Path(__file__).parents[2] / "data")
    if not (root / "motions.csv").is_file():
        raise DataNotFound(f"{root}: the course's clips are not there; set VIDLAB_DATA to the course's data folder")
    return root


@dataclass(frozen=True)
class Results:
    """What a longer experiment found: `command` and `date` say where it comes from; ``results["rows"]`` is its table.

    >>> tour = results("tour")
    >>> tour.command
    'python bench/tour.py --out data/results/tour.json'
    >>> tour.values("top1", model="conv3d").shape  # three seeds
    (3,)
    """

    command: str
    date: str
    content: dict

    def __getitem__(self, part):
        return self.content[part]

    def where(self, part: str = "rows", /, **facts) -> list[dict]:
        """The rows of a table of which these facts are true."""
        return [row for row in self.content[part] if facts.items() <= row.items()]

    def values(self, column: str = "top1", part: str = "rows", /, **facts) -> np.ndarray:
        """One column of the rows of which these facts are true."""
        return np.array([row[column] for row in self.where(part, **facts)])


def results(name: str) -> Results:
    """The results that lie in data/results/NAME.json, made by a script in bench/.

    Raises
    ------
    DataNotFound
        There are none of this name, or the course's data folder is not there.

    Examples
    --------
    >>> results("tour").values("seed", model="conv3d").tolist()
    [0, 1, 2]
    """
    folder = data_folder() / "results"
    if not (folder / f"{name}.json").is_file():
        raise DataNotFound(f"{folder}: no {name}.json; there are {', '.join(sorted(p.stem for p in folder.iterdir()))}")
    content = json.loads((folder / f"{name}.json").read_text(encoding="utf8"))
    return Results(content.pop("command"), content.pop("date"), content)


def embedded(label="motion"):
    """The clips that come with the course (data/README.md says what they are).

    `label` is the property to learn: motion, or another column of data/motions.csv (shape, texture, colour,
    digit, background).

    Raises
    ------
    DataNotFound
        The folder is not there, or the list has no such column.

    Examples
    --------
    >>> len(embedded()), embedded("colour")[0].label in ("red", "green", "blue", "yellow", "magenta", "cyan")
    (816, True)
    """
    root = data_folder()
    return kinetics(root / "motions.csv", root / "clips", label="label" if label == "motion" else label)


def from_world(rendered):
    """Clips that `world.render` made, as samples in memory.

    >>> from vidlab import world
    >>> len(from_world(world.render(2, frames=4, size=(16, 16))))
    2
    """
    return [Sample(clip, str(name)) for clip, name in zip(rendered.clips, rendered.labels, strict=True)]
