"""How many hidden units? Notebooks 04 and 05b: python bench/hidden_units.py --out data/results/hidden_units.json

`rows`: the RNN at one learning rate, for notebook 04. `tuned`: RNN and LSTM for notebook 05b, each kind at each
size at the best of six rates for itself, on 4 symbols over both delays, with other seeds (`tuning`).
"""

import numpy as np
from recurrent_runs import chrono, tf, train
from results import options, save

COMMAND = "python bench/hidden_units.py --out data/results/hidden_units.json"
UNITS = 2, 4, 8, 16, 32
ITEMS = 1, 2, 4
DELAYS = 5, 25
STEPS, NOISE = 500, 0.1
RATE = 5e-3
RATES = 5e-3, 1e-2, 2e-2, 4e-2, 8e-2, 0.16
TUNED_ON = {"items": 4, "seeds": (10, 11, 12)}


def remember(items, delay):
    """`items` symbols out of four, a step each; then `delay` steps of faint noise; then say them all."""

    def task(n, rng):
        y = rng.integers(0, 4, (n, items))
        x = np.zeros((n, items + delay, 5), np.float32)
        x[:, :items, :4] = np.eye(4)[y]
        x[:, items:, 4] = NOISE * rng.choice([-1, 1], size=(n, delay))
        return x, y

    return task


def split(out, y):
    return tf.reshape(out[:, :, -1], (*y.shape, 4))


def recall_loss(out, y):
    values = tf.nn.sparse_softmax_cross_entropy_with_logits(y, split(out, y))
    return tf.reduce_mean(values, (1, 2))


def recalled(out, y):
    """The part of the symbols that is right; a quarter by guessing."""
    return tf.reduce_mean(tf.cast(tf.argmax(split(out, y), -1) == y, tf.float32), -1)


def run(kind, items, delay, units, seeds, rates):
    """Networks of one kind and size, one for each seed and rate."""
    start = {"start": "chrono", "change": chrono(items + delay)} if kind == "lstm" else {"start": "default"}
    runs = [
        {"kind": kind, "seed": seed, "learning_rate": rate, "units": units, "items": items} | start
        for rate in rates
        for seed in seeds
    ]
    done = train(runs, remember(items, delay), recall_loss, recalled, STEPS, units, 4 * items)
    print(f"{kind:5} {items} items, delay {delay:2}, {units:2} units:", *(r["score"] for r in done), flush=True)
    return [{"delay": delay} | row for row in done]


def tune(kind):
    points = [{"delay": delay, "units": units} for units in UNITS for delay in DELAYS]
    return [row for point in points for row in run(kind, **point, rates=RATES, **TUNED_ON)]


def best_rate(tuning, kind, units):
    def mean(rate):
        wanted = {"kind": kind, "units": units, "learning_rate": rate}.items()
        return np.mean([row["score"] for row in tuning if wanted <= row.items()])

    return max(RATES, key=mean)


def all_sizes(kind, rates, seeds):
    return [
        row
        for items in ITEMS
        for delay in DELAYS
        for units in UNITS
        for row in run(kind, items, delay, units, seeds, [rates[units]])
    ]


def main():
    arguments = options(__doc__, seeds=(0, 1, 2))
    tuning, tuned = [], []
    for kind in ("rnn", "lstm"):
        tuning += tune(kind)
        best = {units: best_rate(tuning, kind, units) for units in UNITS}
        print(kind, "learning rates", best, flush=True)
        tuned += all_sizes(kind, best, arguments.seeds)
    rows = all_sizes("rnn", dict.fromkeys(UNITS, RATE), arguments.seeds)
    settings = {"steps": STEPS, "batch": 64, "optimizer": "Adam, clipped at norm 1"}
    save(arguments.out, COMMAND, seeds=arguments.seeds, **settings, tuning=tuning, tuned=tuned, rows=rows)


if __name__ == "__main__":
    main()
