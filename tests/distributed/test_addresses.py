"""Who the workers are."""

import json
import socket

import pytest

from vidlab import distributed

CONFIG = {"cluster": {"worker": ["a:1", "b:2"]}, "task": {"type": "worker", "index": 1}}


def test_ports_on_this_machine_are_free_and_differ():
    cluster = distributed.on_this_machine(3)
    assert len(cluster) == 3 and len(set(cluster.addresses)) == 3 and cluster.here == (0, 1, 2)
    for address in cluster.addresses:
        with socket.socket() as one:
            one.bind(("127.0.0.1", int(address.split(":")[1])))
    assert json.loads(cluster.tf_config(2))["task"] == {"type": "worker", "index": 2}


def test_which_host_this_is(monkeypatch):
    hosts = ["a", socket.gethostname(), "c:99"]
    addresses = ("a:12345", f"{socket.gethostname()}:12345", "c:99")
    assert distributed.from_hosts(hosts) == distributed.Cluster(addresses, (1,))  # by its name
    monkeypatch.setenv("JOB_COMPLETION_INDEX", "0")
    assert distributed.from_hosts(hosts).here == (0,)
    monkeypatch.setenv("SLURM_PROCID", "2")
    assert distributed.from_hosts(hosts).here == (2,)
    assert distributed.from_hosts(hosts, 1).here == (1,)  # what was said goes first


def test_tf_config_as_tensorflow_reads_it(monkeypatch):
    monkeypatch.setenv("TF_CONFIG", json.dumps(CONFIG))
    cluster = distributed.from_environment()
    assert cluster == distributed.Cluster(("a:1", "b:2"), (1,)) and json.loads(cluster.tf_config(1)) == CONFIG
    chief = {"cluster": {"chief": ["z:1"], "worker": ["a:1", "b:2"]}, "task": {"type": "worker", "index": 0}}
    monkeypatch.setenv("TF_CONFIG", json.dumps(chief))
    assert distributed.from_environment() == distributed.Cluster(("z:1", "a:1", "b:2"), (1,))
    monkeypatch.delenv("TF_CONFIG")
    assert distributed.from_environment() is None


@pytest.mark.parametrize(
    "text",
    ["{", "[]", "{}", '{"cluster": {"worker": "a:1"}, "task": {"type": "worker", "index": 0}}',
     json.dumps(CONFIG | {"task": {"type": "worker", "index": 2}}),
     json.dumps(CONFIG | {"task": {"type": "ps", "index": 0}})],
)  # fmt: skip
def test_a_tf_config_that_says_nothing_useful(monkeypatch, text):
    monkeypatch.setenv("TF_CONFIG", text)
    with pytest.raises(ValueError, match="TF_CONFIG cannot be read .* it must be like"):
        distributed.from_environment()


@pytest.mark.parametrize(
    ("hosts", "number", "says"),
    [(["a", "a"], 0, "named twice"), (["a:x", "b"], 0, "'a:x' is no address"), (["a", "b"], 2, "there are 2 hosts"),
     (["a", "b"], None, "none of a:12345, b:12345 is this machine's name"), (["", "b"], 0, "is no address")],
)  # fmt: skip
def test_hosts_that_cannot_be(monkeypatch, hosts, number, says):
    for name in ("SLURM_PROCID", "JOB_COMPLETION_INDEX"):
        monkeypatch.delenv(name, raising=False)
    with pytest.raises(ValueError, match=says):
        distributed.from_hosts(hosts, number)
    with pytest.raises(ValueError, match="workers=0"):
        distributed.on_this_machine(0)
