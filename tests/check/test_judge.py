# ruff: noqa: NPY002 - answers use what learners use
"""What an answer may do, and what is said of it: no traceback of ours, no harm, a sentence for each kind of thing."""

import json
import os
import random
import subprocess
import sys
import threading
import time

import numpy as np
import pytest

from vidlab import check
from vidlab.check.judge import judge

CONV1D, BIAS = check.EXERCISES["conv1d"], check.EXERCISES["bias_gradient"]


@pytest.fixture(autouse=True)
def own_record(tmp_path, monkeypatch):
    monkeypatch.setenv("VIDLAB_PROGRESS", str(tmp_path / "progress.json"))
    return tmp_path / "progress.json"


def said(function, exercise=CONV1D):
    result = judge(exercise, function)
    assert not result.passed and result.score == 0 and "\n" not in result.message
    return result


@pytest.mark.parametrize(("answer", "says"), [
    (lambda c, k: "four", "shape|word"), (lambda c, k: [[1, 2], [3]], "rows of different lengths"),
    (lambda c, k: (x for x in c), "a generator, which has computed nothing yet"),
    (lambda c, k: map(abs, c), "a generator"), (lambda c, k: np.convolve, "a function, and not what it gives"),
    (lambda c, k: np.array([1 + 2j]), "complex numbers"), (lambda c, k: np.array([None, 1]), "an array of objects"),
    (lambda c, k: {"y": c}, r"expected an array of shape"), (lambda c, k: 3.0, r"shape \(\); expected \(3,\)"),
    (lambda c, k: np.full(len(c) - len(k) + 1, np.nan), "NaN or infinite numbers"),
    (lambda c, k: undefined, "raises NameError in line .*undefined"),  # noqa: F821
    (lambda c, k: c[99], "raises IndexError in line"), (lambda c: c, "cannot be called as the stub can"),
    (lambda c, k: sys.exit(), "calls exit"), (np.array([1, 2, 4]), "Give the function itself, conv1d"),
    (3, "Give the function itself"), ("conv1d", "Give the function itself"),
])  # fmt: skip
def test_each_kind_of_answer_gets_its_sentence(answer, says):
    import re

    assert re.search(says, said(answer).message), said(answer).message


def test_a_generator_function_is_told_so():
    def conv1d(curve, kernel):
        yield curve

    assert "`yield`" in said(conv1d).message


def test_none_on_some_inputs_only_is_a_missing_return():
    assert "is a `return` missing" in said(lambda c, k: np.correlate(c, k) if len(k) == 2 else None).message


def test_the_line_is_the_learner_s_own():
    def conv1d(curve, kernel):
        half = len(kernel) / 2
        return curve[half]

    message = said(conv1d).message
    assert "`return curve[half]`" in message and "judge" not in message and "vidlab" not in message


def test_an_argument_that_was_changed_is_noticed():
    def conv1d(curve, kernel):
        curve *= 2
        return np.correlate(curve / 2, kernel)

    assert said(conv1d).misconception == "changes-its-argument"


def test_chance_and_memory_are_noticed():
    calls = []

    def conv1d(curve, kernel):
        calls.append(1)
        return np.correlate(curve, kernel) + (len(calls) > len(CONV1D.tried()))

    assert "another answer each time" in said(conv1d).message


def loops_without_end(c, k):
    while True:
        pass


def loops_and_catches_all(c, k):
    while True:
        try:
            while True:
                pass
        except Exception:
            pass


def goes_deep(c, k):
    return goes_deep(c, k)


def floods(c, k):
    while True:
        print("x" * 100)


def fills_memory(c, k):
    return np.ones((10**6, 10**6)).sum()


def exits_hard(c, k):
    os._exit(1)


def forks(c, k):
    while True:
        os.fork()


def starts_a_program(c, k):
    subprocess.run(["rm", "-rf", "/nothing"])


def kills(c, k):
    os.kill(os.getpid(), 9)


def replaces_numpy(c, k):
    np.allclose = np.array_equal = lambda *a, **b: True
    np.asarray = lambda *a, **b: 0
    return c


HOSTILE = {
    loops_without_end: "stopped after", loops_and_catches_all: "stopped after", goes_deep: "calls itself without end",
    floods: "prints without end", fills_memory: "memory", exits_hard: "calls os._exit", forks: "calls os.fork",
    starts_a_program: "calls subprocess.Popen", kills: "calls os.kill", replaces_numpy: "",
}  # fmt: skip


@pytest.mark.parametrize("answer", HOSTILE, ids=lambda one: one.__name__)
def test_hostile_answers_are_survived(answer):
    if answer is forks and not hasattr(os, "fork"):
        pytest.skip("there is no fork on this system")
    before = dict(vars(np))
    result = judge(CONV1D, answer)
    assert not result.passed and HOSTILE[answer] in result.message, result.message
    assert all(vars(np)[name] is value for name, value in before.items())
    assert judge(CONV1D, CONV1D.reference).passed  # and all goes on


def test_a_sleep_is_said_and_its_end_awaited(capfd):
    begin = time.monotonic()
    result = judge(BIAS, lambda delta: time.sleep(6.5) or delta.sum())
    assert "stopped after 3 seconds" in result.message and time.monotonic() - begin < 12
    assert "Kernel > Interrupt Kernel" in capfd.readouterr().out


def test_state_is_as_it_was():
    random.seed(1), np.random.seed(1)
    states = random.getstate(), np.random.get_state()[1].tolist()
    errors, folder, environment = np.geterr(), os.getcwd(), dict(os.environ)

    def bias_gradient(delta):
        random.random(), np.random.rand(), np.seterr(all="raise"), os.chdir("/"), os.environ.update(X="1")
        np.random.seed(3), sys.setrecursionlimit(400)
        print("by the way")
        return delta.sum()

    limit = sys.getrecursionlimit()
    result = judge(BIAS, bias_gradient)
    assert result.passed and result.printed == "by the way\n"
    assert (random.getstate(), np.random.get_state()[1].tolist()) == states and sys.getrecursionlimit() == limit
    assert (np.geterr(), os.getcwd(), dict(os.environ)) == (errors, folder, environment)


def test_no_watch_is_left_behind():
    before = threading.active_count()
    for _ in range(5):
        judge(BIAS, BIAS.reference)
    time.sleep(0.2)
    assert threading.active_count() <= before


def test_tries_hints_and_solutions(own_record):
    assert "not attempted" in repr(check.conv1d(None)).lower() and not own_record.exists()
    assert "Try 2 more times" in repr(check.solution("conv1d"))
    for number in (1, 2, 3, 3):
        assert f"int {number} of 3" in repr(check.hint("conv1d")).replace("Hint", "hint").replace("hint", "int")
    wrong = check.conv1d(lambda c, k: np.correlate(c, k[::-1]))
    assert wrong.misconception == "flipped" and repr(wrong).startswith("Not yet: Your kernel is flipped")
    assert "check.solution" in repr(check.conv1d(lambda c, k: np.correlate(c, k[::-1])))
    assert "curve[p + i] * kernel[i]" in repr(check.solution(check.conv1d))
    assert repr(check.conv1d(lambda c, k: np.correlate(c, k))).startswith("Right: Each output")
    assert json.loads(own_record.read_text())["conv1d"] == {"tries": 3, "solved": True, "hints": 3}
    assert "1 of" in repr(check.progress()) and "■" in repr(check.progress())


def test_a_broken_record_is_set_aside(own_record):
    for broken in ("{", "[]", '{"conv1d": 3}'):
        own_record.write_text(broken)
        assert check.bias_gradient(BIAS.reference).passed
        assert json.loads(own_record.read_text())["bias_gradient"]["solved"]
        assert own_record.with_suffix(".broken.json").read_text() == broken


def test_a_folder_that_cannot_be_written_loses_the_record_alone(monkeypatch, tmp_path):
    monkeypatch.setenv("VIDLAB_PROGRESS", str(tmp_path / "nowhere" / "progress.json"))
    assert check.bias_gradient(BIAS.reference).passed


def test_a_panel_says_in_words_what_it_shows_in_colour():
    bundle = check.conv1d(lambda c, k: np.correlate(c, k) + 1)._repr_mimebundle_()
    assert 'role="status"' in bundle["text/html"] and "<strong>Not yet.</strong>" in bundle["text/html"]
    assert "expected" in bundle["text/html"] and "given" in bundle["text/html"]
    assert "First difference: answer[0] is" in bundle["text/plain"]
    assert "<script>" not in check.Panel("x", "<script>")._repr_mimebundle_()["text/html"]


def test_unknown_exercises_are_named():
    with pytest.raises(AttributeError, match="no exercise 'conv9d'; is it conv1d"):
        _ = check.conv9d
    with pytest.raises(ValueError, match="no exercise 'conv9d'"):
        check.hint("conv9d")


def value_of(slug, answer):
    return judge(check.EXERCISES[slug], answer)


SAID = [  # what a trial of all exercises stumbled over: each kind of answer that a check once had no words for
    (
        "kinetics_name",
        lambda a, b, c: f"{a}.{b}",
        "is 'a-bC_9.5', and 'a-bC_9_000005_000015.mp4'",
    ),
    ("count_weights", lambda *a: str(9), "The answer is text: give a number."),
    ("find_the_group", lambda name: 3, "The answer is no text: give a word."),
    ("conv1d", lambda c, k: np.correlate(c, k, "valid") * (1 + 3e-4), "First difference: answer[0] is"),
    ("batch_bytes", lambda b, f, h, w: b * f * h * w * 12 + 8 * b, "answer is 19267648, and 19267584 is right"),
    ("conv1d", lambda c, k: print(c) or None, "is a `return` missing?"),
    (
        "delay_line",
        lambda: (np.ones((1, 2)), np.ones((2, 2)), np.ones(2)),
        "answer[0][0, 1] is 1, and 0",
    ),
]


@pytest.mark.parametrize(("slug", "answer", "says"), SAID)
def test_every_wrong_answer_has_words(slug, answer, says):
    result = value_of(slug, answer)
    assert not result.passed and result.attempted and says in result.message, result.message
    assert "()" not in result.message and "?." not in result.message


def test_only_the_stub_is_not_attempted():
    def forgets(curve, kernel):
        np.correlate(curve, kernel, "valid")

    def stub(curve, kernel):
        """The words of the stub."""
        ...

    def loops(curve, kernel):
        while True:
            pass

    assert value_of("conv1d", forgets).attempted and "`return` missing" in value_of("conv1d", forgets).message
    assert not value_of("conv1d", stub).attempted
    assert value_of("conv1d", loops).attempted


def test_what_an_answer_prints_is_shown():
    def talks(curve, kernel):
        print("n is", len(curve))
        return 0

    panel = check.conv1d(talks)
    assert "n is 4" in repr(panel) and "<pre" in panel._repr_mimebundle_()["text/html"]


def test_changes_within_a_dict_are_seen():
    def in_place(gradients, limit):
        for name in gradients:
            gradients[name] = np.clip(gradients[name], -limit, limit)
        return gradients

    assert value_of("clip_each_number", in_place).misconception == "changes-its-argument"


def test_nearly_0_is_0():
    half = check.EXERCISES["half_life_bias"].reference
    assert value_of("half_life_bias", lambda steps: half(steps) + 3.6e-15).passed


def test_a_dict_may_say_more_than_was_asked():
    reference = check.EXERCISES["bptt_relu"].reference
    assert value_of("bptt_relu", lambda *a: reference(*a) | {"x": np.zeros(3)}).passed
