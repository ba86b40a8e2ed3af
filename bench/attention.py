"""Does a small video transformer use the order of frames, and does its attention say where the answer stands? For
notebook 11:

    python bench/attention.py --out data/results/attention.json

memory   clips whose label is the colour of the frame around picture 0 alone: with position vectors that start large,
         small, or are absent; the weight that each head gives to each picture, and what is lost without that one
longer   the same with small position vectors and four times the epochs
motions  the embedded clips, as in bench/tour.py, whose results hold the other models
tubelets the same, with a first convolution over two frames at once
growth   more and more rendered clips of the same eight motions, with one test set for all; 12 epochs each

What the file holds already is kept: a run that was stopped goes on.
"""

import json
from pathlib import Path

import numpy as np
from results import options, save

from vidlab import datasets, models, training, world
from vidlab.clips import Frames
from vidlab.tensorflow import tf  # noqa: F401  (before keras)

import keras  # isort: skip

COMMAND = "python bench/attention.py --out data/results/attention.json"
MEMORY = "memory", "shape", "colour", "motion"
STARTS = 0.5, 0.02, 0.0  # the size of the position vectors at the start; 0.0: none, then or later
SIZES = 600, 1200, 2400
PAIRS = np.array([0, 0, 1, 2, 3, 3, 2, 1])  # of the motions, sorted by name: played backwards, one is the other


def rendered(n, seed, **settings):
    """Clips of the world as floats, and the numbers of their labels."""
    made = world.render(n, frames=12, size=(32, 32), seed=seed, **settings)
    names = sorted(set(made.labels))
    return made.clips.astype(np.float32) / 255, np.array([names.index(label) for label in made.labels])


def transformer(classes, start=0.5, tubelet=1):
    """A `video_transformer` whose position vectors of the frames start at another size."""
    model = models.video_transformer((12, 32, 32, 3), classes, tubelet=tubelet)
    when = model.get_layer("when")
    when.table.assign(when.table * (start / 0.5))
    when.trainable = start > 0
    return model


def judged(model, train, test):
    seen, plain = training.evaluate(model, train), training.evaluate(model, test)
    shuffled = training.evaluate(model, test, change=training.shuffle_frames)
    scores = {"train": seen.top1, "top1": plain.top1, "shuffled": shuffled.top1}
    if len(plain.per_class) == len(PAIRS):  # the motions
        scores["pair"] = (PAIRS[plain.predicted] == PAIRS[plain.labels]).mean()
    return {name: round(float(value), 4) for name, value in scores.items()}


def over_time(model):
    """The layers that attend over frames, first to last."""
    return [layer for layer in model.layers if isinstance(layer, keras.layers.MultiHeadAttention)]


def looks(model, test):
    """The weight of each frame in each head, layer by layer; and what is lost without the frame, two ways: a grey
    picture in its place, or that of another clip. Of accuracy, and of the probability of the true class."""
    clips, labels = test
    each = np.arange(len(labels))
    whole = training.evaluate(model, test)
    scores = keras.Model(model.input, [layer.output[1] for layer in over_time(model)])(clips)
    found = {f"weights_{k}": np.mean(weights, axis=(0, 2)) for k, weights in enumerate(scores, 1)}
    for name, other in (("grey", np.full_like(clips, 0.5)), ("exchanged", np.roll(clips, 1, axis=0))):
        lost = []
        for t in range(clips.shape[1]):
            changed = clips.copy()
            changed[:, t] = other[:, t]
            without = training.evaluate(model, (changed, labels))
            drop = whole.probabilities[each, labels] - without.probabilities[each, labels]
            lost.append((whole.top1 - without.top1, drop.mean()))
        found[name], found[f"{name}_probability"] = np.transpose(lost)
    return {name: np.asarray(values, float).round(3).tolist() for name, values in found.items()}


def looks_everywhere(model, test):
    """Accuracy when layers over time weigh all frames alike: of each such layer, and of all."""
    found, kept = {}, model.get_weights()
    for name, chosen in (("first", [0]), ("last", [-1]), ("all", [0, -1])):
        for place in chosen:
            layer = over_time(model)[place]
            for part in (layer.query_dense, layer.key_dense):
                part.set_weights([np.zeros_like(w) for w in part.get_weights()])
        found[f"uniform_{name}"] = round(training.evaluate(model, test).top1, 4)
        model.set_weights(kept)
    return found


def memory(start, seed, epochs=10):
    (x, y), test = rendered(600, 0, factors=MEMORY, label="memory"), rendered(200, 1, factors=MEMORY, label="memory")
    keras.utils.set_random_seed(seed)
    model = transformer(4, start)
    training.fit(model, (x, y), epochs=epochs, learning_rate=1e-3, live=False)
    row = judged(model, (x, y), test)
    return row | looks(model, test) | looks_everywhere(model, test) if start == STARTS[0] else row


def longer(start, seed):
    return memory(start, seed, epochs=40)


def motions(seed, tubelet=1):
    samples = datasets.embedded()
    classes = datasets.classes_of(samples)
    train, val, test = (
        datasets.load_clips([s for s in samples if s.split == split], Frames(12, (32, 32)), classes=classes)
        for split in ("train", "val", "test")
    )
    keras.utils.set_random_seed(seed)
    model = transformer(8, tubelet=tubelet)
    training.fit(model, train, val, epochs=20, learning_rate=1e-3, live=False)
    return judged(model, train, test)


def tubelets(seed):
    return motions(seed, tubelet=2)


def growth(clips, epochs, seed):
    train, test = rendered(clips, 100 + seed), rendered(400, 99)
    keras.utils.set_random_seed(seed)
    model = transformer(8)
    training.fit(model, train, epochs=epochs, learning_rate=1e-3, live=False)
    return judged(model, train, test)


def main():
    arguments = options(__doc__, seeds=(0, 1, 2))
    seeds = arguments.seeds
    tasks = [(memory, {"start": start, "seed": seed}) for start in STARTS for seed in seeds]
    tasks += [(motions, {"seed": seed}) for seed in seeds]
    tasks += [(tubelets, {"seed": seed}) for seed in seeds]
    tasks += [(longer, {"start": STARTS[1], "seed": seed}) for seed in seeds]
    tasks += [(growth, {"clips": n, "epochs": 12, "seed": seed}) for n in SIZES for seed in seeds]
    out = Path(arguments.out)
    rows = json.loads(out.read_text(encoding="utf8"))["rows"] if out.exists() else []
    for task, setting in tasks:
        named = {"part": task.__name__} | setting
        if any(named.items() <= row.items() for row in rows):
            continue
        rows.append(named | task(**setting))
        print({k: v for k, v in rows[-1].items() if not isinstance(v, list)}, flush=True)
        save(arguments.out, COMMAND, rows=rows)


if __name__ == "__main__":
    main()
