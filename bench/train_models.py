"""Seconds until a model names 90% of held-out clips rightly: every model of the kit, beside three tutorials' models.

    python bench/train_models.py --out data/results/train_models.json

Each run is a process of its own, so that each pays for its own compilation, and all runs see the same clips. The
clock starts before the model is built and stands still while the model is tested, which happens after every 400
clips. The recommended model runs from every seed, the others from the first. The tutorials' models run for the epochs
that they state or until --limit seconds of training: "not reached" is then a lower bound. What RECOMMENDED names was
chosen on other clips of the first mix; the second mix was never looked at while choosing.
"""

import argparse
import json
import subprocess
import sys
import tempfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from time import monotonic

import numpy as np
import results
import tutorials

from vidlab import datasets, models, world
from vidlab.tensorflow import tf

import keras  # isort: skip

TUTORIALS = "tensorflow_r2plus1d", "keras_convlstm", "keras_vivit"
RECOMMENDED = "conv3d"
SETTINGS = {  # Adam, the learning rate falling to zero along a cosine; for each model of the kit
    "frame_cnn": {}, "frame_average": {}, "cnn_rnn": {}, "cnn_lstm": {}, "cnn_peephole_lstm": {}, "conv_lstm": {},
    "conv3d": {"epochs": 6}, "r2plus1d": {"epochs": 6}, "two_stream": {}, "video_transformer": {},
}  # fmt: skip
USUAL = {"epochs": 14, "batch": 16, "learning_rate": 3e-3}
MIXES = {  # what varies in the clips, and what is to be told
    "motions": {"label": "motion", "factors": ("motion", "shape", "texture", "colour", "digit", "background")},
    "camera": {
        "label": "camera",
        "factors": ("camera", "shape", "pattern", "structure", "colour", "background", "contrast", "light"),
    },
}
MODELS = RECOMMENDED, *TUTORIALS, *(name for name in SETTINGS if name != RECOMMENDED)  # in the order of their runs
ENOUGH, EVERY = 0.9, 400  # accuracy to reach; clips from one test to the next


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--out", help="write the rows there, as JSON")
    parser.add_argument("--models", nargs="+", choices=MODELS, default=MODELS)
    parser.add_argument("--mixes", nargs="+", choices=tuple(MIXES), default=tuple(MIXES))
    parser.add_argument("--seeds", type=int, nargs="+", default=(0, 1, 2), help=f"all but {RECOMMENDED}: the first")
    parser.add_argument("--limit", type=float, default=900, help="seconds of training for a run (default: 900)")
    parser.add_argument("--clips", type=int, default=1600, help="to train on; a quarter as many are held out")
    parser.add_argument("--quick", action="store_true", help="does it run? 64 clips, one seed, 20 seconds a run")
    parser.add_argument("--keep", action="store_true", help="keep the rows that --out has of other mixes")
    parser.add_argument("--run", nargs=3, metavar=("MODEL", "SEED", "CLIPS"), help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.run:
        model, seed, clips = arguments.run
        print(json.dumps(run(model, int(seed), clips, arguments.limit)))
        return
    if arguments.quick:
        arguments.seeds, arguments.limit, arguments.clips = arguments.seeds[:1], 20, 64
    rows, command = [], " ".join(["python bench/train_models.py", *sys.argv[1:]])
    if arguments.keep:
        if not (arguments.out and Path(arguments.out).is_file()):
            parser.error("--keep: --out must name the file whose rows are kept; without one yet, leave --keep out")
        before = json.loads(Path(arguments.out).read_text(encoding="utf8"))
        rows = [row for row in before["rows"] if row["mix"] not in arguments.mixes]
        command = f"{before['command']}; {command}"
    with tempfile.TemporaryDirectory() as folder:
        for mix in arguments.mixes:
            clips = Path(folder, f"{mix}.npz")
            render(mix, arguments.clips, clips)
            for model in arguments.models:
                for seed in arguments.seeds if model == RECOMMENDED else arguments.seeds[:1]:
                    child = [sys.executable, __file__, "--limit", arguments.limit, "--run", model, seed, clips]
                    done = subprocess.run(list(map(str, child)), stdout=subprocess.PIPE, check=True, text=True)
                    rows.append({"mix": mix} | json.loads(done.stdout.splitlines()[-1]))
                    print(line(rows[-1]), flush=True)
                    if arguments.out:  # after each run: all of them take an hour
                        results.save(arguments.out, command, settings=SETTINGS, usual=USUAL, mixes=MIXES, rows=rows)
    for mix in arguments.mixes:
        print(verdict(mix, [row for row in rows if row["mix"] == mix]))


def render(mix, n, path):
    drawn = world.render(n + n // 4, frames=16, size=(32, 32), seed=2027, **MIXES[mix])
    names = sorted(set(drawn.labels))
    np.savez(path, clips=drawn.clips, labels=[names.index(label) for label in drawn.labels], train=n)


def run(name, seed, path, limit):
    """Train one model once: a row of the table."""
    with np.load(path) as data:
        seen, labels, n = data["clips"], data["labels"], int(data["train"])
    clips = seen.astype(np.float32) / 255
    classes = int(labels.max()) + 1
    keras.utils.set_random_seed(seed)
    start, flow = monotonic(), 0.0
    if name == "two_stream":
        with ThreadPoolExecutor() as pool:
            clips = {"clip": clips, "flow": np.stack(list(pool.map(datasets.optical_flow, seen)))}
        flow = (monotonic() - start) * (len(seen) - n) / len(seen)  # that of the held-out clips does not count
    if name in TUTORIALS:
        model = getattr(tutorials, name)(seen.shape[1:], classes)
        epochs, batch = tutorials.EPOCHS[name], tutorials.BATCH[name]
    else:
        model = getattr(models, name)(seen.shape[1:], classes)
        settings = USUAL | SETTINGS[name]
        epochs, batch = settings["epochs"], settings["batch"]
        steps = epochs * -(-n // batch)
        rate = keras.optimizers.schedules.CosineDecay(settings["learning_rate"], steps)
        model.compile(keras.optimizers.Adam(rate), "sparse_categorical_crossentropy")
    train, test = (keras.tree.map_structure(lambda x, part=part: x[part], clips) for part in (slice(n), slice(n, None)))
    clock = Clock(start + flow, limit, max(1, EVERY // batch), test, labels[n:])
    model.fit(train, labels[:n], batch_size=batch, epochs=epochs, callbacks=[clock], verbose=0)
    first = next((seconds for seconds, accuracy in clock.curve if accuracy >= ENOUGH), None)
    seconds, accuracy = clock.curve[-1]
    return {
        "model": name, "seed": seed, "seconds_to_90": first, "seconds": seconds, "top1": accuracy,
        "epochs": clock.epochs, "of": epochs, "parameters": model.count_params(), "first_step": clock.first_step,
        "curve": clock.curve,
    }  # fmt: skip


class Clock(keras.callbacks.Callback):
    """Test the model every `every` steps and at the end, with the clock stopped; stop after `limit` seconds."""

    def __init__(self, start, limit, every, clips, labels):
        super().__init__()
        self.start, self.limit, self.every, self.clips, self.labels = start, limit, every, clips, labels
        self.curve, self.steps, self.epochs, self.first_step = [], 0, 0, None

    def on_train_batch_end(self, batch, logs=None):
        self.steps += 1
        seconds = monotonic() - self.start
        if self.steps == 1:
            self.first_step = round(seconds, 2)
            self.say = tf.function(lambda clips: self.model(clips, training=False), reduce_retracing=True)
        if seconds > self.limit:
            self.model.stop_training = True
        if self.steps % self.every == 0:
            self.test(seconds)

    def on_epoch_end(self, epoch, logs=None):
        self.epochs = epoch + 1

    def on_train_end(self, logs=None):
        self.test(monotonic() - self.start)

    def test(self, seconds):
        before = monotonic()
        right = 0
        for i in range(0, len(self.labels), 50):
            said = self.say(keras.tree.map_structure(lambda x, i=i: tf.constant(x[i : i + 50]), self.clips))
            right += np.count_nonzero(np.argmax(said, 1) == self.labels[i : i + 50])
        self.curve.append((round(seconds, 2), right / len(self.labels)))
        self.start += monotonic() - before


def line(row):
    reached = f"90% in {row['seconds_to_90']:7.1f} s" if row["seconds_to_90"] else "90% not reached "
    return (
        f"{row['mix']:8} {row['model']:20} seed {row['seed']}  {reached}  {row['top1']:.3f} after {row['seconds']:.0f}"
        f" s, {row['epochs']} of {row['of']} epochs  {row['parameters']:,} parameters"
    )


def verdict(mix, rows):
    """How many times faster than the fastest of the tutorials; one that was stopped counts as done when stopped."""
    ours = [row for row in rows if row["model"] == RECOMMENDED]
    theirs = [row for row in rows if row["model"] in TUTORIALS]
    if not ours or not theirs:
        return f"{mix}: {RECOMMENDED} or the tutorials' models were left out, so there is nothing to compare"
    fastest = min(theirs, key=lambda row: row["seconds_to_90"] or row["seconds"])
    if not all(row["seconds_to_90"] for row in ours):
        return f"{mix}: {RECOMMENDED} did not reach 90% from every seed"
    slowest = max(row["seconds_to_90"] for row in ours)
    mean = sum(row["seconds_to_90"] for row in ours) / len(ours)
    bound = fastest["seconds_to_90"] or fastest["seconds"]
    lowest, best = min(row["top1"] for row in ours), max(row["top1"] for row in theirs)
    least = "" if fastest["seconds_to_90"] else "at least "
    return (
        f"{mix}: {RECOMMENDED} reaches 90% {least}{bound / mean:.0f} times sooner than {fastest['model']}"
        f" ({least}{bound / slowest:.0f} times from its slowest seed); accuracy at the end {lowest:.3f} or more,"
        f" the tutorials' best {best:.3f}"
    )


if __name__ == "__main__":
    main()
