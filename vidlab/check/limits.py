"""Somebody else's code, run so that it can hurt nothing: time, output, memory, state.

What cannot be stopped from inside Python (a sleep, a long call into C) is said after some seconds, with the menu
entry that stops it. What would end the kernel (`os._exit`, a signal, a fork) is refused.
"""

import builtins
import ctypes
import io
import os
import random
import signal
import subprocess
import sys
import threading
import warnings
from contextlib import contextmanager, redirect_stderr, redirect_stdout
from time import monotonic

import numpy as np

SECONDS = 3.0
PRINTED = 20_000  # characters
MEMORY = 2 * 2**30  # bytes more than before, where the system can say so
_NUMPY = [(module, dict(vars(module))) for module in (np, np.linalg, np.random)]  # as they were, to be put back


class Stopped(BaseException):
    """The code was stopped; the message says why. No `except Exception` catches it."""


class _Printed(io.StringIO):
    def write(self, text):
        if self.tell() + len(text) > PRINTED:
            raise Stopped("It prints without end, and was stopped. Take the `print` out of the loop.")
        return super().write(text)


def _refused(name):
    def refuse(*_, **__):
        raise Stopped(f"It calls {name}, which would end the kernel or start other programs. That is not needed here.")

    return refuse


_DANGEROUS = (
    *((os, name) for name in "_exit abort kill killpg fork forkpty system execv execve posix_spawn".split()),
    (subprocess, "Popen"), (signal, "raise_signal"), (builtins, "input"), (builtins, "breakpoint"),
)  # fmt: skip


@contextmanager
def contained(seconds: float = SECONDS):
    """Run what is within this block under limits; gives what it printed, as a file.

    Raises
    ------
    Stopped
        It took too long, printed without end, or called what it may not.
    """
    printed = _Printed()
    states = random.getstate(), np.random.get_state(), dict(os.environ), os.getcwd(), np.geterr()  # noqa: NPY002
    replaced = [(module, name, getattr(module, name)) for module, name in _DANGEROUS if hasattr(module, name)]
    shell = sys.modules["IPython"].get_ipython() if "IPython" in sys.modules else None
    ask_exit, trace, recursion = getattr(shell, "ask_exit", None), sys.gettrace(), sys.getrecursionlimit()
    watch = _Watch(seconds)
    for module, name, _ in replaced:
        setattr(module, name, _refused(f"{module.__name__}.{name}"))
    if ask_exit is not None:
        shell.ask_exit = _refused("exit")
    try:
        with _less_memory(), warnings.catch_warnings(), redirect_stdout(printed), redirect_stderr(printed):
            warnings.simplefilter("ignore")
            with watch:
                yield printed
    finally:
        for module, name, function in replaced:
            setattr(module, name, function)
        if ask_exit is not None:
            shell.ask_exit, shell.exit_now = ask_exit, False
        _put_back(*states, trace, recursion)


@contextmanager
def timed(seconds: float):
    """Run code of ours that may loop: `Stopped` after so long."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        with _Watch(seconds):
            yield


def _put_back(python, numpy, environment, folder, errors, trace, recursion):
    for module, names in _NUMPY:
        if vars(module) != names and any(vars(module).get(name) is not value for name, value in names.items()):
            vars(module).update(names)
    random.setstate(python)
    np.random.set_state(numpy)  # noqa: NPY002
    np.seterr(**errors)
    os.chdir(folder)
    if dict(os.environ) != environment:
        os.environ.clear()
        os.environ.update(environment)
    sys.settrace(trace)
    sys.setrecursionlimit(recursion)


@contextmanager
def _less_memory():
    """So much more memory than now, and no more, on systems that can limit it."""
    try:
        import resource

        with open("/proc/self/statm") as file:
            now = int(file.read().split()[0]) * os.sysconf("SC_PAGE_SIZE")
        soft, hard = resource.getrlimit(resource.RLIMIT_AS)
        resource.setrlimit(resource.RLIMIT_AS, (now + MEMORY, hard))
    except (ImportError, OSError, ValueError):
        yield
        return
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_AS, (soft, hard))


class _Watch:
    """Stops the thread that entered it when its time is over: by an exception between two steps of Python."""

    def __init__(self, seconds):
        self.seconds, self.over, self.lock, self.done = seconds, False, threading.Lock(), False

    def __enter__(self):
        self.thread, self.out = threading.get_ident(), sys.__stderr__
        self.ended = threading.Event()
        threading.Thread(target=self._wait, daemon=True).start()

    def _wait(self):
        end, said = monotonic() + self.seconds, False
        while not self.ended.wait(max(end - monotonic(), 0.05)):
            with self.lock:
                if self.done:
                    return
                self.over = True
                _raise_in(self.thread, Stopped)
            if not said and monotonic() > end + 2:
                said = True
                self._say()

    def _say(self):
        print(
            "The answer cannot be stopped from here: it sleeps, or is in a long call. Kernel > Interrupt Kernel stops "
            "it.",
            file=sys.__stdout__, flush=True,
        )  # fmt: skip

    def __exit__(self, kind, error, trace):
        with self.lock:
            self.done = True
            _raise_in(self.thread, None)
        self.ended.set()
        if self.over and (kind is None or issubclass(kind, Stopped)):
            raise Stopped(
                f"It does not come to an end: stopped after {self.seconds:g} seconds. "
                "Look at its loops: what makes them end?"
            ) from None


def _raise_in(thread, kind):
    error = ctypes.py_object(kind) if kind is not None else None
    ctypes.pythonapi.PyThreadState_SetAsyncExc(ctypes.c_ulong(thread), error)
