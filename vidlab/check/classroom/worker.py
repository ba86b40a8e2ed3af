"""The process in which a student's code runs: started by `sandbox`, spoken to through pipes, and never trusted.

It holds no solution: `vidlab.check.exercises` cannot be imported here, nor read. It gives back what an answer says, as
plain arrays; whether that is right is judged elsewhere. On top of what the system contains (bubblewrap, memory), an
audit hook refuses files, processes and sockets; Python's documentation says that such a hook is no wall by itself.
"""

import builtins
import io
import json
import os
import pickle
import struct
import sys
import traceback
from pathlib import Path

import numpy as np

from vidlab.check.answers import Trial, attempt
from vidlab.check.limits import SECONDS, Stopped, contained

HERE = Path(__file__).resolve().parents[1]  # vidlab/check
_REFUSED = (
    "subprocess.Popen", "os.system", "os.exec", "os.posix_spawn", "os.spawn", "os.fork", "os.forkpty", "os.startfile",
    "os.kill", "os.killpg", "signal.pthread_kill", "socket.connect", "socket.bind", "socket.sendto",
    "socket.getaddrinfo", "socket.gethostbyname", "webbrowser.open",
)  # fmt: skip
_CHANGES = (
    "os.remove", "os.rename", "os.rmdir", "os.mkdir", "os.link", "os.symlink", "os.chmod", "os.chown", "os.truncate",
    "os.utime", "shutil.rmtree", "shutil.move", "shutil.copyfile",
)  # fmt: skip


def main():
    """Answer requests until there are no more: {definitions} begins anew, {source, answer, inputs} is tried."""
    requests, replies = sys.stdin.buffer, os.fdopen(os.dup(1), "wb")
    quiet = os.open(os.devnull, os.O_RDWR)
    for stream in (0, 1, 2):
        os.dup2(quiet, stream) if stream else None
    sys.stdout = sys.stderr = io.StringIO()
    _guard()
    known: dict = {}
    while header := requests.read(8):
        request = pickle.loads(requests.read(struct.unpack("<q", header)[0]))  # from the grader, which is trusted
        if "definitions" in request:
            known = _defined(request["definitions"])
            _send(replies, Trial("nothing"))
        else:
            _send(replies, _tried(known, **request))


def _guard():
    """Refuse what an answer does not need: other files, other programs, the network."""
    for name in ("exercises", "judge", "classroom.grading", "classroom.assignments"):
        sys.modules[f"vidlab.check.{name}"] = None
    own = os.path.realpath(os.getcwd())
    readable = [own, *(os.path.realpath(one) for one in {sys.prefix, sys.base_prefix, *map(str, _shared()), "/dev"})]
    hidden = os.path.realpath(HERE / "exercises")

    def inside(path, folders):
        path = os.path.realpath(os.fsdecode(path))
        return any(path == one or path.startswith(one + os.sep) for one in folders)

    def hook(event, arguments):
        if event in _REFUSED:
            raise PermissionError(f"{event} is not allowed in an answer")
        if event in _CHANGES and not inside(arguments[0], [own]):
            raise PermissionError(f"{event} of {arguments[0]} is not allowed in an answer")
        if event == "open" and isinstance(arguments[0], str | bytes | os.PathLike):
            writes = bool(arguments[2] & (os.O_WRONLY | os.O_RDWR | os.O_CREAT)) if arguments[2] else False
            allowed = [own, "/dev/null"] if writes else readable
            if not inside(arguments[0], allowed) or inside(arguments[0], [hidden]):
                raise PermissionError(f"opening {os.fsdecode(arguments[0])} is not allowed in an answer")

    sys.addaudithook(hook)


def _shared():
    """Folders of Python and of the package that an answer may read."""
    package = HERE.parent
    return [package, package.parent / "data", *(Path(one) for one in sys.path if one and one != str(package.parent))]


def _defined(sources):
    """Names that earlier cells define; what fails is left out."""
    names = {"__name__": "__main__", "__builtins__": builtins, "np": np}
    for source in sources:
        try:
            with contained(SECONDS * 20):  # the import of TensorFlow takes its time
                exec(compile(source, "<cell>", "exec"), names)
        except BaseException:
            continue
    return names


def _tried(known, source, answer, inputs, cell):
    names = dict(known)
    name = f"<cell {cell}>"
    import linecache

    linecache.cache[name] = (len(source), None, source.splitlines(True), name)  # so that errors can show the line
    try:
        with contained(SECONDS * 5):
            exec(compile(source, name, "exec"), names)
            given = eval(answer, names)
    except Stopped as stopped:
        return Trial("function", stopped=str(stopped) or "It was stopped.")
    except BaseException as error:
        if isinstance(error, SystemExit):
            return Trial("function", stopped="The cell calls exit().")
        own = [one for one in traceback.extract_tb(error.__traceback__) if one.filename == name]
        where = f" in its line {own[-1].lineno}: `{(own[-1].line or '').strip()}`" if own else ""
        return Trial("function", stopped=f"The cell raises {type(error).__name__}{where}. Python says: {error}"[:500])
    try:
        return attempt(given, inputs)
    except BaseException as error:
        return Trial("function", stopped=f"The answer cannot be looked at ({type(error).__name__}).")


def _send(replies, trial):
    """A trial as a JSON header and plain arrays: the grader reads no pickle of ours."""
    answers = [*trial.answers, *([trial.again] if trial.again else [])]
    arrays, listed = [], []
    for one in answers:
        paths = None
        if one.leaves is not None:
            paths = list(one.leaves)
            arrays += [one.leaves[path] for path in paths]
        listed.append([paths, one.wrong, one.raised])
    head = {
        "kind": trial.kind, "answers": listed, "again": trial.again is not None, "stopped": trial.stopped,
        "changed": trial.changed, "printed": trial.printed[:2000],
    }  # fmt: skip
    packed = io.BytesIO()
    np.savez(packed, *arrays)
    text = json.dumps(head).encode()
    body = struct.pack("<q", len(text)) + text + packed.getvalue()
    replies.write(struct.pack("<q", len(body)) + body)
    replies.flush()


if __name__ == "__main__":
    main()
