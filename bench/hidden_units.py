"""How many hidden units? Notebooks 04 and 05: python bench/hidden_units.py --out data/results/hidden_units.json"""

import numpy as np
from recurrent_runs import chrono, tf, train
from results import options, save

COMMAND = "python bench/hidden_units.py --out data/results/hidden_units.json"
UNITS = 2, 4, 8, 16, 32
ITEMS = 1, 2, 4
DELAYS = 5, 25
STEPS, NOISE = 500, 0.1
RATES = {"rnn": 5e-3, "lstm": 2e-2}  # the LSTM's was the best of 5e-3, 1e-2 and 2e-2 on 4 symbols, 16 units


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


def main():
    arguments = options(__doc__, seeds=(0, 1, 2))
    rows = []
    for kind in ("rnn", "lstm"):
        for items in ITEMS:
            for delay in DELAYS:
                for units in UNITS:
                    length = items + delay
                    start = {"start": "chrono", "change": chrono(length)} if kind == "lstm" else {"start": "default"}
                    runs = [
                        {"kind": kind, "seed": seed, "learning_rate": RATES[kind], "units": units, "items": items}
                        | start
                        for seed in arguments.seeds
                    ]
                    task = remember(items, delay)
                    done = train(runs, task, recall_loss, recalled, STEPS, units, 4 * items)
                    rows += [{"delay": delay} | row for row in done]
                    print(
                        f"{kind:5} {items} items, delay {delay:2}, {units:2} units:",
                        *(r["score"] for r in done),
                        flush=True,
                    )
    settings = {"steps": STEPS, "batch": 64, "optimizer": "Adam, clipped at norm 1"}
    save(arguments.out, COMMAND, seeds=arguments.seeds, **settings, rows=rows)


if __name__ == "__main__":
    main()
