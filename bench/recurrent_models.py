"""What must features know before an RNN can tell motion? For notebook 08:
python bench/recurrent_models.py --out data/results/recurrent_models.json

Each frame of the embedded clips becomes a vector, by a network that learnt another question first (the object's colour,
or where it is) or none, and is then frozen. A SimpleRNN learns the eight motions from these sequences. Beside it:
all learnt together, the article's two layers, and other sizes, learning rates and limits of the gradient.
"""

import numpy as np
from results import options, save
from sklearn.linear_model import RidgeCV

from vidlab import datasets, models, training, world
from vidlab.clips import Frames
from vidlab.models.frame import each_frame, frame_features
from vidlab.tensorflow import tf  # noqa: F401  (before keras)

import keras  # isort: skip
from keras import layers  # isort: skip

COMMAND = "python bench/recurrent_models.py --out data/results/recurrent_models.json"
SPLITS = "train", "val", "test"
OPPOSITE = np.array([1, 0, 7, 6, 5, 4, 3, 2])  # the class of the reversed clip; classes are sorted by name
UNITS = 4, 8, 16, 32, 128
RATES = 1e-3, 1e-2, 3e-2, 1e-1


def clips_of(label):
    samples = datasets.embedded(label)
    classes = datasets.classes_of(samples)
    return {
        s: datasets.load_clips([c for c in samples if c.split == s], Frames(12, (32, 32)), classes=classes)
        for s in SPLITS
    }


def where(masks):
    """Where the object is, (frames, 5): cosine and sine of its place across and down, since the picture's two sides
    meet, and its size (square root of its area, shifted and scaled)."""
    side = masks.shape[-1]
    circle = np.exp(2j * np.pi * (np.arange(side) + 0.5) / side)
    across, down = (masks.sum(axis=axis) @ circle for axis in (1, 2))
    across, down = across / np.abs(across), down / np.abs(down)
    size = (np.sqrt(masks.mean(axis=(1, 2))) - 0.4) / 0.1
    return np.stack([across.real, across.imag, down.real, down.imag, size], axis=1).astype(np.float32)


def known_frames(n, seed):
    """Frames of the world, and where the object is in each."""
    rendered = world.render(n, frames=4, size=(32, 32), seed=seed, truth=("masks",))
    frames = rendered.clips.reshape(-1, 32, 32, 3).astype(np.float32) / 255
    return frames, where(rendered.masks.reshape(-1, 32, 32) > 0)


def averaged(image_shape):
    """`frame_features` with the mean over all places instead of Flatten."""
    plain = frame_features(image_shape)
    maps = next(layer for layer in plain.layers if isinstance(layer, layers.Flatten)).input
    x = layers.GlobalAveragePooling2D()(maps)
    return keras.Model(plain.input, layers.Dense(64, activation="relu")(x))


def fit(model, x, y, loss, epochs, learning_rate=3e-3, clip=None):
    steps = epochs * -(-len(x) // 32)
    rate = keras.optimizers.schedules.CosineDecay(learning_rate, steps)
    model.compile(keras.optimizers.Adam(rate, global_clipnorm=clip), loss, steps_per_execution=9)
    model.fit(x, y, batch_size=32, epochs=epochs, verbose=0)


def probe(features, frames, truth):
    """R² of a linear guess from the features, on frames it has not seen: of the place, of the size."""
    z, half = features.predict(frames, batch_size=256, verbose=0), len(frames) // 2
    z = (z - z.mean(axis=0)) / (z.std(axis=0) + 1e-6)
    guess = RidgeCV(np.logspace(0, 4, 5)).fit(z[:half], truth[:half]).predict(z[half:])
    truth = truth[half:]
    r2 = 1 - ((guess - truth) ** 2).mean(axis=0) / truth.var(axis=0)
    return {"place_r2": round(float(r2[:4].mean()), 3), "size_r2": round(float(r2[4]), 3)}


def sequences(features, clips):
    """A vector for each frame, each number with mean 0 and deviation 1 over the training clips."""
    z = {}
    for split in SPLITS:
        x = clips[split][0]
        flat = features.predict(x.reshape(-1, 32, 32, 3), batch_size=256, verbose=0)
        z[split] = flat.reshape(*x.shape[:2], -1)
    mean, deviation = z["train"].mean(axis=(0, 1)), z["train"].std(axis=(0, 1)) + 1e-3
    return {split: (x - mean) / deviation for split, x in z.items()}


def report(model, data):
    test = training.evaluate(model, data)
    reversed_ = training.evaluate(model, data, change=lambda clips: np.asarray(clips)[:, ::-1])
    shuffled = training.evaluate(model, data, change=training.shuffle_frames)
    return {
        "parameters": model.count_params(), "top1": test.top1, "shuffled": shuffled.top1, "reversed": reversed_.top1,
        "opposite": float((reversed_.predicted == OPPOSITE[test.labels]).mean()),
        "per_class": test.per_class.round(3).tolist(),
    }  # fmt: skip


def read(z, y, seed, units=64, learning_rate=3e-3, clip=None, epochs=30, both_ways=False, build=None):
    """Train a recurrent model on sequences, and judge it."""
    keras.utils.set_random_seed(seed)
    x, labels = z["train"], y["train"]
    if both_ways:
        x, labels, epochs = np.concatenate([x, x[:, ::-1]]), np.concatenate([labels, OPPOSITE[labels]]), epochs // 2
    rows = [layers.SimpleRNN(units), layers.Dense(8, activation="softmax")]
    model = build(x.shape[1:], 8) if build else keras.Sequential([keras.Input(x.shape[1:]), *rows])
    fit(model, x, labels, "sparse_categorical_crossentropy", epochs, learning_rate, clip)
    seen = training.evaluate(model, (z["train"], y["train"])).top1
    return {"train": round(seen, 3)} | report(model, (z["test"], y["test"]))


def extractors(seed, clips, colours):
    """Name -> a model of one frame, frozen."""
    keras.utils.set_random_seed(seed)
    shape = (32, 32, 3)
    found = {"random": frame_features(shape), "colour, averaged": averaged(shape), "colour": frame_features(shape)}
    frames = clips["train"][0][:, 1::3].reshape(-1, *shape)
    for name in ("colour, averaged", "colour"):
        learner = keras.Sequential([found[name], layers.Dense(6, activation="softmax")])
        fit(learner, frames, colours["train"][1].repeat(4), "sparse_categorical_crossentropy", epochs=5)
    found["where, 64 features"] = frame_features(shape)
    found["where, 5 numbers"] = keras.Sequential([found["where, 64 features"], layers.Dense(5)])
    fit(found["where, 5 numbers"], *known_frames(600, seed=1 + seed), "mse", epochs=15)
    return found


def together(start, clips, seed, epochs, learning_rate):
    """Features and RNN learn at the same time; `start` is the model of one frame to begin with."""
    keras.utils.set_random_seed(seed)
    clip = keras.Input((12, 32, 32, 3))
    x = layers.BatchNormalization()(each_frame(start, clip))  # a number's mean and deviation, as `sequences`
    model = keras.Model(clip, layers.Dense(8, activation="softmax")(layers.SimpleRNN(64)(x)))
    training.fit(model, clips["train"], clips["val"], epochs=epochs, learning_rate=learning_rate, live=False)
    return report(model, clips["test"])


def main():
    arguments = options(__doc__, seeds=(0, 1, 2))
    clips, colours = clips_of("motion"), clips_of("colour")
    y = {split: clips[split][1] for split in SPLITS}
    probed = known_frames(400, seed=100)
    rows, sweep = [], []

    def note(to, **row):
        to.append(row)
        print({k: v for k, v in row.items() if k != "per_class"}, flush=True)
        save(arguments.out, COMMAND, seeds=arguments.seeds, rows=rows, sweep=sweep)

    kept = {}
    for seed in arguments.seeds:
        found = extractors(seed, clips, colours)
        for name, features in found.items():
            z = sequences(features, clips)
            seen = probe(features, *probed) | {"features": z["train"].shape[-1]}
            note(rows, name=name, seed=seed, **seen, **read(z, y, seed))
        kept[seed] = z, found["where, 5 numbers"]
        note(rows, name="where, both ways", seed=seed, **read(z, y, seed, both_ways=True))
        for build in (models.listing_rnn, models.listing_lstm):  # at Adam's own rate, as in the article
            note(rows, name=build.__name__, seed=seed, **read(z, y, seed, learning_rate=1e-3, build=build, epochs=20))
    for seed, (_, finder) in kept.items():
        keras.utils.set_random_seed(seed)
        model = models.cnn_rnn((12, 32, 32, 3), 8)
        training.fit(model, clips["train"], clips["val"], live=False)
        note(rows, name="end to end", seed=seed, **report(model, clips["test"]))
        note(rows, name="fine-tuned", seed=seed, **together(finder, clips, seed, epochs=5, learning_rate=1e-3))
    for seed, (z, _) in kept.items():
        for units in UNITS:
            note(sweep, units=units, learning_rate=3e-3, clip=None, seed=seed, **read(z, y, seed, units))
        for limit in (None, 1.0):
            for rate in RATES:
                note(sweep, units=64, learning_rate=rate, clip=limit, seed=seed, **read(z, y, seed, 64, rate, limit))
    pixels = sequences(keras.Sequential([keras.Input((32, 32, 3)), layers.Flatten()]), clips)
    for seed in arguments.seeds:
        note(rows, name="pixels", seed=seed, features=3072, **read(pixels, y, seed, epochs=15))


if __name__ == "__main__":
    main()
