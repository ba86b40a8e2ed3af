"""Forecasts of the next frames, by method, horizon and measure; two equally likely futures; clips made for a class.

    python bench/next_frame.py --out data/results/next_frame.json [--seeds N ...]

What the file holds already is kept, so a run may be stopped and given again. Needs the weights of `vidlab weights` for
the perceptual measure.
"""

import json
from pathlib import Path
from time import perf_counter

import numpy as np
import results
from keras import layers

from vidlab import models, reference, training, world
from vidlab.tensorflow import tf

import keras  # isort: skip

COMMAND = "python bench/next_frame.py --out data/results/next_frame.json"
GIVEN, AHEAD, SIDE, TEST = 10, 8, 16, 200
FOUR = "left", "right", "up", "down"
GREY = np.float32([0.299, 0.587, 0.114])


def grey(made):
    return (made.clips.astype(np.float32) @ GREY / 255)[..., None]


def clips(n, seed):
    """Half of them move along one way, half are balls that bounce; a digit on each."""
    size = {"frames": GIVEN + AHEAD, "size": (SIDE, SIDE)}
    steady = world.render(n // 2, {"motion": FOUR, "digit": None}, "motion", seed=seed, **size)
    bouncing = world.render(n // 2, {"bounces": None, "digit": None}, "bounces", seed=seed + 1000, **size)
    return {"steady": grey(steady), "bouncing": grey(bouncing)}


def leaky_conv_lstm():
    """As a well-known example has it: a convolution over time, with padding on both sides, at the end."""
    clip = keras.Input((None, SIDE, SIDE, 1))
    x = layers.ConvLSTM2D(8, 5, padding="same", return_sequences=True)(clip)
    return keras.Model(clip, layers.Conv3D(1, (3, 3, 3), padding="same", activation="sigmoid")(x))


class Measures:
    def __init__(self):
        self.network = models.backbone("frames", (SIDE, SIDE, 3), side=96)
        self.ask = tf.function(lambda x: self.network(x), reduce_retracing=True)

    def features(self, frames):
        f = np.concatenate([self.ask(part).numpy() for part in np.array_split(frames.repeat(3, -1), len(frames) // 64)])
        return f / np.linalg.norm(f, axis=1, keepdims=True)

    def __call__(self, said, true):
        some = slice(0, len(true), 2)
        a, b = (self.features(x[some].reshape(-1, SIDE, SIDE, 1)) for x in (said, true))
        per = (1 - (a * b).sum(1)).reshape(-1, AHEAD).mean(0)
        mse = ((said - true) ** 2).mean((0, 2, 3, 4))
        alike = reference.ssim(said[..., 0], true[..., 0]).mean(0)
        return {"mse": mse, "ssim": alike, "perceptual": per, "sharp": np.abs(np.diff(said, axis=3)).mean((0, 2, 3, 4))}


SIMPLE = {
    "copy last": lambda learn: models.copy_last,
    "constant velocity": lambda learn: models.constant_velocity,
    "constant velocity, sides joined": lambda learn: lambda x, n: models.constant_velocity(x, n, joined=True),
    "linear, own pixel": lambda learn: models.linear_forecast(learn),
    "linear, 5 x 5": lambda learn: models.linear_forecast(learn[::5], reach=2),
}
NETWORKS = {
    "unet, 200 steps": (models.next_frame_unet, 200, {}),
    "unet": (models.next_frame_unet, 600, {}),
    "unet, scheduled sampling": (models.next_frame_unet, 600, {"own": 1.0}),
    "with a leak": (lambda shape: leaky_conv_lstm(), 300, {"window": 10}),
    "conv_lstm": (models.next_frame_conv_lstm, 600, {"window": 10}),
    "conv_lstm, scheduled sampling": (models.next_frame_conv_lstm, 600, {"window": 10, "own": 1.0}),
}


def main():
    a = results.options(__doc__, seeds=(0, 1, 2))
    path = Path(a.out)
    rows = json.loads(path.read_text())["rows"] if path.is_file() else []
    complete = {(row["part"], row["seed"]) for row in rows if row["method"] in ("flow matching", "real clips")}
    known = {**SIMPLE, **NETWORKS}
    rows = [row for row in rows if row["method"] in known or (row["part"], row["seed"]) in complete]

    def missing(part, seed, method):
        return not any((row["part"], row["seed"], row["method"]) == (part, seed, method) for row in rows)

    def keep(part, seed, method, **found):
        found = {k: np.round(np.asarray(v, float), 5).tolist() for k, v in found.items()}
        rows.append({"part": part, "seed": seed, "method": method} | found)
        print(rows[-1], flush=True)
        results.save(a.out, COMMAND, rows=rows)

    measure, test = Measures(), clips(TEST, 500)
    learn = {seed: np.concatenate(list(clips(2000, seed).values())) for seed in a.seeds}
    for seed in a.seeds:
        if missing("two futures", seed, "flow matching"):
            two_futures(seed, keep)
        if missing("class", seed, "real clips"):
            for_a_class(seed, keep)
    for name in (*SIMPLE, *NETWORKS):
        for seed in a.seeds:
            if not missing("steady", seed, name):
                continue
            if name in SIMPLE:
                say, network, taken = SIMPLE[name](learn[seed]), None, {}
            else:
                build, steps, how = NETWORKS[name]
                keras.utils.set_random_seed(seed)
                network, begun = build((SIDE, SIDE, 1)), perf_counter()
                training.fit_next_frame(network, learn[seed], steps, seed=seed, **how)
                taken = {"seconds": perf_counter() - begun}
                say = lambda x, n, network=network: models.roll_out(network, x, n)  # noqa: E731
            for kind in ("bouncing", "steady"):
                x, y = test[kind][:, :GIVEN], test[kind][:, GIVEN:]
                more = dict(taken)
                if network is not None:
                    fed = np.clip(network(test[kind][:, :-1], training=False).numpy()[:, GIVEN - 1 :], 0, 1)
                    more["true frames"] = ((fed - y) ** 2).mean((0, 2, 3, 4))
                keep(kind, seed, name, **measure(say(x, AHEAD), y), **more)


def turning(n, seed):
    """A thing that will move 3 pixels to the left, or to the right: (before, after, both possible afters)."""
    still = grey(world.render(n, {"digit": None, "shape": None}, "digit", frames=1, size=(SIDE, SIDE), seed=seed))[:, 0]
    both = np.stack([np.roll(still, 3 * way, axis=2) for way in (-1, 1)], axis=1)
    way = np.random.default_rng(seed).integers(2, size=n)
    return still, both[np.arange(n), way], both


def two_futures(seed, keep):
    learn, after, _ = turning(2000, seed)
    frames, true, both = turning(TEST, 600)

    def judged(method, said, seconds):
        mean = both.mean(axis=1)
        to_each = ((said[:, None] - both) ** 2).mean((2, 3, 4))
        to_mean = ((said - mean) ** 2).mean((1, 2, 3))
        apart = ((both[:, 0] - both[:, 1]) ** 2).mean((1, 2, 3))
        keep(
            "two futures", seed, method,
            mse=((said - true) ** 2).mean(), near_mean=(to_mean < to_each.min(1)).mean(),
            near_one=(to_each.min(1) < 0.1 * apart).mean(), left=(to_each[:, 0] < to_each[:, 1]).mean(),
            sharp=np.abs(np.diff(said, axis=2)).mean(), seconds=seconds,
        )  # fmt: skip

    judged("the truth", true, 0)
    judged("the mean of both", both.mean(axis=1), 0)
    for method, codes in (("squared error", 1), ("codes", 2)):
        keras.utils.set_random_seed(seed)
        network, begun = models.coded_frame((SIDE, SIDE, 1), codes, joined=True), perf_counter()
        best = training.fit_codes(network, learn, after, 250, codes=codes, seed=seed)
        seconds = perf_counter() - begun
        drawn = np.random.default_rng(seed).choice(best, TEST)  # as often as each was best
        judged(method, network([frames, drawn.astype(np.int32)]).numpy(), seconds)
    judged("flow matching", *flow_matching(learn, after, frames, seed))


def flow_matching(learn, after, frames, seed, steps=400, batch=32):
    """A small U-Net that learns the velocity from noise to the future, given the frame (Lipman et al., ICLR 2023)."""
    keras.utils.set_random_seed(seed)
    middle, wide = after.mean(), after.std()
    given, x, s = (keras.Input(shape) for shape in ((SIDE, SIDE, 1), (SIDE, SIDE, 1), (1,)))
    at = layers.Reshape((1, 1, 32))(layers.Dense(32)(layers.Dense(32, activation="relu")(s)))

    def block(y, n):
        y = layers.ReLU()(layers.Conv2D(n, 3, padding="same")(y) + layers.Dense(n)(at))
        return layers.Conv2D(n, 3, padding="same", activation="relu")(y)

    fine = block(layers.Concatenate()([x, given]), 32)
    y = layers.UpSampling2D(2)(block(layers.MaxPooling2D(2)(fine), 48))
    velocity = keras.Model(
        [x, s, given], layers.Conv2D(1, 3, padding="same")(block(layers.Concatenate()([y, fine]), 32))
    )
    optimizer = keras.optimizers.Adam(keras.optimizers.schedules.CosineDecay(3e-3, steps))
    rng = np.random.default_rng(seed)

    @tf.function
    def step(x1, seen, x0, s):
        at = s[:, :, None, None]
        with tf.GradientTape() as tape:
            v = velocity([(1 - at) * x0 + at * x1, s, seen], training=True)
            loss = tf.reduce_mean((v - (x1 - x0)) ** 2)
        gradients = tape.gradient(loss, velocity.trainable_variables)
        optimizer.apply_gradients(zip(gradients, velocity.trainable_variables, strict=True))

    scaled = [((part - middle) / wide).astype(np.float32) for part in (after, learn, frames)]
    begun = perf_counter()
    for _ in range(steps):
        i = rng.choice(len(learn), batch)
        noise, s = rng.standard_normal((batch, SIDE, SIDE, 1)), rng.random((batch, 1))
        step(*(tf.constant(part, tf.float32) for part in (scaled[0][i], scaled[1][i], noise, s)))
    seconds, seen = perf_counter() - begun, tf.constant(scaled[2])
    said = tf.constant(rng.standard_normal(frames.shape), tf.float32)
    for k in range(20):
        said = said + velocity([said, tf.fill((len(frames), 1), k / 20), seen]) / 20
    return np.clip(said.numpy() * wide + middle, 0, 1), seconds


def of_classes(n, seed):
    made = world.render(
        n, {"motion": FOUR, "digit": None, "shape": None}, "motion", frames=8, size=(SIDE, SIDE), seed=seed
    )
    return grey(made), np.array([FOUR.index(label) for label in made.labels], np.int32)


def continued(network, first, codes, steps=7):
    clip = [first]
    for _ in range(steps):
        clip.append(np.clip(network([clip[-1], codes]).numpy(), 0, 1))
    return np.stack(clip, axis=1)


def for_a_class(seed, keep):
    (x, y), (test, label) = of_classes(2000, seed), of_classes(TEST, 700)
    keras.utils.set_random_seed(seed)
    judge = models.conv3d((8, SIDE, SIDE, 1), 4)
    training.fit(judge, (x, y), epochs=3, live=False, seed=seed)
    keras.utils.set_random_seed(seed)
    begun = perf_counter()
    told, untold = (fit_class(x, y if codes == 4 else 0 * y, codes, seed) for codes in (4, 1))
    seconds = perf_counter() - begun
    other = (label + 1 + np.random.default_rng(seed).integers(3, size=TEST)).astype(np.int32) % 4
    order = np.random.default_rng(seed).permuted(np.tile(np.arange(8), (TEST, 1)), axis=1)[..., None, None, None]
    made = {
        "real clips": (test, label),
        "real clips, frames shuffled": (np.take_along_axis(test, order, 1), label),
        "made for the class of the clip": (continued(told, test[:, 0], label), label),
        "made for another class": (continued(told, test[:, 0], other), other),
        "made for another class, by the class of the clip": (continued(told, test[:, 0], other), label),
        "made, frames shuffled": (np.take_along_axis(continued(told, test[:, 0], label), order, 1), label),
        "made without a class": (continued(untold, test[:, 0], 0 * label), label),
    }
    for name, (clip, asked) in reversed(made.items()):
        sharp = np.abs(np.diff(clip, axis=3)).mean((0, 2, 3, 4))
        keep("class", seed, name, top1=training.evaluate(judge, (clip, asked)).top1, sharp=sharp, seconds=seconds)


def fit_class(x, y, codes, seed, steps=300, batch=32):
    network, rng = models.coded_frame((SIDE, SIDE, 1), codes, joined=True), np.random.default_rng(seed)
    network.compile(keras.optimizers.Adam(keras.optimizers.schedules.CosineDecay(3e-3, steps)), "mse")
    pairs = rng.integers(7, size=(2, steps * batch))
    i, t = rng.integers(len(x), size=steps * batch), pairs[0]
    network.fit([x[i, t], y[i]], x[i, t + 1], batch_size=batch, verbose=0)
    return network


if __name__ == "__main__":
    main()
