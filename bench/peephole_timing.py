"""Notebook 05b's alarm clock: python bench/peephole_timing.py --out data/results/peephole_timing.json

Every kind and size of network is tuned on its own (learning rate and start, by the mean score over the tuning
seeds), then trained from fresh seeds with what was best for it.
"""

import numpy as np
from recurrent_runs import chrono, tf, train
from results import options, save

COMMAND = "python bench/peephole_timing.py --out data/results/peephole_timing.json"
LENGTH, FIRST, LAST = 28, 5, 24
UNITS = 2, 3, 4, 8
RATES = 3e-3, 1e-2, 3e-2
STEPS = 500
TUNING_SEEDS, FRESH_SEEDS = range(6), range(100, 120)


def alarm(n, rng):
    """The first step tells the delay, as a size; the network must ring at that step. Then silence."""
    y = rng.integers(FIRST, LAST + 1, n)
    x = np.zeros((n, LENGTH, 2), np.float32)
    x[:, 0, 0] = 1
    x[:, 0, 1] = y / LAST
    return x, y


def time_loss(out, y):
    """Cross-entropy of a softmax over the time steps: when does it ring?"""
    return tf.reduce_mean(tf.nn.sparse_softmax_cross_entropy_with_logits(y, out[..., 0]), -1)


def on_time(out, y):
    return tf.cast(tf.argmax(out[..., 0], -1) == y, tf.float32)


def main():
    arguments = options(__doc__)
    kinds, starts = ("lstm", "peephole"), {"default": None, "chrono": chrono(LENGTH)}
    tuning, rows, chosen = [], [], []
    for units in UNITS:

        def runs_of(settings, seeds, units=units):
            return [
                {"kind": kind, "start": start, "change": starts[start], "learning_rate": rate}
                | {"seed": seed, "units": units}
                for kind, start, rate in settings
                for seed in seeds
            ]

        settings = [(kind, start, rate) for kind in kinds for start in starts for rate in RATES]
        tried = train(runs_of(settings, TUNING_SEEDS), alarm, time_loss, on_time, STEPS, units)
        means = {}
        for kind, start, rate in settings:
            scores = [r["score"] for r in tried if (r["kind"], r["start"], r["learning_rate"]) == (kind, start, rate)]
            means[kind, start, rate] = float(np.mean(scores))
            print(f"{units} units, tuning {kind:8} {start:8} {rate}: {means[kind, start, rate]:.3f}", flush=True)
            tuning.append({"units": units, "kind": kind, "start": start, "learning_rate": rate}
                          | {"mean_score": round(means[kind, start, rate], 4)})  # fmt: skip
        best = [max((s for s in settings if s[0] == kind), key=means.get) for kind in kinds]
        chosen += [{"units": units, "kind": k, "start": s, "learning_rate": r} for k, s, r in best]
        done = train(runs_of(best, FRESH_SEEDS), alarm, time_loss, on_time, STEPS, units)
        rows += done
        for kind in kinds:
            scores = [r["score"] for r in done if r["kind"] == kind]
            print(f"{units} units, fresh {kind:8} mean {np.mean(scores):.3f}", *scores, flush=True)
    seeds = {"tuning_seeds": list(TUNING_SEEDS), "seeds": list(FRESH_SEEDS)}
    save(arguments.out, COMMAND, **seeds, steps=STEPS, batch=64, tuning=tuning, chosen=chosen, rows=rows)


if __name__ == "__main__":
    main()
