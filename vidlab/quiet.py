"""TensorFlow, imported without the lines that it writes to stderr.

Those lines hold process ids and times, and `TF_CPP_MIN_LOG_LEVEL` alone does not silence them: stored in a
notebook they would differ at every run. So the first import happens with file descriptor 2 sent to the null
device. Everything in vidlab imports TensorFlow from here:

    from vidlab.quiet import tensorflow as tf
"""

import os
import sys
from contextlib import contextmanager, suppress


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


os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
with _stderr_to_null():
    import tensorflow

    tensorflow.constant(0)  # the first tensor starts the runtime, which has lines of its own

__all__ = ["tensorflow"]
