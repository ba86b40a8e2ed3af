"""How long do recurrent models remember on video? For notebook 09:
python bench/video_memory.py --out data/results/video_memory.json

The frame around a clip's first pictures (an eighth of them) has one of four colours, which is the label; later it
changes colour by chance. `stored`: recurrent layers on sequences of features, from a network of one frame that
learnt the colour of the frame around, and was frozen; `paired`: LSTM against PeepholeLSTM on these;
`inside`: what their states know, and what they need to keep it.
`whole`: models learnt all at once. `embedded`: `cnn_peephole_lstm` on the eight motions of the embedded clips.
`counting`: how often a ball falls, from its height in each picture, by small LSTMs with and without peepholes. Each
part can be run alone (--parts); the others are kept.
"""

import argparse
import json
from pathlib import Path

import numpy as np
from recurrent_runs import chrono, last_step_loss, last_step_right, train
from results import save
from sklearn.linear_model import LogisticRegression

from vidlab import datasets, models, reference, training, world
from vidlab.clips import Frames
from vidlab.models.frame import frame_features

import keras  # isort: skip
from keras import layers  # isort: skip

COMMAND = "python bench/video_memory.py --out data/results/video_memory.json"
FACTORS = "memory", "motion", "shape", "texture", "colour", "background"
COLOURS = world.FACTORS["memory"].values
SIZE, UNITS = (24, 24), 32
KINDS = {"rnn": layers.SimpleRNN, "lstm": layers.LSTM, "peephole": models.PeepholeLSTM}
WHOLE = (models.frame_cnn, models.cnn_rnn, models.cnn_lstm, models.cnn_peephole_lstm, models.conv_lstm)
SPREAD = 8  # frames, when a long clip is sampled


def clips_of(n, frames, seed):
    made = world.render(n, FACTORS, "memory", frames=frames, size=SIZE, seed=seed)
    return made.clips.astype(np.float32) / 255, np.array([COLOURS.index(label) for label in made.labels])


def frozen(seed):
    """The 64 features of a network that learnt the colour of the frame around single pictures."""
    keras.utils.set_random_seed(seed)
    pictures, y = clips_of(1200, 1, seed=1)
    features = frame_features((*SIZE, 3))
    namer = keras.Sequential([features, layers.Dense(4, activation="softmax")])
    fit(namer, pictures[:, 0], y, epochs=6)
    return features


def fit(model, x, y, epochs, learning_rate=3e-3):
    rate = keras.optimizers.schedules.CosineDecay(learning_rate, epochs * -(-len(x) // 32))
    optimizer = keras.optimizers.Adam(rate, global_clipnorm=1.0)
    model.compile(optimizer, "sparse_categorical_crossentropy", steps_per_execution=10)
    model.fit(x, y, batch_size=32, epochs=epochs, verbose=0)


def sequences(features, *sets):
    """Vectors for the frames of each set, with mean 0 and deviation 1 over the first set."""
    made = []
    for x in sets:
        flat = features.predict(x.reshape(-1, *SIZE, 3), batch_size=512, verbose=0)
        made.append(flat.reshape(*x.shape[:2], -1))
    mean, deviation = made[0].mean(axis=(0, 1)), made[0].std(axis=(0, 1)) + 1e-3
    return [(z - mean) / deviation for z in made]


def start_of(name, longest, seed):
    """Options of a layer for its biases, in Keras's order i, f, c, o."""
    if name == "keras":
        return {}
    rng = np.random.default_rng(seed)
    b_f = np.log(rng.uniform(1, longest - 1, UNITS)) if name == "chrono" else np.zeros(UNITS)
    bias = np.concatenate([-b_f, b_f, np.zeros(2 * UNITS)])
    return {"unit_forget_bias": False, "bias_initializer": keras.initializers.Constant(bias)}


def read(z, y, kind, start, seed, learning_rate=3e-3):
    keras.utils.set_random_seed(seed)
    layer = KINDS[kind](UNITS, **start_of(start, z.shape[1], seed))
    model = keras.Sequential([keras.Input(z.shape[1:]), layer, layers.Dense(4, activation="softmax")])
    fit(model, z, y, 20, learning_rate)
    return model


def judged(trained, test, **row):
    row["top1"] = round(training.evaluate(trained, test).top1, 4)
    row["shuffled"] = round(training.evaluate(trained, test, change=training.shuffle_frames).top1, 4)
    row["parameters"] = trained.count_params()
    print(row, flush=True)
    return row


def stored(seeds, lengths=(8, 16, 32, 48)):
    eyes = {seed: frozen(seed) for seed in seeds}
    for frames in lengths:
        (x, y), (test_x, test_y) = clips_of(1600, frames, seed=10 + frames), clips_of(400, frames, seed=100 + frames)
        settings = [(kind, "keras") for kind in KINDS]
        settings += [("lstm", "zero"), ("lstm", "chrono"), ("peephole", "chrono")] if frames >= 32 else []
        for seed in seeds:
            z, test_z = sequences(eyes[seed], x, test_x)
            for kind, start in settings:
                model = read(z, y, kind, start, seed)
                yield judged(model, (test_z, test_y), frames=frames, kind=kind, start=start, seed=seed)
            if frames > SPREAD and seed in seeds[:3]:
                few = (2 * np.arange(SPREAD) + 1) * frames // (2 * SPREAD)  # the middle of each eighth
                model = read(z[:, few], y, "lstm", "keras", seed)
                yield judged(model, (test_z[:, few], test_y), frames=frames, kind="lstm, 8 frames", start="keras",
                             seed=seed)  # fmt: skip
                keras.backend.clear_session()


def paired(seeds, lengths=(48,), rates=(3e-3,)):
    """LSTM and PeepholeLSTM from the same weights, on the same features: seeds 100 to 107, whatever --seeds says."""
    eyes = frozen(0)
    for frames in lengths:
        (x, y), (test_x, test_y) = clips_of(1600, frames, seed=10 + frames), clips_of(400, frames, seed=100 + frames)
        z, test_z = sequences(eyes, x, test_x)
        for rate in rates:
            for seed in range(100, 108):
                for kind in ("lstm", "peephole"):
                    model = read(z, y, kind, "keras", seed, rate)
                    settings = {"frames": frames, "kind": kind, "learning_rate": rate, "seed": seed}
                    yield judged(model, (test_z, test_y), **settings)
                keras.backend.clear_session()


AFTER = 4, 8, 12, 16, 24, 32  # frames


def probe(states, y):
    """Can the label be read from a state? Logistic regression, judged on the half that it has not seen."""
    half = len(y) // 2
    return float(LogisticRegression(max_iter=2000).fit(states[:half], y[:half]).score(states[half:], y[half:]))


def cells(x, weights, shut_after=None, loop=True):
    """The LSTM's cells after each step, on request with the input gate shut after so many steps, or with a
    candidate that does not see h."""
    (W, U, b), n = weights, weights[1].shape[0]
    U = U * np.repeat([1, 1, float(loop), 1], n)
    h = c = np.zeros((len(x), n))
    kept = []
    for t in range(x.shape[1]):
        z_i, z_f, z_c, z_o = np.split(x[:, t] @ W + h @ U + b, 4, axis=1)
        i = reference.sigmoid(z_i) * (shut_after is None or t < shut_after)
        c = reference.sigmoid(z_f) * c + i * np.tanh(z_c)
        h = reference.sigmoid(z_o) * np.tanh(c)
        kept.append(c)
    return np.stack(kept, axis=1)


def inside(seeds, lengths=(32,)):
    """What the states know of the label after so many frames, and what they need to keep it."""
    for frames in lengths:
        (x, y), (test_x, test_y) = clips_of(1600, frames, seed=10 + frames), clips_of(400, frames, seed=100 + frames)
        for seed in seeds:
            z, test_z = sequences(frozen(seed), x, test_x)
            for kind, start in (("rnn", "keras"), ("lstm", "keras"), ("lstm", "chrono")):
                weights = read(z, y, kind, start, seed).layers[0].get_weights()
                states = reference.rnn(test_z, *weights) if kind == "rnn" else cells(test_z, weights)
                row = {"frames": frames, "kind": kind, "start": start, "seed": seed}
                row["known"] = [round(probe(states[:, k - 1], test_y), 3) for k in AFTER]
                if kind == "lstm":
                    row["shut"] = round(probe(cells(test_z, weights, frames // 8)[:, -1], test_y), 3)
                    row["no loop"] = round(probe(cells(test_z, weights, loop=False)[:, -1], test_y), 3)
                print(row, flush=True)
                yield row


def whole(seeds, lengths=(8, 16)):
    for frames in lengths:
        clips, test = clips_of(800, frames, seed=10 + frames), clips_of(400, frames, seed=100 + frames)
        for seed in seeds:
            for build in WHOLE:
                keras.utils.set_random_seed(seed)
                model = build(clips[0].shape[1:], 4)
                history = training.fit(model, clips, epochs=8, live=False)
                seen = round(history.accuracy[-1], 4)
                yield judged(model, test, frames=frames, model=build.__name__, seed=seed, train=seen)


def embedded(seeds):
    samples = datasets.embedded()
    sets = {
        s: datasets.load_clips([c for c in samples if c.split == s], Frames(12, (32, 32)))
        for s in ("train", "val", "test")
    }
    for seed in seeds:
        keras.utils.set_random_seed(seed)
        model = models.cnn_peephole_lstm(sets["train"][0].shape[1:], 8)
        training.fit(model, sets["train"], sets["val"], live=False)
        yield judged(model, sets["test"], model=model.name, seed=seed)


def heights(n, seed, frames=32):
    """The ball's height in each picture, (n, frames, 1), and how often it falls."""
    made = world.render(n, ("bounces", "texture", "colour"), "bounces", frames, SIZE, seed, truth="masks")
    ball = made.masks > 0
    rows = np.arange(SIZE[0])[:, None]
    height = 1 - (ball * rows).sum(axis=(2, 3)) / np.maximum(ball.sum(axis=(2, 3)), 1) / SIZE[0]
    return (height[..., None] * 4 - 2).astype(np.float32), np.array([int(label) - 1 for label in made.labels])


def counting(seeds, units=(2, 4, 8), rates=(1e-2, 3e-2), steps=400):
    """Seeds 0 to 9, whatever --seeds says: this takes seconds."""
    (x, y), test = heights(1500, seed=1), heights(600, seed=2)

    def task(n, rng):
        if n == len(test[1]):
            return test
        chosen = rng.integers(len(x), size=n)
        return x[chosen], y[chosen]

    for size in units:
        runs = [
            {"kind": kind, "start": start, "change": chrono(32) if start == "chrono" else None, "learning_rate": rate}
            | {"seed": seed, "units": size}
            for kind in ("lstm", "peephole")
            for start in ("keras", "chrono")
            for rate in rates
            for seed in range(10)
        ]
        yield from train(runs, task, last_step_loss, last_step_right, steps, size, 3, tests=len(test[1]))


PARTS = {
    "stored": stored,
    "paired": paired,
    "inside": inside,
    "whole": whole,
    "embedded": embedded,
    "counting": counting,
}


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--seeds", type=int, nargs="+", default=[0, 1, 2])
    parser.add_argument("--parts", nargs="+", choices=PARTS, default=list(PARTS))
    parser.add_argument("--frames", type=int, nargs="+", help="only these lengths of stored or whole; others are kept")
    arguments = parser.parse_args()
    kept = json.loads(arguments.out.read_text()) if arguments.out.exists() else {}
    rows = {name: kept.get(name, []) for name in PARTS}
    for name in arguments.parts:
        lengths = {"lengths": arguments.frames} if arguments.frames else {}
        rows[name] = [row for row in rows[name] if lengths and row["frames"] not in arguments.frames]
        for row in PARTS[name](arguments.seeds, **lengths):
            rows[name].append(row)
            save(arguments.out, COMMAND, seeds=arguments.seeds, known_after=list(AFTER), **rows)


if __name__ == "__main__":
    main()
