# ruff: noqa: E501 - an answer reads best on one line
"""Every exercise: its reference is right, every known mistake is named, and right answers pass however they are written."""

import ast
import inspect
import re

import numpy as np
import pytest
from scipy.signal import correlate2d

from vidlab import check, reference
from vidlab.check import judge as judge_module
from vidlab.check.judge import judge
from vidlab.check.mutants import mutants

ALL = list(check.EXERCISES.values())
MISTAKES = [(one, mistake) for one in ALL for mistake in one.mistakes]
ids = lambda pair: f"{pair[0].slug}-{pair[1].slug}"  # noqa: E731


@pytest.mark.parametrize("one", ALL, ids=lambda one: one.slug)
def test_the_reference_passes_and_the_page_is_whole(one):
    result = judge(one, one.reference)
    assert result.passed and result.score == 1 and result.misconception is None, result.message
    assert len(one.hints) == 3 and all(one.hints) and one.title and one.prompt and one.why
    assert len(one.mistakes) >= 5 and len({m.slug for m in one.mistakes}) == len(one.mistakes)
    assert all(m.says.endswith((".", ".)", "?")) for m in one.mistakes)


@pytest.mark.parametrize("pair", MISTAKES, ids=ids)
def test_each_known_mistake_is_named(pair):
    one, mistake = pair
    answer = mistake.value if one.is_value else one.made_of(one.mistaken(mistake))
    result = judge(one, answer)
    assert not result.passed and result.score == 0
    named = one.twins.get(mistake.slug, mistake.slug)
    assert result.misconception == named and result.message == next(m.says for m in one.mistakes if m.slug == named)


@pytest.mark.parametrize("one", [one for one in ALL if not one.is_value], ids=lambda one: one.slug)
def test_a_stub_is_not_an_attempt(one):
    result = judge(one, one.made_of(one.stub))
    assert not result.attempted and not result.passed and result.score == 0
    head = one.stub.split("\n")[0]
    assert head.startswith("def ") and ast.parse(one.stub)


OTHERWISE = {
    "conv1d": [
        lambda curve, kernel: np.correlate(curve, kernel, "valid"),
        lambda curve, kernel: np.lib.stride_tricks.sliding_window_view(curve, len(kernel)) @ kernel,
        lambda curve, kernel: [sum(a * b for a, b in zip(curve[p:], kernel, strict=False))
                               for p in range(len(curve) - len(kernel) + 1)],
        lambda curve, kernel: np.correlate(np.float32(curve), np.float32(kernel), "valid"),
    ],
    "correlate": [
        lambda image, kernel: correlate2d(image, kernel, "valid"),
        lambda image, kernel: reference.conv2d(image[None, ..., None], kernel[..., None, None])[0, ..., 0],
        lambda image, kernel: np.einsum(
            "pqij,ij->pq", np.lib.stride_tricks.sliding_window_view(image, kernel.shape), kernel),
    ],
    "conv_layer": [
        lambda x, kernel, bias: reference.conv2d(x, kernel, bias),
        lambda x, kernel, bias: reference.conv2d(np.float32(x), np.float32(kernel), np.float32(bias)),
        lambda x, kernel, bias: reference.conv2d_loops(x, kernel) + bias[None, None, None],
    ],
    "rnn_forward": [
        lambda x, W, U, b: reference.rnn(x, W, U, b),
        lambda x, W, U, b: reference.rnn(*map(np.float32, (x, W, U, b))),
        lambda x, W, U, b: np.concatenate([reference.rnn(x[:, : t + 1], W, U, b)[:, -1:] for t in range(x.shape[1])], 1),
    ],
    "bptt_relu": [
        lambda x, W, U, b, dh: {k: v for k, v in
                                reference.rnn_gradients(x, W, U, b, dh, activation=reference.relu).items() if k in "WUb"},
        lambda x, W, U, b, dh: {k: np.float32(v) for k, v in
                                reference.rnn_gradients(x, W, U, b, dh, activation=reference.relu).items() if k in "WUb"},
        lambda x, W, U, b, dh: dict(b=(g := reference.rnn_gradients(x, W, U, b, dh, activation=reference.relu))["b"],
                                    U=g["U"], W=g["W"]),
    ],
    "lstm_forward": [
        lambda x, k, r, b, *p: reference.lstm(x, reference.LSTMWeights(k, r, b, *p)).h,
        lambda x, k, r, b, *p: reference.lstm(x, reference.LSTMWeights(k, r, b, *map(np.diag, p))).h,
        lambda *a: reference.lstm(np.float32(a[0]), reference.LSTMWeights(*map(np.float32, a[1:]))).h,
    ],
    "softmax": [
        lambda z: reference.softmax(z),
        lambda z: np.exp(z - np.logaddexp.reduce(z, axis=1)[:, None]),
        lambda z: np.array([np.exp(row - max(row)) / np.exp(row - max(row)).sum() for row in z]),
    ],
    "cross_entropy": [
        lambda p, y: float(np.mean([-np.log(row[k]) for row, k in zip(p, y, strict=True)])),
        lambda p, y: reference.cross_entropy(np.log(p), y),
        lambda p, y: -np.sum(np.eye(p.shape[1])[y] * np.log(p)) / len(y),
    ],
    "range_pool": [
        lambda image, size=2: reference.max_pool2d(image[None, ..., None], size)[0, ..., 0]
        + reference.max_pool2d(-image[None, ..., None], size)[0, ..., 0],
        lambda image, size=2: np.array([[np.ptp(image[size * p : size * p + size, size * q : size * q + size])
                                         for q in range(image.shape[1] // size)] for p in range(image.shape[0] // size)]),
        lambda image, size=2: reference.pool2d_loops(image[None, ..., None], np.ptp, size)[0, ..., 0],
    ],
}  # fmt: skip


@pytest.mark.parametrize("slug", OTHERWISE)
def test_right_answers_pass_however_they_are_written(slug):
    for answer in OTHERWISE[slug]:
        result = judge(check.EXERCISES[slug], answer)
        assert result.passed, (inspect.getsource(answer), result.message)


@pytest.fixture
def patient(monkeypatch):
    """A slow computer finds what a fast one finds, only later."""
    monkeypatch.setattr(judge_module, "SEARCH_SECONDS", 60)


def test_two_mistakes_at_once_are_both_named(patient):
    one = check.EXERCISES["rnn_forward"]
    by = {m.slug: m for m in one.mistakes}
    pair = ("no-bias", "last-only")
    answer = one.made_of(one.mistaken(*(by[slug] for slug in pair)))
    result = judge(one, answer)
    assert result.misconception == "+".join(pair) and all(by[slug].says in result.message for slug in pair)


def test_what_nobody_listed_is_pointed_at_without_giving_the_line_away(patient):
    one = check.EXERCISES["rnn_forward"]
    wrong = one.made_of(one.source.replace("np.tanh(x[:, t] @ W + h @ U + b)", "np.tanh(x[:, t] @ W - h @ U + b)"))
    result = judge(one, wrong)
    assert result.misconception is None and "as if a plus were a minus, or a minus a plus" in result.message
    assert "h @ U" not in result.message


def test_mutants_are_other_programs_than_the_reference():
    source = check.EXERCISES["softmax"].source
    changed = [text for _, _, text in mutants(source)]
    assert len(changed) > 5 and all(ast.unparse(ast.parse(source)) != text.strip() for text in changed)


def test_slugs_are_unique_and_no_names_of_ours():
    slugs = [one.slug for one in ALL]
    assert len(set(slugs)) == len(slugs) and not set(slugs) & set(check.__all__)
    assert all(re.fullmatch("[a-z][a-z0-9_]*", slug) for slug in slugs)
