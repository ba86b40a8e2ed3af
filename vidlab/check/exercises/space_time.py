"""Notebooks 08 to 12: sequences of clips, space and time, attention, how much data."""

import numpy as np

from vidlab.check.exercise import Exercise, Mistake


def _boxes(rng):
    pairs = (
        ([0, 0, 2, 2], [1, 1, 3, 3]),
        ([0, 0, 4, 2], [0, 0, 4, 2]),
        ([0, 0, 1, 1], [2, 2, 3, 3]),
        ([0, 1, 5, 4], [2, 0, 3, 9]),
    )
    return [(np.array(a, float), np.array(b, float)) for a, b in pairs]


def _attention(rng):
    return [
        (rng.normal(size=(t, d)), rng.normal(size=(s, d)), rng.normal(size=(s, m)))
        for t, s, d, m in ((2, 3, 4, 2), (3, 3, 9, 3), (1, 4, 2, 5))
    ]


EXERCISES = (
    Exercise(
        slug="stacked_parameters", notebook="08", title="Any number of recurrent layers",
        prompt="The numbers to learn in `depth` recurrent layers of `units` each, and a dense layer; `gates` is 4 for an LSTM, 1 for a SimpleRNN.",
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
        slug="kernel_for_down", notebook="10", title="A kernel for down",
        prompt="(3, 3, 3): frames, rows, columns. Weight 1 where a point is that moves down one row a frame through the middle column, from the upper "
        "row in the first frame; else such a number that all sum to 0: -1/8.",
        solution='''
            def kernel_for_down():
                """(frames, rows, columns)."""
                kernel = np.full((3, 3, 3), -1 / 8)
                for t in range(3):
                    kernel[t, t, 1] = 1
                return kernel
        ''',
        why="In frame t the point is in row t: rows count downwards. The rest sums to -3, so that plain bright areas give 0.",
        hints=("Where is the point in frames 0, 1 and 2?", "Row 0, then 1, then 2, in the middle column.", "kernel[t, t, 1] = 1, and -1/8 at the other 24 places."),
        inputs=lambda rng: [()],
        mistakes=(
            Mistake("up", "That is the kernel for up: rows count downwards.", (("kernel[t, t, 1]", "kernel[t, 2 - t, 1]"),)),
            Mistake("right", "That is a motion to the right: the axes are frames, rows, columns.", (("kernel[t, t, 1]", "kernel[t, 1, t]"),)),
            Mistake("no-balance", "Its numbers do not sum to 0: it answers to plain bright areas, too.", (("-1 / 8", "0.0"),)),
            Mistake("still", "That is a point that stands still.", (("kernel[t, t, 1]", "kernel[t, 1, 1]"),)),
            Mistake("diagonal", "The point goes down in the middle column; yours goes across as well.", (("kernel[t, t, 1]", "kernel[t, t, t]"),)),
        ),
    ),
    Exercise(
        slug="frames_in_front", notebook="10", title="Causal in time",
        prompt="How many frames of zeros in front, for a kernel of k frames with dilation d, so that the output is causal and as long as the input?",
        solution='''
            def frames_in_front(k, d):
                """A whole number."""
                return (k - 1) * d
        ''',
        why="The kernel reaches (k - 1) d frames back from the frame that it ends on.",
        hints=("How many frames does the kernel reach over?", "(k - 1) d + 1. One of them is the frame itself.", "(k - 1) * d"),
        inputs=lambda rng: [(3, 1), (5, 1), (3, 4), (1, 2), (2, 3)],
        mistakes=(
            Mistake("both-ends", "Half of it on each side is \"same\": then the layer sees the future.", (("(k - 1) * d", "(k - 1) * d // 2"),)),
            Mistake("one-too-many", "The frame itself needs no zero: (k - 1) d, not k d.", (("(k - 1) * d", "k * d"),)),
            Mistake("dilation-ignored", "The kernel's frames stand d apart.", (("(k - 1) * d", "k - 1"),)),
            Mistake("reach", "That is how many frames it reaches over; the frame itself needs no zero.", (("(k - 1) * d", "(k - 1) * d + 1"),)),
            Mistake("added", "The dilation multiplies the steps between the kernel's frames.", (("(k - 1) * d", "k - 1 + d - 1"),)),
        ),
    ),
    Exercise(
        slug="flow_of_a_shift", notebook="10", title="The flow of a shift",
        prompt="Frame 2 is np.roll(frame 1, (3, -2), axis=(0, 1)). Its flow (u, v), in pixels: u to the right, v down.",
        solution="(-2, 3)",
        why="Axis 0 is the rows: 3 down. Axis 1 is the columns: -2, to the left. The flow has u first.",
        hints=("Which axis are the rows?", "Axis 0: the picture goes 3 down, and 2 to the left.", "u is to the right: -2. v is down: 3."),
        mistakes=(
            Mistake("exchanged", "u and v are exchanged: u is to the right (axis 1), v down (axis 0).", value=(3, -2)),
            Mistake("signs", "The signs are turned round: flow says where a pixel has gone to.", value=(2, -3)),
            Mistake("sign-of-u", "A shift of -2 along the columns goes to the left.", value=(2, 3)),
            Mistake("sign-of-v", "v is positive downwards.", value=(-2, -3)),
            Mistake("both", "Both are turned round and exchanged.", value=(-3, 2)),
        ),
    ),
    Exercise(
        slug="box_iou", notebook="10", title="Intersection over union",
        prompt="Of two boxes (top, left, bottom, right).",
        solution='''
            def box_iou(a, b):
                """a, b: (4,). Returns a number from 0 to 1."""
                height = max(min(a[2], b[2]) - max(a[0], b[0]), 0)
                width = max(min(a[3], b[3]) - max(a[1], b[1]), 0)
                both = height * width
                areas = [(box[2] - box[0]) * (box[3] - box[1]) for box in (a, b)]
                return both / (sum(areas) - both)
        ''',
        why="The overlap counts once in the union: it is in both areas.",
        hints=(
            "The overlap begins at the larger of the tops and ends at the smaller of the bottoms. What if that is negative?",
            "Then there is none: max(..., 0).",
            "overlap / (area of a + area of b - overlap)",
        ),
        inputs=_boxes,
        mistakes=(
            Mistake("overlap-twice", "The overlap is in both areas: take it off once from their sum.", (("(sum(areas) - both)", "sum(areas)"),)),
            Mistake("negative", "Boxes that do not touch have a negative height and width, and their product is positive: cut off at 0.",
                    (("max(min(a[2], b[2]) - max(a[0], b[0]), 0)", "min(a[2], b[2]) - max(a[0], b[0])"), ("max(min(a[3], b[3]) - max(a[1], b[1]), 0)", "min(a[3], b[3]) - max(a[1], b[1])"))),
            Mistake("dice", "That is Dice's coefficient: twice the overlap over the sum of the areas.", (("both / (sum(areas) - both)", "2 * both / sum(areas)"),)),
            Mistake("of-the-smaller", "You divide by the smaller area; the union is wanted.", (("(sum(areas) - both)", "min(areas)"),)),
            Mistake("of-the-first", "You divide by the first box's area; the union is wanted.", (("(sum(areas) - both)", "areas[0]"),)),
            Mistake("corners", "Your boxes are read as (left, top, width, height); they are (top, left, bottom, right).",
                    instead='''
                        def box_iou(a, b):
                            height = max(min(a[0] + a[2], b[0] + b[2]) - max(a[0], b[0]), 0)
                            width = max(min(a[1] + a[3], b[1] + b[3]) - max(a[1], b[1]), 0)
                            both = height * width
                            return both / (a[2] * a[3] + b[2] * b[3] - both)
                    '''),
        ),
    ),
    Exercise(
        slug="iou_of_a_shift", notebook="10", title="The IoU of a shifted square",
        prompt="Two squares of side s, one moved sideways by d < s.",
        solution='''
            def iou_of_a_shift(s, d):
                """A number."""
                return (s - d) / (s + d)
        ''',
        why="The overlap is s (s - d), the union s (s + d). It is 0.5 at d = s / 3: a third is much.",
        hints=("How wide is the overlap?", "s - d; the union is s + d wide.", "(s - d) / (s + d)"),
        inputs=lambda rng: [(1.0, 0.5), (2.0, 0.2), (3.0, 0.0), (1.0, 0.9)],
        mistakes=(
            Mistake("over-one-square", "You divide by one square; the union of the two is larger.", (("(s + d)", "s"),)),
            Mistake("overlap-twice", "The union is not the sum of both squares: the overlap is in both.", (("(s + d)", "(2 * s)"),)),
            Mistake("area-only", "That is the overlap; divide it by the union.", (("(s - d) / (s + d)", "s * (s - d)"),)),
            Mistake("dice", "That is Dice's coefficient.", (("(s - d) / (s + d)", "2 * (s - d) / (2 * s)"),)),
            Mistake("both-ways", "The square moves sideways only, not down as well.", (("(s - d) / (s + d)", "(s - d) ** 2 / (2 * s**2 - (s - d) ** 2)"),)),
        ),
        twins={"dice": "over-one-square"},
    ),
    Exercise(
        slug="scaled_attention", notebook="11", title="Attention",
        prompt="softmax(Q K^T / sqrt(d)) V, where d is the length of a query; the softmax goes over the keys.",
        solution='''
            def scaled_attention(Q, K, V):
                """Q: (queries, d), K: (keys, d), V: (keys, m). Returns (queries, m)."""
                scores = Q @ K.T / np.sqrt(Q.shape[-1])
                weights = np.exp(scores - scores.max(axis=-1, keepdims=True))
                weights = weights / weights.sum(axis=-1, keepdims=True)
                return weights @ V
        ''',
        why="Each query shares one unit of attention out among the keys; the division keeps the scores of a size that a softmax likes.",
        hints=(
            "Which product gives a score for each query and key?",
            "Q @ K.T, (queries, keys), divided by the square root of d; then a softmax over the last axis.",
            "weights @ V",
        ),
        inputs=_attention,
        mistakes=(
            Mistake("no-scaling", "The division by the square root of d is missing.", ((" / np.sqrt(Q.shape[-1])", ""),)),
            Mistake("scaled-by-d", "Divide by the square root of d, not by d.", (("np.sqrt(Q.shape[-1])", "Q.shape[-1]"),)),
            Mistake("softmax-over-queries", "Your softmax goes over the queries: each query shares one unit out among the keys (the last axis).",
                    (("weights / weights.sum(axis=-1, keepdims=True)", "weights / weights.sum(axis=0, keepdims=True)"), ("scores - scores.max(axis=-1, keepdims=True)", "scores"))),
            Mistake("no-softmax", "The softmax is missing: the scores themselves are no weights.", (("return weights @ V", "return scores @ V"),)),
            Mistake("scaled-by-keys", "d is the length of a query, not the number of keys.", (("np.sqrt(Q.shape[-1])", "np.sqrt(len(K))"),)),
            Mistake("scaled-after", "The division belongs in front of the softmax, on the scores.",
                    (("Q @ K.T / np.sqrt(Q.shape[-1])", "Q @ K.T"), ("return weights @ V", "return weights @ V / np.sqrt(Q.shape[-1])"))),
            Mistake("multiplied", "Divide by the square root of d; multiplied, the softmax hardens.", (("K.T / np", "K.T * np"),)),
        ),
    ),
    Exercise(
        slug="causal_mask", notebook="11", title="A causal mask",
        prompt="(tokens, tokens) of bool: true where query i may look at key j, which is not later than i.",
        solution='''
            def causal_mask(tokens):
                """Returns (tokens, tokens) of bool."""
                return np.tri(tokens, dtype=bool)
        ''',
        why="Rows are queries: row i is true up to and with column i.",
        hints=("Which keys may query 0 look at?", "Only itself. And the last one?", "np.tri(tokens, dtype=bool): true on and below the diagonal."),
        inputs=lambda rng: [(4,), (1,), (3,)],
        mistakes=(
            Mistake("future", "The other way round: rows are queries, and they may look back.", (("np.tri(tokens, dtype=bool)", "np.tri(tokens, dtype=bool).T"),)),
            Mistake("not-itself", "A frame may look at itself.", (("np.tri(tokens, dtype=bool)", "np.tri(tokens, k=-1, dtype=bool)"),)),
            Mistake("itself-alone", "It may look at all that came before, too.", (("np.tri(tokens, dtype=bool)", "np.eye(tokens, dtype=bool)"),)),
            Mistake("one-ahead", "One frame of the future is open.", (("np.tri(tokens, dtype=bool)", "np.tri(tokens, k=1, dtype=bool)"),)),
            Mistake("forbidden", "Yours is true where looking is forbidden; here true means allowed.", (("np.tri(tokens, dtype=bool)", "~np.tri(tokens, dtype=bool)"),)),
        ),
    ),
    Exercise(
        slug="permuted_output", notebook="11", title="Tokens in another order",
        prompt="The attention layer's output for x[:, order], from the output y for x, without positions.",
        solution='''
            def permuted_output(y, order):
                """y: (batch, tokens, features). Returns the same shape."""
                return y[:, order]
        ''',
        why="Without positions attention does not know the order: the output moves as the input does.",
        hints=("Does a token's answer change when others stand elsewhere?", "No: it keeps its answer, and stands in its new place.", "y[:, order]"),
        inputs=lambda rng: [(rng.normal(size=(2, 4, 3)), np.array([2, 0, 3, 1])), (rng.normal(size=(1, 5, 2)), np.array([4, 0, 1, 2, 3]))],
        mistakes=(
            Mistake("unmoved", "That is the output for the old order: the tokens keep theirs, but in other places.", (("y[:, order]", "y"),)),
            Mistake("way-back", "That is the way back: order[0] says which old token now stands first.", (("y[:, order]", "y[:, np.argsort(order)]"),)),
            Mistake("features", "You move the features; the tokens are on the axis before.", (("y[:, order]", "np.roll(y, 1, axis=2)"),)),
            Mistake("reversed", "You turn the order round.", (("y[:, order]", "y[:, order[::-1]]"),)),
            Mistake("mean", "The mean is what is left when you do not care for the places.", (("y[:, order]", "y.mean(axis=1, keepdims=True) + 0 * y"),)),
        ),
    ),
    Exercise(
        slug="pairs_of_tokens", notebook="11", title="Pairs of joint attention",
        prompt="Pairs (query, key) of joint attention over tubelets of `block` (frames, rows, columns).",
        solution='''
            def pairs_of_tokens(frames, height, width, block=(2, 16, 16)):
                """A whole number."""
                tokens = (frames // block[0]) * (height // block[1]) * (width // block[2])
                return tokens**2
        ''',
        why="Every token looks at every token, itself too.",
        hints=("How many tokens are there?", "frames / 2 x height / 16 x width / 16.", "Each looks at all: tokens squared."),
        inputs=lambda rng: [(32, 224, 224), (4, 32, 48), (8, 16, 16, (1, 8, 8))],
        mistakes=(
            Mistake("tokens", "These are the tokens; each looks at all.", (("tokens**2", "tokens"),)),
            Mistake("each-pair-once", "Each pair has two directions, and a token looks at itself, too.", (("tokens**2", "tokens * (tokens - 1) // 2"),)),
            Mistake("not-itself", "A token looks at itself, too.", (("tokens**2", "tokens * (tokens - 1)"),)),
            Mistake("frames-not-halved", "A tubelet takes several frames at once.", (("frames // block[0]", "frames"),)),
            Mistake("divided", "That is divided attention: over time and over space by turns.",
                    (("return tokens**2", "return tokens * (frames // block[0] + (height // block[1]) * (width // block[2]))"),)),
        ),
    ),
    Exercise(
        slug="clips_for", notebook="12", title="How many clips for an accuracy?",
        prompt="Between two sizes the curve goes along a straight line over log2 of the size. Where does it reach `wanted`? np.inf if never. (The curve rises.)",
        solution='''
            def clips_for(sizes, accuracies, wanted):
                """A number."""
                if wanted > max(accuracies):
                    return np.inf
                return float(2 ** np.interp(wanted, accuracies, np.log2(sizes)))
        ''',
        why="Interpolate the logarithm of the size, and raise 2 to it.",
        hints=("np.interp goes along straight lines. Over which axis is the line straight?", "Over log2 of the size: interpolate that.", "2 ** np.interp(wanted, accuracies, np.log2(sizes))"),
        inputs=lambda rng: [([10, 20, 40], [0.2, 0.4, 0.8], 0.6), ([12, 24], [0.3, 0.5], 0.4), ([10, 20, 40], [0.2, 0.4, 0.8], 0.9), ([8, 64], [0.1, 0.7], 0.3)],
        mistakes=(
            Mistake("plain-axis", "Half way on a plain axis; half way over log2 is less.", (("2 ** np.interp(wanted, accuracies, np.log2(sizes))", "np.interp(wanted, accuracies, sizes)"),)),
            Mistake("never", "A curve that ends below never reaches it: return np.inf.", (("    if wanted > max(accuracies):\n        return np.inf\n", ""),)),
            Mistake("log", "That is log2 of the size; raise 2 to it.", (("2 ** np.interp", "np.interp"),)),
            Mistake("next-size", "You take the next size that was tried; go along the line between two.",
                    (("2 ** np.interp(wanted, accuracies, np.log2(sizes))", "next(n for n, a in zip(sizes, accuracies) if a >= wanted)"),)),
            Mistake("e", "The line is straight over log2, and 2 is to be raised, not e.", (("2 ** np.interp", "np.e ** np.interp"),)),
        ),
    ),
    Exercise(
        slug="clips_needed", notebook="12", title="The power law turned round",
        prompt="error = a n^-b. How many clips n for a given error?",
        solution='''
            def clips_needed(a, b, error):
                """A number."""
                return (a / error) ** (1 / b)
        ''',
        why="n^b = a / error, so n is its b-th root.",
        hints=("Solve error = a / n^b for n^b first.", "n^b = a / error.", "(a / error) ** (1 / b)"),
        inputs=lambda rng: [(4.0, 0.5, 0.1), (2.0, 0.7, 0.05), (1.0, 1.0, 0.2)],
        mistakes=(
            Mistake("no-root", "(a / error) must still be raised to the power 1 / b.", ((" ** (1 / b)", ""),)),
            Mistake("power-b", "The b-th root, not the b-th power.", (("(1 / b)", "b"),)),
            Mistake("upside-down", "a / error, not error / a: a smaller error needs more clips.", (("(a / error)", "(error / a)"),)),
            Mistake("forward", "That is the error for so many clips; the clips are wanted.", (("(a / error) ** (1 / b)", "a * error ** -b"),)),
            Mistake("a-left-out", "a is raised, too.", (("(a / error) ** (1 / b)", "a * error ** (-1 / b)"),)),
        ),
    ),
)  # fmt: skip
