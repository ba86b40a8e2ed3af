"""Train a model, watch it, say how good it is, and keep it.

inputs        what can be learnt from: Batches, or clips and labels in memory
fitting       train, with progress, best weights and early stop
forecasting   networks of the next frame; codes for futures that are equally likely
checkpoints   go on after an interruption as if there had been none
watching      curves in a notebook, a bar in a terminal
evaluation    accuracy with its interval, per class, confusion; a prediction for a file
segments      what is to be seen when, in a long file
heads         a small classifier on features of somebody else's networks
questions     many answers of one network
comparison    several models and seeds on the same data
saving        a model in one file, with its classes, and how its clips are made
"""

import vidlab.tensorflow  # noqa: F401 - first, so that TensorFlow starts without its stderr lines
from vidlab.training.comparison import Run, compare, table
from vidlab.training.evaluation import Report, evaluate, predict, shuffle_frames
from vidlab.training.fitting import History, compile, fit
from vidlab.training.forecasting import fit_codes, fit_next_frame
from vidlab.training.heads import Rows, fit_head, rows_of
from vidlab.training.questions import Told, answer_questions, evaluate_questions, fit_questions
from vidlab.training.saving import NotAModel, Saved, load, save
from vidlab.training.segments import Segment, Timeline, timeline

__all__ = [
    "History",
    "NotAModel",
    "Report",
    "Rows",
    "Run",
    "Saved",
    "Segment",
    "Timeline",
    "Told",
    "answer_questions",
    "compare",
    "compile",
    "evaluate",
    "evaluate_questions",
    "fit",
    "fit_codes",
    "fit_head",
    "fit_questions",
    "fit_next_frame",
    "load",
    "predict",
    "rows_of",
    "save",
    "shuffle_frames",
    "table",
    "timeline",
]
