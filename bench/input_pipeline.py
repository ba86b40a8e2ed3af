"""Clips a second from files, beside plain loops; and the share of a training step that goes into data.

    python bench/input_pipeline.py [--rounds 5] [--out data/results/input_pipeline.json]

Part 1 reads two sets: clips that come with the course (64x64, 1 s) and clips that the script makes (h264, 320x240,
5 s at 25 frames a second). Each reader gives 16 evenly spaced frames as uint8 RGB; loops read one file after the
other. (imageio collects garbage at each close, which takes long with TensorFlow loaded, as in a notebook.) All take
turns within a round, in an order drawn by lot; medians over the rounds.

Part 2 trains `models.conv3d`, once on `Batches`, once on a batch that stays in memory, turn by turn, at learning rate
0, so that both do the same arithmetic. "waits" is the share of a step that the training stands still for its next
batch. "slower" is 1 - (seconds a step with the same batch again) / (seconds a step with data from `Batches`): it holds,
besides, what the model loses because loading keeps a core busy. The first epoch, which compiles the model and fills
the cache, is not counted.
Recommended is what `vidlab train` does: a cache and augmentation.
"""

import argparse
import os
import platform
import statistics
import tempfile
import time
from pathlib import Path

import cv2
import imageio.v3 as iio
import numpy as np
from results import save

from vidlab import datasets, models, video
from vidlab.clips import Frames
from vidlab.datasets import Augment, Batches, Sample
from vidlab.tensorflow import tf

import keras  # isort: skip

FRAMES, BATCH, GOAL = 16, 16, 0.05


def moving_noise(folder, number):
    """`number` files of coloured blocks that glide over the picture, in two classes."""
    rng, samples = np.random.default_rng(0), []
    for n in range(number):
        tile = rng.integers(0, 256, (30, 40, 3), dtype=np.uint8).repeat(8, 0).repeat(8, 1)
        step = 2 if n % 2 else -2
        path = folder / f"{n}.mp4"
        video.write(path, np.stack([np.roll(tile, step * t, axis=1) for t in range(125)]), fps=25)
        samples.append(Sample(path, "right" if n % 2 else "left"))
    return samples


# ------------------------------------------------------------------------------------- 1: clips a second


def batches(**settings):
    def read(samples, size):
        for _ in Batches(samples, Frames(FRAMES, size), batch=BATCH, **settings).epoch(0):
            pass

    return read


def loop(read_frames):
    """A plain loop over the files, with a function that gives the wanted frames of one in its own size."""

    def read(samples, size):
        for sample in samples:
            np.stack([cv2.resize(frame, size[::-1]) for frame in read_frames(str(sample.source))])

    return read


def imageio_frames(path):
    clip = iio.imread(path, plugin="pyav")
    return clip[video.indices(len(clip), FRAMES)]


def opencv_frames(path):
    capture = cv2.VideoCapture(path)
    wanted = set(video.indices(int(capture.get(cv2.CAP_PROP_FRAME_COUNT)), FRAMES).tolist())
    k = 0
    while capture.grab():
        if k in wanted:
            yield cv2.cvtColor(capture.retrieve()[1], cv2.COLOR_BGR2RGB)
        k += 1
    capture.release()


def decord_frames(path):
    import decord

    reader = decord.VideoReader(path)  # in its own size: its scaling fails for most small widths
    return reader.get_batch(video.indices(len(reader), FRAMES)).asnumpy()


def readers():
    found = {
        "Batches": batches(),
        "Batches, 1 worker": batches(workers=1),
        "imageio": loop(imageio_frames),
        "OpenCV": loop(lambda path: list(opencv_frames(path))),
    }
    try:
        import decord  # noqa: F401
    except ImportError:
        print("decord is left out: it is not installed")
        return found
    return found | {"decord": loop(decord_frames)}


def clips_a_second(what, samples, size, contestants, rounds):
    rng, seconds = np.random.default_rng(0), {name: [] for name in contestants}
    for turn in range(rounds + 1):
        for name in rng.permutation([*contestants]):
            begin = time.perf_counter()
            contestants[name](samples, size)
            if turn:  # the first round warms up
                seconds[name].append(time.perf_counter() - begin)
    rates = {name: len(samples) / statistics.median(values) for name, values in seconds.items()}
    print(f"\n{what}: {len(samples)} clips, {FRAMES} frames of {size[0]}x{size[1]}")
    for name, rate in rates.items():
        print(f"  {name:20} {rate:8.1f} clips a second   {rate / rates['Batches']:5.2f} of Batches")
    return [{"clips": what, "reader": name, "clips_a_second": round(rate, 1)} for name, rate in rates.items()]


# ---------------------------------------------------------------------------- 2: what training waits for


def share_for_data(what, samples, size, rounds, recommended, **settings):
    data = Batches(samples, Frames(FRAMES, size), batch=BATCH, shuffle=True, **settings)
    keras.utils.set_random_seed(0)
    model = models.conv3d((FRAMES, *size, 3), len(data.classes))
    # rate 0: on a batch learnt by heart, gradients get so small (denormal) that the processor takes longer
    model.compile(keras.optimizers.Adam(0.0), "sparse_categorical_crossentropy")
    steps = len(data) // BATCH
    first = next(iter(data.epoch(0)))
    again = tf.data.Dataset.from_tensors(first).repeat(steps)

    def run(source):
        """Seconds a step, and seconds of them until the batch was there."""
        waited, begin = 0.0, time.perf_counter()
        batches = iter(source)
        for _ in range(steps):
            asked = time.perf_counter()
            batch = next(batches)
            waited += time.perf_counter() - asked
            model.train_on_batch(*batch)
        return (time.perf_counter() - begin) / steps, waited / steps

    taken = {"same": [], "data": []}
    for turn in range(rounds + 1):
        pair = {"same": again, "data": data.epoch(turn).take(steps)}
        for name in sorted(pair, reverse=turn % 2):  # neither always comes after the other
            seconds = run(pair[name])
            if turn:
                taken[name].append(seconds)
    (same, _), (with_data, waited) = (np.median(taken[name], axis=0).tolist() for name in ("same", "data"))
    waits, slower = waited / with_data, max(0.0, 1 - same / with_data)
    verdict = "" if not recommended else f"   goal: waits under {GOAL:.0%}, {'met' if waits < GOAL else 'MISSED'}"
    print(f"  {what:44} {1e3 * same:8.1f} {1e3 * with_data:8.1f} {waits:8.1%} {slower:8.1%}{verdict}", flush=True)
    return {"setting": what, "recommended": recommended, "ms_same_batch": round(1e3 * same, 2),
            "ms_batches": round(1e3 * with_data, 2), "waits": round(waits, 4), "slower": round(slower, 4)}  # fmt: skip


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--small", type=int, default=800, help="of the course's clips, to train (default: %(default)s)")
    parser.add_argument("--large", type=int, default=48, help="clips to make (default: %(default)s)")
    parser.add_argument("--out", help="write the numbers as JSON")
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        small, large = datasets.embedded(), moving_noise(Path(folder), given.large)
        small = small[:: max(len(small) // given.small, 1)][: given.small]
        contestants = readers()
        rates = clips_a_second("64x64, 1 s", small[:96], (48, 48), contestants, given.rounds)
        rates += clips_a_second("320x240, 5 s", large, (112, 112), contestants, given.rounds)

        large = 4 * large  # some more steps an epoch
        augment = Augment(crop=0.8, colour=0.2)
        print(f"\nconv3d, {BATCH} clips a step: {'ms a step: same batch':>39}  Batches    waits   slower")
        shares = [
            share_for_data("64x64 files, cached in memory, augmented", small, (48, 48), given.rounds, True,
                           cache="memory", augment=augment),
            share_for_data("64x64 files, cached in memory", small, (48, 48), given.rounds, False, cache="memory"),
            share_for_data("64x64 files, decoded each epoch", small, (48, 48), given.rounds, False),
            share_for_data("320x240 files, cached in memory, augmented", large, (64, 64), given.rounds, True,
                           cache="memory", augment=augment),
            share_for_data("320x240 files, cached in a folder, augmented", large, (64, 64), given.rounds, False,
                           cache=Path(folder) / "cache", augment=augment),
            share_for_data("320x240 files, decoded each epoch", large, (64, 64), given.rounds, False),
        ]  # fmt: skip
    if given.out:
        machine = {"processor": platform.machine(), "cores": os.cpu_count(), "python": platform.python_version()}
        versions = {"tensorflow": tf.__version__, "keras": keras.__version__, "opencv": cv2.__version__}
        command = "python bench/input_pipeline.py --out data/results/input_pipeline.json"
        save(given.out, command, rounds=given.rounds, machine=machine, versions=versions, rates=rates, shares=shares)


if __name__ == "__main__":
    main()
