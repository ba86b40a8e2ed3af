"""One training shared by many workers: processes on this machine, or one on each of many.

A worker is a process that holds the whole model and takes its share of every batch; their gradients are added up
after each step, so that all go on with the same weights, which are those of one process that takes the whole batch.

addresses     who the workers are: `--workers`, `--hosts`, or TF_CONFIG
together      before TensorFlow starts: are all here, with the same code, data and settings?
worker        a step on a share of the batch, by TensorFlow's MultiWorkerMirroredStrategy
parent        the process that starts workers, watches them, ends them and starts them again
planning      what a large training costs
devices       one process with several GPUs, or on a TPU
"""

_ROOMS = {
    "Cluster": "addresses", "from_environment": "addresses", "from_hosts": "addresses", "on_this_machine": "addresses",
    "NotTogether": "together", "roll_call": "together",
    "WorkersEnded": "parent", "keep_running": "parent",
    "Worker": "worker",
    "strategy": "devices",
    "Plan": "planning", "budget": "planning",
}  # fmt: skip
__all__ = list(_ROOMS)


def __getattr__(name):
    """The parent must not load TensorFlow: each name is loaded when it is first used."""
    import importlib

    if name in _ROOMS:
        return getattr(importlib.import_module(f"vidlab.distributed.{_ROOMS[name]}"), name)
    raise AttributeError(f"vidlab.distributed has no {name!r}")


def __dir__():
    return __all__
