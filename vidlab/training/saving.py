"""A trained model in one file, with what is needed to use it: its classes, and how its clips are made."""

import json
import os
import zipfile
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

import keras

from vidlab import models  # noqa: F401 - registers its layers, so that loading needs no other import
from vidlab.clips import Frames
from vidlab.models.onnx_file import OnnxModel
from vidlab.training.inputs import clip_input

FACTS = "vidlab.json"  # beside Keras's own files within the .keras archive


@dataclass(frozen=True)
class Saved:
    """A model and what it was trained on: class names in the order of its outputs, and how a file becomes its clip.

    `seconds` is how long its clips lasted, as a rule; None where nobody said.
    """

    model: keras.Model | OnnxModel
    classes: list[str]
    frames: Frames
    seconds: float | None = None


class NotAModel(Exception):
    """A file is not a model of this course. The message names the file and says what to do."""


def save(
    path: str | Path,
    model: keras.Model,
    classes: Sequence[str],
    frames: Frames | None = None,
    *,
    seconds: float | None = None,
):
    """Write a model to PATH, which must end in .keras. The file is replaced in one piece.

    `frames` says how its clips were made; None: evenly spaced frames, as many and as large as the model takes.
    `seconds` is how long they lasted, which `timeline` takes for its windows.

    Raises
    ------
    ValueError
        The name does not end in .keras, or the facts do not fit the model.

    Examples
    --------
    >>> from vidlab import models
    >>> save("three.keras", models.frame_cnn((2, 8, 8, 3), classes=3), "abc", Frames(2, (8, 8), fit="crop"))
    """
    path = Path(path)
    if path.suffix != ".keras":
        raise ValueError(f"path={str(path)!r} must end in .keras")
    _, shape = clip_input(model)
    frames = frames or Frames(shape[1], shape[2:4])
    facts = facts_of(Saved(model, list(map(str, classes)), frames, seconds))
    if len(facts["classes"]) != model.output_shape[-1]:
        raise ValueError(f"classes: there are {len(facts['classes'])}, but the model has {model.output_shape[-1]}")
    if frames.shape != shape[1:]:
        raise ValueError(f"frames={frames}: the model takes clips of shape {shape[1:]}")
    part = path.with_name(f".{path.stem}.part.keras")
    try:
        model.save(part)
        with zipfile.ZipFile(part, "a") as archive:
            archive.writestr(FACTS, json.dumps(facts))
        os.replace(part, path)
    finally:
        part.unlink(missing_ok=True)


def facts_of(saved: Saved) -> dict:
    """What stands beside the weights in a file."""
    return {"classes": saved.classes, "frames": asdict(saved.frames), "seconds": saved.seconds}


def load(path: str | Path) -> Saved:
    """Read a model that `save` or `vidlab export` wrote. Code within the file is never run (Keras's safe mode).

    An .onnx file gives a model that can be asked, and not trained.

    Raises
    ------
    NotAModel
        There is no such file, or `save` did not write it, or it is damaged or holds code.

    Examples
    --------
    >>> from vidlab import models, training
    >>> training.save("two.keras", models.frame_cnn((2, 8, 8, 3), classes=2), ["no", "yes"])
    >>> load("two.keras").classes, load("two.keras").frames.size
    (['no', 'yes'], (8, 8))
    """
    path = Path(path)
    if not path.is_file():
        raise NotAModel(f"{path}: there is no such file; `vidlab train` writes one, or training.save")
    if path.suffix == ".onnx":
        return _load_onnx(path)
    try:
        with zipfile.ZipFile(path) as archive:
            facts = json.loads(archive.read(FACTS))
        classes, frames, seconds = list(facts["classes"]), Frames(**facts["frames"]), facts.get("seconds")
    except (OSError, zipfile.BadZipFile, KeyError, ValueError, TypeError):
        raise NotAModel(f"{path}: this is not a model that training.save wrote, or the file is damaged") from None
    try:
        model = keras.saving.load_model(path, compile=False, safe_mode=True)
    except Exception as error:  # whatever Keras meets in a damaged, foreign or unsafe file
        reason = str(error).strip().split("\n")[0]
        raise NotAModel(f"{path}: Keras cannot load it ({reason}); save it again with training.save") from None
    return Saved(model, classes, frames, seconds)


def _load_onnx(path):
    try:
        model = OnnxModel(path)
    except Exception:  # whatever onnxruntime meets in a damaged file
        raise NotAModel(f"{path}: onnxruntime cannot read it; it is damaged, or no ONNX file") from None
    try:
        return Saved(model, list(model.facts["classes"]), Frames(**model.facts["frames"]), model.facts.get("seconds"))
    except (KeyError, TypeError, ValueError):
        raise NotAModel(f"{path}: this file was not written by `vidlab export`, which says its classes") from None
