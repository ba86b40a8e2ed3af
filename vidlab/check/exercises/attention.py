"""Notebooks 11 and 12: attention; how much data."""

import numpy as np

from vidlab.check.exercise import Exercise, Mistake


def _attention(rng):
    return [
        (rng.normal(size=(t, d)), rng.normal(size=(s, d)), rng.normal(size=(s, m)))
        for t, s, d, m in ((2, 3, 4, 2), (3, 3, 9, 3), (1, 4, 2, 5))
    ]


EXERCISES = (
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
            Mistake("weights", "Those are the weights; multiply them by V.", (("return weights @ V", "return weights"),)),
            Mistake("softmax-over-all", "Your softmax goes over all scores together: each query shares one unit out.", (("weights / weights.sum(axis=-1, keepdims=True)", "weights / weights.sum()"), ("scores.max(axis=-1, keepdims=True)", "scores.max()"),)),
            Mistake("scaled-by-values", "d is the length of a query, not the width of V.", (("np.sqrt(Q.shape[-1])", "np.sqrt(V.shape[-1])"),)),
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
            Mistake("batch-moved", "y[order] moves the clips of the batch; the tokens are the axis after it: y[:, order].", (("y[:, order]", "y[np.asarray(order) % len(y)]"),)),
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
            Mistake("block-ignored", "The block is ignored: it may have another size.", (("(frames // block[0]) * (height // block[1]) * (width // block[2])", "(frames // 2) * (height // 16) * (width // 16)"),)),
            Mistake("pixels", "You count pixels; a token is a whole block of them.", (("(frames // block[0]) * (height // block[1]) * (width // block[2])", "frames * height * width"),)),
        ),
    ),
    Exercise(
        slug="head_weights", notebook="11", title="The weights of one head",
        prompt="softmax(q k^T / sqrt(d)) over the keys, where q = x W_q + b_q and k = x W_k + b_k.",
        solution='''
            def head_weights(x, Wq, bq, Wk, bk):
                """x: (batch, tokens, features), W: (features, d), b: (d,). Returns (batch, queries, keys)."""
                q, k = x @ Wq + bq, x @ Wk + bk
                scores = q @ k.transpose(0, 2, 1) / np.sqrt(q.shape[-1])
                weights = np.exp(scores - scores.max(axis=-1, keepdims=True))
                return weights / weights.sum(axis=-1, keepdims=True)
        ''',
        why="Each row is one query's share of all keys, and sums to 1.",
        hints=("Make q and k first. Which of their axes meet in the product?", "The last ones: q @ k.transpose(0, 2, 1), (batch, queries, keys), divided by sqrt(d).", "A softmax over the last axis."),
        inputs=lambda rng: [(rng.normal(size=(b, t, m)), rng.normal(size=(m, d)), rng.normal(size=d), rng.normal(size=(m, d)), rng.normal(size=d)) for b, t, m, d in ((2, 3, 4, 2), (1, 5, 2, 3), (3, 2, 3, 5))],
        mistakes=(
            Mistake("no-scaling", "The division by the square root of d is missing.", ((" / np.sqrt(q.shape[-1])", ""),)),
            Mistake("scaled-by-d", "Divide by the square root of d, not by d.", (("np.sqrt(q.shape[-1])", "q.shape[-1]"),)),
            Mistake("scaled-by-features", "d is the length of a query, not the number of features.", (("np.sqrt(q.shape[-1])", "np.sqrt(x.shape[-1])"),)),
            Mistake("softmax-over-queries", "Your softmax goes over the queries; each row (last axis: keys) must sum to 1.", (("weights.sum(axis=-1, keepdims=True)", "weights.sum(axis=1, keepdims=True)"), ("scores - scores.max(axis=-1, keepdims=True)", "scores"))),
            Mistake("q-and-k-exchanged", "q and k are exchanged: rows are queries, columns keys.", (("q @ k.transpose(0, 2, 1)", "k @ q.transpose(0, 2, 1)"),)),
            Mistake("no-bias", "The bias of q is forgotten. (That of k adds the same to all scores of a row, which a softmax does not see.)", (("x @ Wq + bq, x @ Wk + bk", "x @ Wq, x @ Wk"),)),
            Mistake("no-softmax", "These are the scores; the softmax over the keys is missing.", (("return weights / weights.sum(axis=-1, keepdims=True)", "return scores"),)),
            Mistake("not-normalised", "The rows do not sum to 1: divide by their sum.", (("return weights / weights.sum(axis=-1, keepdims=True)", "return np.exp(scores)"),)),
            Mistake("no-bias-of-q", "The bias of q is forgotten.", (("x @ Wq + bq", "x @ Wq"),)),
            Mistake("softmax-over-all", "Your softmax goes over all scores of a clip together; each query shares one unit out.", (("weights.sum(axis=-1, keepdims=True)", "weights.sum(axis=(1, 2), keepdims=True)"), ("scores.max(axis=-1, keepdims=True)", "scores.max(axis=(1, 2), keepdims=True)"),)),
            Mistake("scaled-after", "The division belongs in front of the softmax, on the scores.", ((" / np.sqrt(q.shape[-1])", ""), ("return weights / weights.sum(axis=-1, keepdims=True)", "return weights / weights.sum(axis=-1, keepdims=True) / np.sqrt(q.shape[-1])"),)),
        ),
        twins={"no-bias-of-q": "no-bias"},
    ),
    Exercise(
        slug="causal_attention", notebook="11", title="Attention that cannot see ahead",
        prompt="Q, K and V as in attention, but query i may look at keys 0 to i only; every row of weights sums to 1 all the same.",
        solution='''
            def causal_attention(Q, K, V):
                """Q, K: (tokens, d), V: (tokens, m). Returns (tokens, m)."""
                scores = Q @ K.T / np.sqrt(Q.shape[-1])
                scores = np.where(np.tri(len(Q), dtype=bool), scores, -np.inf)
                weights = np.exp(scores - scores.max(axis=-1, keepdims=True))
                return weights / weights.sum(axis=-1, keepdims=True) @ V
        ''',
        why="What is -inf before the softmax gets the weight 0, and the rest still sums to 1.",
        hints=("Where must the mask come: on the scores, or on the weights?", "On the scores: those of later keys become -np.inf.", "np.where(np.tri(tokens, dtype=bool), scores, -np.inf), and then the softmax."),
        inputs=lambda rng: [(rng.normal(size=(t, d)), rng.normal(size=(t, d)), rng.normal(size=(t, m))) for t, d, m in ((3, 2, 2), (5, 4, 3), (1, 2, 1))],
        mistakes=(
            Mistake("mask-after-softmax", "You mask after the softmax: the rows no longer sum to 1. Mask the scores, with -inf.",
                    (("scores = np.where(np.tri(len(Q), dtype=bool), scores, -np.inf)", "mask = np.tri(len(Q))"), ("keepdims=True) @ V", "keepdims=True) * mask @ V"))),
            Mistake("zero-scores", "A score of 0 is not a weight of 0: exp(0) is 1. Use -np.inf.", (("scores, -np.inf)", "scores, 0)"),)),
            Mistake("future", "The other way round: rows are queries, and they may look back.", (("np.tri(len(Q), dtype=bool)", "np.tri(len(Q), dtype=bool).T"),)),
            Mistake("no-mask", "Nothing is masked: query 0 looks at all keys.", (("np.where(np.tri(len(Q), dtype=bool), scores, -np.inf)", "scores"),)),
            Mistake("one-ahead", "One token of the future is open.", (("np.tri(len(Q), dtype=bool)", "np.tri(len(Q), k=1, dtype=bool)"),)),
            Mistake("no-scaling", "The division by the square root of d is missing.", ((" / np.sqrt(Q.shape[-1])", ""),)),
            Mistake("softmax-over-queries", "Your softmax goes over the queries; each query shares one unit out among the keys.",
                    (("weights.sum(axis=-1, keepdims=True)", "weights.sum(axis=0, keepdims=True)"), ("scores - scores.max(axis=-1, keepdims=True)", "scores"))),
            Mistake("strict", "Query 0 may look at nothing in yours, so that its row is 0 / 0: a token may look at itself.", (("np.tri(len(Q), dtype=bool)", "np.tri(len(Q), k=-1, dtype=bool)"),)),
            Mistake("zero-times-infinity", "0 times -inf is not 0 but NaN: choose with np.where.", (("np.where(np.tri(len(Q), dtype=bool), scores, -np.inf)", "scores + (1 - np.tri(len(Q))) * -np.inf"),)),
        ),
    ),
    Exercise(
        slug="clips_for", notebook="12", title="How many clips for an accuracy?",
        prompt="Between two sizes the curve goes along a straight line over log2 of the size. Where does it reach `wanted`? np.inf if never; do not round. (The curve rises, and begins below `wanted`.)",
        solution='''
            def clips_for(sizes, accuracies, wanted):
                """A number."""
                if wanted > max(accuracies):
                    return np.inf
                return float(2 ** np.interp(wanted, accuracies, np.log2(sizes)))
        ''',
        why="Interpolate the logarithm of the size, and raise 2 to it.",
        hints=("np.interp goes along straight lines. Over which axis is the line straight?", "Over log2 of the size: interpolate that.", "2 ** np.interp(wanted, accuracies, np.log2(sizes)); and np.inf above the last accuracy."),
        inputs=lambda rng: [([10, 20, 40], [0.2, 0.4, 0.8], 0.6), ([12, 24], [0.3, 0.5], 0.4), ([10, 20, 40], [0.2, 0.4, 0.8], 0.9), ([8, 64], [0.1, 0.7], 0.3), ([10, 20, 40], [0.2, 0.4, 0.8], 0.4)],
        mistakes=(
            Mistake("plain-axis", "Half way on a plain axis; half way over log2 is less.", (("2 ** np.interp(wanted, accuracies, np.log2(sizes))", "np.interp(wanted, accuracies, sizes)"),)),
            Mistake("never", "A curve that ends below never reaches it: return np.inf.", (("    if wanted > max(accuracies):\n        return np.inf\n", ""),)),
            Mistake("log", "That is log2 of the size; raise 2 to it.", (("2 ** np.interp", "np.interp"),)),
            Mistake("next-size", "You take the next size that was tried; go along the line between two.",
                    (("2 ** np.interp(wanted, accuracies, np.log2(sizes))", "next(n for n, a in zip(sizes, accuracies) if a >= wanted)"),)),
            Mistake("e", "The line is straight over log2, and 2 is to be raised, not e.", (("2 ** np.interp", "np.e ** np.interp"),)),
            Mistake("rounded", "Do not round: the place on the curve is wanted.", (("float(2 ** np.interp(wanted, accuracies, np.log2(sizes)))", "float(np.ceil(2 ** np.interp(wanted, accuracies, np.log2(sizes))))"),)),
            Mistake("point-of-the-curve", "Where the wanted accuracy is exactly a point of the curve, it is reached: <=, not <.", (("if wanted > max(accuracies):", "if wanted > max(accuracies) or wanted in accuracies:"),)),
        ),
    ),
    Exercise(
        slug="clips_needed", notebook="12", title="The power law turned round",
        prompt="error = a n^-b. How many clips n for a given error? (Do not round.)",
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
            Mistake("rounded", "Do not round: the number of the curve is wanted.", (("(a / error) ** (1 / b)", "np.ceil((a / error) ** (1 / b))"),)),
            Mistake("one-minus", "The error is the part that is wrong; you take 1 - error.", (("(a / error)", "(a / (1 - error))"),)),
        ),
    ),
    Exercise(
        slug="true_still", notebook="12", title="Which changes keep the label true?",
        prompt="A dict: True where the label stays true, False where it may not. The keys: \"flip camera\" (mirror a clip whose question is what the camera does), "
        "\"flip colour\", \"reverse order\" (play backwards; which comes first, flash or swelling?), \"reverse speed\", \"colour colour\" (change brightness, "
        "contrast, saturation), \"crop place\" (keep a part, enlarged; in which quarter is the object?).",
        solution='{"flip camera": False, "flip colour": True, "reverse order": False, "reverse speed": True, "colour colour": False, "crop place": False}',
        why="A change keeps a label where the answer to the question is the same before and after it.",
        hints=("Ask the question of the clip before and after the change.", "Two of the six are harmless.", "A mirror changes no colour, and backwards is as fast as forwards."),
        mistakes=(
            Mistake("flip-camera", "\"flip camera\": a pan to the left becomes one to the right.", value={"flip camera": True}),
            Mistake("flip-colour", "\"flip colour\": a mirror changes no colour.", value={"flip colour": False}),
            Mistake("reverse-order", "\"reverse order\": what came first then comes last.", value={"reverse order": True}),
            Mistake("reverse-speed", "\"reverse speed\": backwards it is as fast as forwards.", value={"reverse speed": False}),
            Mistake("colour-colour", "\"colour colour\": too much of it makes another colour.", value={"colour colour": True}),
            Mistake("crop-place", "\"crop place\": the quarters of the part are not those of the whole.", value={"crop place": True}),
        ),
    ),
)  # fmt: skip
