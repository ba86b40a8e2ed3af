"""Notebook 05's memory over 10 to 200 steps: python bench/lstm_memory.py --out data/results/lstm_memory.json"""

import numpy as np
from recurrent_runs import chrono, last_step_loss, last_step_right, train
from results import options, save

COMMAND = "python bench/lstm_memory.py --out data/results/lstm_memory.json"
LENGTHS = 10, 25, 50, 100, 200
NOISE = 0.1, 1.0
UNITS, STEPS, RATE = 16, 300, 3e-3


def message_then_noise(length, noise):
    """The first step says which of four messages it is; then a fifth feature is +noise or -noise by chance."""

    def task(n, rng):
        y = rng.integers(0, 4, n)
        x = np.zeros((n, length, 5), np.float32)
        x[:, 0, :4] = np.eye(4)[y]
        x[:, 1:, 4] = noise * rng.choice([-1, 1], size=(n, length - 1))
        return x, y

    return task


def small(weights, rng):
    """U as many textbooks start it: small random numbers, here of spectral radius 0.7."""
    U = rng.standard_normal(weights["U"].shape)
    weights["U"] = (0.7 * U / np.abs(np.linalg.eigvals(U)).max()).astype(np.float32)


def main():
    arguments = options(__doc__, seeds=(0, 1, 2, 3, 4))
    rows = []
    for noise in NOISE:
        for length in LENGTHS:
            for cells in (("rnn",), ("lstm", "peephole")):
                starts = {"default": None} | ({"small": small} if cells == ("rnn",) else {"chrono": chrono(length)})
                runs = [
                    {"kind": kind, "start": start, "change": change, "seed": seed, "learning_rate": RATE}
                    for kind in cells
                    for start, change in starts.items()
                    for seed in arguments.seeds
                ]
                task = message_then_noise(length, noise)
                done = train(runs, task, last_step_loss, last_step_right, STEPS, UNITS, 4)
                rows += [{"noise": noise, "length": length} | row for row in done]
                for kind in cells:
                    for start in starts:
                        scores = [r["score"] for r in done if (r["kind"], r["start"]) == (kind, start)]
                        print(f"noise {noise} length {length:3} {kind:8} {start:8}", *scores, flush=True)
    settings = {"units": UNITS, "steps": STEPS, "batch": 64, "optimizer": "Adam, clipped at norm 1"}
    save(arguments.out, COMMAND, seeds=arguments.seeds, **settings, rows=rows)


if __name__ == "__main__":
    main()
