"""vidlab: a hands-on course on video understanding.

The rooms, from the ground up; each imports only from those before it:

    reference    the equations in NumPy, with their gradients
    video        files to frames and back
    clips        what a clip is
    world        synthetic clips whose every property is known
    figures      film strips, curves, confusion matrices
    datasets     folders, Kinetics lists and the embedded clips as samples
    models       Keras models for clips
    training     fit, evaluate, compare
    parity       the table that proves the equations against Keras
    widgets      the labs
    cli          the `vidlab` command

`import vidlab` loads none of them: each is loaded when it is first used, and TensorFlow only
from models on. It sets one variable, which TensorFlow reads when it is first imported: oneDNN's
convolutions, up to thirty times faster than TensorFlow's own, which by itself it takes only on
processors with AVX-512. Who has set TF_ENABLE_ONEDNN_OPTS already keeps that.
"""

import importlib
import os

os.environ.setdefault("TF_ENABLE_ONEDNN_OPTS", "1")

__version__ = "0.1.0"

_ROOMS = "cli clips datasets figures models parity reference training video widgets world".split()


def __getattr__(name):
    if name in _ROOMS:
        return importlib.import_module(f"vidlab.{name}")
    raise AttributeError(f"vidlab has no room {name!r}; it has {', '.join(_ROOMS)}")


def __dir__():
    return sorted([*globals(), *_ROOMS])
