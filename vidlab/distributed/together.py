"""Are all workers here, and do all mean the same training?

TensorFlow waits without end for a worker that never comes, and says nothing where two learn from different clips. So
before it starts, the workers meet at the chief's address: each sends its facts as a line of JSON, the chief compares
them and answers all with "go", or with what is wrong. Then the address is TensorFlow's.
"""

import json
import socket
from contextlib import ExitStack, suppress
from time import monotonic, sleep

MOST = 65536  # bytes of a worker's facts
LINGER = 10.0  # seconds that the chief stays to tell late ones what was wrong


class NotTogether(Exception):
    """The workers cannot train together. The message says which of them, why, and what to do.

    `again` says whether another try may help, without anybody's doing.
    """

    def __init__(self, message, again=False):
        super().__init__(message)
        self.again = again


def roll_call(
    addresses: tuple[str, ...], number: int, facts: dict, *, wait: float = 60.0, passing: tuple[str, ...] = ()
):
    """Meet the other workers; come back once all are here.

    Parameters
    ----------
    addresses
        "host:port" of each; the first is the chief's.
    number
        Which of them this is.
    facts
        {what: value} that must be the same for all, such as the version and the seed; for JSON.
    wait
        Seconds.
    passing
        Facts that may differ for a moment only, and are compared last: where they do, another try may help.

    Raises
    ------
    NotTogether
        One did not come within `wait`, has other facts, or an address is taken or out of reach.

    Examples
    --------
    >>> from vidlab import distributed
    >>> one = distributed.on_this_machine(1)
    >>> roll_call(one.addresses, 0, {"seed": 0})
    """
    end = monotonic() + wait
    with ExitStack() as stack:
        own = stack.enter_context(_listening(addresses[number], number))
        if number == 0:
            _call(own, addresses, facts, end, wait, passing)
    if number:
        _answer(addresses, number, facts, end, wait)


def _listening(address, number):
    """A socket at this worker's port, on all of the machine's networks, as TensorFlow's will be."""
    port = int(address.rpartition(":")[2])
    own = socket.socket()
    if hasattr(socket, "SO_EXCLUSIVEADDRUSE"):  # Windows
        own.setsockopt(socket.SOL_SOCKET, socket.SO_EXCLUSIVEADDRUSE, 1)
    else:  # or the port would be closed for a minute after a worker that was ended
        own.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        own.bind(("", port))
        own.listen()
    except OSError as error:
        own.close()
        raise NotTogether(
            f"worker {number} cannot use port {port} ({error.strerror or error}); end the program that does, or give "
            "another port",
            again=address.startswith("127.0.0.1:"),  # a port that was free a moment ago
        ) from None
    return own


def _call(own, addresses, facts, end, wait, passing):
    """The chief's part: gather the others' facts, compare, and tell all."""
    came, wrong, again, late = {}, "worker 0 was ended", False, LINGER
    try:
        while True:
            came = {who: line for who, line in came.items() if not _gone(line)}
            if len(came) == len(addresses) - 1:
                wrong = None
                return
            own.settimeout(max(min(end - monotonic(), 1.0), 0.01))
            try:
                line, _ = own.accept()
                theirs = _read(line, min(5.0, max(end - monotonic(), 0.1)))
            except TimeoutError:
                if monotonic() >= end:
                    wrong, late = _missing(addresses, came, wait), 0
                    break
                continue
            except (OSError, ValueError):  # somebody else who tried the port
                continue
            who, others = theirs.get("number"), theirs.get("vidlab workers")
            if not isinstance(others, int) or not isinstance(who, int) or not isinstance(theirs.get("facts"), dict):
                line.close()
            elif others != len(addresses) or who not in range(1, len(addresses)):
                wrong = f"worker {who} thinks of {others} workers, worker 0 of {len(addresses)}; name the same"
                came[who] = line
                break
            elif who in came and not _gone(came[who]):
                wrong = f"two workers say that they are number {who}; give each its own"
                _tell(line, wrong, again)
                break
            else:
                came[who] = line
                different = _differing(theirs["facts"], facts, passing)
                if different:
                    other, value = theirs["facts"].get(different), facts[different]
                    wrong = f"worker {who} ({addresses[who]}) has {different} {other}, worker 0 has {value}"
                    wrong += "; they must be the same"
                    again = different in passing
                    break
    finally:
        for line in came.values():
            _tell(line, wrong, again)
    _tell_late(own, len(addresses) - 1 - len(came), min(late, wait), wrong, again)
    raise NotTogether(wrong, again)


def _tell_late(own, missing, seconds, wrong, again):
    """Those who come a moment too late are to hear what is wrong, and not that nobody is there."""
    end = monotonic() + seconds
    while missing > 0 and (left := end - monotonic()) > 0:
        own.settimeout(left)
        with suppress(OSError, ValueError):
            line, _ = own.accept()
            if isinstance(_read(line, 1.0).get("number"), int):
                missing -= 1
            _tell(line, wrong, again)


def _differing(theirs, facts, passing):
    """The first fact that differs, those in `passing` last; None where all are the same."""
    for what in sorted(facts, key=lambda name: name in passing):
        if theirs.get(what) != facts[what]:
            return what
    return None


def _missing(addresses, came, wait):
    names = [f"worker {i} ({addresses[i]})" for i in range(1, len(addresses)) if i not in came]
    return f"{' and '.join(names)} did not come within {wait:g} s; start all workers, and see their logs"


def _answer(addresses, number, facts, end, wait):
    """The others' part: send the facts to the chief and wait for what it says."""
    host, _, port = addresses[0].rpartition(":")
    message = {"vidlab workers": len(addresses), "number": number, "facts": facts}
    why = "no answer"
    while (left := end - monotonic()) > 0:
        try:
            with socket.create_connection((host, int(port)), timeout=min(left, 5.0)) as line:
                line.sendall(json.dumps(message).encode() + b"\n")
                said = _read(line, wait + 5.0)  # the chief may have come later, and waits as long
        except (OSError, ValueError) as error:
            why = getattr(error, "strerror", None) or str(error) or "no answer"
            sleep(0.2)
            continue
        if said.get("go"):
            return
        if "wrong" in said:
            raise NotTogether(str(said["wrong"]), bool(said.get("again")))
        why = "another program answers there"
        sleep(0.2)
    raise NotTogether(
        f"worker {number} cannot reach worker 0 at {addresses[0]} within {wait:g} s ({why}); is it started, and is the "
        "port open?"
    )


def _read(line, seconds):
    """One JSON object from a socket."""
    line.settimeout(seconds)
    with line.makefile("rb") as file:
        said = json.loads(file.readline(MOST) or b"null")
    if not isinstance(said, dict):
        raise ValueError("no answer")
    return said


def _gone(line):
    """Was a worker that had come ended since then?"""
    line.setblocking(False)
    try:
        return not line.recv(1)
    except BlockingIOError:
        return False
    except OSError:
        return True


def _tell(line, wrong, again):
    with suppress(OSError), line:
        line.sendall(json.dumps({"wrong": wrong, "again": again} if wrong else {"go": True}).encode() + b"\n")
