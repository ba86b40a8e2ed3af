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


class NotTogether(Exception):
    """The workers cannot train together. The message says which of them, why, and what to do."""


def roll_call(addresses: tuple[str, ...], number: int, facts: dict, *, wait: float = 60.0):
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
            _call(own, addresses, facts, end, wait)
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
            "another port"
        ) from None
    return own


def _call(own, addresses, facts, end, wait):
    """The chief's part: gather the others' facts, compare, and tell all."""
    came, wrong = {}, None
    try:
        while len(came) < len(addresses) - 1 and not wrong:
            own.settimeout(max(end - monotonic(), 0.01))
            try:
                line, _ = own.accept()
                theirs = _read(line, min(5.0, max(end - monotonic(), 0.1)))
            except TimeoutError:
                if monotonic() >= end:
                    wrong = _missing(addresses, came, wait)
                continue
            except (OSError, ValueError):  # somebody else who tried the port
                continue
            who = theirs.get("number")
            if theirs.get("vidlab workers") is None or who not in range(1, len(addresses)):
                line.close()
            elif who in came and not _gone(came[who]):
                wrong = f"two workers say that they are number {who}; give each its own"
                _tell(line, wrong)
            else:
                came[who] = line
                wrong = _compare(who, addresses, theirs, facts)
    finally:
        for line in came.values():
            _tell(line, wrong)
    if wrong:
        raise NotTogether(wrong)


def _missing(addresses, came, wait):
    names = [f"worker {i} ({addresses[i]})" for i in range(1, len(addresses)) if i not in came]
    return f"{' and '.join(names)} did not come within {wait:g} s; start all workers, and see their logs"


def _compare(who, addresses, theirs, facts):
    if theirs["vidlab workers"] != len(addresses):
        return f"worker {who} thinks of {theirs['vidlab workers']} workers, worker 0 of {len(addresses)}; name the same"
    for what, value in facts.items():
        if (other := theirs.get("facts", {}).get(what)) != value:
            return f"worker {who} ({addresses[who]}) has {what} {other}, worker 0 has {value}; they must be the same"


def _answer(addresses, number, facts, end, wait):
    """The others' part: send the facts to the chief and wait for what it says."""
    host, _, port = addresses[0].rpartition(":")
    message = {"vidlab workers": len(addresses), "number": number, "facts": facts}
    why = "no answer"
    while (left := end - monotonic()) > 0:
        try:
            with socket.create_connection((host, int(port)), timeout=min(left, 5.0)) as line:
                line.sendall(json.dumps(message).encode() + b"\n")
                said = _read(line, max(end - monotonic(), 0.1) + 5.0)
        except (OSError, ValueError) as error:
            why = getattr(error, "strerror", None) or str(error) or "no answer"
            sleep(0.2)
            continue
        if said.get("go"):
            return
        if "wrong" in said:
            raise NotTogether(str(said["wrong"]))
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


def _tell(line, wrong):
    with suppress(OSError), line:
        line.sendall(json.dumps({"wrong": wrong} if wrong else {"go": True}).encode() + b"\n")
