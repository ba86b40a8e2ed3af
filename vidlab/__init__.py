"""vidlab: a hands-on course on video understanding.

`FLOORS` lists its rooms from the ground up. `import vidlab` loads none of them: each is loaded when it is first used,
and TensorFlow only from models on. It sets one variable, which TensorFlow reads when it is first imported: oneDNN's
convolutions, up to thirty times faster than TensorFlow's own, which by itself it takes only on processors with
AVX-512. Who has set TF_ENABLE_ONEDNN_OPTS already keeps that.
"""

import importlib
import os

os.environ.setdefault("TF_ENABLE_ONEDNN_OPTS", "1")

__version__ = "0.1.0"

FLOORS = {  # a room imports only from rooms on floors below its own: tests/test_house.py holds each to that
    "reference": 1,  # the equations in NumPy, with their gradients
    "clips": 1,  # what a clip is, and which frames of a file make one
    "tensorflow": 1,  # TensorFlow, started in silence and with oneDNN
    "video": 2,  # files to frames and back
    "world": 3,  # synthetic clips whose every property is known
    "figures": 3,  # film strips, curves, confusion matrices
    "fetch": 3,  # data sets from their servers, for the command line
    "datasets": 4,  # folders, Kinetics lists and the embedded clips as samples; batches of them
    "models": 5,  # Keras models for clips
    "training": 6,  # fit, evaluate, compare
    "explain": 6,  # what of a clip mattered to a model, and how far such maps can be trusted
    "distributed": 7,  # one training by many workers
    "export": 7,  # a trained model as an ONNX file
    "check": 8,  # exercises that know what you got wrong
    "widgets": 8,  # the labs
    "server": 8,
    "cli": 9,  # the `vidlab` command
    "__main__": 10,
}


def __getattr__(name):
    if name in FLOORS:
        return importlib.import_module(f"vidlab.{name}")
    rooms = ", ".join(room for room in FLOORS if not room.startswith("_"))
    raise AttributeError(f"vidlab has no room {name!r}; it has {rooms}")


def __dir__():
    return sorted([*globals(), *FLOORS])
