"""Many small recurrent networks trained at once, for the experiments of notebooks 04, 05 and 05b.

A network of 16 units keeps no processor busy: most of a step's time goes into starting operations. So the
weights of all runs lie in one array with the run in front, and each operation serves every run. Runs stay
apart: each has its own weights, data, clipping, learning rate and Adam moments, and starts from the weights that
the Keras layer has after `keras.utils.set_random_seed(seed)`. Runs of one seed see the same data, so kinds of
network can be compared seed by seed. The same set of runs gives the same results again; another set does not to the
last digit, since rounding depends on how many runs share an operation.

    rnn        h_t = tanh(W x_t + U h_{t-1} + b)
    lstm       the article's equations with the peepholes held at zero
    peephole   the same with diagonal peepholes that start at zero and learn
"""

import numpy as np

from vidlab.tensorflow import tf  # before keras, so that it starts without its stderr lines

import keras  # isort: skip

BATCH = 64


def initial_weights(kind, features, units, outputs, seed, change=None):
    """Those of Keras's layer and a Dense layer above it; `change(weights, rng)` may edit them."""
    keras.utils.set_random_seed(seed)
    layer = keras.layers.SimpleRNN(units) if kind == "rnn" else keras.layers.LSTM(units)
    layer.build((None, None, features))
    dense = keras.layers.Dense(outputs)
    dense.build((None, units))
    names = "W", "U", "b"
    weights = dict(zip(names, layer.get_weights(), strict=True))
    weights |= dict(zip(("V", "a"), dense.get_weights(), strict=True))
    if kind != "rnn":
        weights["P"] = np.zeros((3, units), np.float32)
    if change is not None:
        change(weights, np.random.default_rng(seed))
    return weights


def chrono(longest):
    """Forget and input biases for a memory of up to `longest` steps (Tallec and Ollivier 2018)."""

    def change(weights, rng):
        units = weights["U"].shape[0]
        b_f = np.log(rng.uniform(1, max(longest - 1, 1.001), units))
        weights["b"] = np.concatenate([-b_f, b_f, np.zeros(2 * units)]).astype(np.float32)

    return change


def states(w, x):
    """h_t for every step: x (run, batch, time, features) gives (time, run, batch, units)."""
    z_all = tf.einsum("rbtf,rfu->trbu", x, w["W"]) + w["b"][None, :, None]
    h = tf.zeros((tf.shape(x)[0], tf.shape(x)[1], w["U"].shape[1]))
    if "P" not in w:
        return tf.scan(lambda h, z: tf.tanh(z + h @ w["U"]), z_all, h)
    P_i, P_f, P_o = (w["P"][:, k, None] for k in range(3))

    def step(state, z):
        h, c = state
        z_i, z_f, z_c, z_o = tf.split(z + h @ w["U"], 4, axis=-1)
        c = tf.sigmoid(z_f + c * P_f) * c + tf.sigmoid(z_i + c * P_i) * tf.tanh(z_c)
        return tf.sigmoid(z_o + c * P_o) * tf.tanh(c), c

    return tf.scan(step, z_all, (h, h))[0]


def outputs(w, x):
    """Numbers from the Dense layer at every step: (run, batch, time, outputs)."""
    return tf.einsum("trbu,ruo->rbto", states(w, x), w["V"]) + w["a"][:, None, None]


def train(runs, task, loss, score, steps, units, outputs_=1, clip=1.0, tests=512):
    """Train all runs; `runs` is a list of dicts with kind, seed, learning_rate, and on request change.

    task(n, rng) gives x (n, time, features) and y; loss(out, y) and score(out, y), of numbers
    (run, batch, time, outputs), give (run,) and (run, batch). Returns the runs with score and loss.
    """
    features = task(1, np.random.default_rng(0))[0].shape[-1]
    starts = [initial_weights(r["kind"], features, units, outputs_, r["seed"], r.get("change")) for r in runs]
    w = {name: tf.Variable(np.stack([s[name] for s in starts])) for name in starts[0]}
    learn = {name: np.ones(len(runs), np.float32) for name in w}
    learn["P"] = np.array([r["kind"] == "peephole" for r in runs], np.float32)
    rate = np.array([r["learning_rate"] for r in runs], np.float32)
    moments = {name: (tf.Variable(tf.zeros_like(v)), tf.Variable(tf.zeros_like(v))) for name, v in w.items()}
    seeds = sorted({r["seed"] for r in runs})
    which = np.array([seeds.index(r["seed"]) for r in runs])
    generators = [np.random.default_rng([seed, 1]) for seed in seeds]

    def draw(n):
        x, y = zip(*(task(n, rng) for rng in generators), strict=True)
        return np.stack(x)[which].astype(np.float32), np.stack(y)[which]

    def shaped(values, v):
        return tf.reshape(values, [-1] + [1] * (len(v.shape) - 1))

    @tf.function
    def update(x, y, number):
        with tf.GradientTape() as tape:
            values = loss(outputs(w, x), y)
            total = tf.reduce_sum(values)
        names = list(w)
        gradients = dict(zip(names, tape.gradient(total, [w[n] for n in names]), strict=True))
        gradients = {n: g * shaped(learn[n], g) for n, g in gradients.items()}
        squares = [tf.reduce_sum(g * g, range(1, len(g.shape))) for g in gradients.values()]
        factor = tf.minimum(1.0, clip / (tf.sqrt(tf.add_n(squares)) + 1e-12))
        for n in names:
            g, (m, v) = gradients[n] * shaped(factor, w[n]), moments[n]
            m.assign(0.9 * m + 0.1 * g)
            v.assign(0.999 * v + 0.001 * g * g)
            unbiased = tf.sqrt(1 - 0.999**number) / (1 - 0.9**number)
            w[n].assign_sub(shaped(rate, w[n]) * unbiased * m / (tf.sqrt(v) + 1e-7))
        return values

    for number in range(1, steps + 1):
        update(*draw(BATCH), tf.constant(float(number)))
    x, y = draw(tests)
    out = outputs(w, x)
    results = zip(runs, loss(out, y).numpy(), score(out, y).numpy().mean(axis=-1), strict=True)
    kept = "kind", "seed", "learning_rate", "start", "units", "length", "items"
    return [
        {k: r[k] for k in kept if k in r} | {"score": round(float(s), 4), "loss": round(float(v), 4)}
        for r, v, s in results
    ]


# ---------------------------------------------------------------- losses and scores


def last_step_loss(out, y):
    """Cross-entropy of the last step's outputs with y (run, batch)."""
    values = tf.nn.sparse_softmax_cross_entropy_with_logits(y, out[:, :, -1])
    return tf.reduce_mean(values, axis=-1)


def last_step_right(out, y):
    return tf.cast(tf.argmax(out[:, :, -1], -1) == y, tf.float32)
