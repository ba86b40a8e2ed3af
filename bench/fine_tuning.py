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
SHAPE, SIDE, STEPS, RATES = (12, 48, 48, 3), 96, 160, (1e-4, 3e-4, 1e-3, 3e-3)
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


def ways(kind, below, classes, learn):
    """{way: (what makes a model, what the model is given of clips)}"""

    def given(x):
        return _named(answers(below, x))

    of_learn = answers(below, learn)
    return {
        "fine-tuned": (lambda: on_top(kind, halves(kind)[1], of_learn, classes), given),
        "by chance": (lambda: on_top(kind, halves(kind, False)[1], of_learn, classes), given),
        "from scratch": (lambda: scratch(kind, classes), lambda x: x),
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
        best = {}
        (x, y, classes), (check_x, check_y, _) = drawn(kind, 96, 900), drawn(kind, 48, 901)
        for way, (make, given) in ways(kind, below, classes, x).items():
            scores = {}
            for rate in RATES:
                model = trained(make, (given(x), y), rate, 90)
                scores[rate] = training.evaluate(model, (given(check_x), check_y)).top1
                rows.append(
                    {"part": "tuning", "network": kind, "way": way, "rate": rate, "top1": round(scores[rate], 4)}
                )
                print(rows[-1], flush=True)
            best[way] = max(scores, key=scores.get)
        for seed in arguments.seeds:
            (x, y, _), (test_x, test_y, _) = drawn(kind, 96, 100 + seed), drawn(kind, 320, 300 + seed)
            check_x, check_y, _ = drawn(kind, 48, 200 + seed)
            row = keras.Model(below.input, row_of(kind, above(below.output)))
            learn, check, test = (training.Rows(answers(row, part)[0], labels)
                                  for part, labels in ((x, y), (check_x, check_y), (test_x, test_y)))  # fmt: skip
            taken = keras.Input((learn.x.shape[1],))
            head = training.fit_head(keras.Model(taken, layers.Identity()(taken)), learn, check, classes)
            top1 = float((np.asarray(head(test.x)).argmax(axis=1) == test.y).mean())
            rows.append({"part": "test", "network": kind, "way": "frozen", "seed": seed, "top1": round(top1, 4)})
            print(rows[-1], flush=True)
            for way, (make, given) in ways(kind, below, classes, x).items():
                model = trained(make, (given(x), y), best[way], seed)
                top1 = training.evaluate(model, (given(test_x), test_y)).top1
                rows.append({"part": "test", "network": kind, "way": way, "seed": seed, "rate": best[way],
                             "top1": round(top1, 4)})  # fmt: skip
                print(rows[-1], flush=True)
            save(arguments.out, COMMAND, rows=rows)


if __name__ == "__main__":
    main()
