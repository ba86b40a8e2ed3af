"""TensorFlow, imported without the lines that it writes to stderr.

Those lines hold process ids and times, and `TF_CPP_MIN_LOG_LEVEL` alone does not silence them: stored in a
notebook they would differ at every run. So the first import happens with file descriptor 2 sent to the null
device. Everything in vidlab imports TensorFlow from here:

    from vidlab.tensorflow import tf

`import vidlab` has turned oneDNN on before (see there); `onednn()` says whether it is.
"""

import os
import sys
import warnings
from contextlib import contextmanager, suppress
from dataclasses import dataclass


@contextmanager
def _stderr_to_null():
    try:
        saved = os.dup(2)
    except OSError:  # started with stderr closed
        yield
        return
    if sys.stderr is not None:
        with suppress(ValueError, OSError):
            sys.stderr.flush()
    null = os.open(os.devnull, os.O_WRONLY)
    try:
        os.dup2(null, 2)
        yield
    finally:
        os.dup2(saved, 2)
        os.close(null)
        os.close(saved)


_FIRST = "tensorflow" not in sys.modules
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
with _stderr_to_null():
    import tensorflow as tf

    if "TF_CONFIG" not in os.environ:  # among many workers the strategy must be made before any tensor
        tf.constant(0)  # the first tensor starts the runtime, which has lines of its own


_TOO_LATE = (
    "oneDNN is off, since TensorFlow was imported before vidlab: training takes up to 30 times longer. "
    "Restart the kernel and import vidlab first"
)


@dataclass(frozen=True)
class OneDNN:
    """Whether TensorFlow computes with oneDNN, and in a sentence `why`."""

    on: bool
    why: str


def onednn() -> OneDNN:
    """Whether TensorFlow computes with oneDNN, and where it does not, why."""
    from tensorflow.python.util import _pywrap_util_port  # TensorFlow has no public name for it

    if _pywrap_util_port.IsMklEnabled():
        return OneDNN(True, "oneDNN is on")
    if os.environ.get("TF_ENABLE_ONEDNN_OPTS", "1").strip().lower() in ("0", "false"):
        why = "oneDNN is off, since TF_ENABLE_ONEDNN_OPTS is 0 here; without that variable, vidlab turns it on"
        return OneDNN(False, why)
    if not _FIRST and sys.platform != "darwin":
        return OneDNN(False, _TOO_LATE)
    return OneDNN(False, "oneDNN is not in this system's TensorFlow, which has its own convolutions")


if onednn().why == _TOO_LATE:
    warnings.warn(_TOO_LATE, stacklevel=2)

__all__ = ["onednn", "tf"]
