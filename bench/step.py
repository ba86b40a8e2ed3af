"""Where a training step's time goes, and what makes it shorter. For notebook 14.

    python bench/step.py --out data/results/step.json

Four models, 12 frames of 32 x 32. `parts`: reading a batch of 16 of the embedded files, forward, forward and backward,
the whole step. `ways`: the whole step at another batch, in bfloat16, compiled by XLA, on one thread, without oneDNN.
`layers`: each layer forward by itself, beside what its multiplications would take at the rate of this machine's matrix
product and its numbers at the rate of its memory. Each setting is a process of its own; a number is a median.
"""

import json
import os
import subprocess
import sys

import numpy as np
from results import milliseconds, options, save

COMMAND = "python bench/step.py --out data/results/step.json"
NAMES = "conv3d", "r2plus1d", "cnn_lstm", "video_transformer"
SHAPE, CLASSES, BUDGET = (12, 32, 32, 3), 8, 1.0
WAYS = {
    "as it is": {}, "batch 4": {"batch": 4}, "batch 64": {"batch": 64}, "bfloat16": {"policy": "mixed_bfloat16"},
    "jit_compile": {"jit": True}, "one thread": {"threads": 1}, "oneDNN off": {"TF_ENABLE_ONEDNN_OPTS": "0"},
}  # fmt: skip


def median(ask):
    """Milliseconds a call."""
    return round(float(np.median(milliseconds(ask, BUDGET, warm=3))), 3)


def setting(name, batch=16, policy="float32", jit=False):
    """A model ready to learn, and a batch for it."""
    from vidlab import models, training

    import keras  # isort: skip

    keras.config.set_dtype_policy(policy)
    keras.utils.set_random_seed(0)
    model = training.compile(models.CLIP_MODELS[name](SHAPE, CLASSES), 1000)
    model.jit_compile = jit
    rng = np.random.default_rng(0)
    return model, rng.random((batch, *SHAPE), np.float32), rng.integers(0, CLASSES, batch)


def whole_step(model, x, y):
    from vidlab.tensorflow import tf

    data = iter(tf.data.Dataset.from_tensors((tf.constant(x), tf.constant(y))).repeat())
    step = model.make_train_function()
    step = model.train_function if step is None else step
    return lambda: step(data)


def parts(name):
    from vidlab import datasets
    from vidlab.clips import Frames
    from vidlab.tensorflow import tf

    import keras  # isort: skip

    model, x, y = setting(name)
    given = tf.constant(x)

    @tf.function
    def forward():
        return model(given, training=True)

    @tf.function
    def both():
        with tf.GradientTape() as tape:
            loss = tf.reduce_mean(keras.losses.sparse_categorical_crossentropy(y, model(given, training=True)))
        return tape.gradient(loss, model.trainable_variables)

    samples = [s for s in datasets.embedded() if s.split == "train"]
    batches = datasets.Batches(samples, Frames(SHAPE[0], SHAPE[1:3]), batch=16, shuffle=True)
    read = iter(batches.epoch(0).repeat())
    yield {"part": "reading", "ms": median(lambda: next(read))}
    yield {"part": "forward", "ms": median(lambda: forward().numpy())}
    yield {"part": "forward and backward", "ms": median(lambda: both()[0].numpy())}
    yield {"part": "the whole step", "ms": median(whole_step(model, x, y))}


def of_layers(name):
    from vidlab import models
    from vidlab.tensorflow import tf

    model, x, _ = setting(name)
    for one in models.costs(model, x):
        call = tf.function(lambda *given, layer=one.layer: tf.nest.flatten(layer(*given, training=False))[0])
        yield {"layer": one.name, "kind": one.kind, "multiplications": one.multiplications, "numbers": one.numbers,
               "ms": median(lambda call=call, one=one: call(*one.given).numpy())}  # fmt: skip


def machine():
    """Multiplications and bytes a second: of a matrix product, and of adding two arrays larger than the cache."""
    from vidlab.tensorflow import tf

    a = tf.random.normal((1024, 1024))
    product = tf.function(lambda: a @ a)
    v = tf.random.normal((32_000_000,))
    add = tf.function(lambda: v + v)
    yield {"multiplications a second": round(1024**3 / median(lambda: product().numpy()) * 1000, -6),
           "bytes a second": round(2 * 4 * 32e6 / median(lambda: add()[:1].numpy()) * 1000, -6)}  # fmt: skip


def child(what, name="conv3d", way="as it is"):
    if what == "ways":
        facts = {k: v for k, v in WAYS[way].items() if k in ("batch", "policy", "jit")}
        model, x, y = setting(name, **facts)
        rows = [{"ms a clip": round(median(whole_step(model, x, y)) / len(x), 3)}]
    else:
        rows = {"parts": parts, "layers": of_layers}[what](name) if what != "machine" else machine()
    for row in rows:
        print(json.dumps(row), flush=True)


def ask(what, *words, way="as it is"):
    """The rows that a process of its own prints."""
    threads = str(WAYS[way].get("threads", 2))
    variables = {k: v for k, v in WAYS[way].items() if k.isupper()}
    environment = os.environ | variables | {"TF_NUM_INTRAOP_THREADS": threads, "TF_CPP_MIN_LOG_LEVEL": "3"}
    done = subprocess.run([sys.executable, __file__, "--child", what, *words], capture_output=True, text=True,
                          env=environment)  # fmt: skip
    if done.returncode:
        return [{"failed": done.stderr.strip().splitlines()[-1][:120]}]
    return [json.loads(line) for line in done.stdout.splitlines() if line.startswith("{")]


def main():
    if sys.argv[1:2] == ["--child"]:
        child(*sys.argv[2:])
        return
    arguments = options(__doc__)
    rows = {"machine": ask("machine"), "parts": [], "ways": [], "layers": []}
    for name in NAMES:
        rows["parts"] += [{"model": name} | row for row in ask("parts", name)]
        rows["layers"] += [{"model": name} | row for row in ask("layers", name)]
        for way in WAYS:
            rows["ways"] += [{"model": name, "way": way} | row for row in ask("ways", name, way, way=way)]
        for kind in rows:
            print(kind, [row for row in rows[kind] if row.get("model") in (None, name)], flush=True)
    save(arguments.out, COMMAND, **rows)


if __name__ == "__main__":
    main()
