"""Notebook 18: clips of one's own, and a model that answers live."""

import numpy as np

from vidlab.check.exercise import Exercise, Mistake


def _answers(rng):
    return [
        (rng.dirichlet(np.ones(classes), n).round(3), a) for n, classes, a in ((5, 3, 0.5), (7, 2, 0.8), (4, 4, 0.15))
    ]


def _said(rng):
    p = rng.dirichlet(np.ones(4) * 0.7, 9).round(3)
    even = np.array([[0.25, 0.25, 0.25, 0.25], [0.1, 0.6, 0.2, 0.1], [0.05, 0.05, 0.2, 0.7], [0.36, 0.34, 0.2, 0.1]])
    return [(p, 0.6), (even, 0.5), (even, 0.65), (p[:5, :3] / p[:5, :3].sum(axis=1, keepdims=True), 0.45)]


def _takes(rng):
    cases = [(np.array([1, 1, 2, 3, 3, 3]), np.array([3, 4, 4, 1, 5]))]
    for high in (6, 12, 30):
        cases.append((rng.integers(0, high, 11), rng.integers(0, high, 7)))
    return cases


def _moments(rng):
    cases = []
    for n, seconds, frames in ((20, 1.0, 4), (31, 1.5, 6), (40, 0.8, 5)):
        times = np.cumsum(rng.uniform(0.03, 0.09, n)).round(3)
        cases.append((times, seconds, frames))
    return cases


EXERCISES = (
    Exercise(
        slug="shared_takes", notebook="18", title="How much of the test was seen?",
        prompt="`learnt` holds the take of each clip to learn from, `test` the take of each test clip. Which share of the test clips is of a take that the model learnt from?",
        solution='''
            def shared_takes(learnt, test):
                """learnt: (clips,) takes; test: (other clips,) takes. Returns a number from 0 to 1."""
                return np.mean(np.isin(test, learnt))
        ''',
        why="For each test clip: is its take among those learnt from? Then the mean. In a fair split it is 0.",
        hints=("Ask it of each test clip, one by one.", "np.isin(a, b) says of each element of a whether it is in b.", "np.mean(np.isin(test, learnt))"),
        inputs=_takes,
        mistakes=(
            Mistake("other-way", "You ask which of the learnt clips are of a test take; the question is about the test clips.", (("np.isin(test, learnt)", "np.isin(learnt, test)"),)),
            Mistake("of-takes", "You count takes, not clips: a take with many clips weighs more.", (("np.isin(test, learnt)", "np.isin(np.unique(test), learnt)"),)),
            Mistake("new-ones", "That is the share of clips that are new; 1 minus it is what was asked.", (("np.mean(np.isin(test, learnt))", "1 - np.mean(np.isin(test, learnt))"),)),
            Mistake("number", "A share, please: divide by the number of test clips.", (("np.mean(", "np.sum("),)),
            Mistake("of-all", "Divide by the test clips, not by all clips.", (("np.mean(np.isin(test, learnt))", "np.sum(np.isin(test, learnt)) / (len(test) + len(learnt))"),)),
            Mistake("of-learnt", "Divide by the number of test clips, not of those learnt from.", (("np.mean(np.isin(test, learnt))", "np.sum(np.isin(test, learnt)) / len(learnt)"),)),
        ),
    ),
    Exercise(
        slug="last_second", notebook="18", title="The last second",
        prompt="The camera's frames came at `times` (in order, uneven). The model wants `n` of them, evenly spaced over the last `seconds`: the first at the newest time minus `seconds`, the last is the newest. Return the numbers (places in `times`) of the frames nearest to those moments.",
        solution='''
            def last_second(times, seconds, n):
                """times: (frames,) in order. Returns (n,) whole numbers."""
                wanted = np.linspace(times[-1] - seconds, times[-1], n)
                return np.abs(times[:, None] - wanted).argmin(axis=0)
        ''',
        why="Moments first, by the clock; then for each the frame whose time is nearest. (The live view does this over a stretch that is one frame shorter: each frame is on show until the next, so n frames of a file last from the first to the end of the last.)",
        hints=("First the n moments, then the frame of each.", "np.linspace gives the moments, both ends among them.", "np.abs(times[:, None] - wanted) has a row for each frame; argmin over the rows."),
        inputs=_moments,
        mistakes=(
            Mistake("last-frames", "Those are the last n frames: a camera that is faster or slower would show another stretch of time.",
                    instead="def last_second(times, seconds, n):\n    return np.arange(len(times) - n, len(times))\n"),
            Mistake("by-number", "You space the frames evenly by number; they came unevenly, so go by their times.",
                    instead="def last_second(times, seconds, n):\n    first = int(np.argmax(times >= times[-1] - seconds))\n    return np.linspace(first, len(times) - 1, n).round().astype(int)\n"),
            Mistake("all-of-it", "You space them over all times; the model looks at the last `seconds`.", (("times[-1] - seconds", "times[0]"),)),
            Mistake("first-seconds", "Those are the first seconds; the newest frames stand at the end.", (("np.linspace(times[-1] - seconds, times[-1], n)", "np.linspace(times[0], times[0] + seconds, n)"),)),
            Mistake("end-missing", "The last of them is the newest frame: np.linspace with its end.", ((", times[-1], n)", ", times[-1], n, endpoint=False)"),)),
            Mistake("backwards", "The oldest comes first.", (("return np.abs(times[:, None] - wanted).argmin(axis=0)", "return np.abs(times[:, None] - wanted).argmin(axis=0)[::-1]"),)),
            Mistake("times", "Those are times; return the frames' places in `times`.", (("return np.abs(times[:, None] - wanted).argmin(axis=0)", "return times[np.abs(times[:, None] - wanted).argmin(axis=0)]"),)),
        ),
    ),
    Exercise(
        slug="smoothed", notebook="18", title="Calm bars",
        prompt="p[t] are the probabilities of answer t. Smooth them: s[0] = p[0], then s[t] = a s[t-1] + (1 - a) p[t].",
        solution='''
            def smoothed(p, a):
                """p: (answers, classes); a: 0 to 1. Returns the same shape."""
                s = np.array(p, float)
                for t in range(1, len(p)):
                    s[t] = a * s[t - 1] + (1 - a) * p[t]
                return s
        ''',
        why="What was smoothed before weighs a, the new answer 1 - a. The sum of each row stays 1.",
        hints=("One answer after the other: each needs the smoothed one before it.", "s[t] is a mix of s[t - 1] and p[t], with weights that add up to 1.", "s[t] = a * s[t - 1] + (1 - a) * p[t], from t = 1 on."),
        inputs=_answers,
        mistakes=(
            Mistake("weights-swapped", "a is the weight of the past: with a near 1 the bars are calm, in yours they jump.", (("a * s[t - 1] + (1 - a) * p[t]", "(1 - a) * s[t - 1] + a * p[t]"),)),
            Mistake("raw-before", "You mix with the raw answer before; it must be the smoothed one, or the memory is one step long.", (("a * s[t - 1]", "a * p[t - 1]"),)),
            Mistake("not-a-mean", "The weights must add up to 1, or the rows are no probabilities.", (("(1 - a) * p[t]", "p[t]"),)),
            Mistake("starts-at-zero", "It starts at the first answer, not at zero.", (("s = np.array(p, float)", "s = np.array(p, float)\n    s[0] = (1 - a) * p[0]"),)),
            Mistake("along-classes", "You go along the classes; time is the first axis.",
                    instead="def smoothed(p, a):\n    s = np.array(p, float)\n    for k in range(1, p.shape[1]):\n        s[:, k] = a * s[:, k - 1] + (1 - a) * p[:, k]\n    return s\n"),
            Mistake("running-mean", "That is the mean of all answers so far: it never forgets.",
                    instead="def smoothed(p, a):\n    return np.cumsum(p, axis=0) / np.arange(1, len(p) + 1)[:, None]\n"),
            Mistake("backwards", "You go backwards in time: a live view does not know what comes.",
                    instead="def smoothed(p, a):\n    s = np.array(p, float)\n    for t in range(len(p) - 2, -1, -1):\n        s[t] = a * s[t + 1] + (1 - a) * p[t]\n    return s\n"),
        ),
    ),
    Exercise(
        slug="nothing_of_these", notebook="18", title="Nothing of these",
        prompt="For each answer, return the number of the likeliest class; -1 where its probability is below `least`.",
        solution='''
            def nothing_of_these(p, least):
                """p: (answers, classes). Returns (answers,) whole numbers."""
                return np.where(p.max(axis=1) >= least, p.argmax(axis=1), -1)
        ''',
        why="The likeliest class, if it is likely enough. (That a network is sure does not mean that it knows: section 6.)",
        hints=("Two things of each row: which is the largest, and how large it is.", "np.where(condition, this, that) chooses for each row.", "np.where(p.max(axis=1) >= least, p.argmax(axis=1), -1)"),
        inputs=_said,
        mistakes=(
            Mistake("no-threshold", "Below `least` it should be -1.", (("np.where(p.max(axis=1) >= least, p.argmax(axis=1), -1)", "p.argmax(axis=1)"),)),
            Mistake("upside-down", "-1 stands for what is not likely enough; you keep just those.", (("p.max(axis=1) >= least", "p.max(axis=1) < least"),)),
            Mistake("first-above", "You take the first class above `least`; with a small `least` another may be likelier.",
                    instead="def nothing_of_these(p, least):\n    return np.where((p >= least).any(axis=1), (p >= least / 2).argmax(axis=1), -1)\n"),
            Mistake("mean", "Compare the largest probability, not the mean of the row, which is always 1 over the classes.", (("p.max(axis=1) >= least", "p.mean(axis=1) >= least"),)),
            Mistake("zero", "0 is a class: nothing of these is -1.", ((", -1)", ", 0)"),)),
            Mistake("one-class-more", "Nothing of these is -1 here, not one more class.", ((", -1)", ", p.shape[1])"),)),
            Mistake("probability", "The class's number, not its probability.", (("p.argmax(axis=1)", "p.max(axis=1)"),)),
        ),
    ),
)  # fmt: skip
