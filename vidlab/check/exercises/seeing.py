"""Notebook 16: what can it see?"""

import numpy as np

from vidlab.check.exercise import Exercise, Mistake


def _scores(rng):
    return [(0.7, 0.4), (0.9, 0.125), (0.3, 0.5), (1.0, 0.25), (float(rng.uniform(0.4, 0.9)), 0.2)]


def _labels(rng):
    cases = [np.array([0, 0, 1, 2, 0, -1, -1, -1, -1]), np.array([3, 1, 3, -1, 3, 1])]
    return [(case,) for case in (*cases, rng.integers(-1, 4, 23), rng.integers(0, 3, 10))]


def _answers(rng):
    cases = []
    for n, k in ((6, 3), (9, 5), (4, 2)):
        p = rng.uniform(0.05, 1, (n, k))
        known = rng.integers(0, k, n)
        known[: n // 3] = -1
        cases.append((p / p.sum(axis=1, keepdims=True), rng.permutation(known)))
    return cases


def _runs(rng):
    return [(np.array([0.81, 0.86, 0.78]), 4.303), (np.array([0.5, 0.7]), 12.706), (rng.uniform(0.3, 0.9, 5), 2.776)]


def _tests(rng):
    return [(0.62, 0.5, 200), (0.2, 0.25, 480), (0.4, 0.125, 60), (float(rng.uniform(0.3, 0.6)), 0.25, 150)]


def _tables(rng):
    xor = np.zeros((2, 2, 2))
    xor[0, 0, 0] = xor[1, 1, 0] = xor[0, 1, 1] = xor[1, 0, 1] = 5
    return [(xor,), (rng.integers(1, 9, (3, 2, 2)).astype(float),), (rng.integers(0, 9, (2, 4, 3)) + 1.0,)]


EXERCISES = (
    Exercise(
        slug="above_chance", notebook="16", title="How far above chance?",
        prompt="Guessing one of two is right half of the time, guessing one of eight for an eighth: their accuracies cannot stand in one table. Bring an accuracy to a scale where 0 is chance and 1 is all right.",
        solution='''
            def above_chance(accuracy, chance):
                """Both from 0 to 1. Returns a number."""
                return (accuracy - chance) / (1 - chance)
        ''',
        why="Between chance and 1 lie 1 - chance; accuracy - chance of it has been won. Below chance it is negative.",
        hints=("What must come out for accuracy = chance? And for accuracy = 1?", "accuracy - chance is 0 for chance. What must it be divided by, to be 1 at the best?", "(accuracy - chance) / (1 - chance)"),
        inputs=_scores,
        mistakes=(
            Mistake("difference", "That is 0 for chance, but at most 1 - chance: a question of two answers could never reach what one of eight can.", ((" / (1 - chance)", ""),)),
            Mistake("times-chance", "Dividing by chance says how many times as good as guessing it is; the best is then 1 / chance - 1, not 1.", (("/ (1 - chance)", "/ chance"),)),
            Mistake("ratio", "accuracy / chance is 1 for chance, not 0.", (("(accuracy - chance) / (1 - chance)", "accuracy / chance"),)),
            Mistake("errors", "That is the share of the errors that are left: 1 for chance and 0 for the best. Take it from 1.", (("(accuracy - chance) / (1 - chance)", "(1 - accuracy) / (1 - chance)"),)),
            Mistake("never-negative", "Below chance is below 0. Cut it off and you no longer see that chance scatters to both sides.", (("(accuracy - chance) / (1 - chance)", "max(0.0, (accuracy - chance) / (1 - chance))"),)),
            Mistake("by-accuracy", "What could be won is 1 - chance, whatever was won.", (("/ (1 - chance)", "/ (1 - accuracy + 1e-9)"),)),
        ),
    ),
    Exercise(
        slug="commonest_share", notebook="16", title="Chance, where some do not know",
        prompt="What is right if one always says the commonest answer? -1 says that a clip has no answer: it counts neither among the answers nor among the clips.",
        solution='''
            def commonest_share(labels):
                """labels: (clips,) whole numbers, -1 where there is no answer. Returns a number."""
                known = labels[labels >= 0]
                return np.bincount(known).max() / len(known)
        ''',
        why="First leave out what has no answer; then count each value, and divide the largest count by how many are left.",
        hints=("Two steps: who counts at all? Then: which answer is the commonest?", "labels[labels >= 0] are those that count; np.bincount counts each value.", "np.bincount(known).max() / len(known)"),
        inputs=_labels,
        mistakes=(
            Mistake("unknown-in-the-sum", "You divide by all clips. Those without an answer are not judged: leave them out below as well.", (("/ len(known)", "/ len(labels)"),)),
            Mistake("unknown-is-an-answer", "You count -1 as an answer, so where it is the commonest, chance looks higher than it is.", (("labels[labels >= 0]", "labels + 1"),)),
            Mistake("one-of-k", "One in k is right only where all answers are equally common. The commonest is the better guess.", (("np.bincount(known).max() / len(known)", "1 / (known.max() + 1)"),)),
            Mistake("which-one", "That is the commonest answer itself, not how common it is.", (("np.bincount(known).max() / len(known)", "np.bincount(known).argmax()"),)),
            Mistake("count", "That is how many clips have the commonest answer; as a share, divide by how many have one.", ((" / len(known)", ""),)),
            Mistake("zero-left-out", "0 is an answer like any other; only -1 is none.", (("labels >= 0", "labels > 0"),)),
        ),
    ),
    Exercise(
        slug="loss_of_known", notebook="16", title="A loss that leaves out what nobody knows",
        prompt="p holds the probabilities that a model gives to each answer, one row a clip. What is the mean of -log p(right answer), over the clips that have an answer?",
        solution='''
            def loss_of_known(p, labels):
                """p: (clips, answers); labels: (clips,), -1 where there is no answer. Returns a number."""
                rows = np.flatnonzero(labels >= 0)
                return -np.mean(np.log(p[rows, labels[rows]]))
        ''',
        why="Choose the rows that have an answer; p[rows, labels[rows]] takes one probability from each.",
        hints=("Which clips have an answer? And for each of them: which column?", "p[rows, labels[rows]] takes the right answer's probability from each row.", "-np.mean(np.log(...)) over those rows alone"),
        inputs=_answers,
        mistakes=(
            Mistake("last-answer", "In NumPy the index -1 is the last column: for a clip without an answer you took the last answer as the right one.", (("np.flatnonzero(labels >= 0)", "np.arange(len(labels))"),)),
            Mistake("over-all", "You divide by all clips. Those without an answer must not thin out the mean.", (("-np.mean(np.log(p[rows, labels[rows]]))", "-np.sum(np.log(p[rows, labels[rows]])) / len(labels)"),)),
            Mistake("sum", "That is the sum; the mean does not depend on how many clips there are.", (("np.mean(", "np.sum("),)),
            Mistake("sign", "log of a probability is below 0; the loss is its negative.", (("-np.mean", "np.mean"),)),
            Mistake("no-log", "That is the mean probability. The loss is its logarithm, clip by clip, before the mean.", (("-np.mean(np.log(p[rows, labels[rows]]))", "-np.mean(p[rows, labels[rows]])"),)),
            Mistake("log-of-mean", "The logarithm first, for each clip; then the mean.", (("-np.mean(np.log(p[rows, labels[rows]]))", "-np.log(np.mean(p[rows, labels[rows]]))"),)),
            Mistake("likeliest", "You took the likeliest answer of each row, not the right one.", (("p[rows, labels[rows]]", "p[rows].max(axis=1)"),)),
            Mistake("zero-left-out", "0 is an answer like any other; only -1 is none.", (("labels >= 0", "labels > 0"),)),
        ),
    ),
    Exercise(
        slug="seed_interval", notebook="16", title="How sure are three seeds?",
        prompt="An accuracy was measured from a few seeds. Half of the width of its 95% interval is t times the standard error of the mean; t, from Student's table, is given (4.303 for three seeds).",
        solution='''
            def seed_interval(accuracies, t):
                """accuracies: (seeds,); t: a number. Returns half of the interval's width."""
                return t * np.std(accuracies, ddof=1) / np.sqrt(len(accuracies))
        ''',
        why="The standard deviation of a sample divides by n - 1 (the mean was taken from the same numbers); that of a mean is smaller by the root of n.",
        hints=("Two things: how far do single runs scatter, and how much less does their mean?", "np.std(..., ddof=1) for the runs; the mean scatters less by the root of their number.", "t * np.std(accuracies, ddof=1) / np.sqrt(n)"),
        inputs=_runs,
        mistakes=(
            Mistake("population", "np.std divides by n unless told otherwise. With three runs that makes the interval a fifth too narrow: ddof=1.", ((", ddof=1", ""),)),
            Mistake("single-run", "That is how far single runs scatter; their mean scatters less, by the root of n.", ((" / np.sqrt(len(accuracies))", ""),)),
            Mistake("by-n", "The variance of a mean is smaller by n; the deviation by the root of n.", (("np.sqrt(len(accuracies))", "len(accuracies)"),)),
            Mistake("variance", "Variance is in squares; take the standard deviation.", (("np.std(", "np.var("),)),
            Mistake("normal", "1.96 holds for many runs. With so few, their own scatter is not well known either: Student's t.", (("t * ", "1.96 * "),)),
            Mistake("whole-width", "That is the whole width, from end to end; asked is half of it, as in 0.8 +- 0.1.", (("t * ", "2 * t * "),)),
            Mistake("range", "The range grows with the number of seeds; the standard error shrinks.", (("t * np.std(accuracies, ddof=1) / np.sqrt(len(accuracies))", "(np.max(accuracies) - np.min(accuracies)) / 2"),)),
        ),
    ),
    Exercise(
        slug="deviations_from_chance", notebook="16", title="Could it be chance?",
        prompt="Somebody who guesses is right with probability `chance` on each of n clips. How many standard deviations above that is an accuracy?",
        solution='''
            def deviations_from_chance(accuracy, chance, n):
                """Returns a number; above 2, guessing seldom does it."""
                return (accuracy - chance) / np.sqrt(chance * (1 - chance) / n)
        ''',
        why="The number of right guesses is binomial; its share has variance chance (1 - chance) / n. The question is what guessing would do, so the variance is that of guessing.",
        hints=("How far does the share of right guesses scatter, for somebody who guesses?", "Its variance is chance (1 - chance) / n.", "(accuracy - chance) / np.sqrt(chance * (1 - chance) / n)"),
        inputs=_tests,
        mistakes=(
            Mistake("own-variance", "You took the scatter of the accuracy found. The question is what somebody who guesses would reach: chance (1 - chance).", (("chance * (1 - chance)", "accuracy * (1 - accuracy)"),)),
            Mistake("variance", "That is the variance; deviations are counted in its root.", (("np.sqrt(chance * (1 - chance) / n)", "(chance * (1 - chance) / n)"),)),
            Mistake("one-clip", "That is the scatter of a single guess; the share among n scatters less.", ((" / n)", ")"),)),
            Mistake("root-twice", "n stands inside of the root: the deviation shrinks with the root of n.", (("np.sqrt(chance * (1 - chance) / n)", "(np.sqrt(chance * (1 - chance)) / n)"),)),
            Mistake("half", "chance (1 - chance) is a quarter only where chance is a half.", (("chance * (1 - chance)", "0.25"),)),
            Mistake("backwards", "Above chance is positive.", (("accuracy - chance", "chance - accuracy"),)),
        ),
    ),
    Exercise(
        slug="best_from_one", notebook="16", title="What one sense can tell at best",
        prompt="counts[a, v, y] says how often the sound a, the picture v and the label y came together. How often is the best guess right that knows only a? (For the exclusive or, no better than chance.)",
        solution='''
            def best_from_one(counts):
                """counts: (sounds, pictures, labels). Returns a number from 0 to 1."""
                heard = counts.sum(axis=1)
                return heard.max(axis=1).sum() / counts.sum()
        ''',
        why="Who does not see v has counts summed over v. For each a the best guess is its commonest label; all those that it gets right, of all clips.",
        hints=("Who does not see the picture knows only counts summed over it.", "For each sound, say the label that came most often with it.", "heard = counts.sum(axis=1); then the largest of each row, summed, of all"),
        inputs=_tables,
        mistakes=(
            Mistake("both", "You let it see the picture as well: sum over the pictures before you choose the label.", (("heard.max(axis=1).sum()", "counts.max(axis=2).sum()"),)),
            Mistake("picture", "You summed over the sounds: that is the best guess from the picture alone.", (("counts.sum(axis=1)", "counts.sum(axis=0)"),)),
            Mistake("one-guess", "You say the same label whatever is heard; it may change with the sound.", (("heard.max(axis=1).sum()", "heard.sum(axis=0).max()"),)),
            Mistake("best-sound", "For each label you chose the best sound. The sound is given; choose the label.", (("heard.max(axis=1)", "heard.max(axis=0)"),)),
            Mistake("equal-sounds", "You average over the sounds as if all were equally common; weigh each by how often it came.", (("heard.max(axis=1).sum() / counts.sum()", "(heard.max(axis=1) / heard.sum(axis=1)).mean()"),)),
            Mistake("count", "That is how many are right; asked is the share.", ((" / counts.sum()", ""),)),
        ),
    ),
)  # fmt: skip
