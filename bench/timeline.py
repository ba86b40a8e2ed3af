"""A ten-minute file of four motions in turn, in segments: how far off are their ends, and how fast is it?

    python bench/timeline.py --out data/results/timeline.json

The file is made of embedded test clips that nobody learnt from, 10 to 38 seconds of one motion at a time. Both kinds of
model that `vidlab train` tries are asked: conv3d from scratch, and a head on pretrained features.
"""

import argparse
import tempfile
from pathlib import Path
from time import perf_counter

import numpy as np
import results

from vidlab import datasets, models, training, video
from vidlab.clips import Frames

import keras  # isort: skip

NAMES = "clockwise", "growing", "right", "up"
SECONDS = 600


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--out", required=True)
    parser.add_argument("--seeds", type=int, nargs="+", default=[0, 1, 2])
    a = parser.parse_args()
    parts = datasets.by_split([one for one in datasets.embedded() if one.label in NAMES])
    rows = []
    with tempfile.TemporaryDirectory() as folder:
        for seed in a.seeds:
            path = Path(folder) / f"{seed}.mp4"
            truth = film(path, parts["test"], seed)
            for name, saved in (("conv3d", conv3d(parts, seed)), ("features", features(parts))):
                begun = perf_counter()
                found = training.timeline(saved, path)
                spent = perf_counter() - begun
                rows.append({"model": name, "seed": seed, **compared(truth, found.segments),
                             "times as fast as it plays": round(SECONDS / spent, 1)})  # fmt: skip
                print(rows[-1], flush=True)
    results.save(a.out, f"python bench/timeline.py --out {a.out}", rows=rows)


def film(path, samples, seed):
    """Writes the file; gives (start, stop, name) of what is in it."""
    rng, truth, frames, at = np.random.default_rng(seed), [], [], 0
    clips = {name: [video.read(one.source) for one in samples if one.label == name] for name in NAMES}
    while at < SECONDS:
        name = NAMES[len(truth) % 4]
        lasts = min(2 * int(rng.integers(5, 20)), SECONDS - at)
        frames += [clips[name][k] for k in rng.integers(len(clips[name]), size=lasts // 2)]
        truth.append((at, at + lasts, name))
        at += lasts
    video.write(path, np.concatenate(frames), fps=12)
    return truth


def conv3d(parts, seed):
    frames = Frames(12, (32, 32))
    learn, check = (datasets.load_clips(parts[split], frames) for split in ("train", "val"))
    keras.utils.set_random_seed(seed)
    model = models.conv3d(frames.shape, len(NAMES))
    training.fit(model, learn, check, epochs=30, live=False)
    return training.Saved(model, list(NAMES), frames, 2.0)


def features(parts):
    frames = Frames(16, (160, 160))
    network = models.clip_features(frames.shape)
    learn, check = (
        training.rows_of(network, datasets.Batches(parts[split], frames, batch=8)) for split in ("train", "val")
    )
    blocks = {kind: models.BLOCKS[kind] for kind in ("frames", "video")}
    return training.Saved(training.fit_head(network, learn, check, 4, blocks=blocks), list(NAMES), frames, 2.0)


def compared(truth, segments):
    same = [one[2] for one in truth] == [one.label for one in segments]
    off = [max(abs(t[0] - s.start), abs(t[1] - s.stop)) for t, s in zip(truth, segments, strict=False)] if same else []
    return {"segments": len(segments), "true": len(truth), "same classes in the same order": same,
            "most seconds off": round(max(off), 3) if off else None}  # fmt: skip


if __name__ == "__main__":
    main()
