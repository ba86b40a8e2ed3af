"""Explanations scored against what is known of the clips: for notebook 13.

    python bench/explaining.py --out data/results/explaining.json

known     conv3d on the eight motions over varied looks, a model for each seed, and 40 test clips that it names rightly:
          mass on the object, pointing, deletion, insertion, for each method and for maps that know nothing; and the
          same method on the network with weights by chance: its mass, and how far both maps agree (Adebayo et al.)
methods   how far the methods agree with each other (Spearman), the mean over those clips
spurious  four motions, each with a background of its own in training: the mass on the object, beside a model that saw
          all backgrounds; accuracy where the background does not help; and two ways to mend it
time      which frames mattered, by Shapley values: of clips whose first frame decides, and of clips where the order of
          two events does
"""

from itertools import combinations

import numpy as np
from results import options, save

from vidlab import explain, models, training, world

import keras  # isort: skip

COMMAND = "python bench/explaining.py --out data/results/explaining.json"
SIZE = {"frames": 12, "size": (32, 32)}
SHAPE = 12, 32, 32, 3
LOOKS = ("motion", "shape", "texture", "colour", "background")
CLIPS = 40
FOUR = ("left", "right", "up", "down")
PLACES = ("astronaut", "cat", "coffee", "rocket")
SCORES = "mass", "points", "deletion", "insertion", "mass by chance", "agrees with chance"
EVERYTHING = explain.METHODS | explain.BASELINES


def floats(made):
    return made.clips.astype(np.float32) / 255


def numbers(made):
    names = sorted(set(made.labels))
    return np.array([names.index(label) for label in made.labels])


def trained(train, classes, seed, epochs=14):
    keras.utils.set_random_seed(seed)
    model = models.conv3d(SHAPE, classes)
    training.fit(model, train, epochs=epochs, live=False)
    return model


def summary(values):
    """Mean, and half a 95% interval of it, over clips; those without a number left out."""
    values = np.asarray(values, float)
    values = values[np.isfinite(values)]
    if not len(values):
        return None, None
    return round(float(values.mean()), 4), round(float(1.96 * values.std() / max(len(values), 1) ** 0.5), 4)


def known(seed):
    """Rows of scores, and the agreements between methods."""
    train = world.render(576, dict.fromkeys(LOOKS), "motion", seed=10 + seed, **SIZE)
    test = world.render(160, dict.fromkeys(LOOKS), "motion", seed=20 + seed, truth=("masks",), **SIZE)
    model = trained((floats(train), numbers(train)), 8, seed)
    drawn, labels = explain.by_chance(model, seed), numbers(test)
    said = training.evaluate(model, (floats(test), labels))
    chosen = np.flatnonzero(said.predicted == labels)[:CLIPS]
    found, rows = {}, []
    for name, method in EVERYTHING.items():
        scores = {
            key: [] for key in ("mass", "points", "deletion", "insertion", "mass by chance", "agrees with chance")
        }
        found[name], seconds = [], []
        for i in chosen:
            clip, masks, target = test.clips[i], test.masks[i], int(labels[i])
            one = method(model, clip, target)
            found[name].append(one)
            seconds.append(one.seconds)
            scores["mass"].append(explain.mass_on(one, masks))
            scores["points"].append(explain.points_at(one, masks))
            scores["deletion"].append(explain.area(explain.deletion(model, clip, one)))
            scores["insertion"].append(explain.area(explain.insertion(model, clip, one)))
            if name in explain.METHODS:
                other = method(drawn, clip, target)
                scores["mass by chance"].append(explain.mass_on(other, masks))
                scores["agrees with chance"].append(explain.agreement(one, other))
        row = {"part": "known", "method": name, "seed": seed, "top1": round(said.top1, 4), "clips": len(chosen),
               "area": round(float((test.masks[chosen] > 0).mean()), 4),
               "seconds": round(float(np.median(seconds)), 3)}  # fmt: skip
        for key, values in scores.items():
            row[key], row[f"{key} +-"] = summary(values)
        print(row, flush=True)
        rows.append(row)
    for a, b in combinations(EVERYTHING, 2):
        values = [explain.agreement(x, y) for x, y in zip(found[a], found[b], strict=True)]
        rows.append({"part": "methods", "a": a, "b": b, "seed": seed, "agreement": summary(values)[0]})
    return rows


def places(n, seed, own=None, **more):
    """Clips of four motions before four backgrounds; with `own` the share whose background is the motion's own."""
    factors = {"motion": FOUR, "background": PLACES, "shape": None, "colour": None}
    made = world.render(n if own is None else 8 * n, factors, "motion", seed=seed, **SIZE, **more)
    if own is None:
        return floats(made), numbers(made), made
    fits = np.array([FOUR.index(m) == PLACES.index(b) for m, b in zip(made.labels, made.factors["background"],
                                                                       strict=True)])  # fmt: skip
    chosen = [*np.flatnonzero(fits)[: round(own * n)], *np.flatnonzero(~fits)[: n - round(own * n)]]
    return floats(made)[chosen], numbers(made)[chosen], None


def still_ground_removed(x):
    """What differs from each pixel's median over time, around grey."""
    return np.clip(0.5 + (x - np.median(x, axis=1, keepdims=True)), 0, 1).astype(np.float32)


def spurious(seed):
    x, y, _ = places(480, 100 + seed, own=1.0)
    few_x, few_y, _ = places(480, 200 + seed, own=0.9)
    all_x, all_y, _ = places(480, 300 + seed)
    same_x, same_y, _ = places(160, 400 + seed, own=1.0)
    test_x, test_y, test = places(160, 500 + seed, truth=("masks",))
    ways = {
        "background gives it away": (x, y, None),
        "one in ten does not fit": (few_x, few_y, None),
        "still ground removed": (still_ground_removed(x), y, still_ground_removed),
        "all backgrounds": (all_x, all_y, None),
    }
    for name, (own_x, own_y, change) in ways.items():
        model = trained((own_x, own_y), 4, seed)
        change = change or (lambda clips: clips)
        clips = change(test_x)
        row = {"part": "spurious", "way": name, "seed": seed,
               "same": round(training.evaluate(model, (change(same_x), same_y)).top1, 4),
               "apart": round(training.evaluate(model, (clips, test_y)).top1, 4),
               "area": round(float((test.masks[:CLIPS] > 0).mean()), 4)}  # fmt: skip
        for method in ("grad_cam", "occlusion", "integrated_gradients", "kernel_shap"):
            mass = [explain.mass_on(explain.METHODS[method](model, clips[i]), test.masks[i]) for i in range(CLIPS)]
            row[method], row[f"{method} +-"] = summary(mass)
        print(row, flush=True)
        yield row


def over_time(question, factors, seed, epochs):
    """Mean Shapley value of each frame, for the class that is right, as a part of all."""
    train = world.render(600, factors, question, seed=600 + seed, **SIZE)
    test = world.render(120, factors, question, seed=700 + seed, truth=("masks",), **SIZE)
    labels = numbers(test)
    model = trained((floats(train), numbers(train)), len(set(train.labels)), seed, epochs)
    report = training.evaluate(model, (floats(test), labels))
    chosen = np.flatnonzero(report.predicted == labels)[:CLIPS]
    values, events = [], []
    for i in chosen:
        values.append(explain.shapley(model, test.clips[i], int(labels[i])).values[:, 0, 0])
        events.append(event_frames(test.clips[i], test.masks[i]) if question == "order" else np.arange(12) == 0)
    values, events = np.array(values), np.array(events)
    share = np.maximum(values, 0) / np.maximum(values, 0).sum(axis=1, keepdims=True)
    row = {"part": "time", "question": question, "seed": seed, "top1": round(report.top1, 4), "clips": len(chosen),
           "by frame": [round(float(v), 4) for v in values.mean(axis=0)],
           "on event frames": round(float((share * events).sum(axis=1).mean()), 4),
           "event frames": round(float(events.mean()), 4)}  # fmt: skip
    print(row, flush=True)
    return row


def event_frames(clip, masks):
    """The frames in which the object is larger, or brighter, than it usually is."""
    size = (masks > 0).sum(axis=(1, 2)).astype(float)
    pairs = zip(clip, masks, strict=True)
    bright = np.array([frame[mask > 0].mean() if (mask > 0).any() else 0 for frame, mask in pairs])
    return (size > 1.15 * np.median(size)) | (bright > 1.1 * np.median(bright))


def main():
    arguments = options(__doc__, seeds=(0, 1, 2))
    rows = []
    for seed in arguments.seeds:
        rows += known(seed)
        rows += spurious(seed)
        rows.append(over_time("memory", dict.fromkeys(("memory", "shape", "colour", "motion")), seed, 12))
        rows.append(over_time("order", dict.fromkeys(("order", "shape", "colour")), seed, 14))
        save(arguments.out, COMMAND, rows=rows)


if __name__ == "__main__":
    main()
