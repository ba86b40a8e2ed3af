"""Notebooks 04, 05 and 05b: the RNN and the LSTM."""

import numpy as np
from scipy import stats

from vidlab.check.exercise import Exercise, Mistake


def _sequences(rng):
    sizes = (1, 2, 1, 1), (2, 4, 3, 2), (3, 3, 2, 2), (1, 5, 3, 4)
    return [
        (rng.normal(size=(n, t, m)), rng.normal(size=(m, u)), rng.normal(size=(u, u)), rng.normal(size=u))
        for n, t, m, u in sizes
    ]


def _with_dh(rng):
    return [(*one, rng.normal(size=(*one[0].shape[:2], one[3].size))) for one in _sequences(rng)]


def _lstms(rng):
    found = []
    for n, t, m, u in ((1, 2, 1, 1), (2, 4, 3, 2), (1, 5, 2, 3)):
        peepholes = [rng.normal(size=u) for _ in range(3)]
        found.append(
            (
                rng.normal(size=(n, t, m)),
                rng.normal(size=(m, 4 * u)),
                rng.normal(size=(u, 4 * u)),
                rng.normal(size=4 * u),
                *peepholes,
            )
        )
    return found


COUNTS = np.arange(1.0, 11)


def _ring(said):
    """0 where the output gate is shut, 2 where it is open, 1 between them, at counts 1 to 10."""
    weight, bias = np.concatenate([np.ravel(one) for one in said.values()])
    gate = 1 / (1 + np.exp(-np.clip(weight * COUNTS + bias, -60, 60)))
    return {"": np.where(gate < 0.1, 0, np.where(gate > 0.9, 2, 1))}


def _pairs(rng):
    given = np.array([0.81, 0.78, 0.90, 0.66, 0.85]), np.array([0.84, 0.80, 0.89, 0.73, 0.87])
    return [given] + [(rng.uniform(0.3, 0.6, n), rng.uniform(0.4, 0.8, n)) for n in (4, 6, 7)]


EXERCISES = (
    Exercise(
        slug="rnn_forward", notebook="04", title="A recurrent layer",
        prompt="h_t = tanh(x_t W + h_{t-1} U + b), with h_0 = 0: the states at all steps.",
        solution='''
            def rnn_forward(x, W, U, b):
                """x: (batch, time, features). Returns (batch, time, units)."""
                h = np.zeros((len(x), len(b)))
                states = []
                for t in range(x.shape[1]):
                    h = np.tanh(x[:, t] @ W + h @ U + b)
                    states.append(h)
                return np.stack(states, axis=1)
        ''',
        why="Each state is made from this step's input and the state before; all are kept.",
        hints=(
            "Begin with h = 0, and go through the steps in order.",
            "At each step: h = np.tanh(x[:, t] @ W + h @ U + b).",
            "Keep every h, and np.stack(states, axis=1) at the end.",
        ),
        inputs=_sequences,
        mistakes=(
            Mistake("no-memory", "h is 0 at every step: the state of the step before must be handed on.", (("+ h @ U", "+ 0 * h @ U"),)),
            Mistake("u-transposed", "U is transposed: rows are the old state's units, h @ U.", (("h @ U", "h @ U.T"),)),
            Mistake("bias-twice", "The bias is in it twice: once for W and once for U. The equation has one.", (("+ b)", "+ 2 * b)"),)),
            Mistake("no-bias", "The bias is forgotten.", (("h @ U + b", "h @ U"),)),
            Mistake("no-activation", "tanh is missing: without it the layer is linear.", (("np.tanh(x[:, t] @ W + h @ U + b)", "x[:, t] @ W + h @ U + b"),)),
            Mistake("activation-of-parts", "tanh goes over the sum, not over its parts.", (("np.tanh(x[:, t] @ W + h @ U + b)", "np.tanh(x[:, t] @ W) + np.tanh(h @ U + b)"),)),
            Mistake("relu", "That is ReLU; the equation here has tanh.", (("np.tanh(x[:, t] @ W + h @ U + b)", "np.maximum(x[:, t] @ W + h @ U + b, 0)"),)),
            Mistake("last-only", "You return the last state only; all are wanted (Keras's return_sequences=True).", (("np.stack(states, axis=1)", "h"),)),
            Mistake("time-first", "Time and batch are exchanged: (batch, time, units) is wanted. np.stack(states, axis=1).", (("axis=1", "axis=0"),)),
            Mistake("backwards", "The steps run from the last to the first.", (("for t in range(x.shape[1]):", "for t in reversed(range(x.shape[1])):"),)),
            Mistake("first-step-skipped", "The first step is left out.", (("in range(x.shape[1])", "in range(1, x.shape[1])"),)),
            Mistake("one-late", "You keep the state from before each step: keep it after it was made.",
                    (("        h = np.tanh(x[:, t] @ W + h @ U + b)\n        states.append(h)", "        states.append(h)\n        h = np.tanh(x[:, t] @ W + h @ U + b)"),)),
            Mistake("h-without-u", "h is added as it is; it goes through U.", (("h @ U", "h"),)),
            Mistake("sum-through-u", "x goes through W, and only h through U.", (("x[:, t] @ W + h @ U + b", "(x[:, t] @ W + h) @ U + b"),)),
            Mistake("tanh-twice", "tanh is applied twice.", (("h = np.tanh(x[:, t] @ W + h @ U + b)", "h = np.tanh(np.tanh(x[:, t] @ W + h @ U + b))"),)),
            Mistake("clips-mixed", "h is carried from clip to clip: each clip of the batch begins at 0.", instead='''
                    def rnn_forward(x, W, U, b):
                        h, out = np.zeros(len(b)), []
                        for clip in x:
                            states = []
                            for z in clip:
                                h = np.tanh(z @ W + h @ U + b)
                                states.append(h)
                            out.append(states)
                        return np.array(out)
                '''),
        ),
    ),
    Exercise(
        slug="delay_line", notebook="04", title="A layer set by hand",
        prompt="W (1, 2), U (2, 2), b (2,) of a layer with f(z) = z, whose first unit copies the input and whose second says the input of one "
        "step before.",
        solution='''
            def delay_line():
                """W, U, b of a layer whose second unit is the input of one step before."""
                return np.array([[1.0, 0.0]]), np.array([[0.0, 1.0], [0.0, 0.0]]), np.zeros(2)
        ''',
        why="U[0, 1] hands the first unit's old state to the second; rows of U are the old units, columns the new ones.",
        hints=(
            "The first unit needs W alone. What does the second see of the past?",
            "It sees h of the step before, through U: the old state of the first unit is the old input.",
            "U[0, 1] = 1: from unit 0 to unit 1. Everything else of U is 0, and W = [[1, 0]].",
        ),
        inputs=lambda rng: [()],
        mistakes=(
            Mistake("u-transposed", "Your 1 stands in U[1, 0], which leads from the second unit to the first: rows are the old units (h @ U).",
                    (("[[0.0, 1.0], [0.0, 0.0]]", "[[0.0, 0.0], [1.0, 0.0]]"),)),
            Mistake("both-copy", "The second unit copies the input, too: W's second entry is 0.", (("[[1.0, 0.0]]", "[[1.0, 1.0]]"),)),
            Mistake("own-memory", "The second unit sees its own past: the 1 belongs in U[0, 1].", (("[[0.0, 1.0], [0.0, 0.0]]", "[[0.0, 0.0], [0.0, 1.0]]"),)),
            Mistake("first-remembers", "The first unit adds its own past: U[0, 0] must be 0.", (("[[0.0, 1.0], [0.0, 0.0]]", "[[1.0, 1.0], [0.0, 0.0]]"),)),
            Mistake("no-u", "U is 0: nothing of the past gets through.", (("[[0.0, 1.0], [0.0, 0.0]]", "[[0.0, 0.0], [0.0, 0.0]]"),)),
        ),
    ),
    Exercise(
        slug="bptt_relu", notebook="04", title="Back through time, with ReLU",
        prompt="Gradients of a recurrent layer with f = ReLU, in a dict W, U, b; h_0 = 0.",
        solution='''
            def bptt_relu(x, W, U, b, dh):
                """x: (batch, time, features), dh = dL/dh: (batch, time, units). Returns a dict with W, U, b."""
                h, states = np.zeros((len(x), len(b))), []
                for t in range(x.shape[1]):
                    h = np.maximum(x[:, t] @ W + h @ U + b, 0)
                    states.append(h)
                dW, dU, db = np.zeros_like(W), np.zeros_like(U), np.zeros_like(b)
                later = np.zeros_like(h)
                for t in reversed(range(x.shape[1])):
                    dz = (dh[:, t] + later) * (states[t] > 0)
                    before = states[t - 1] if t > 0 else np.zeros_like(h)
                    dW += x[:, t].T @ dz
                    dU += before.T @ dz
                    db += dz.sum(axis=0)
                    later = dz @ U.T
                return {"W": dW, "U": dU, "b": db}
        ''',
        why="Only the activation and its slope change: the slope of ReLU is 1 where the state is above 0, else 0.",
        hints=(
            "Where does tanh stand in bptt? In the way forward, and, as its slope, in the way back.",
            "The slope of tanh was 1 - h^2. What is that of ReLU, seen from h?",
            "np.maximum(z, 0) forward, and (h > 0) in place of (1 - h**2).",
        ),
        inputs=_with_dh,
        mistakes=(
            Mistake("slope-of-tanh", "The way back has still the slope of tanh, 1 - h^2: ReLU's is 1 where h is above 0, else 0.", (("(states[t] > 0)", "(1 - states[t] ** 2)"),)),
            Mistake("no-slope", "The slope is missing in the way back (h >= 0 is true everywhere): where ReLU gave 0, no gradient gets through.", ((" * (states[t] > 0)", ""),)),
            Mistake("tanh-forward", "The way forward is still tanh.", (("np.maximum(x[:, t] @ W + h @ U + b, 0)", "np.tanh(x[:, t] @ W + h @ U + b)"),)),
            Mistake("last-step-only", "The gradients are those of the first step in time alone: they must add up over all steps (+=).",
                    (("dW += ", "dW = "), ("dU += ", "dU = "), ("db += ", "db = "))),
            Mistake("not-through-u", "No gradient goes back through U: each step must hand on dz @ U.T to the one before.", (("later = dz @ U.T", "later = 0 * h"),)),
            Mistake("u-not-transposed", "On the way back U is transposed: dz @ U.T.", (("later = dz @ U.T", "later = dz @ U"),)),
            Mistake("state-of-now", "dU pairs dz with the state of the same step; it was the state before that went through U.", (("before.T @ dz", "states[t].T @ dz"),)),
            Mistake("slope-of-before", "The slope is taken one step too early: at step t it is that of h_t.", (("(states[t] > 0)", "(states[t - 1] > 0)"),)),
            Mistake("mean", "You take the mean over the batch for b; W and U are sums, and b is one, too.", (("dz.sum(axis=0)", "dz.mean(axis=0)"),)),
            Mistake("later-forgotten", "Only the gradient of each step's own output counts; add what comes from later steps.", (("(dh[:, t] + later)", "dh[:, t]"),)),
            Mistake("forwards-in-time", "The way back runs through time from the last step to the first.", (("in reversed(range(x.shape[1])):\n        dz", "in range(x.shape[1]):\n        dz"),)),
            Mistake("slope-on-its-own-part", "What comes from later steps goes through the slope as well: (dh + later) times the slope.", (("(dh[:, t] + later) * (states[t] > 0)", "dh[:, t] * (states[t] > 0) + later"),)),
            Mistake("other-names", "The names in the dict are \"W\", \"U\" and \"b\".", (("{\"W\": dW, \"U\": dU, \"b\": db}", "{\"dW\": dW, \"dU\": dU, \"db\": db}"),)),
        ),
        twins={"later-forgotten": "not-through-u"},
    ),
    Exercise(
        slug="memory_span", notebook="04", title="How long is the memory?",
        prompt="The smallest whole k with radius**k < 0.01.",
        solution='''
            def memory_span(radius):
                """0 < radius < 1. Returns a whole number."""
                return int(np.floor(np.log(0.01) / np.log(radius))) + 1
        ''',
        why="radius**k < 0.01 means k > log 0.01 / log radius; the next whole number above that.",
        hints=(
            "Take the logarithm of both sides of radius**k < 0.01.",
            "log radius is below 0, so the sign turns round: k > log 0.01 / log radius.",
            "The smallest whole number above the quotient: floor, plus 1.",
        ),
        inputs=lambda rng: [(0.5,), (0.8,), (0.95,), (0.1001,), (0.3,)],
        mistakes=(
            Mistake("rounded-down", "One step too few: at that k a hundredth or more is still left.", (("(np.floor(np.log(0.01) / np.log(radius))) + 1", "(np.floor(np.log(0.01) / np.log(radius)))"),)),
            Mistake("not-whole", "A whole number of steps is wanted.", (("int(np.floor(np.log(0.01) / np.log(radius))) + 1", "np.log(0.01) / np.log(radius)"),)),
            Mistake("tenth", "That is until a tenth is left; a hundredth is asked for.", (("np.log(0.01)", "np.log(0.1)"),)),
            Mistake("linear", "You count as if each step took the same amount away; each takes the same part.",
                    (("int(np.floor(np.log(0.01) / np.log(radius))) + 1", "int(np.ceil(0.99 / (1 - radius)))"),)),
            Mistake("thousandth", "That is until a thousandth is left.", (("np.log(0.01)", "np.log(0.001)"),)),
        ),
    ),
    Exercise(
        slug="clip_each_number", notebook="04", title="Clip each number",
        prompt="A dict like the given one, each number of each gradient cut off at -limit and +limit.",
        solution='''
            def clip_each_number(gradients, limit):
                """gradients: a dict of arrays. Returns a new dict."""
                return {name: np.clip(g, -limit, limit) for name, g in gradients.items()}
        ''',
        why="Each number by itself; so the direction changes, which scaling all by one factor does not do.",
        hints=("np.clip does it for one array.", "Which two limits does it take?", "{name: np.clip(g, -limit, limit) for name, g in gradients.items()}"),
        inputs=lambda rng: [({"W": rng.normal(size=(2, 3)) * s, "b": rng.normal(size=3) * s}, limit) for s, limit in ((1, 0.5), (3, 1.0), (0.1, 1.0))],
        mistakes=(
            Mistake("norm", "You scale each array as a whole; here each number is cut off by itself.",
                    (("np.clip(g, -limit, limit)", "g * min(1, limit / np.linalg.norm(g))"),)),
            Mistake("above-only", "Numbers below -limit are left as they are.", (("np.clip(g, -limit, limit)", "np.minimum(g, limit)"),)),
            Mistake("no-sign", "The sign is lost: what is negative stays negative.", (("np.clip(g, -limit, limit)", "np.minimum(np.abs(g), limit)"),)),
            Mistake("zeroed", "Numbers beyond the limit become 0; they should become the limit.", (("np.clip(g, -limit, limit)", "np.where(np.abs(g) > limit, 0, g)"),)),
            Mistake("below-zero", "Everything below 0 is cut off: the lower limit is -limit.", (("-limit, limit", "0, limit"),)),
            Mistake("global-norm", "That is scaling all arrays by their common norm, as the text above does; here each number is cut off by itself.", instead='''
                    def clip_each_number(gradients, limit):
                        norm = np.sqrt(sum((g**2).sum() for g in gradients.values()))
                        return {name: g * min(1, limit / norm) for name, g in gradients.items()}
                '''),
            Mistake("one", "You cut at 1, whatever the limit is.", (("-limit, limit", "-1, 1"),)),
            Mistake("below-only", "Numbers above the limit are left as they are.", (("np.clip(g, -limit, limit)", "np.maximum(g, -limit)"),)),
            Mistake("scaled-by-the-largest", "You scale each array by its largest number; cut each number off by itself.", (("np.clip(g, -limit, limit)", "g * min(1, limit / np.abs(g).max())"),)),
        ),
    ),
    Exercise(
        slug="rnn_parameters", notebook="04", title="How many numbers does it learn?",
        prompt="How many numbers W, U and b of a recurrent layer hold together.",
        solution='''
            def rnn_parameters(features, units):
                """A whole number."""
                return (features + units + 1) * units
        ''',
        why="Each unit sees all features, all units of the step before, and has one bias.",
        hints=("What are the shapes of W, U and b?", "(features, units), (units, units), (units,).", "(features + units + 1) * units"),
        inputs=lambda rng: [(16, 5), (1, 1), (3, 8), (7, 2)],
        mistakes=(
            Mistake("no-bias", "The biases are forgotten.", (("features + units + 1", "features + units"),)),
            Mistake("u-forgotten", "U is forgotten: units x units.", (("features + units + 1", "features + 1"),)),
            Mistake("u-is-a-row", "U counts as one number a unit; it is a matrix, from each unit to each.", (("(features + units + 1) * units", "(features + 2) * units"),)),
            Mistake("lstm", "That is four times too many: an LSTM has four such sets, an RNN one.", (("* units\n", "* units * 4\n"),)),
            Mistake("one-bias", "One bias for all; each unit has its own.", (("(features + units + 1) * units", "(features + units) * units + 1"),)),
            Mistake("two-biases", "Two biases a unit, as in PyTorch; the equation has one.", (("features + units + 1", "features + units + 2"),)),
            Mistake("exchanged", "features and units are exchanged.", (("(features + units + 1) * units", "(features + units + 1) * features"),)),
        ),
    ),
    Exercise(
        slug="lstm_forward", notebook="05", title="The LSTM with peepholes",
        prompt="The article's equations, gates in Keras's order i, f, c, o; diagonal peepholes. h_0 = c_0 = 0. Returns h at all steps.",
        solution='''
            def lstm_forward(x, kernel, recurrent_kernel, bias, p_i, p_f, p_o):
                """x: (batch, time, features), kernel: (features, 4 units). Returns (batch, time, units)."""
                def sigma(z):
                    return 1 / (1 + np.exp(-z))

                units = len(bias) // 4
                h, c, states = np.zeros((len(x), units)), np.zeros((len(x), units)), []
                for t in range(x.shape[1]):
                    z = x[:, t] @ kernel + h @ recurrent_kernel + bias
                    z_i, z_f, z_c, z_o = np.split(z, 4, axis=1)
                    i = sigma(z_i + p_i * c)
                    f = sigma(z_f + p_f * c)
                    c = f * c + i * np.tanh(z_c)
                    o = sigma(z_o + p_o * c)
                    h = o * np.tanh(c)
                    states.append(h)
                return np.stack(states, axis=1)
        ''',
        why="The input and the forget gate look at the old cell, the output gate at the new one.",
        hints=(
            "z has four parts, one for each of i, f, c, o: np.split(z, 4, axis=1).",
            "i and f see the old cell; then c = f * c + i * tanh(z_c); then o sees the new cell.",
            "o = sigma(z_o + p_o * c) after c was made, and h = o * np.tanh(c).",
        ),
        inputs=_lstms,
        mistakes=(
            Mistake("output-peephole-early", "Your output gate looks at the old cell; in the article it looks at the new one, c_t. Compute c before o.",
                    (("o = sigma(z_o + p_o * c)\n", "\n"), ("    f = sigma(z_f + p_f * c)\n", "    f = sigma(z_f + p_f * c)\n        o = sigma(z_o + p_o * c)\n"))),
            Mistake("input-peephole-late", "Your input gate looks at the new cell: it must be computed from the old one.",
                    (("c = f * c + i * np.tanh(z_c)", "c = f * c + sigma(z_i + p_i * (f * c + i * np.tanh(z_c))) * np.tanh(z_c)"),)),
            Mistake("gates-ifoc", "The gates are in another order: Keras has i, f, c, o. (i, f, o, c is common elsewhere.)", (("z_i, z_f, z_c, z_o", "z_i, z_f, z_o, z_c"),)),
            Mistake("input-and-forget", "Input and forget gate are exchanged: f multiplies the old cell, i the candidate.", (("f * c + i * np.tanh(z_c)", "i * c + f * np.tanh(z_c)"),)),
            Mistake("candidate-sigma", "The candidate goes through sigma; it should go through tanh, so that it can be negative.", (("i * np.tanh(z_c)", "i * sigma(z_c)"),)),
            Mistake("no-tanh-at-the-end", "h = o * tanh(c): the tanh is missing.", (("h = o * np.tanh(c)", "h = o * c"),)),
            Mistake("sigma-at-the-end", "h = o * tanh(c), not sigma.", (("h = o * np.tanh(c)", "h = o * sigma(c)"),)),
            Mistake("no-peepholes", "The peepholes are missing: that is Keras's LSTM.", (("+ p_i * c", ""), ("+ p_f * c", ""), ("+ p_o * c", ""))),
            Mistake("cell-forgotten", "The cell is not carried on: f * c is missing.", (("c = f * c + i * np.tanh(z_c)", "c = i * np.tanh(z_c)"),)),
            Mistake("no-forget-gate", "The old cell is kept whole: multiply it by f.", (("c = f * c + i", "c = c + i"),)),
            Mistake("output-not-fed-back", "h is not fed back: the recurrent kernel sees the state of the step before.", (("+ h @ recurrent_kernel", "+ 0 * h @ recurrent_kernel"),)),
            Mistake("cells", "You return the cells; the states h are wanted.", (("states.append(h)", "states.append(c)"),)),
            Mistake("peepholes-at-h", "The peepholes look at h; they look at the cell.", (("p_i * c)", "p_i * h)"), ("p_f * c)", "p_f * h)"))),
            Mistake("time-first", "Time and batch are exchanged: np.stack(states, axis=1).", (("np.stack(states, axis=1)", "np.stack(states, axis=0)"),)),
            Mistake("peephole-at-the-candidate", "The candidate has no peephole; only the gates look at the cell.", (("np.tanh(z_c)", "np.tanh(z_c + p_i * c)"),)),
            Mistake("coupled", "That is a coupled gate, 1 - i; here the forget gate has weights of its own.", (("c = f * c + i * np.tanh(z_c)", "c = (1 - i) * c + i * np.tanh(z_c)"),)),
            Mistake("no-bias", "The bias is missing.", (("h @ recurrent_kernel + bias", "h @ recurrent_kernel"),)),
            Mistake("no-output-peephole", "The output gate has no peephole in yours.", (("sigma(z_o + p_o * c)", "sigma(z_o)"),)),
            Mistake("same-array", "You append the same array each time, and it ends as the last state: make a new one in each step.", (("return np.stack(states, axis=1)", "return np.stack([h] * len(states), axis=1)"),)),
        ),
    ),
    Exercise(
        slug="half_life_bias", notebook="05", title="Half of the memory in so many steps",
        prompt="The forget bias b with sigma(b)**steps = 1/2.",
        solution='''
            def half_life_bias(steps):
                """A number."""
                gate = 0.5 ** (1 / steps)
                return np.log(gate / (1 - gate))
        ''',
        why="The gate must be the steps-th root of a half; the logit turns sigma round.",
        hints=(
            "How large must the gate be, so that its steps-th power is a half?",
            "gate = 0.5 ** (1 / steps). Which b gives sigma(b) = gate?",
            "b = log(gate / (1 - gate)), the inverse of sigma.",
        ),
        inputs=lambda rng: [(6,), (300,), (1,), (20,)],
        mistakes=(
            Mistake("gate", "That is the gate; the bias is wanted, of which the gate is the sigma.", (("np.log(gate / (1 - gate))", "gate"),)),
            Mistake("sign", "The sign is wrong: this bias forgets almost everything at each step.", (("np.log(gate / (1 - gate))", "np.log((1 - gate) / gate)"),)),
            Mistake("log-of-gate", "The inverse of sigma is log(g / (1 - g)), not log(g).", (("np.log(gate / (1 - gate))", "np.log(gate)"),)),
            Mistake("one-over-e", "That is until 1/e is left; a half is asked for.", (("0.5 ** (1 / steps)", "np.exp(-1 / steps)"),)),
            Mistake("linear", "You take the same amount away at each step; the gate takes the same part.", (("0.5 ** (1 / steps)", "(1 - 0.5 / steps)"),)),
            Mistake("log-steps", "log(steps - 1) is the bias of a gate 1 - 1/steps, the chrono start's rule of thumb: after so many steps about 1/e is left, not half.", (("np.log(gate / (1 - gate))", "np.log(max(steps, 2) - 1.0)"),)),
            Mistake("no-root", "You take half to the power of `steps`; its root is wanted: what remains of half after one step.", (("0.5 ** (1 / steps)", "0.5**steps"),)),
            Mistake("log-of-steps", "log(steps) is near the chrono start's rule; half in so many steps is another one.", (("gate = 0.5 ** (1 / steps)\n    return np.log(gate / (1 - gate))", "return np.log(steps)"),)),
            Mistake("steps-ignored", "Your answer is the same for every number of steps.", (("0.5 ** (1 / steps)", "0.5 ** (1 / 6)"),)),
        ),
    ),
    Exercise(
        slug="lstm_parameters", notebook="05", title="How many numbers does an LSTM learn?",
        prompt="Two counts: (Keras's LSTM, with diagonal peepholes besides).",
        solution='''
            def lstm_parameters(features, units):
                """(without peepholes, with diagonal ones)."""
                plain = 4 * (features + units + 1) * units
                return plain, plain + 3 * units
        ''',
        why="Four sets of W, U and b; a diagonal peephole is one number a unit, for i, f and o.",
        hints=("An LSTM is four RNN layers that share their input.", "4 (features + units + 1) units. Who has peepholes?", "i, f and o: 3 units more."),
        inputs=lambda rng: [(16, 5), (1, 1), (3, 8)],
        mistakes=(
            Mistake("four-peepholes", "The candidate has no peephole: three gates do.", (("3 * units", "4 * units"),)),
            Mistake("full-peepholes", "You count full peepholes, units x units each; diagonal ones are one number a unit.", (("3 * units", "3 * units * units"),)),
            Mistake("no-bias", "The biases are forgotten.", (("features + units + 1", "features + units"),)),
            Mistake("three-sets", "There are four sets: the three gates and the candidate.", (("4 * (", "3 * ("),)),
            Mistake("one-set", "There are four sets of W, U and b, one for each gate and one for the candidate.", (("4 * (", "1 * ("),)),
            Mistake("u-forgotten", "The recurrent weights are forgotten.", (("features + units + 1", "features + 1"),)),
            Mistake("exchanged", "The two are exchanged: without peepholes comes first.", (("return plain, plain + 3 * units", "return plain + 3 * units, plain"),)),
            Mistake("two-biases", "That is PyTorch's count, with two biases; one is enough, and Keras has one.", (("(features + units + 1)", "(features + units + 2)"),)),
            Mistake("one-bias-a-gate", "Each unit has its bias in each gate; you count one bias for a gate.", (("4 * (features + units + 1) * units", "4 * ((features + units) * units + 1)"),)),
            Mistake("arguments-exchanged", "features and units are exchanged.", (("4 * (features + units + 1) * units", "4 * (features + units + 1) * features"),)),
        ),
    ),
    Exercise(
        slug="early_peephole", notebook="05", title="A peephole that looks too early",
        prompt="The gradient of the output gate's diagonal peephole, where the gate sees c_{t-1} (0 before the first step).",
        solution='''
            def early_peephole_gradient(c, dz_o):
                """c, dz_o: (batch, time, units). Returns (units,)."""
                before = np.concatenate([np.zeros_like(c[:, :1]), c[:, :-1]], axis=1)
                return np.sum(before * dz_o, axis=(0, 1))
        ''',
        why="Each weight is multiplied by the cell that it looked at: that of the step before.",
        hints=(
            "In the network of the notebook it is the sum of c * dz_o. Which cell did the gate look at here?",
            "That of the step before: shift c by one step, with zeros first.",
            "before = np.concatenate([zeros, c[:, :-1]], axis=1), then the sum over batch and time.",
        ),
        inputs=lambda rng: [(rng.normal(size=size), rng.normal(size=size)) for size in ((1, 2, 1), (2, 4, 3), (3, 5, 2))],
        mistakes=(
            Mistake("cell-of-now", "That is for a gate that sees c_t; this one saw the cell of the step before.", (("before * dz_o", "c * dz_o"),)),
            Mistake("wrong-way", "The cells are moved the wrong way: at step t the gate saw c of t - 1, not of t + 1.",
                    (("np.concatenate([np.zeros_like(c[:, :1]), c[:, :-1]], axis=1)", "np.concatenate([c[:, 1:], np.zeros_like(c[:, :1])], axis=1)"),)),
            Mistake("last-for-first", "Before the first step the cell is 0; np.roll brings the last one there.",
                    (("np.concatenate([np.zeros_like(c[:, :1]), c[:, :-1]], axis=1)", "np.roll(c, 1, axis=1)"),)),
            Mistake("per-clip", "You add up over time alone; the weight is the same for all clips.", (("axis=(0, 1)", "axis=1"),)),
            Mistake("mean", "You take the mean; the gradient is the sum over clips and steps.", (("np.sum(before * dz_o, axis=(0, 1))", "np.mean(before * dz_o, axis=(0, 1))"),)),
        ),
    ),
    Exercise(
        slug="ring_at_seven", notebook="05", title="Ring at seven",
        prompt="The unit counts, and its cell is the count. Choose the peephole W_co and the bias b_o so that the output gate, sigmoid(W_co c + b_o), is below 0.1 while the count is 6 or less, "
        "and above 0.9 from 7 on. Return both numbers; many are right.",
        solution='''
            def ring_at_seven():
                """Returns (W_co, b_o)."""
                return 10.0, -65.0
        ''',
        why="The gate's argument must cross 0 between 6 and 7, at -b_o / W_co = 6.5, and steeply: a W_co of 4.4 or more.",
        hints=("Where must the argument W_co c + b_o be 0?", "Between 6 and 7: b_o = -6.5 W_co. How steep must it be?", "At 6 it must be below -2.2, at 7 above 2.2: W_co is 4.4 or more."),
        inputs=lambda rng: [()],
        seen_as=_ring,
        mistakes=(
            Mistake("too-soft", "It opens at the right place, but slowly: between 0.1 and 0.9 at 6 and 7. A larger W_co, and b_o with it.", (("10.0, -65.0", "2.0, -13.0"),)),
            Mistake("at-six", "It rings at 6 already.", (("10.0, -65.0", "10.0, -55.0"),)),
            Mistake("at-eight", "It rings at 8 only.", (("10.0, -65.0", "10.0, -75.0"),)),
            Mistake("at-the-edge", "At 7 the gate is between 0.1 and 0.9: put the crossing half way between 6 and 7.", (("10.0, -65.0", "10.0, -70.0"),)),
            Mistake("downwards", "It is open up to 6 and shut from 7 on: the other way round.", (("10.0, -65.0", "-10.0, 65.0"),)),
            Mistake("always", "It is open at every count: b_o must hold it shut.", (("10.0, -65.0", "10.0, 0.0"),)),
            Mistake("never", "It is shut at every count: W_co must overcome b_o at 7.", (("10.0, -65.0", "1.0, -65.0"),)),
            Mistake("too-early-and-soft", "At some count below 7 the gate is half open: W_co must be larger, and b_o -6.5 times it.", (("10.0, -65.0", "1.0, -6.5"),)),
            Mistake("half-open", "The gate is half open at every count: with W_co = b_o = 0 it looks at nothing.", (("10.0, -65.0", "0.0, 0.0"),)),
            Mistake("at-six-half", "At 6 the gate is half open: put the crossing half way between 6 and 7.", (("10.0, -65.0", "10.0, -60.0"),)),
        ),
    ),
    Exercise(
        slug="paired_interval", notebook="05b", title="A gain, and how sure",
        prompt="Pairs of scores, first and second, each pair from one seed. The mean of the differences (second minus first) and its 95% interval by Student's t: (mean, low, high). "
        "stats.t.ppf(0.975, n - 1) is SciPy's.",
        solution='''
            def paired_interval(first, second):
                """first, second: (n,). Returns (mean, low, high)."""
                difference = np.asarray(second) - np.asarray(first)
                n = len(difference)
                mean = difference.mean()
                half = stats.t.ppf(0.975, n - 1) * difference.std(ddof=1) / np.sqrt(n)
                return mean, mean - half, mean + half
        ''',
        why="Differences of pairs leave out what both share, such as a hard seed; t, not 1.96, as there are few pairs.",
        hints=("Take the differences first: one number for each pair.", "The standard error is difference.std(ddof=1) / sqrt(n).", "mean - t * error and mean + t * error, t = stats.t.ppf(0.975, n - 1)."),
        inputs=_pairs,
        given={"stats": stats},
        tolerance=1e-3,
        mistakes=(
            Mistake("normal", "1.96 is for many pairs; for few, Student's t asks for more.", (("stats.t.ppf(0.975, n - 1)", "1.959964"),)),
            Mistake("sign", "Second minus first: yours has the other sign.", (("np.asarray(second) - np.asarray(first)", "np.asarray(first) - np.asarray(second)"),)),
            Mistake("no-root", "That is the spread of single differences; the mean's is smaller by the square root of n.", ((" / np.sqrt(n)", ""),)),
            Mistake("n-not-n-1", "The standard deviation of a sample divides by n - 1: std(ddof=1).", (("difference.std(ddof=1)", "difference.std()"),)),
            Mistake("unpaired", "You took the two spreads apart: that throws away that they are pairs.",
                    (("difference.std(ddof=1)", "np.sqrt(np.var(first, ddof=1) + np.var(second, ddof=1))"),)),
            Mistake("one-sided", "That is the 95% point of one side; the interval has two: 0.975.", (("stats.t.ppf(0.975, n - 1)", "stats.t.ppf(0.95, n - 1)"),)),
            Mistake("divided-by-n", "Divide by the square root of n, not by n.", (("np.sqrt(n)", "n"),)),
            Mistake("half-width", "low and high are the ends: the mean minus and plus the half width.", (("return mean, mean - half, mean + half", "return mean, -half, half"),)),
            Mistake("n-degrees", "Student's t has n - 1 degrees of freedom, not n.", (("stats.t.ppf(0.975, n - 1)", "stats.t.ppf(0.975, n)"),)),
            Mistake("two-groups", "That is for two separate groups; yours are pairs: take the differences first.", instead='''
                    def paired_interval(first, second):
                        mean = np.mean(second) - np.mean(first)
                        n = len(first)
                        error = np.sqrt((np.var(first, ddof=1) + np.var(second, ddof=1)) / n)
                        half = stats.t.ppf(0.975, 2 * n - 2) * error
                        return mean, mean - half, mean + half
                '''),
            Mistake("order", "The order is (mean, low, high).", (("return mean, mean - half, mean + half", "return mean - half, mean, mean + half"),)),
        ),
    ),
)  # fmt: skip
