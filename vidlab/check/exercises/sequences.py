"""Notebooks 08 and 09: sequences of frames."""

import numpy as np

from vidlab import reference
from vidlab.check.exercise import Exercise, Mistake

CLASSES = ("clockwise", "counterclockwise", "down", "growing", "left", "right", "shrinking", "up")


def _sequences(rng):
    return [
        (
            rng.normal(size=(b, t, m)),
            reference.LSTMWeights(
                0.5 * rng.normal(size=(m, 4 * n)), 0.5 * rng.normal(size=(n, 4 * n)), rng.normal(size=4 * n)
            ),
            k,
        )
        for b, t, m, n, k in ((2, 6, 3, 2, 3), (1, 5, 2, 3, 2), (3, 5, 1, 2, 4))
    ]


EXERCISES = (
    Exercise(
        slug="stacked_parameters", notebook="08", title="Any number of recurrent layers",
        prompt="The numbers to learn in `depth` recurrent layers of `units` each, and a dense layer; `gates` is the number of weight sets of a recurrent layer: 4 for an LSTM, 1 for a SimpleRNN.",
        solution='''
            def stacked_parameters(features, units, depth, classes, gates):
                """A whole number."""
                total = (units + 1) * classes
                for layer in range(depth):
                    total += gates * (features + units + 1) * units
                    features = units
                return total
        ''',
        why="The first layer sees the features, every later one the units of the layer before.",
        hints=(
            "One layer has gates x (inputs + units + 1) x units. What are the inputs of the second one?",
            "The units of the first. And the dense layer at the end?",
            "(units + 1) x classes.",
        ),
        inputs=lambda rng: [(256, 128, 2, 10, 4), (7, 5, 1, 3, 1), (9, 6, 3, 2, 4)],
        mistakes=(
            Mistake("features-everywhere", "Later layers see the units of the layer before, not the features.", (("        features = units\n", ""),)),
            Mistake("no-dense", "The dense layer at the end is forgotten.", (("(units + 1) * classes", "0"),)),
            Mistake("dense-without-bias", "The dense layer has biases, too.", (("(units + 1) * classes", "units * classes"),)),
            Mistake("no-bias", "The biases of the recurrent layers are forgotten.", (("features + units + 1", "features + units"),)),
            Mistake("gates-forgotten", "An LSTM has four sets of weights.", (("gates * (", "("),)),
            Mistake("gates-in-the-dense-layer", "The dense layer has no gates.", (("(units + 1) * classes", "gates * (units + 1) * classes"),)),
            Mistake("one-layer-too-many", "The first layer is one of the `depth` layers.", (("range(depth)", "range(depth + 1)"),)),
            Mistake("one-layer-too-few", "There are `depth` layers, the first one among them.", (("range(depth)", "range(depth - 1)"),)),
        ),
    ),
    Exercise(
        slug="mask_of", notebook="08", title="A mask from lengths",
        prompt="(batch, steps) of bool: true in the first lengths[i] steps of row i.",
        solution='''
            def mask_of(lengths, steps):
                """lengths: (batch,) whole numbers. Returns (batch, steps) of bool."""
                return np.arange(steps) < np.asarray(lengths)[:, None]
        ''',
        why="Step number t is real where t < length: t counts from 0.",
        hints=("Compare the numbers of the steps with the lengths.", "np.arange(steps) is a row; lengths[:, None] is a column.", "np.arange(steps) < lengths[:, None]"),
        inputs=lambda rng: [(np.array([7, 3, 12]), 12), (np.array([0, 2]), 3), (np.array([1]), 4)],
        mistakes=(
            Mistake("one-more", "One step too many: steps count from 0.", ((") < np", ") <= np"),)),
            Mistake("turned-round", "True is where a step is real; yours is true where it is not.", ((") < np", ") >= np"),)),
            Mistake("at-the-end", "The real steps are the first ones; yours are the last.", (("np.arange(steps) <", "np.arange(steps)[::-1] <"),)),
            Mistake("transposed", "Rows are clips, columns steps.", (("np.arange(steps) < np.asarray(lengths)[:, None]", "np.arange(steps)[:, None] < np.asarray(lengths)"),)),
            Mistake("only-the-last", "Only the last real step is true; all before it are real, too.", (("np.arange(steps) < np.asarray(lengths)[:, None]", "np.arange(steps) == np.asarray(lengths)[:, None] - 1"),)),
        ),
    ),
    Exercise(
        slug="within_pair", notebook="08", title="Right within a pair of classes",
        prompt="Of the clips of classes a and b that were named a or b: the part that was named rightly. 0 where there is none.",
        solution='''
            def within_pair(confusion, a, b):
                """confusion: (true, named) counts; a, b: numbers of classes. Returns a number."""
                block = confusion[np.ix_([a, b], [a, b])]
                return float(np.trace(block) / max(block.sum(), 1))
        ''',
        why="What was named some third class says nothing about the two.",
        hints=("Which four numbers of the table are about the two classes alone?", "confusion[np.ix_([a, b], [a, b])]: the right ones are on its diagonal.", "np.trace(block) / max(block.sum(), 1)"),
        inputs=lambda rng: [(rng.integers(1, 9, size=(n, n)), a, b) for n, a, b in ((4, 0, 2), (3, 2, 1), (5, 1, 4))] + [(np.diag([3, 0, 0]), 1, 2)],
        mistakes=(
            Mistake("all-named", "You divide by all clips of the two classes; leave out those that were named a third one.",
                    (("max(block.sum(), 1)", "max(confusion[[a, b]].sum(), 1)"),)),
            Mistake("all-clips", "You divide by all clips; only those of the pair count.", (("max(block.sum(), 1)", "max(confusion.sum(), 1)"),)),
            Mistake("confused", "That is the part that was confused.", (("np.trace(block)", "np.trace(block[::-1])"),)),
            Mistake("count", "That is a count; divide by the clips of the pair that were named one of the two.", ((" / max(block.sum(), 1)", ""),)),
            Mistake("one-class", "That is class a alone; b counts as well.", (("np.trace(block) / max(block.sum(), 1)", "block[0, 0] / max(block[0].sum(), 1)"),)),
            Mistake("mean-of-two", "That is the mean of the two classes' parts; here each clip counts the same.",
                    (("np.trace(block) / max(block.sum(), 1)", "np.mean(np.diag(block) / np.maximum(block.sum(axis=1), 1))"),)),
            Mistake("named", "You divide by what was named a or b, of whichever class; only clips of a and b count.",
                    (("max(block.sum(), 1)", "max(confusion[:, [a, b]].sum(), 1)"),)),
        ),
    ),
    Exercise(
        slug="mirrored_class", notebook="08", title="The classes in a mirror",
        prompt="A clip is mirrored left to right. Which class of the eight motions becomes which? A dict {class: its class in the mirror} of those that change.",
        solution='{"left": "right", "right": "left", "clockwise": "counterclockwise", "counterclockwise": "clockwise"}',
        why="A mirror changes left and right, and with them the sense of a turn; up, down and sizes stay.",
        hints=("Draw a turning arrow, and hold the page to a mirror.", "Four classes change.", "left and right; clockwise and counterclockwise."),
        seen_as=lambda said: {name: said.get(f"['{name}']", np.asarray(name)) for name in CLASSES},
        mistakes=(
            Mistake("no-turns", "A mirror turns the sense of a rotation round, too: draw it.", value={"left": "right", "right": "left"}),
            Mistake("only-turns", "Left and right change as well.", value={"clockwise": "counterclockwise", "counterclockwise": "clockwise"}),
            Mistake("up-and-down", "A mirror beside you leaves up and down as they are.",
                    value={"left": "right", "right": "left", "up": "down", "down": "up", "clockwise": "counterclockwise", "counterclockwise": "clockwise"}),
            Mistake("half-a-turn", "That is half a turn of the picture: in a mirror up stays up, and turns change their sense.", value={"left": "right", "right": "left", "up": "down", "down": "up"}),
            Mistake("one-way", "Each pair changes both ways: right becomes left, too.", value={"left": "right", "clockwise": "counterclockwise"}),
            Mistake("backwards", "That is what playing backwards does.",
                    value={"left": "right", "right": "left", "up": "down", "down": "up", "growing": "shrinking", "shrinking": "growing",
                           "clockwise": "counterclockwise", "counterclockwise": "clockwise"}),
        ),
    ),
    Exercise(
        slug="knows_only_the_line", notebook="08", title="It knows only the line",
        prompt="A model knows along which line the object moves (across, or up and down), and guesses which way. Its accuracy on left, right, up and down, "
        "all equally frequent: (in order, backwards), in the long run, each from 0 to 1.",
        solution="(0.5, 0.5)",
        why="It is right in half of its guesses, and backwards as well: only a model that knows the way falls below chance there.",
        hints=("How many answers are left when the line is known?", "Two: a guess among two.", "And is the line of a clip played backwards another one?"),
        mistakes=(
            Mistake("chance-of-four", "It knows the line: it guesses among two, not four.", value=(0.25, 0.25)),
            Mistake("knows-the-way", "That is a model that knows the way: backwards it says the opposite.", value=(1.0, 0.0)),
            Mistake("never-backwards", "Backwards, its guess is right as often: the line stays.", value=(0.5, 0.0)),
            Mistake("four-backwards", "Played backwards, the line is the same: a guess among two again.", value=(0.5, 0.25)),
            Mistake("line-is-enough", "The line is not the class: which way must be guessed.", value=(1.0, 1.0)),
        ),
    ),
    Exercise(
        slug="listing_with_peepholes", notebook="09", title="The listing, with peepholes",
        prompt="All numbers to learn (weights and biases) in two LSTM layers of `units` each and a dense layer: with diagonal peepholes (each gate looks at its own cell), "
        "and with full ones (each gate looks at all cells).",
        solution='''
            def listing_with_peepholes(features, units, classes):
                """Returns (with diagonal peepholes, with full ones)."""
                first = 4 * (features + units + 1) * units
                second = 4 * (units + units + 1) * units
                dense = (units + 1) * classes
                return first + second + dense + 2 * 3 * units, first + second + dense + 2 * 3 * units**2
        ''',
        why="Three gates have peepholes, the candidate has none; in each of the two layers.",
        hints=("Which of the four parts of an LSTM look at the cell?", "The three gates: 3 n numbers if each looks at its own cell. And if it looks at all?", "3 n^2; and there are two layers."),
        inputs=lambda rng: [(256, 128, 10), (7, 5, 3), (3, 2, 4)],
        mistakes=(
            Mistake("four-gates", "The candidate has no peephole: three, not four.", (("dense + 2 * 3 * units,", "dense + 2 * 4 * units,"), ("2 * 3 * units**2", "2 * 4 * units**2"))),
            Mistake("one-layer", "Both layers have peepholes.", (("dense + 2 * 3 * units,", "dense + 3 * units,"), ("2 * 3 * units**2", "3 * units**2"))),
            Mistake("exchanged", "The two are exchanged: diagonal ones come first.",
                    (("return first + second + dense + 2 * 3 * units, first + second + dense + 2 * 3 * units**2", "return first + second + dense + 2 * 3 * units**2, first + second + dense + 2 * 3 * units"),)),
            Mistake("two-gates", "The output gate has a peephole, too: three, not two.", (("dense + 2 * 3 * units,", "dense + 2 * 2 * units,"), ("2 * 3 * units**2", "2 * 2 * units**2"))),
            Mistake("features-twice", "The second layer sees the units of the first, not the features.", (("4 * (units + units + 1)", "4 * (features + units + 1)"),)),
            Mistake("no-dense", "The dense layer at the end is forgotten.", (("(units + 1) * classes", "0"),)),
            Mistake("no-bias", "The biases of the LSTMs are forgotten.", (("(features + units + 1)", "(features + units)"), ("(units + units + 1)", "(units + units)"))),
            Mistake("added", "Add the peepholes to the rest: the whole is wanted.",
                    (("return first + second + dense + 2 * 3 * units, first + second + dense + 2 * 3 * units**2", "return 2 * 3 * units, 2 * 3 * units**2"),)),
            Mistake("no-peepholes", "That is the listing without peepholes, twice.", (("return first + second + dense + 2 * 3 * units, first + second + dense + 2 * 3 * units**2", "return first + second + dense, first + second + dense"),)),
            Mistake("one-lstm", "There are two LSTM layers.", (("second = 4 * (units + units + 1) * units", "second = 0"), ("dense + 2 * 3 * units,", "dense + 3 * units,"), ("2 * 3 * units**2", "3 * units**2"),)),
            Mistake("dense-without-bias", "The dense layer has biases, too.", (("(units + 1) * classes", "units * classes"),)),
        ),
    ),
    Exercise(
        slug="without_order", notebook="09", title="What the counts alone tell",
        prompt="Of 8 blocks the first `sign` have the label's colour, the others any of 4 colours. How often is the most frequent colour the label, from 0 to 1? The others may have the label's colour, too. "
        "(A tie is decided by chance. A simulation will do, if it is long enough: within 0.02.)",
        solution='''
            def without_order(sign):
                """sign: blocks that have the label's colour, of 8. Returns a number."""
                others = np.array(np.meshgrid(*[range(4)] * (8 - sign))).reshape(8 - sign, -1)
                counts = np.array([(others == colour).sum(axis=0) for colour in range(4)])
                counts[0] += sign  # the label is colour 0
                best = counts == counts.max(axis=0)
                return float((best[0] / best.sum(axis=0)).mean())
        ''',
        why="Without the order only the counts are left; the more blocks the sign has, the more often it is the most frequent.",
        hints=(
            "Draw the other blocks at random many times, and count the colours.",
            "Add `sign` to the count of the label's colour. Is it the largest?",
            "Where two are largest, a guess among them is right once in so many: share a tie out.",
        ),
        inputs=lambda rng: [(4,), (2,), (3,)],
        tolerance=0.025,
        mistakes=(
            Mistake("ties-lost", "You count every tie as lost; one of the tied is named, and it may be the right one.", (("(best[0] / best.sum(axis=0)).mean()", "(best[0] & (best.sum(axis=0) == 1)).mean()"),)),
            Mistake("ties-won", "You count every tie as won; the other one may be named as well.", (("(best[0] / best.sum(axis=0)).mean()", "best[0].mean()"),)),
            Mistake("sign-left-out", "The sign's own blocks have the label's colour: add them.", (("counts[0] += sign", "counts[0] += 0"),)),
            Mistake("eight-others", "The sign is part of the 8 blocks: 8 - sign are free.", (("np.array(np.meshgrid(*[range(4)] * (8 - sign))).reshape(8 - sign, -1)", "np.array(np.meshgrid(*[range(4)] * 8)).reshape(8, -1)"),)),
            Mistake("chance", "That is chance: the counts know more.", (("float((best[0] / best.sum(axis=0)).mean())", "0.25"),)),
        ),
        twins={"chance": "sign-left-out"},
    ),
    Exercise(
        slug="window_side", notebook="09", title="How far does a state of ConvLSTM see?",
        prompt="The side of the square window of the input `steps_back` frames before (0: the same frame) that one place of H depends on. Both kernels, the input's and the recurrent one, have side k.",
        solution='''
            def window_side(steps_back, k=3):
                """A whole number."""
                return k + steps_back * (k - 1)
        ''',
        why="The input's kernel sees k places, and each step of the recurrent kernel adds k - 1.",
        hints=("How far does it see in the frame of now?", "k places: the input's kernel. What does one more step add?", "k - 1: (k - 1) / 2 on each side."),
        inputs=lambda rng: [(0,), (1,), (4,), (2, 5), (3, 1)],
        mistakes=(
            Mistake("always-k", "The window grows with each step back: the recurrent kernel hands a place's state to its neighbours.", (("k + steps_back * (k - 1)", "k"),)),
            Mistake("k-each", "Each step adds k - 1, not k: the place itself is counted already.", (("(k - 1)", "k"),)),
            Mistake("one-side", "It grows on both sides.", (("(k - 1)", "((k - 1) // 2)"),)),
            Mistake("input-forgotten", "The input's own kernel is forgotten: in the frame of now it sees k places.", (("k + steps_back", "1 + steps_back"),)),
            Mistake("multiplied", "Kernels one after the other add to the window, they do not multiply it.", (("k + steps_back * (k - 1)", "k ** (steps_back + 1)"),)),
            Mistake("one-step-more", "Step 0 is the same frame: nothing is added there.", (("steps_back *", "(steps_back + 1) *"),)),
            Mistake("both-each-step", "In each step back only the recurrent kernel widens the window; the input's kernel counts once.", (("k + steps_back * (k - 1)", "k + 2 * steps_back * (k - 1)"),)),
        ),
    ),
    Exercise(
        slug="run_in_pieces", notebook="09", title="A long clip in pieces",
        prompt="The last h of the LSTM over x, read in pieces of `length` steps; the last piece may be shorter. `reference.lstm(x, weights, h0=..., c0=...)` reads one piece; its .h and .c are "
        "(batch, time, units).",
        solution='''
            def run_in_pieces(x, weights, length):
                """x: (batch, time, features). Returns (batch, units)."""
                h = c = None
                for start in range(0, x.shape[1], length):
                    piece = x[:, start : start + length]
                    states = reference.lstm(piece, weights, h0=h, c0=c)
                    h, c = states.h[:, -1], states.c[:, -1]
                return h
        ''',
        why="The state is all that an LSTM knows of the past: h and c both go on.",
        hints=("What does an LSTM know of the frames before?", "h and c. What does the next piece begin with?", "h0=h, c0=c: the last ones of the piece before."),
        inputs=_sequences,
        given={"reference": reference},
        mistakes=(
            Mistake("from-zero", "Each piece starts from zero: h and c must go on from the piece before.", (("h0=h, c0=c", "h0=None, c0=None"),)),
            Mistake("c-from-zero", "h goes on, c starts from zero in each piece: the memory is in c.", (("c0=c", "c0=None"),)),
            Mistake("h-from-zero", "c goes on, h starts from zero in each piece: the gates look at h.", (("h0=h", "h0=None"),)),
            Mistake("exchanged", "h and c are exchanged from piece to piece.", (("h0=h, c0=c", "h0=c, c0=h"),)),
            Mistake("first-piece", "Only the first piece is read.", (("range(0, x.shape[1], length)", "[0]"),)),
            Mistake("last-piece-lost", "The last, shorter piece is left out.", (("range(0, x.shape[1], length)", "range(0, x.shape[1] - length + 1, length)"),)),
            Mistake("cell", "That is the last c; h is wanted.", (("return h", "return c"),)),
            Mistake("overlap", "The pieces overlap: the next begins where the one before ended.", (("start : start + length]", "start : start + length + 1]"),)),
            Mistake("first-state", "You hand over the first state of a piece; the last one knows all of it.", (("states.h[:, -1], states.c[:, -1]", "states.h[:, 0], states.c[:, 0]"),)),
            Mistake("all-states", "Those are the states of the last piece; the last one of them is wanted.", (("return h", "return states.h"),)),
        ),
    ),
)  # fmt: skip
