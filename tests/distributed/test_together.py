"""The workers meet before TensorFlow starts, and whatever is wrong is said by all of them, in time."""

import json
import socket
from concurrent.futures import ThreadPoolExecutor
from time import monotonic, sleep

import pytest

from vidlab import distributed
from vidlab.distributed import NotTogether, roll_call

FACTS = {"vidlab": "1.0", "--seed": 0}


def meet(*calls, wait=10.0):
    """What each of the (addresses, number, facts, seconds late) says: None, or the sentence."""

    def one(addresses, number, facts=FACTS, late=0.0):
        sleep(late)
        try:
            return roll_call(addresses, number, facts, wait=wait)
        except NotTogether as error:
            return str(error)

    with ThreadPoolExecutor(len(calls)) as pool:
        return list(pool.map(lambda call: one(*call), calls))


@pytest.fixture
def three():
    return distributed.on_this_machine(3).addresses


def test_all_come_in_any_order_and_the_ports_are_free_again(three):
    for late in ((0.0, 0.3, 0.0), (0.5, 0.0, 0.2)):
        assert meet(*[(three, i, FACTS, late[i]) for i in range(3)]) == [None] * 3
    for address in three:
        with socket.socket() as one:
            one.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            one.bind(("", int(address.split(":")[1])))


def test_one_never_comes_and_is_named(three):
    begun = monotonic()
    chief, there = meet((three, 0), (three, 1), wait=1.0)
    assert chief == there == f"worker 2 ({three[2]}) did not come within 1 s; start all workers, and see their logs"
    assert monotonic() - begun < 5


def test_the_chief_never_comes(three):
    begun = monotonic()
    [said] = meet((three, 1), wait=1.0)
    assert said.startswith(f"worker 1 cannot reach worker 0 at {three[0]} within 1 s (") and monotonic() - begun < 5
    assert "is it started, and is the port open?" in said
    [said] = meet((("no-such-host.invalid:1", three[1]), 1), wait=1.0)
    assert said.startswith("worker 1 cannot reach worker 0 at no-such-host.invalid:1 within 1 s (")


@pytest.mark.parametrize(("what", "value"), [("vidlab", "0.9"), ("--seed", 1)])
def test_one_means_another_training(three, what, value):
    said = meet((three, 0), (three, 1), (three, 2, FACTS | {what: value}, 0.2))
    wanted = f"worker 2 ({three[2]}) has {what} {value}, worker 0 has {FACTS[what]}; they must be the same"
    assert said == [wanted] * 3


def test_another_number_of_workers_and_a_number_twice(three):
    said = meet((three, 0), (three[:2], 1), wait=3.0)
    assert said == ["worker 1 thinks of 2 workers, worker 0 of 3; name the same"] * 2
    other = (three[0], "127.0.0.1:1", distributed.on_this_machine(1).addresses[0])
    said = meet((three, 0), (three, 1), ((three[0], other[2], three[2]), 1, FACTS, 0.3), wait=3.0)
    assert said == ["two workers say that they are number 1; give each its own"] * 3


def test_a_worker_that_came_and_was_started_again_is_not_two(three):
    with ThreadPoolExecutor(1) as pool:
        chief = pool.submit(meet, (three, 0))
        sleep(0.2)
        with socket.create_connection(("127.0.0.1", int(three[0].split(":")[1]))) as first:
            first.sendall(json.dumps({"vidlab workers": 3, "number": 1, "facts": FACTS}).encode() + b"\n")
            sleep(0.2)
        assert meet((three, 1), (three, 2)) == [None, None] and chief.result() == [None]


def test_a_worker_that_came_and_went_is_missed(three):
    """Or all would be told to go, and TensorFlow would wait for it without end."""
    with ThreadPoolExecutor(2) as pool:
        chief = pool.submit(meet, (three, 0), wait=3.0)
        sleep(0.2)
        with socket.create_connection(("127.0.0.1", int(three[0].split(":")[1]))) as first:
            first.sendall(json.dumps({"vidlab workers": 3, "number": 1, "facts": FACTS}).encode() + b"\n")
            sleep(0.3)
        [there] = meet((three, 2), wait=3.0)
        assert chief.result() == [there] and there.startswith(f"worker 1 ({three[1]}) did not come within 3 s")


def test_one_that_came_long_before_the_chief_waits_on(three):
    """The chief waits from when it comes: the others must not lose patience before."""
    early, chief = meet((three, 1), (three, 0, FACTS, 1.5), wait=2.0)
    assert early == chief == f"worker 2 ({three[2]}) did not come within 2 s; start all workers, and see their logs"


def test_a_chief_that_is_stopped_does_not_say_go(three, monkeypatch):
    def stopped(*arguments):
        raise KeyboardInterrupt

    with ThreadPoolExecutor(1) as pool:
        other = pool.submit(meet, (three, 1))
        sleep(0.1)
        monkeypatch.setattr("vidlab.distributed.together._differing", stopped)
        with pytest.raises(KeyboardInterrupt):
            roll_call(three, 0, FACTS, wait=5.0)
        assert other.result() == ["worker 0 was ended"]


def test_a_checkpoint_that_differs_may_be_a_matter_of_a_moment(three):
    def again(number, kept):
        with pytest.raises(NotTogether) as said:
            roll_call(three[:2], number, FACTS | {"kept": kept}, wait=5.0, passing=("kept",))
        return said.value.again

    with ThreadPoolExecutor(2) as pool:
        assert list(pool.map(again, (0, 1), ("a", "b"))) == [True, True]


@pytest.mark.parametrize("line", [b"GET / HTTP/1.0\r\n\r\n", b"[1, 2]\n", b'{"number": 1}\n', b"\xff\n", b"x" * 70000])
def test_somebody_else_at_the_port_does_no_harm(three, line):
    with ThreadPoolExecutor(1) as pool:
        chief = pool.submit(meet, (three, 0))
        sleep(0.2)
        with socket.create_connection(("127.0.0.1", int(three[0].split(":")[1]))) as other:
            other.sendall(line)
        assert meet((three, 1), (three, 2)) == [None, None] and chief.result() == [None]


@pytest.mark.parametrize("number", [0, 1])
def test_a_port_that_is_taken(three, number):
    port = int(three[number].split(":")[1])
    with socket.socket() as other:
        other.bind(("127.0.0.1", port))
        other.listen()
        [said] = meet((three, number), wait=1.0)
    assert said.startswith(f"worker {number} cannot use port {port} (") and "end the program that does" in said
