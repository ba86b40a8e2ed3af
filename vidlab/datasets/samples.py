"""One clip of a data set, before it is decoded."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np


class DataNotFound(Exception):
    """Files that should be there are not, or a list cannot be understood. The message names the folder or list and
    says what to do. `missing` has the paths, where files that a list names are not there.
    """

    def __init__(self, message, missing=()):
        super().__init__(message)
        self.missing = list(missing)


@dataclass(frozen=True)
class Sample:
    """A clip and what is known about it.

    `source` is a path, or a clip (frames, height, width, 3) in memory. `label` is None where nobody knows it.
    Clips of one `group` (one person, one scene) belong on one side of a split. `split` is "train", "val" or
    "test", or None. `start` and `stop` are seconds, None for the whole file.
    """

    source: Path | np.ndarray
    label: str | None = None
    group: str | None = None
    split: str | None = None
    start: float | None = None
    stop: float | None = None


def by_split(samples):
    """{"train": [...], "val": [...], "test": [...]}: the samples of each split, in their order.

    >>> {split: len(part) for split, part in by_split([Sample("a.mp4", split="train")]).items()}
    {'train': 1, 'val': 0, 'test': 0}
    """
    return {split: [sample for sample in samples if sample.split == split] for split in ("train", "val", "test")}


def classes_of(samples):
    """The labels that occur, sorted: a class's number is its place in this list.

    Labels that are all whole numbers are sorted as numbers: "10" comes after "9".

    >>> classes_of([Sample("a.mp4", "10"), Sample("b.mp4", "9")])
    ['9', '10']
    """
    labels = {sample.label for sample in samples if sample.label is not None}
    return sorted(labels, key=int if all(label.isdecimal() for label in labels) else str)
