"""Synthetic clips whose every property is known.

factors      what can vary, and how values are chosen
draws        chance, apart for each factor
materials    real textures, photographs, faces and digits
faces        drawn faces
sprite       the object before it moves
tracks       where objects are in each frame, and what happens to them
ground       what is behind them, how the view moves, and the light
picture      from where things are to pixels, and to the truth about each
tones        what is heard
words        captions, and words in the picture
scene        a set of clips from all these
surveys      clips that ask for all factors
questions    the article's questions, and the factors that answer them
files        a rendered set as video files in the Kinetics layout
"""

from vidlab.world.factors import FACTORS, Factor
from vidlab.world.files import write_dataset
from vidlab.world.questions import QUESTIONS, Question
from vidlab.world.scene import Rendered, render
from vidlab.world.surveys import MIXES, Survey, survey
from vidlab.world.tones import RATE

__all__ = [
    "FACTORS",
    "Factor",
    "MIXES",
    "QUESTIONS",
    "RATE",
    "Question",
    "Rendered",
    "Survey",
    "render",
    "survey",
    "write_dataset",
]
