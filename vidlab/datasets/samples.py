"""One clip of a data set, before it is decoded."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np


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


def classes_of(samples):
    """The labels that occur, sorted: a class's number is its place in this list."""
    return sorted({sample.label for sample in samples if sample.label is not None})
