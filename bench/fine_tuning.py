"""The last part of a pretrained network, fine-tuned, beside its frozen features: equal steps, tuned rates. Notebook 12.

    python bench/fine_tuning.py --out data/results/fine_tuning.json

"video" is asked for the motion, its third stack of three is trained; "frames" for the shape of the object in the
middle frame, its last eight blocks are. What lies below stays frozen, so its answers are computed once. 96 labelled
clips, 160 steps of 16, Adam along a cosine; of four rates the best on 48 other clips, with a seed of its own. "by
chance": the same part with weights drawn. "from scratch": conv3d, and a CNN for the frame, which get the same steps and
a rate tuned alike. "frozen": logistic regression on the features as they are.
"""

import numpy as np
from results import options, save

from vidlab import models, training, world

import keras  # isort: skip
from keras import layers, ops  # isort: skip

COMMAND = "python bench/fine_tuning.py --out data/results/fine_tuning.json"
SHAPE, SIDE, STEPS, RATES = (12, 48, 48, 3), 96, 160, (3e-4, 1e-3, 3e-3, 1e-2)
ASKED = {"video": "motion", "frames": "shape"}
LOOKS = "shape", "texture", "colour", "background"


def drawn(kind, n, seed):
    question = ASKED[kind]
    looks = [name for name in (*LOOKS, "motion") if name != question]
    made = world.render(n, (question, *looks), question, seed=seed, frames=SHAPE[0], size=SHAPE[1:3])
    values = list(world.FACTORS[question].values)
    x, y = made.clips.astype(np.float32) / 255, np.array([values.index(v) for v in made.labels])
    return (x if kind == "video" else x[:, SHAPE[0] // 2]), y, len(values)


def halves(kind, pretrained=True):
    """(below, above): the frozen part, and the part that is trained; above takes what below gives."""
    network = models.backbone(kind, SHAPE if kind == "video" else SHAPE[1:], side=SIDE)
    inner = next(layer for layer in network.layers if isinstance(layer, keras.Model))
    if kind == "video":
        cut = [inner.get_layer("stack1").output, *inner.get_layer("features").input[:2]]
    else:
        cut = [inner.get_layer("block7_add").output]
    above = keras.Model(cut, inner.output)
    if not pretrained:
        above = keras.models.clone_model(above)  # the same layers, drawn anew
    given = x = keras.Input(network.input.shape[1:])
    if kind == "video":  # as models.backbone brings a clip to the network's size
        small = layers.Resizing(*inner.input.shape[2:4])(ops.reshape(x, (-1, *SHAPE[1:])))
        x = ops.reshape(small, (-1, *inner.input.shape[1:]))
    else:
        x = layers.Rescaling(2.0, offset=-1.0)(layers.Resizing(SIDE, SIDE)(x))
    return keras.Model(given, keras.Model(inner.input, cut)(x)), above


def row_of(kind, features):
    """Features over time to a row, as `models.clip_features` does it."""
    if kind == "frames":
        return features
    steps = ops.absolute(features[:, 1:] - features[:, :-1])
    return layers.Concatenate()([ops.mean(features, axis=1), ops.std(features, axis=1), ops.mean(steps, axis=1)])


def answers(model, x):
    """Each output of a model, for 16 clips at a time."""
    parts = [list(map(np.asarray, keras.tree.flatten(model(x[i : i + 16])))) for i in range(0, len(x), 16)]
    return [np.concatenate(part) for part in zip(*parts, strict=True)]


def on_top(kind, above, given, classes):
    """What is trained: the upper part, its features scaled as they were before, and a linear layer."""
    inputs = [keras.Input(part.shape[1:], name=f"below{i}") for i, part in enumerate(given)]
    features = above(inputs if len(inputs) > 1 else inputs[0])
    row = row_of(kind, features)
    scaled = layers.Normalization()
    rows = np.concatenate([np.asarray(keras.Model(inputs, row)([p[i : i + 16] for p in given]))
                           for i in range(0, len(given[0]), 16)])  # fmt: skip
    scaled.adapt(rows)
    answer = layers.Dense(classes, activation="softmax", kernel_initializer="zeros")(scaled(row))
    return keras.Model({one.name: one for one in inputs}, answer)


def _named(given):
    return {f"below{i}": part for i, part in enumerate(given)}


def trained(make, data, rate, seed):
    keras.utils.set_random_seed(seed)
    model = make()
    model.trainable = True
    training.fit(model, data, steps=STEPS, learning_rate=rate, live=False)
    return model


def ways(kind, classes, given):
    """{way: (what makes a model, whether it takes what the frozen part gave)}"""
    return {
        "fine-tuned": (lambda: on_top(kind, halves(kind)[1], given, classes), True),
        "by chance": (lambda: on_top(kind, halves(kind, False)[1], given, classes), True),
        "from scratch": (lambda: scratch(kind, classes), False),
    }


def scratch(kind, classes):
    if kind == "video":
        return models.conv3d(SHAPE, classes)
    features = models.frame_features(SHAPE[1:])
    return keras.Model(features.input, layers.Dense(classes, activation="softmax")(features.output))


def main():
    arguments = options(__doc__.split("\n")[0], seeds=(0, 1, 2))
    rows = []
    for kind in ASKED:
        below, above = halves(kind)
        row = keras.Model(below.input, row_of(kind, above(below.output)))

        def parts(n, seed, kind=kind, below=below):
            x, y, classes = drawn(kind, n, seed)
            given = answers(below, x)
            return {True: (_named(given), y), False: (x, y)}, given, classes

        def report(part, way, model, data, kind=kind, **more):
            top1 = round(float(training.evaluate(model, data).top1), 4)
            rows.append({"part": part, "network": kind, "way": way, "top1": top1} | more)
            print(rows[-1], flush=True)
            return top1

        (learn, given, classes), (check, _, _) = parts(96, 900), parts(48, 901)
        best = {}
        for way, (make, lower) in ways(kind, classes, given).items():
            scores = {
                rate: report("tuning", way, trained(make, learn[lower], rate, 90), check[lower], rate=rate)
                for rate in RATES
            }
            best[way] = max(scores, key=scores.get)
        for seed in arguments.seeds:
            learn, given, _ = parts(96, 100 + seed)
            check, test = parts(48, 200 + seed)[0], parts(320, 300 + seed)[0]
            frozen = [training.Rows(answers(row, x)[0], y) for x, y in (part[False] for part in (learn, check, test))]
            taken = keras.Input((frozen[0].x.shape[1],))
            head = training.fit_head(keras.Model(taken, layers.Identity()(taken)), *frozen[:2], classes)
            report("test", "frozen", head, (frozen[2].x, frozen[2].y), seed=seed)
            for way, (make, lower) in ways(kind, classes, given).items():
                report(
                    "test", way, trained(make, learn[lower], best[way], seed), test[lower], seed=seed, rate=best[way]
                )
            save(arguments.out, COMMAND, rows=rows)


if __name__ == "__main__":
    main()
