"""How the process that runs a student's code is started, watched and ended."""

import io
import json
import os
import pickle
import queue
import shutil
import struct
import subprocess
import sys
import sysconfig
import tempfile
import threading
from functools import lru_cache
from pathlib import Path
from time import monotonic

import numpy as np
import psutil

from vidlab.check.answers import Answered, Trial

CHECK = Path(__file__).resolve().parents[1]
SECONDS = 40.0  # for one exercise; what loops in Python is stopped from inside long before
STARTING = 120.0  # for the cells before: TensorFlow may be imported there
MEMORY = 4 * 2**30
LARGEST_REPLY = 200 * 2**20


class Lost(Exception):
    """The process ended or was ended; the message says what the student's code did, in one sentence."""


class Ended(Exception):
    """Grading was interrupted."""


@lru_cache(1)
def bubblewrap() -> str | None:
    """Where bubblewrap is, if it is there and may be used here."""
    found = shutil.which("bwrap")
    if found is None:
        return None
    try:
        tried = subprocess.run([found, *_NAMESPACES, "--ro-bind", "/", "/", "true"], capture_output=True, timeout=20)
    except (OSError, subprocess.TimeoutExpired):
        return None
    return found if tried.returncode == 0 else None


_NAMESPACES = ["--unshare-all", "--die-with-parent", "--new-session"]


class Sandbox:
    """A process for one student's code. `hide` are folders it must not see, where the system can hide them; `stop`,
    once set, ends what is running.

    With bubblewrap (Linux): no network, everything read-only but a folder of its own, a process space of its own, the
    hidden folders empty. Everywhere: the limits of time and memory, and what `worker` refuses.
    """

    def __init__(self, hide=(), contain: bool = True, stop: threading.Event | None = None):
        self.stop = stop or threading.Event()
        self.folder = tempfile.mkdtemp(prefix="vidlab-grade-")
        python = [sys.executable, "-P", "-m", "vidlab.check.classroom.worker"]
        command = self._wrapped(python, hide) if contain and bubblewrap() else python
        keep = {
            name: os.environ[name] for name in ("PATH", "SYSTEMROOT", "LD_LIBRARY_PATH", "LANG") if name in os.environ
        }
        environment = keep | {
            "PYTHONPATH": str(CHECK.parents[1]), "PYTHONDONTWRITEBYTECODE": "1", "PYTHONHASHSEED": "0",
            "HOME": self.folder, "TMPDIR": self.folder, "TEMP": self.folder, "MPLBACKEND": "agg",
            "OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1", "TF_CPP_MIN_LOG_LEVEL": "3",
        }  # fmt: skip
        self.process = subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, cwd=self.folder,
            env=environment, start_new_session=os.name == "posix",
        )  # fmt: skip
        self.replies: queue.Queue = queue.Queue()
        threading.Thread(target=self._read, daemon=True).start()

    def _wrapped(self, python, hide):
        kept = {sys.prefix, sys.base_prefix, sysconfig.get_path("purelib"), str(CHECK.parent)}
        hidden = [option for folder in hide for option in ("--tmpfs", str(folder))]
        shown = [option for folder in sorted(kept) for option in ("--ro-bind", folder, folder)]
        return [
            bubblewrap(), *_NAMESPACES, "--ro-bind", "/", "/", "--dev", "/dev", "--proc", "/proc", *hidden, *shown,
            "--tmpfs", str(CHECK / "exercises"), "--bind", self.folder, self.folder, "--chdir", self.folder, *python,
        ]  # fmt: skip

    def define(self, sources: list[str]):
        """Run what names things in the cells before."""
        self._ask({"definitions": sources}, STARTING)

    def attempt(self, source: str, answer: str, inputs, cell: int) -> Trial:
        """Try the answer in a cell."""
        return self._ask({"source": source, "answer": answer, "inputs": inputs, "cell": cell}, SECONDS)

    def _ask(self, request, seconds):
        packed = pickle.dumps(request)
        try:
            self.process.stdin.write(struct.pack("<q", len(packed)) + packed)
            self.process.stdin.flush()
        except OSError:
            raise Lost("It ends the program that runs it.") from None
        end = monotonic() + seconds
        while True:
            try:
                body = self.replies.get(timeout=0.1)
            except queue.Empty:
                if self.stop.is_set():
                    raise Ended from None
                if monotonic() > end:
                    raise Lost(f"It does not come to an end: stopped after {seconds:g} seconds.") from None
                if self._memory() > MEMORY:
                    raise Lost(f"It takes more than {MEMORY >> 30} GB of memory.") from None
                continue
            if body is None:
                raise Lost("It ends the program that runs it.")
            try:
                return _trial(body)
            except Exception:  # whatever somebody else's process made of it
                raise Lost("It writes over the grader's own answer.") from None

    def _read(self):
        stream = self.process.stdout
        try:
            while len(head := stream.read(8)) == 8:
                [length] = struct.unpack("<q", head)
                if not 0 <= length <= LARGEST_REPLY or len(body := stream.read(length)) != length:
                    break
                self.replies.put(body)
        except (OSError, ValueError):
            pass
        self.replies.put(None)

    def _memory(self):
        total = 0
        for one in self._processes():
            try:
                total += one.memory_info().rss
            except psutil.Error:
                continue
        return total

    def _processes(self):
        try:
            first = psutil.Process(self.process.pid)
            return [first, *first.children(recursive=True)]
        except psutil.Error:
            return []

    def close(self):
        """End the process and all that it started."""
        for one in reversed(self._processes()):
            try:
                one.kill()
            except psutil.Error:
                continue
        self.process.kill()
        self.process.wait()
        for stream in (self.process.stdin, self.process.stdout):
            try:
                stream.close()
            except OSError:
                pass
        shutil.rmtree(self.folder, ignore_errors=True)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()


def _trial(body):
    """What the worker sent: a JSON header and arrays, read without pickle."""
    [length] = struct.unpack("<q", body[:8])
    head = json.loads(body[8 : 8 + length])
    arrays = np.load(io.BytesIO(body[8 + length :]), allow_pickle=False)
    numbered = iter(range(len(arrays.files)))
    answers = [
        Answered(
            None if paths is None else {str(path): arrays[f"arr_{next(numbered)}"] for path in paths},
            str(wrong)[:500],
            bool(raised),
        )
        for paths, wrong, raised in head["answers"]
    ]
    again = answers.pop() if head["again"] else None
    said = {"stopped": str(head["stopped"])[:500], "printed": str(head["printed"])[:2000]}
    return Trial(str(head["kind"]), answers, again, changed=bool(head["changed"]), **said)
