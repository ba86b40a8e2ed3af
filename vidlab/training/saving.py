"""A trained model in one file, with what is needed to use it: its classes, frames and size."""

import json
import os
import zipfile
from pathlib import Path
from typing import NamedTuple

import keras

from vidlab import models  # noqa: F401 - registers its layers, so that loading needs no other import
from vidlab.training.examples import takes

FACTS = "vidlab.json"  # beside Keras's own files within the .keras archive


class Saved(NamedTuple):
    """A model and what it was trained on: class names in the order of its outputs, frames, (height, width)."""

    model: keras.Model
    classes: list[str]
    frames: int
    size: tuple[int, int]


class NotAModel(Exception):
    """A file is not a model of this course. The message names the file and says what to do."""


def save(path, model, classes, frames=None, size=None):
    """Write a model to PATH, which must end in .keras. The file is replaced in one piece.

    `frames` and `size` are in the model's input shape; where they are given, they must agree.

    Raises
    ------
    ValueError : the name does not end in .keras, or the facts do not fit the model.
    """
    path = Path(path)
    if path.suffix != ".keras":
        raise ValueError(f"path={str(path)!r} must end in .keras")
    _, shape = takes(model)
    facts = {"classes": list(map(str, classes)), "frames": shape[1], "size": list(shape[2:4])}
    if len(facts["classes"]) != model.output_shape[-1]:
        raise ValueError(f"classes: there are {len(facts['classes'])}, but the model has {model.output_shape[-1]}")
    if (frames or shape[1]) != shape[1] or tuple(size or shape[2:4]) != shape[2:4]:
        raise ValueError(f"frames={frames} and size={size}: the model takes {shape[1]} frames of {shape[2:4]}")
    part = path.with_name(f".{path.stem}.part.keras")
    try:
        model.save(part)
        with zipfile.ZipFile(part, "a") as archive:
            archive.writestr(FACTS, json.dumps(facts))
        os.replace(part, path)
    finally:
        part.unlink(missing_ok=True)


def load(path):
    """Read a model that `save` wrote. Code within the file is never run (Keras's safe mode).

    Returns
    -------
    Saved : model, classes, frames, size.

    Raises
    ------
    NotAModel : there is no such file, or `save` did not write it, or it is damaged or holds code.
    """
    path = Path(path)
    if not path.is_file():
        raise NotAModel(f"{path}: there is no such file; `vidlab train` writes one, or training.save")
    try:
        with zipfile.ZipFile(path) as archive:
            facts = json.loads(archive.read(FACTS))
        classes, frames, size = list(facts["classes"]), int(facts["frames"]), tuple(facts["size"])
    except (OSError, zipfile.BadZipFile, KeyError, ValueError, TypeError):
        raise NotAModel(f"{path}: this is not a model that training.save wrote, or the file is damaged") from None
    try:
        model = keras.saving.load_model(path, compile=False, safe_mode=True)
    except Exception as error:  # whatever Keras meets in a damaged, foreign or unsafe file
        reason = str(error).strip().split("\n")[0]
        raise NotAModel(f"{path}: Keras cannot load it ({reason}); save it again with training.save") from None
    return Saved(model, classes, frames, size)
