"""What do features learnt elsewhere save, and what do more, and more varied, clips bring? For notebook 12:
python bench/transfer_and_size.py --out data/results/transfer_and_size.json

A Conv3D learns which way objects move, from clips whose labels are free. Its features are used for other questions
with few labels: frozen under a linear classifier, fine-tuned, beside a network from scratch and one drawn by chance.
All that is trained has the same number of steps and a learning rate tuned for itself: the best of five on 48 clips, on
other test clips and seeds. Then: its accuracy on motions against the number of clips, how varied they are, and how they
are augmented.

What the file holds already is not run again, so it may be stopped and started.
"""

import json
from functools import lru_cache
from pathlib import Path

import numpy as np
from results import options, save
from sklearn.linear_model import LogisticRegression

from vidlab import datasets, models, training, world
from vidlab.clips import Frames
from vidlab.tensorflow import tf  # before keras

import keras  # isort: skip
from keras import layers  # isort: skip

COMMAND = "python bench/transfer_and_size.py --out data/results/transfer_and_size.json"
CLIP = 12, 32, 32, 3
LOOKS = "shape", "texture", "colour", "background"
FEW = {
    "shape": ("square", "star"), "texture": ("brick", "grass"), "colour": ("red", "green"),
    "background": ("cat", "coffee"),
}  # fmt: skip
ONE = {name: values[0] for name, values in FEW.items()}
QUESTIONS = {  # label -> factors that vary besides it
    "camera": LOOKS, "speed": (*LOOKS, "motion"), "order": LOOKS, "memory": (*LOOKS, "motion"),
    "texture": ("motion", "shape", "colour", "background"), "background": ("motion", "shape", "texture", "colour"),
    "colour": ("motion", "shape", "texture", "background"),
}  # fmt: skip
CURVES = {"camera": (12, 24, 48, 96, 192), "background": (24, 96)}  # clips with a label
TEST = 480
STEPS, RATES = 160, (3e-4, 1e-3, 3e-3, 1e-2, 3e-2)
TUNING = {"clips": 48, "seeds": (10, 11), "test": 5000}


@lru_cache(6)
def clips_of(label, n, seed, looks=LOOKS):
    """Clips, float32 in [0, 1], and labels; `looks` as names or as items of a dict."""
    factors = {name: None for name in looks} if isinstance(looks[0], str) else dict(looks)
    made = world.render(n, {label: None} | factors, label, frames=12, size=(32, 32), seed=seed)
    values = sorted(set(made.labels))
    return made.clips.astype(np.float32) / 255, np.array([values.index(name) for name in made.labels])


def balanced(y, n):
    """The places of n clips, as many of each class as of any other (give or take one)."""
    nth = np.array([(y[:i] == label).sum() for i, label in enumerate(y)])
    return np.argsort(nth, kind="stable")[:n]


def features_of(model):
    return keras.Model(model.input, model.layers[-2].output)


def numbers(features, x):
    """What the features say of clips, 60 at a time."""
    return np.concatenate([features(x[i : i + 60]) for i in range(0, len(x), 60)])


def steps(model, x, y, n, learning_rate=3e-3, batch=16):
    """Train for n steps, however many clips there are."""
    rate = keras.optimizers.schedules.CosineDecay(learning_rate, n)
    model.compile(keras.optimizers.Adam(rate), "sparse_categorical_crossentropy", steps_per_execution=10)
    rng, rows = np.random.default_rng(0), []
    while len(rows) < n * batch:
        rows.extend(rng.permutation(len(x)))
    clips, labels = tf.constant(x), tf.constant(y)
    data = tf.data.Dataset.from_tensor_slices(rows[: n * batch]).batch(batch)
    model.fit(data.map(lambda i: (tf.gather(clips, i), tf.gather(labels, i))), shuffle=False, verbose=0)
    return model


@lru_cache(1)
def pretrained(seed):
    """A Conv3D that knows motions."""
    keras.utils.set_random_seed(seed)
    x, y = clips_of("motion", 1200, 1000 + seed)
    return steps(models.conv3d(CLIP, 8), x, y, 400)


def start(seed, known):
    """A network to begin with: one that knows motions, or one drawn by chance."""
    keras.utils.set_random_seed(50 + seed)
    model = models.conv3d(CLIP, 8)
    if known:
        model.set_weights(pretrained(seed).get_weights())
    return features_of(model)


def probe(z, y):
    """(mean, deviation, kernel, bias) of a linear classifier of features."""
    mean, deviation = z.mean(axis=0), z.std(axis=0) + 1e-6
    fitted = LogisticRegression(C=0.1, max_iter=2000).fit((z - mean) / deviation, y)
    kernel, bias = fitted.coef_.T, fitted.intercept_
    if len(bias) == 1:  # of two classes
        kernel, bias = np.hstack([-kernel, kernel]) / 2, np.array([-bias[0], bias[0]]) / 2
    return mean, deviation, kernel, bias


def with_probe(features, x, y):
    """The features and a linear classifier of them, as one model."""
    mean, deviation, kernel, bias = probe(numbers(features, x), y)
    head = layers.Dense(kernel.shape[1], activation="softmax")
    model = keras.Model(features.input, head(features.output))
    head.set_weights([kernel / deviation[:, None], bias - (mean / deviation) @ kernel])
    return model


def keep_statistics(model):
    for layer in model.layers:
        if isinstance(layer, layers.BatchNormalization):
            layer.trainable = False


def learn(method, seed, x, y, rate):
    """A model trained on few clips."""
    if method == "from scratch":
        keras.utils.set_random_seed(seed)
        return steps(models.conv3d(CLIP, int(y.max()) + 1), x, y, STEPS, rate)
    if method == "random features":
        return with_probe(start(seed, known=False), x, y)
    if method == "linear probe":
        return with_probe(start(seed, known=True), x, y)
    if method == "one frame":
        keras.utils.set_random_seed(seed)
        return steps(models.frame_cnn(CLIP, int(y.max()) + 1), x, y, STEPS, rate)
    model = start(seed, known=True)
    if method == "fine-tuned at once":
        head = layers.Dense(int(y.max()) + 1, activation="softmax")
        return steps(keras.Model(model.input, head(model.output)), x, y, STEPS, rate)
    model = with_probe(model, x, y)
    if method != "fine-tuned, statistics moving":
        keep_statistics(model)
    return steps(model, x, y, STEPS, rate)


METHODS = (
    "from scratch", "random features", "linear probe", "fine-tuned", "fine-tuned, statistics moving",
    "fine-tuned at once", "one frame",
)  # fmt: skip
NOT_TRAINED = "random features", "linear probe"  # but for the linear classifier


def report(model, test):
    shuffled = training.evaluate(model, test, change=training.shuffle_frames).top1
    return {"top1": round(training.evaluate(model, test).top1, 4), "shuffled": round(shuffled, 4)}


def pretraining(seed):
    return report(pretrained(seed), clips_of("motion", TEST, 3000))


def transfer(question, method, clips, seed, rate=None, test=3000):
    x, y = clips_of(question, 200, 2000 + seed, QUESTIONS[question])
    chosen = balanced(y, clips)
    return report(learn(method, seed, x[chosen], y[chosen], rate), clips_of(question, TEST, test, QUESTIONS[question]))


def tuning(**point):
    return transfer(**point, test=TUNING["test"])


def best_rate(rows, question, method):
    def mean(rate):
        wanted = {"part": "tuning", "question": question, "method": method, "rate": rate}.items()
        return np.mean([row["top1"] for row in rows if wanted <= row.items()])

    return max(RATES, key=mean)


def motions(looks, clips, seed, n=240):
    """Trained on `clips` of the world, looking as `looks` says; tested on all looks."""
    varied = {"one": tuple(ONE.items()), "few": tuple(FEW.items()), "all": LOOKS}[looks]
    x, y = clips_of("motion", 1024, 4000 + seed, varied)
    chosen = balanced(y, clips)
    keras.utils.set_random_seed(seed)
    model = steps(models.conv3d(CLIP, 8), x[chosen], y[chosen], n)
    own = training.evaluate(model, clips_of("motion", TEST, 3000, varied)).top1
    return {"own": round(own, 4)} | report(model, clips_of("motion", TEST, 3000))


def longer(clips, seed):
    """Twice the steps: what a size brings depends on them, too."""
    return motions("all", clips, seed, n=480)


AUGMENTS = {
    "none": None, "colour": {"colour": 0.4},
    "flip, label swapped": {"flip": "swap"}, "flip, label kept": {"flip": True},
    "colour, flip and reverse, label swapped": {"colour": 0.4, "flip": "swap", "reverse": "swap"},
}  # fmt: skip


def augmented(augment, clips, seed):
    x, y = clips_of("motion", 1024, 4000 + seed)
    chosen = balanced(y, clips)
    names = sorted(world.FACTORS["motion"].values)
    samples = [datasets.Sample(np.round(255 * x[i]).astype(np.uint8), names[y[i]]) for i in chosen]
    change = AUGMENTS[augment]
    batches = datasets.Batches(
        samples,
        Frames(12, (32, 32)),
        classes=names,
        augment=datasets.Augment(**change) if change else None,
        shuffle=True,
        seed=seed,
    )
    keras.utils.set_random_seed(seed)
    model = models.conv3d(CLIP, 8)
    training.fit(model, batches, epochs=240 // batches.steps, live=False)
    return report(model, clips_of("motion", TEST, 3000))


METHODS_AT = {
    ("camera", "fine-tuned, statistics moving"): (24, 96),
    ("background", "fine-tuned, statistics moving"): (24, 96),
    ("camera", "fine-tuned at once"): (24,),
    ("camera", "one frame"): (192,),
    ("background", "one frame"): (96,),
}
PARTS = {
    "tuning": tuning, "pretraining": pretraining, "transfer": transfer, "motions": motions, "longer": longer,
    "augmented": augmented,
}  # fmt: skip


def sizes_of(question, method):
    return METHODS_AT.get((question, method), ()) if method in METHODS[4:] else CURVES.get(question, (96,))


def plan(seeds, rows):
    """The points to run, in order; `rows` grows while they are."""
    for seed in TUNING["seeds"]:
        for question in CURVES:
            for method in METHODS:
                if method not in NOT_TRAINED and sizes_of(question, method):
                    for rate in RATES:
                        yield dict(
                            part="tuning", question=question, method=method, clips=TUNING["clips"], rate=rate, seed=seed
                        )
    for seed in seeds:
        yield dict(part="pretraining", seed=seed)
        for question in QUESTIONS:
            for method in METHODS if question in CURVES else NOT_TRAINED:
                for clips in sizes_of(question, method):
                    tuned = {} if method in NOT_TRAINED else {"rate": best_rate(rows, question, method)}
                    yield dict(part="transfer", question=question, method=method, clips=clips, **tuned, seed=seed)
        for looks in ("all", "one", "few"):
            for clips in (64, 128, 256, 512, 1024) if looks == "all" else (64, 256):
                yield dict(part="motions", looks=looks, clips=clips, seed=seed)
        for clips in (64, 1024):
            yield dict(part="longer", clips=clips, seed=seed)
        for augment in AUGMENTS:
            yield dict(part="augmented", augment=augment, clips=64, seed=seed)


def main():
    arguments = options(__doc__, seeds=(0, 1, 2))
    file = Path(arguments.out)
    rows = json.loads(file.read_text())["rows"] if file.exists() else []
    done = [{k: v for k, v in row.items() if k not in ("top1", "shuffled", "own")} for row in rows]
    with np.errstate(all="ignore"):
        for point in plan(arguments.seeds, rows):
            if point not in done:
                run = PARTS[point["part"]]
                rows.append(point | run(**{k: v for k, v in point.items() if k != "part"}))
                print(rows[-1], flush=True)
                save(arguments.out, COMMAND, seeds=arguments.seeds, chance={q: chance(q) for q in CURVES}, rows=rows)


def chance(question):
    y = clips_of(question, TEST, 3000, QUESTIONS[question])[1]
    return round(float(np.bincount(y).max() / len(y)), 4)


if __name__ == "__main__":
    main()
