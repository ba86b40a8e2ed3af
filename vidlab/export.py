"""A trained model as an ONNX file, which runs without TensorFlow: compared with the model before it is kept."""

import contextlib
import io
import json
import os
from pathlib import Path

import numpy as np

import vidlab.tensorflow  # noqa: F401 - first, so that TensorFlow starts without its stderr lines
from vidlab import datasets
from vidlab.clips import require
from vidlab.models.layers import layers_of
from vidlab.models.onnx_file import FACTS, OnnxModel
from vidlab.training.inputs import clip_input
from vidlab.training.saving import Saved, facts_of

import keras  # isort: skip

TOLERANCE = 1e-5  # of a probability
CLIPS = 8


class ExportError(Exception):
    """A model cannot be exported, or the file would answer otherwise. The message says which, and what to do."""


def to_onnx(saved: Saved, path: str | Path, *, clips: np.ndarray | None = None) -> float:
    """Write a model to PATH, which must end in .onnx, and compare the file with it on clips.

    Batches may be of any size. The file holds the classes and how its clips are made, so that `training.load` and
    `vidlab predict` take it as they take a .keras file. It is replaced in one piece; where the comparison fails,
    nothing is written.

    Parameters
    ----------
    saved
        What `training.load` gave.
    clips
        To compare on, as the model takes them; None: embedded clips of the course, made as the model's are.

    Returns
    -------
    float
        The largest difference of a probability.

    Raises
    ------
    ExportError
        Keras cannot write it, or a probability differs by more than 1e-5.
    ValueError
        The name does not end in .onnx, or the clips do not fit.

    Examples
    --------
    >>> from vidlab import models
    >>> from vidlab.clips import Frames
    >>> saved = Saved(models.frame_cnn((2, 16, 16, 3), classes=2), ["no", "yes"], Frames(2, (16, 16)))
    >>> to_onnx(saved, "small.onnx") <= TOLERANCE
    True
    """
    path, model = Path(path), saved.model
    require(path.suffix == ".onnx", f"path={str(path)!r} must end in .onnx")
    require(isinstance(model, keras.Model), "saved: it is an ONNX file already")
    given = _clips_for(saved) if clips is None else clips
    part = path.with_name(f".{path.stem}.part.onnx")
    try:
        expected = np.asarray(model(given, training=False))
        write(model, part, facts_of(saved))
        difference = float(np.abs(_opened(part, path)(given) - expected).max())
        if not difference <= TOLERANCE:
            raise ExportError(
                f"{path}: the file would answer otherwise than the model (a probability by {difference:.2g}), so it "
                "was not kept; use the .keras file"
            )
        os.replace(part, path)
    finally:
        part.unlink(missing_ok=True)
    return difference


def _opened(part, path):
    try:
        return OnnxModel(part)
    except Exception as error:  # onnxruntime knows not all that may be written
        reason = str(error).strip().split("Error ")[-1][:200]
        raise ExportError(f"{path}: onnxruntime cannot run it ({reason}); use the .keras file") from None


def _clips_for(saved):
    flow, _ = clip_input(saved.model)
    samples = [one for one in datasets.embedded() if one.split == "test"][:: 160 // CLIPS][:CLIPS]
    clips, _ = datasets.load_clips(samples, saved.frames)
    return {"clip": clips, "flow": np.stack([datasets.optical_flow(clip) for clip in clips])} if flow else clips


def gelu(x):
    """x/2 (1 + erf(x / sqrt(2))): the same numbers as Keras's own, whose graph holds a function that ONNX has not."""
    return 0.5 * x * (1 + keras.ops.erf(x / 2**0.5))


@contextlib.contextmanager
def _in_onnxs_words(model):
    """Another writing of gelu in all layers that have one, for a while."""
    changed = [one for one in layers_of(model).values() if getattr(one, "activation", None) is keras.activations.gelu]
    try:
        for layer in changed:
            layer.activation = gelu
        yield
    finally:
        for layer in changed:
            layer.activation = keras.activations.gelu


def write(model: keras.Model, path: str | Path, facts: dict | None = None):
    """Write any Keras model as ONNX, by Keras's own export; nothing is compared. `facts` are kept in the file.

    Raises
    ------
    ExportError
        Keras cannot write it.

    Examples
    --------
    >>> from vidlab import models
    >>> write(models.frame_cnn((2, 8, 8, 3), classes=2), "any.onnx")
    """
    import onnx

    signature = [keras.InputSpec(dtype=x.dtype, shape=x.shape, name=x.name) for x in model.inputs]
    named = isinstance(model.input, dict)
    try:
        quiet = contextlib.redirect_stdout(io.StringIO()), contextlib.redirect_stderr(io.StringIO())
        with quiet[0], quiet[1], _in_onnxs_words(model):
            model(_nothing(model), training=False)  # Keras exports only what was called
            given = {one.name: one for one in signature} if named else signature
            model.export(path, format="onnx", verbose=False, input_signature=[given] if named else given)
        written = onnx.load(path)
    except Exception as error:  # of Keras, TensorFlow, tf2onnx or onnx, whatever it is
        reason = str(error).strip().split("\n")[0][:200]
        raise ExportError(f"{model.name}: Keras cannot write it as ONNX ({reason}); use the .keras file") from None
    if facts is not None:
        onnx.helper.set_model_props(written, {FACTS: json.dumps(facts)})
        onnx.save(written, path)


def _nothing(model):
    given = {x.name: np.zeros((1, *x.shape[1:]), np.float32) for x in model.inputs}
    return given if isinstance(model.input, dict) else next(iter(given.values()))
