"""The training lab: a small network learns before your eyes, step by step; two settings on the same seed."""

from functools import lru_cache, partial

import numpy as np

from vidlab import world
from vidlab.clips import checked
from vidlab.widgets import lab

MOTIONS = "left", "right", "up", "down"
SETTINGS = {  # name: label, what may be chosen, what is chosen first
    "rate": ("learning rate", ("0.001", "0.003", "0.01", "0.03", "0.1", "0.3", "1", "3"), "0.03"),
    "batch": ("batch", ("4", "16", "64"), "16"),
    "units": ("hidden units", ("2", "4", "8", "16"), "8"),
    "kernel": ("kernel size", ("1", "3", "5"), "3"),
    "layers": ("layers", ("1", "2", "3"), "2"),
}
MOMENTUM = 0.9
EVERY = 5  # steps between looks at the clips that are held out
FAR = 4  # times what guessing costs: a loss above that has diverged
BINS, SPAN = 41, 1.0  # of the weights' histogram, and its range to each side
LARGEST = 20_000_000  # numbers in all clips


@lru_cache(32)
def _functions(layers):
    """(loss, accuracy and probabilities; one step) of networks with so many convolutions, as graphs."""
    from vidlab.tensorflow import tf

    def logits(weights, x):
        for k in range(layers):
            stride = 2 if k == 0 else 1  # over space, once
            x = tf.nn.conv3d(x, weights[2 * k], [1, 1, stride, stride, 1], "SAME") + weights[2 * k + 1]
            x = tf.nn.relu(x)
        return tf.reduce_mean(x, axis=[1, 2, 3]) @ weights[-2] + weights[-1]

    def measured(weights, x, y):
        z = logits(weights, x)
        loss = tf.reduce_mean(tf.nn.sparse_softmax_cross_entropy_with_logits(y, z))
        return loss, tf.reduce_mean(tf.cast(tf.argmax(z, 1) == y, tf.float32))

    @tf.function(reduce_retracing=True)
    def step(weights, speeds, x, y, rate):
        with tf.GradientTape() as tape:
            tape.watch(weights)
            loss, _ = measured(weights, x, y)
        gradients = tape.gradient(loss, weights)
        speeds = [MOMENTUM * v - rate * g for v, g in zip(speeds, gradients, strict=True)]
        norms = tf.stack([tf.sqrt(sum(tf.reduce_sum(g**2) for g in gradients[k : k + 2]))
                          for k in range(0, len(weights), 2)])  # fmt: skip
        return [w + v for w, v in zip(weights, speeds, strict=True)], speeds, loss, norms

    return tf.function(measured, reduce_retracing=True), step


class Training:
    """One setting, trained as far as it was asked for; what happened at each step is kept.

    Parameters
    ----------
    learn, check
        (clips, labels) to learn from, and held out.
    rate, batch, units, kernel, layers
        Numbers.
    seed
        Of the first weights and of the order of the clips.
    """

    def __init__(self, learn, check, classes, seed, rate, batch, units, kernel, layers):
        self.learn, self.check, self.rate, self.batch = learn, check, rate, batch
        self.rng = np.random.default_rng(seed)
        self.measured, self.step = _functions(layers)
        first, self.names = np.random.default_rng((seed, 1)), [f"conv {k + 1}" for k in range(layers)] + ["classes"]
        widths = [learn[0].shape[-1]] + [units] * layers
        shapes = [(kernel,) * 3 + (a, b) for a, b in zip(widths, widths[1:], strict=False)] + [(units, classes)]
        self.weights = []
        for shape in shapes:  # He et al. (2015): deviation sqrt(2 / inputs)
            deviation = np.sqrt(2 / np.prod(shape[:-1]))
            self.weights += [first.normal(0, deviation, shape).astype(np.float32), np.zeros(shape[-1], np.float32)]
        self.speeds = [np.zeros_like(w) for w in self.weights]
        self.guess = float(np.log(classes))
        self.losses, self.norms, self.spread, self.held = [], [], [], []
        self.far = None  # the step at which it had diverged

    def to(self, step):
        """Train until `step` steps are known, and no further than it makes sense."""
        while len(self.losses) <= step and not (self.losses and not np.isfinite(self.losses[-1])):
            self._one()

    def _one(self):
        k, (x, y) = len(self.losses), self.learn
        if k % EVERY == 0:
            self.held.append(float(self.measured(self.weights, *self.check)[1]))
        kernels = [np.asarray(w) for w in self.weights[::2]]
        self.spread.append([np.histogram(np.clip(np.nan_to_num(w), -SPAN, SPAN), BINS, (-SPAN, SPAN))[0] / w.size
                            for w in kernels])  # fmt: skip
        chosen = self.rng.choice(len(y), min(self.batch, len(y)), replace=False)
        found = self.step(self.weights, self.speeds, x[chosen], y[chosen], np.float32(self.rate))
        self.weights, self.speeds, loss, norms = found
        self.losses.append(float(loss))
        self.norms.append(np.asarray(norms, float))
        if self.far is None and not self.losses[-1] < FAR * self.guess:
            self.far = k


@lab.plainly
def train(clips=None, labels=None, steps=120, seed=0):
    """Train a small network step by step: learning rate, batch, hidden units, kernel size, layers.

    The network: so many 3D convolutions of one kernel size, each with ReLU (the first one halves height and width), the
    mean over all places and frames, a dense layer; gradient descent with momentum 0.9. *Play* trains on, the slider
    goes back and forth. With a second setting beside it, both begin with the same seed. A quarter of the clips, drawn
    by lot, is held out.

    Parameters
    ----------
    clips, labels
        (n, frames, height, width, channels), uint8 or floats in [0, 1], and a class for each; None: small clips of four
        motions. Small ones: each step is trained while you wait.
    steps
        At most.
    seed
        Of the first weights, and of the order of the clips.

    Returns
    -------
    lab.Lab
        Shows itself when a cell ends in it.

    Raises
    ------
    ValueError
        Clips and labels do not fit each other, or are too many; steps are out of range.
    """
    if not (isinstance(steps, (int, np.integer)) and 1 <= steps <= 1000):
        raise ValueError(f"steps={steps!r} must be a whole number from 1 to 1000")
    clips, labels, names = _data(clips, labels)
    order = np.random.default_rng(seed).permutation(len(clips))
    held, learnt = order[: len(order) // 4], order[len(order) // 4 :]
    parts = (clips[learnt], labels[learnt]), (clips[held], labels[held])

    @lru_cache(12)
    def run(rate, batch, units, kernel, layers):
        return Training(*parts, len(names), seed, float(rate), *map(int, (batch, units, kernel, layers)))

    controls = []
    for side in "AB":
        for name, (label, options, first) in SETTINGS.items():
            start = "0.3" if (side, name) == ("B", "rate") else first
            controls.append(lab.choice(f"{name} {side}", f"{label}, {side}", list(options), start))
        if side == "A":
            controls.append(lab.toggle("compare", "B beside it"))
    controls += [lab.slider("step", "step", 0, int(steps), int(steps) // 3), lab.play("step", "train", fps=10.0)]
    majority = np.bincount(parts[1][1]).max() / len(held)
    return lab.Lab("Training lab", controls, partial(_by_names, run, majority))


def _data(clips, labels):
    if clips is None:
        made = world.render(384, {"motion": MOTIONS, "shape": None}, "motion", frames=8, size=(16, 16), seed=0)
        clips, labels = made.clips.mean(axis=-1, keepdims=True).astype(np.uint8), made.labels
    clips = np.asarray(clips)
    if clips.ndim != 5 or labels is None or len(labels) != len(clips) or len(clips) < 8:
        raise ValueError(f"clips: expected 8 or more clips with as many labels, got shape {clips.shape}")
    if clips.size > LARGEST:
        raise ValueError(f"clips: {clips.size:,} numbers are too many to train on live; take smaller or fewer clips")
    checked(clips[0], "clips")
    names = sorted({str(label) for label in labels})
    if len(names) < 2:
        raise ValueError(f"labels: expected two classes or more, got {names}")
    x = clips.astype(np.float32)
    x -= x.mean(axis=(1, 2, 3, 4), keepdims=True)
    x /= max(float(x.std()), 1e-6)
    return x, np.array([names.index(str(label)) for label in labels], np.int64), names


def _by_names(run, majority, **values):
    """`answer`, of controls whose names have the side behind them."""
    sides = {side: tuple(values[f"{name} {side}"] for name in SETTINGS) for side in "AB"[: 1 + bool(values["compare"])]}
    found = answer({side: run(*setting) for side, setting in sides.items()}, majority, int(values["step"]))
    hidden = {f"{name} B": {"hidden": "B" not in sides} for name in SETTINGS}
    return found | {"limits": hidden}


def answer(runs, majority, step):
    """What the lab shows after so many steps."""
    for one in runs.values():
        one.to(step)
    guess = next(iter(runs.values())).guess
    losses = {side: np.nan_to_num(one.losses[: step + 1], nan=1e9, posinf=1e9) for side, one in runs.items()}
    held = {side: np.repeat(one.held, EVERY)[: len(losses[side])] for side, one in runs.items()}
    panels = {
        "loss": lab.lines(
            losses, f"loss of each batch; guessing costs {guess:.2f}",
            "; ".join(f"{side} from {x[0]:.2f} to {_number(x[-1])}" for side, x in losses.items()),
            0, 2 * guess, ylabel="loss", height=140,
        ),
        "held out": lab.lines(
            held, f"accuracy on clips held out; the commonest class {majority:.2f}",
            "; ".join(f"{side} {x[-1]:.2f}" for side, x in held.items()), 0, 1, ylabel="accuracy", height=140,
        ),
    }  # fmt: skip
    for side, one in runs.items():
        at = min(step, len(one.losses) - 1)
        norms = np.log10(np.clip(np.nan_to_num(one.norms[: at + 1], nan=1e9, posinf=1e9), 1e-6, 1e9))
        panels[f"gradients {side}"] = lab.lines(
            dict(zip(one.names, norms.T, strict=True)), f"{side}: size of the gradient by layer, log10",
            "; ".join(f"{name} {10**x:.2g}" for name, x in zip(one.names, norms[-1], strict=True)),
            -4, 3, ylabel="log10 norm", height=140,
        )  # fmt: skip
        rows = np.repeat(lab.shades(np.sqrt(np.stack(one.spread[at])), 0, 0.6), 8, axis=0)
        panels[f"weights {side}"] = lab.pixels(
            np.repeat(rows, 4, axis=1), f"{side}: weights from -1 to 1, by layer ({', '.join(one.names)})",
            f"Histograms of the weights of {', '.join(one.names)}, one below the other, brighter where there are more.",
            colours="viridis", times=2, tiles=(8, 4 * BINS, len(one.names), 0),
        )  # fmt: skip
    words = [_said(side, one, held[side], step) for side, one in runs.items()]
    return {"panels": panels, "status": f"After {step} step{'s' * (step != 1)}. " + "\n".join(words)}


def _said(side, one, held, step):
    if one.far is not None and one.far <= step:
        last = one.losses[min(one.far, len(one.losses) - 1)]
        return (f"{side} has diverged: at step {one.far} the loss was {_number(last)}, guessing costs {one.guess:.2f}. "
                "Take a smaller learning rate.")  # fmt: skip
    loss = np.mean(one.losses[max(0, step - 4) : step + 1])
    words = f"{side}: loss {loss:.2f} over the last batches, held out {held[-1]:.2f}."
    norms = one.norms[min(step, len(one.norms) - 1)]
    if norms.max() < 1e-4:
        words += " The gradient is nearly 0: it learns no more."
    elif norms[:-1].max() < 1e-6:
        words += (" The convolutions get no gradient any more: a step was so large that all ReLUs of a layer are shut, "
                  "for every clip. Take a smaller learning rate.")  # fmt: skip
    return words


def _number(value):
    return f"{value:.2f}" if value < 1000 else "beyond all numbers"
