"""A model in an ONNX file, run by onnxruntime: it is asked like a Keras model, and cannot be trained."""

import json
import os
from dataclasses import dataclass
from pathlib import Path

import numpy as np

FACTS = "vidlab"  # the name of our entry among the file's own facts


@dataclass(frozen=True)
class Place:
    """An input of a model: its name, and its shape with the batch first."""

    name: str
    shape: tuple


class OnnxModel:
    """Asked as `model(clips)`, clips (batch, frames, height, width, 3) float32 in [0, 1], it gives (batch, classes).

    Attributes
    ----------
    inputs
        A list of `Place`.
    output_shape
        (None, classes).
    facts
        What `vidlab export` wrote beside the weights.
    """

    def __init__(self, path: str | Path, threads: int | None = None):
        import onnxruntime

        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = threads or min(os.cpu_count() or 1, 4)
        options.log_severity_level = 3
        self.session = onnxruntime.InferenceSession(str(path), options, providers=["CPUExecutionProvider"])
        self.inputs = [Place(one.name, _shape(one)) for one in self.session.get_inputs()]
        self.output_shape = _shape(self.session.get_outputs()[0])
        self.facts = json.loads(self.session.get_modelmeta().custom_metadata_map.get(FACTS, "{}"))
        self.name = Path(path).stem

    @property
    def input_shape(self):
        return self.inputs[0].shape

    def __call__(self, clips, training=False):
        given = clips if isinstance(clips, dict) else {self.inputs[0].name: clips}
        return self.session.run(None, {name: np.asarray(x, np.float32) for name, x in given.items()})[0]


def _shape(place):
    return (None, *(size if isinstance(size, int) else None for size in place.shape[1:]))
