"""What two pretrained networks know of clips: linear heads on their features, beside the same networks by chance.

    python bench/pretrained.py --out data/results/pretrained.json [--folder FOLDER]

Questions of the world, 96 clips to learn from, 48 to choose by and 160 to be asked about, for each seed: features of
photographs (EfficientNet-Lite0), of video (TransNetV2's trunk), and both, over time (`models.clip_features`); one
frame; the clips to be asked about with their frames shuffled; weights drawn by chance; the commonest class. With a
folder of clips (a class each; the words of --group in a name say what belongs together) the same by groups, and with 5,
10 and 20 clips a class. What the file holds already of the world's questions is kept: a run that was stopped goes on.
"""

import argparse
import json
import re
from pathlib import Path

import numpy as np
import results

from vidlab import datasets, models, training, world
from vidlab.clips import Frames

import keras  # isort: skip

QUESTIONS = "category", "background", "shape", "texture", "motion", "camera", "order"
LOOKS = "shape", "texture", "colour", "background"
SHAPE = 12, 48, 48, 3


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--out", required=True)
    parser.add_argument("--seeds", type=int, nargs="+", default=[0, 1, 2])
    parser.add_argument("--folder", help="clips, a folder for each class")
    parser.add_argument("--group", default=r"^.+_(circle|square|star)", help="what belongs together, in a file's name")
    a = parser.parse_args()
    command = f"python bench/pretrained.py --out {a.out}" + (f" --folder {Path(a.folder).name}" if a.folder else "")
    path = Path(a.out)
    rows = json.loads(path.read_text())["rows"] if path.is_file() else []
    for question in QUESTIONS:
        left = [seed for seed in a.seeds if not any((r["question"], r["seed"]) == (question, seed) for r in rows)]
        for row in of_the_world(question, left):
            rows.append(row)
            results.save(a.out, command, rows=rows)
    more = {"folder": list(of_a_folder(Path(a.folder), a.group, a.seeds))} if a.folder else {}
    results.save(a.out, command, rows=rows, **more)


PARTS = {"photographs": ("frames",), "video": ("video",), "both": ("frames", "video")}
ENDS = np.cumsum([0, models.BLOCKS["frames"], models.BLOCKS["video"]])
OF_A_ROW = {"photographs": slice(0, ENDS[1]), "video": slice(*ENDS[1:]), "both": slice(0, ENDS[2])}


def made(shape, kinds, weights="shipped", side=160):
    keras.utils.set_random_seed(0)
    return models.clip_features(shape, kinds=kinds, weights=weights, side=side)


def accuracy(parts, name, classes, change=None):
    """Of a head on some columns of the rows to learn from, on the rows to be asked about (or on others)."""
    columns = OF_A_ROW.get(name, slice(None))
    learn, check, test = (training.Rows(rows.x[:, columns], rows.y) for rows in parts)
    given = keras.Input((learn.x.shape[1],))
    blocks = {kind: models.BLOCKS[kind] for kind in PARTS.get(name, ("frame",))}
    head = training.fit_head(keras.Model(given, keras.layers.Identity()(given)), learn, check, classes, blocks=blocks)
    asked = test if change is None else training.Rows(change.x[:, columns], change.y)
    return round(float((np.asarray(head(asked.x)).argmax(axis=1) == asked.y).mean()), 3)


def of_the_world(question, seeds, cache={}):  # noqa: B006 - the models, made once
    if not cache:
        cache |= {"pretrained": made(SHAPE, PARTS["both"], side=96), "one frame": made(SHAPE, ("frame",), side=96),
                  "by chance": made(SHAPE, PARTS["both"], None, side=96)}  # fmt: skip
    own = world.FACTORS[question].decides
    looks = [name for name in LOOKS if name != question and not set(world.FACTORS[name].decides) & set(own)]
    if not own:
        looks.append("motion")  # the object moves, where the question does not decide how
    values = list(world.FACTORS[question].values)
    for seed in seeds:
        sets = []
        for n, at in ((96, 100 + seed), (48, 200 + seed), (160, 300 + seed)):
            size = {"frames": SHAPE[0], "size": SHAPE[1:3]}
            drawn = world.render(n, (question, *looks), question, seed=at, **size)
            sets.append((drawn.clips.astype(np.float32) / 255, np.array([values.index(v) for v in drawn.labels])))
        row = {
            "question": question,
            "seed": seed,
            "majority class": round(float(np.bincount(sets[2][1]).max() / 160), 3),
        }
        rows = {name: [training.rows_of(model, part) for part in sets] for name, model in cache.items()}
        disordered = training.shuffle_frames(sets[2][0]), sets[2][1]
        shuffled = training.rows_of(cache["pretrained"], disordered)
        for name in PARTS:
            row[name] = accuracy(rows["pretrained"], name, len(values))
        row["both, frames shuffled"] = accuracy(rows["pretrained"], "both", len(values), shuffled)
        row["one frame"] = accuracy(rows["one frame"], "one frame", len(values))
        for name in ("photographs", "video"):
            row[f"{name}, by chance"] = accuracy(rows["by chance"], name, len(values))
        print(row, flush=True)
        yield row


def of_a_folder(folder, group, seeds):
    samples = [
        datasets.Sample(s.source, s.label, re.search(group, Path(s.source).name)[0]) for s in datasets.folder(folder)
    ]
    classes, frames = datasets.classes_of(samples), Frames(16, (160, 160))
    batches = datasets.Batches(samples, frames, batch=8, classes=classes, cache="memory")
    whole = {kinds: training.rows_of(made(frames.shape, kinds), batches) for kinds in (PARTS["both"], ("frame",))}
    for seed in seeds:
        dealt = datasets.split_by_group(samples, {"train": 0.5, "val": 0.2, "test": 0.3}, seed=seed)
        side = np.array([one.split for one in dealt])
        for few in (5, 10, 20, None):
            places = {split: np.flatnonzero(side == split) for split in ("train", "val", "test")}
            if few is not None:
                y = whole["frame",].y
                own = np.random.default_rng(seed).permutation(places["train"])
                places["train"] = np.concatenate([own[y[own] == k][:few] for k in range(len(classes))])
            row = {"seed": seed, "clips_a_class": few or "all", "tested": len(places["test"])}
            for name in (*PARTS, "one frame"):
                rows = whole[("frame",) if name == "one frame" else PARTS["both"]]
                parts = [training.Rows(rows.x[at], rows.y[at]) for at in places.values()]
                row[name] = accuracy(parts, name, len(classes))
            print(row, flush=True)
            yield row


if __name__ == "__main__":
    main()
