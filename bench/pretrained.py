"""What two pretrained networks know of clips: linear heads on their features, beside the same networks by chance.

    python bench/pretrained.py --out data/results/pretrained.json [--folder FOLDER]

Questions of the world, 96 clips to learn from and 300 to be asked about, for each seed: features of photographs
(EfficientNet-Lite0), of video (TransNetV2's trunk), and both, over time (`models.clip_features`); one frame; the clips
to be asked about with their frames shuffled; weights drawn by chance; the commonest class. With a folder of clips (a
class each; the words of --group in a name say what belongs together) the same by groups, and with 5, 10 and 20 clips
a class.
"""

import argparse
import re
from pathlib import Path
from time import perf_counter

import numpy as np
import results

from vidlab import datasets, models, training, world
from vidlab.clips import Frames

import keras  # isort: skip

QUESTIONS = "category", "shape", "texture", "background", "colour", "motion", "camera", "order"
LOOKS = "shape", "texture", "colour", "background"
SHAPE = 12, 64, 64, 3
KINDS = {"photographs": ("frames",), "video": ("video",), "both": ("frames", "video"), "one frame": ("frame",)}


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--out", required=True)
    parser.add_argument("--seeds", type=int, nargs="+", default=[0, 1, 2])
    parser.add_argument("--folder", help="clips, a folder for each class")
    parser.add_argument("--group", default=r"^[a-z]+_[a-z]+", help="what belongs together, in a file's name")
    a = parser.parse_args()
    rows = [row for question in QUESTIONS for row in of_the_world(question, a.seeds)]
    more = {"folder": list(of_a_folder(Path(a.folder), a.group, a.seeds))} if a.folder else {}
    results.save(a.out, f"python bench/pretrained.py --out {a.out}", rows=rows, **more)


def features(shape, kinds, weights="shipped"):
    keras.utils.set_random_seed(0)
    return models.clip_features(shape, kinds=kinds, weights=weights)


def blocks(name):
    return {kind: models.BLOCKS[kind] for kind in KINDS[name.split(",")[0]]}


MODELS: dict = {}


def made(shape, name):
    if (shape, name) not in MODELS:
        chance = name.endswith("by chance")
        MODELS[shape, name] = features(shape, KINDS[name.split(",")[0]], None if chance else "shipped")
    return MODELS[shape, name]


def of_the_world(question, seeds):
    looks = [name for name in LOOKS if name != question]
    if not world.FACTORS[question].decides:
        looks.append("motion")  # the object moves, where the question does not decide how
    for seed in seeds:
        sets = []
        for n, at in ((96, 100 + seed), (96, 200 + seed), (300, 300 + seed)):
            drawn = world.render(n, (question, *looks), question, frames=SHAPE[0], size=SHAPE[1:3], seed=at)
            values = list(world.FACTORS[question].values)
            sets.append((drawn.clips.astype(np.float32) / 255, np.array([values.index(v) for v in drawn.labels])))
        learn, check, test = sets
        majority = np.bincount(test[1]).max() / len(test[1])
        row = {"question": question, "seed": seed, "majority class": round(float(majority), 3)}
        for name in (*KINDS, "photographs, by chance", "video, by chance"):
            model = made(SHAPE, name)
            parts = [training.rows_of(model, part) for part in (learn, check, test)]
            head = training.fit_head(model, *parts[:2], len(values), blocks=blocks(name))
            row[name] = round(training.evaluate(head, test).top1, 3)
            if name == "both":
                row["frames shuffled"] = round(training.evaluate(head, test, change=training.shuffle_frames).top1, 3)
        print(row, flush=True)
        yield row


def of_a_folder(folder, group, seeds):
    samples = [
        datasets.Sample(s.source, s.label, re.search(group, Path(s.source).name)[0]) for s in datasets.folder(folder)
    ]
    classes = datasets.classes_of(samples)
    frames = Frames(16, (160, 160))
    for name in KINDS:
        model, begun = made(frames.shape, name), perf_counter()
        all_ = training.rows_of(model, datasets.Batches(samples, frames, batch=8, classes=classes))
        seconds = perf_counter() - begun
        for seed in seeds:
            dealt = datasets.split_by_group(samples, {"train": 0.6, "val": 0.2, "test": 0.2}, seed=seed)
            at = np.array([one.split for one in dealt])
            places = {split: np.flatnonzero(at == split) for split in ("train", "val", "test")}
            for few in (5, 10, 20, None):
                own = places["train"]
                if few is not None:
                    own = np.concatenate([own[all_.y[own] == k][:few] for k in range(len(classes))])
                take = {"train": own, "val": places["val"], "test": places["test"]}
                parts = {s: training.Rows(all_.x[at], all_.y[at]) for s, at in take.items()}
                head = training.fit_head(model, parts["train"], parts["val"], len(classes), blocks=blocks(name))
                said = np.mean([one(parts["test"].x) for one in head.layers if one.name.startswith("head_on")], axis=0)
                right = float((said.argmax(axis=1) == parts["test"].y).mean())
                row = {"features": name, "seed": seed, "clips_a_class": few or "all", "test": round(right, 3),
                       "tested": len(parts["test"]), "seconds": round(seconds, 1)}  # fmt: skip
                print(row, flush=True)
                yield row


if __name__ == "__main__":
    main()
