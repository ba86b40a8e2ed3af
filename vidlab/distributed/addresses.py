"""Who the workers of a training are: an address each, and which of them run on this machine."""

import json
import os
import socket
from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import dataclass

PORT = 12345  # of a host that is given without one
NUMBERS = "SLURM_PROCID", "JOB_COMPLETION_INDEX"  # by which Slurm and Kubernetes number the processes of a job


@dataclass(frozen=True)
class Cluster:
    """The workers of a training.

    Attributes
    ----------
    addresses
        "host:port" of each. The first is the chief, who writes the checkpoints.
    here
        The numbers of those that run on this machine.
    """

    addresses: tuple[str, ...]
    here: tuple[int, ...]

    def __len__(self):
        return len(self.addresses)

    def tf_config(self, number: int) -> str:
        """TF_CONFIG of one worker, as TensorFlow reads it from the environment."""
        return json.dumps({"cluster": {"worker": self.addresses}, "task": {"type": "worker", "index": number}})


def on_this_machine(workers: int) -> Cluster:
    """So many workers on this machine, at ports that are free now.

    >>> on_this_machine(2).here
    (0, 1)
    """
    if workers < 1:
        raise ValueError(f"workers={workers} must be at least 1")
    with ExitStack() as taken:
        sockets = [taken.enter_context(socket.socket()) for _ in range(workers)]
        for one in sockets:
            one.bind(("127.0.0.1", 0))
        ports = [one.getsockname()[1] for one in sockets]
    return Cluster(tuple(f"127.0.0.1:{port}" for port in ports), tuple(range(workers)))


def from_hosts(hosts: Sequence[str], number: int | None = None) -> Cluster:
    """One worker on each of `hosts`, "name" or "name:port", of which this machine is number `number`.

    Without a number it is the one that Slurm or Kubernetes gave this process, or the one whose name is this machine's.

    >>> from_hosts(["a:7000", "b"], number=1)
    Cluster(addresses=('a:7000', 'b:12345'), here=(1,))
    """
    addresses = tuple(host if ":" in host else f"{host}:{PORT}" for host in map(str.strip, hosts))
    for address in addresses:
        _check(address)
    if len(set(addresses)) < len(addresses):
        raise ValueError(
            f"hosts: {', '.join(hosts)}: one is named twice; each worker needs a host or a port of its own"
        )
    if number is None:
        given = next((os.environ[name] for name in NUMBERS if os.environ.get(name, "").isdigit()), None)
        number = int(given) if given is not None else _own(addresses)
    if not 0 <= number < len(addresses):
        raise ValueError(f"number {number}: there are {len(addresses)} hosts, numbered from 0; say which is this one")
    return Cluster(addresses, (number,))


def from_environment() -> Cluster | None:
    """The cluster of TF_CONFIG; None where it is not set.

    >>> from_environment() is None
    True
    """
    text = os.environ.get("TF_CONFIG")
    if not text:
        return None
    try:
        config = json.loads(text)
        jobs, task = config["cluster"], config["task"]
        addresses = tuple([*jobs.get("chief", []), *jobs.get("worker", [])])
        number = int(task["index"]) + (len(jobs.get("chief", [])) if task["type"] == "worker" else 0)
        for address in addresses:
            _check(address)
        if task["type"] not in ("chief", "worker") or not 0 <= number < len(addresses):
            raise ValueError(f"there is no {task['type']} {task['index']}")
    except (KeyError, TypeError, AttributeError, ValueError) as error:
        raise ValueError(
            f'TF_CONFIG cannot be read ({error}); it must be like {{"cluster": {{"worker": ["a:12345", "b:12345"]}}, '
            '"task": {"type": "worker", "index": 0}}'
        ) from None
    return Cluster(addresses, (number,))


def _check(address):
    host, _, port = address.rpartition(":")
    if not host or ":" in host or not port.isdigit() or not 0 < int(port) < 65536:
        raise ValueError(f"{address!r} is no address; it must be like name:12345")


def _own(addresses):
    names = {socket.gethostname(), socket.gethostname().split(".")[0], socket.getfqdn()}
    found = [i for i, address in enumerate(addresses) if address.rpartition(":")[0] in names]
    if len(found) != 1:
        raise ValueError(
            f"hosts: {'none' if not found else 'more than one'} of {', '.join(addresses)} is this machine's name "
            f"({socket.gethostname()}); say which by --number"
        )
    return found[0]
