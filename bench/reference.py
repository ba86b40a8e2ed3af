"""How fast the NumPy equations are: against their own loops, and against TensorFlow and Keras.

    python bench/reference.py [--rounds 30] [--out FILE.json]

Every row runs its contestants in turn, round after round, and compares medians, so that whatever else the
machine does meets all of them. The run fails (exit code 1) when a row misses its goal.
"""

import argparse
import json
import os
import platform
import statistics
import sys
import time

import numpy as np

from vidlab import reference
from vidlab.tensorflow import tf

keras = tf.keras
CONVOLUTIONS = [
    ((16, 64, 64, 3), (3, 3, 3, 16)),
    ((16, 32, 32, 32), (3, 3, 32, 64)),
    ((1, 128, 128, 1), (3, 3, 1, 1)),
    ((1, 240, 320, 3), (5, 5, 3, 8)),
]


def seconds(contestants, rounds):
    """Median seconds of each, by name; one round more runs first and is not counted."""
    times = {name: [] for name in contestants}
    for k in range(rounds + 1):
        for name, run in contestants.items():
            start = time.perf_counter()
            run()
            if k:
                times[name].append(time.perf_counter() - start)
    return {name: statistics.median(t) for name, t in times.items()}


def normal(*shape):
    return np.random.default_rng(0).standard_normal(shape).astype(np.float32)


def against_loops():
    x, kernel = normal(1, 64, 64, 3), normal(3, 3, 3, 16)
    return {"loops": lambda: reference.conv2d_loops(x, kernel), "numpy": lambda: reference.conv2d(x, kernel)}


def convolution(x_shape, kernel_shape):
    x, kernel = normal(*x_shape), normal(*kernel_shape)
    tx, tkernel = tf.constant(x), tf.constant(kernel)
    compiled = tf.function(lambda x, kernel: tf.nn.conv2d(x, kernel, 1, "VALID"))
    return {
        "numpy": lambda: reference.conv2d(x, kernel),
        "eager": lambda: tf.nn.conv2d(tx, tkernel, 1, "VALID").numpy(),
        "tf.function": lambda: compiled(tx, tkernel).numpy(),
    }


def convolution_gradients(x_shape, kernel_shape):
    x, kernel = normal(*x_shape), normal(*kernel_shape)
    dy = np.ones_like(reference.conv2d(x, kernel))
    tx, tkernel, tdy = tf.constant(x), tf.constant(kernel), tf.constant(dy)

    @tf.function
    def compiled(x, kernel, dy):
        with tf.GradientTape() as tape:
            tape.watch([x, kernel])
            y = tf.nn.conv2d(x, kernel, 1, "VALID")
        return tape.gradient(y, [x, kernel], output_gradients=dy)

    return {
        "numpy": lambda: reference.conv2d_gradients(x, kernel, dy),
        "tf.function": lambda: [g.numpy() for g in compiled(tx, tkernel, tdy)],
    }


def recurrent(kind, batch=8, steps=64, features=64, units=64):
    x = normal(batch, steps, features)
    layer = getattr(keras.layers, kind)(units, return_sequences=True)
    tx = tf.constant(x)
    layer(tx)
    compiled = tf.function(layer)
    if kind == "LSTM":
        weights = reference.LSTMWeights(*layer.get_weights())
        return {"numpy": lambda: reference.lstm(x, weights), "tf.function": lambda: compiled(tx).numpy()}
    W, U, b = layer.get_weights()
    return {"numpy": lambda: reference.rnn(x, W, U, b), "tf.function": lambda: compiled(tx).numpy()}


def rows(rounds):
    """(what, median seconds by contestant, ratio, goal): NumPy's time over the fastest other's."""
    found = seconds(against_loops(), 3)
    yield (
        "conv2d 1x64x64x3, 3x3x3x16",
        found,
        found["loops"] / found["numpy"],
        (">=", 100),
    )  # here the loops' over NumPy's
    for x_shape, kernel_shape in CONVOLUTIONS:
        what = f"{'x'.join(map(str, x_shape))}, {'x'.join(map(str, kernel_shape))}"
        yield f"conv2d {what}", *against_tensorflow(convolution(x_shape, kernel_shape), rounds), ("<=", 2)
    for x_shape, kernel_shape in CONVOLUTIONS[:2]:
        what = f"{'x'.join(map(str, x_shape))}, {'x'.join(map(str, kernel_shape))}"
        contestants = convolution_gradients(x_shape, kernel_shape)
        yield f"its gradients {what}", *against_tensorflow(contestants, rounds), None
    yield "SimpleRNN 8x64x64, 64 units", *against_tensorflow(recurrent("SimpleRNN"), rounds), None
    yield "LSTM 8x64x64, 64 units", *against_tensorflow(recurrent("LSTM"), rounds), ("<=", 1.5)


def against_tensorflow(contestants, rounds):
    found = seconds(contestants, rounds)
    return found, found["numpy"] / min(t for name, t in found.items() if name != "numpy")


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--rounds", type=int, default=30)
    parser.add_argument("--out", help="write the numbers as JSON")
    given = parser.parse_args()

    slow = [name for name in ("OPENBLAS_CORETYPE", "OPENBLAS_L2_SIZE") if name in os.environ]
    if slow:
        print(f"note: {', '.join(slow)} is set and may slow NumPy down\n")
    print(f"{'float32, medians in ms':46} {'loops':>8} {'numpy':>8} {'eager':>8} {'tf.func.':>8}  ratio")
    results, missed = [], False
    for what, found, ratio, goal in rows(given.rounds):
        cells = " ".join(
            f"{1e3 * found[name]:8.2f}" if name in found else " " * 8
            for name in ("loops", "numpy", "eager", "tf.function")
        )
        met = goal is None or (ratio >= goal[1] if goal[0] == ">=" else ratio <= goal[1])
        missed |= not met
        verdict = "" if goal is None else f"  goal {goal[0]} {goal[1]}{'' if met else ': MISSED'}"
        print(f"{what:46} {cells} {ratio:6.2f}{verdict}")
        results.append({"what": what, "seconds": found, "ratio": ratio, "goal": goal, "met": met})
    if given.out:
        machine = {
            "processor": platform.machine(),
            "cores": os.cpu_count(),
            "python": platform.python_version(),
        }
        versions = {"numpy": np.__version__, "tensorflow": tf.__version__, "keras": keras.__version__}
        with open(given.out, "w") as file:
            json.dump(
                {"machine": machine, "versions": versions, "rounds": given.rounds, "rows": results},
                file,
                indent=1,
            )
    return 1 if missed else 0


if __name__ == "__main__":
    sys.exit(main())
