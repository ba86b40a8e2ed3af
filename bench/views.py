"""One clip and one square of a video at test time, or the mean of several? For notebook 06:

    python bench/views.py --out data/results/views.json

Rendered videos of 48 frames, 32 x 64 pixels, twice as wide as high. conv3d learns from 12 frames in a row and the
middle square (or, "uniform", from 12 frames over the whole video). Then each test video is asked about from 1, 4 or 10
places in time, in the middle square or in three (left, middle, right), and the probabilities are averaged. Two
questions: which motion, all the time the same; and which of two things happens first, each once in the video.
"""

import argparse
from dataclasses import replace

import numpy as np
import results

from vidlab import datasets, models, training, world
from vidlab.clips import Frames

import keras  # isort: skip

LONG, SHORT, SIDE = 48, 12, 32
QUESTIONS = {
    "motion": (dict.fromkeys(("motion", "shape", "texture", "colour", "background")), (384, 96, 320), 20),
    "order": (dict.fromkeys(("order", "shape", "colour")), (384, 96, 320), 20),
}
TIMES, PLACES = (1, 4, 10), (1, 3)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--out", required=True)
    parser.add_argument("--seeds", type=int, nargs="+", default=[0, 1, 2])
    a = parser.parse_args()
    rows = []
    for question in QUESTIONS:
        for seed in a.seeds:
            for sampling in ("dense", "uniform"):
                rows.append(
                    {"question": question, "seed": seed, "sampling": sampling} | asked(question, sampling, seed)
                )
                print(rows[-1], flush=True)
    results.save(a.out, f"python bench/views.py --out {a.out}", rows=rows)


def asked(question, sampling, seed):
    factors, sizes, epochs = QUESTIONS[question]
    learn, check, test = (
        world.render(n, factors, question, LONG, (SIDE, 2 * SIDE), 1000 * seed + k) for k, n in enumerate(sizes)
    )
    classes = sorted(set(learn.labels))
    frames, middle = Frames(SHORT, (SIDE, SIDE), sampling=sampling), slice(SIDE // 2, 3 * SIDE // 2)
    batches = [
        datasets.Batches(
            datasets.from_world(replace(some, clips=np.ascontiguousarray(some.clips[:, :, :, middle]))),
            frames, classes=classes, shuffle=some is learn, seed=seed,
        )
        for some in (learn, check)
    ]  # fmt: skip
    keras.utils.set_random_seed(seed)
    model = models.conv3d(frames.shape, len(classes))
    training.fit(model, *batches, epochs=epochs, live=False)
    labels = np.array([classes.index(label) for label in test.labels])
    found = {"majority": round(float(np.bincount(labels).max() / len(labels)), 3)}
    for times in TIMES if sampling == "dense" else (1,):
        for places in PLACES:
            said = np.mean([model(clips).numpy() for clips in views(test.clips, sampling, times, places)], axis=0)
            found[f"{times} x {places}"] = round(float((said.argmax(axis=1) == labels).mean()), 4)
    [clips] = views(test.clips, sampling, 1, 1)
    found["shuffled"] = round(float((model(training.shuffle_frames(clips)).numpy().argmax(1) == labels).mean()), 4)
    return found


def views(videos, sampling, times, places):
    """Clips of all videos, a view at a time."""
    lefts = [SIDE // 2] if places == 1 else [0, SIDE // 2, SIDE]
    if sampling == "uniform":
        which = [np.round(np.linspace(0, LONG - 1, SHORT)).astype(int)]
    else:
        starts = [(LONG - SHORT) // 2] if times == 1 else np.linspace(0, LONG - SHORT, times).round().astype(int)
        which = [start + np.arange(SHORT) for start in starts]
    for frames in which:
        for left in lefts:
            yield videos[:, frames, :, left : left + SIDE].astype(np.float32) / 255


if __name__ == "__main__":
    main()
