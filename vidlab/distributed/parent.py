"""The process that starts a machine's workers, watches them, ends them and starts them again.

A worker that has lost another one fails after some seconds, or hangs for ever and takes no notice of a polite end. So
each worker is a process of its own, and this one, which never loads TensorFlow, kills what does not go on.
"""

import ctypes
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from time import sleep, time

from vidlab.distributed.addresses import Cluster, on_this_machine

SENTENCE, LOST = 1, 75  # exit codes of a worker: it has said what is wrong; it has lost the others
LOG = "VIDLAB_WORKER_LOG"  # in a worker's environment: the file that it writes
HERE = "VIDLAB_WORKERS_HERE"  # and how many workers there are on its machine
BEAT = 0.1  # seconds between looks at the workers


class WorkersEnded(Exception):
    """The training cannot go on. The message says which worker ended, why, and where its log is."""


@dataclass
class _Running:
    number: int
    process: subprocess.Popen
    log: Path
    begin: int  # bytes of the log that were there before
    since: float  # when it was started, on the system's clock

    @property
    def still(self):
        """Seconds since it has written something."""
        return time() - max(self.log.stat().st_mtime, self.since)


def keep_running(
    command: Sequence[str],
    cluster: Cluster,
    folder: str | Path,
    *,
    restarts: int = 3,
    stall: float = 300.0,
    checkpoint: str | Path | None = None,
    say: Callable[[str], None] = print,
):
    """Run `command` as every worker of `cluster` that is here, until all have ended well.

    Each worker's output goes to ``worker-<number>.log`` in `folder`; the chief's lines that begin with "epoch" are
    said as they come. Where a worker ends without having said why, or nothing moves for `stall` seconds, all are
    killed and started again, which go on from their checkpoint. Whatever happens, no worker is left over: they end
    by themselves where this process is killed (see `end_with_parent`).

    Parameters
    ----------
    restarts
        As often may they be started again without a newer `checkpoint`, a file.
    stall
        Seconds.

    Raises
    ------
    WorkersEnded
        A worker has said what is wrong, or `restarts` is used up.
    """
    folder, tried, newest = Path(folder), 0, None
    while True:
        wrong = _once(command, cluster, folder, stall, say)
        if wrong is None:
            return
        now = os.stat(checkpoint).st_mtime_ns if checkpoint and os.path.exists(checkpoint) else None
        tried = 1 if now != newest else tried + 1
        newest = now
        if tried > restarts:
            raise WorkersEnded(f"{wrong}. It was started {restarts} times again and got no further")
        say(f"{wrong}. All are started again, and go on from the last checkpoint ({tried} of {restarts} times)")
        if len(cluster.here) == len(cluster):
            cluster = on_this_machine(len(cluster))  # at other ports: one may have been taken


def end_with_parent():
    """In a worker: end when the parent does. It holds the other end of standard input, which closes with it."""
    if sys.platform == "linux":  # where TensorFlow lets no other thread run while it waits
        with suppress(OSError, AttributeError):
            ctypes.CDLL(None).prctl(1, signal.SIGKILL)  # PR_SET_PDEATHSIG

    def wait():
        while os.read(0, 1):
            pass
        os._exit(LOST)

    threading.Thread(target=wait, daemon=True).start()


def _once(command, cluster, folder, stall, say):
    """Start the workers and wait: None where all ended well, else what went wrong, in words, for another try."""
    running = []
    try:
        for number in cluster.here:
            running.append(_start(command, cluster, number, folder))
        return _watch(running, stall, say)
    finally:
        for one in running:
            if one.process.poll() is None:
                one.process.kill()
        for one in running:
            one.process.wait()
            one.process.stdin.close()


def _start(command, cluster, number, folder):
    log = folder / f"worker-{number}.log"
    environment = os.environ | {
        "TF_CONFIG": cluster.tf_config(number), LOG: str(log), HERE: str(len(cluster.here)), "VIDLAB_GPU": str(number),
        "PYTHONUNBUFFERED": "1", "PYTHONIOENCODING": "utf-8:backslashreplace",
    }  # fmt: skip
    with open(log, "ab") as out:
        begin = out.tell()
        process = subprocess.Popen(command, env=environment, stdin=subprocess.PIPE, stdout=out, stderr=out)
    return _Running(number, process, log, begin, time())


def _watch(running, stall, say):
    chief, said = running[0], running[0].begin
    while True:
        codes = {one.number: one.process.poll() for one in running}
        if chief.number == 0:
            said = _pass_on(chief.log, said, say)
        # the one that was ended from outside goes first: the others fail of it
        ended = sorted((code == LOST, code >= 0, number) for number, code in codes.items() if code)
        if ended:
            number = ended[0][-1]
            return _why(next(one for one in running if one.number == number), codes[number])
        if all(code == 0 for code in codes.values()):
            return None
        if min(one.still for one in running) > stall:
            return f"No worker made a step for {stall:g} s"
        sleep(BEAT)


def _why(one, code):
    """What a worker that ended left to say; raised where another try would end alike."""
    text = one.log.read_bytes()[one.begin :].decode(errors="replace").splitlines()
    said = [line.removeprefix("vidlab: ") for line in text if line.startswith("vidlab: ")]
    if code == SENTENCE and said:  # Windows ends a process that somebody kills with the same code
        raise WorkersEnded(said[-1])
    if code == LOST:
        return f"Worker {one.number} has failed, or lost another worker ({one.log})"
    how = f"was killed by signal {-code}" if code < 0 else f"ended with code {code}"
    return f"Worker {one.number} {how} ({one.log})"


def _pass_on(log, position, say):
    """Say the whole lines from `position` on that begin with "epoch"; gives the new position."""
    with open(log, "rb") as file:
        file.seek(position)
        text = file.read()
    whole = text[: text.rfind(b"\n") + 1]
    for line in whole.decode(errors="replace").splitlines():
        if line.startswith("epoch"):
            say(line)
    return position + len(whole)
