"""Clips for a survey: which of all factors can a model tell?

Factors that decide the same part of a clip cannot vary together, so there are several mixes. Every factor that has
values varies in one of them at least; where it stays plain in a clip, the clip has no answer for it (-1), and neither
a loss nor an accuracy should count it.
"""

from dataclasses import dataclass

import numpy as np

from vidlab.world.factors import FACTORS
from vidlab.world.scene import render

MIXES = (
    ("motion", "speed", "shape", "colour", "sound"),
    ("place", "digit", "shadow", "texture"),
    ("spatial", "background"),
    ("semantic", "face"),
    ("interaction", "memory", "written"),
    ("similarity", "duration"),
    ("correlation", "light"),
    ("story", "level"),
    ("sync", "bounces", "sound"),
    ("depth", "texture", "background"),
    ("relief", "emotion"),
    ("camera", "pattern", "background"),
    ("flow", "expression", "colour"),
    ("temporal", "structure", "boundary"),
    ("order", "feature", "category", "contrast"),
    ("caption", "motion", "colour", "shape"),
)
UNKNOWN = -1


@dataclass(frozen=True)
class Survey:
    """Clips of all mixes, shuffled, and the number of the value of each factor.

    clips : (n, frames, height, width, 3) uint8
    sound : (n, samples) float32 at `RATE` samples a second
    captions : a list of n sentences
    answers : factor -> (n,) int32, a place in `FACTORS[factor].values`, or -1 where it stays plain
    mixes : (n,) int32, a place in `MIXES`
    """

    clips: np.ndarray
    sound: np.ndarray
    captions: list[str]
    answers: dict[str, np.ndarray]
    mixes: np.ndarray

    def __len__(self):
        return len(self.clips)


def survey(each, frames=12, size=(32, 32), seed=0, mixes=MIXES):
    """`each` clips of every mix.

    Parameters
    ----------
    each
        Clips of a mix. In a mix every factor varies by itself, so that none tells anything about another.
    frames, size, seed
        As in `render`.
    mixes
        Tuples of factors; the first of each comes in all its values equally often.

    Returns
    -------
    Survey

    Raises
    ------
    ValueError
        What `render` refuses: factors that contradict each other, or do not exist.

    Examples
    --------
    >>> made = survey(4, mixes=[("motion", "shape"), ("shadow", "shape")], seed=1)
    >>> made.clips.shape, {name: int((row >= 0).sum()) for name, row in made.answers.items()}
    ((8, 12, 32, 32, 3), {'motion': 4, 'shape': 8, 'shadow': 4})
    """
    seeds = np.random.default_rng(seed).integers(2**31, size=len(mixes))
    parts = [render(each, mix, mix[0], frames, size, seed=int(s), sound=True, captions=True)
             for mix, s in zip(mixes, seeds, strict=True)]  # fmt: skip
    order = np.random.default_rng([seed, 1]).permutation(each * len(mixes))
    answers = {}
    for name in dict.fromkeys(name for mix in mixes for name in mix):
        places = {value: place for place, value in enumerate(FACTORS[name].values)}
        row = [places.get(value, UNKNOWN) if name in mix else UNKNOWN
               for mix, part in zip(mixes, parts, strict=True) for value in part.factors[name]]  # fmt: skip
        answers[name] = np.array(row, np.int32)[order]
    captions = [caption for part in parts for caption in part.captions]
    return Survey(
        np.concatenate([part.clips for part in parts])[order],
        np.concatenate([part.sound for part in parts])[order],
        [captions[i] for i in order],
        answers,
        np.repeat(np.arange(len(mixes), dtype=np.int32), each)[order],
    )
