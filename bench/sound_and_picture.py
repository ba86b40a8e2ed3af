"""Picture and sound, together and apart, whole, missing and noisy: for notebook 15.

    python bench/sound_and_picture.py --out data/results/sound_and_picture.json

Three questions about clips with a sound, two classes each (chance 0.5):

sync    does the ball's sound come when it falls, or when it is highest: neither picture nor sound tells alone
either  left with a low tone, or right with a high one: class 1; else class 0. Neither tells alone
twice   left or right, and the tone says the same: each tells alone

part "alone"   the sound (sound_cnn), the picture (conv3d)
part "fusion"  early, late and gated, with and without modality dropout, on the test clips as they are, without sound,
               without picture, with a noisy one of them
part "longer"  late fusion with three times the passes, and with another learning rate
part "noise"   early fusion that learnt from noisy clips: of each clip, sound and picture get noise of a strength of
               their own, from none to that of the test
"""

import numpy as np
from results import options, save

from vidlab import models, reference, training, world

import keras  # isort: skip

COMMAND = "python bench/sound_and_picture.py --out data/results/sound_and_picture.json"
SIZE = {"frames": 12, "size": (24, 24), "sound": True}
TASKS = "sync", "either", "twice"
TRAIN, TEST, EPOCHS, DROPPED = 400, 200, 8, 0.5
LOOKS = {"shape": None, "colour": None}
NOISE = 0.1  # standard deviation, of samples from -1 to 1 and of pixels from 0 to 1


def heard(samples):
    """Log-mel spectrograms in which silence is 0."""
    return ((reference.log_mel(samples, hop=320, bands=32) - np.log(1e-3)) / 10).astype(np.float32)


def clips_of(task, n, seed):
    """(clips, samples, labels)"""
    if task == "sync":
        made = world.render(n, {"sync": None, **LOOKS}, "sync", seed=seed, **SIZE)
        return made.clips.astype(np.float32) / 255, made.sound, np.array([v == "in step" for v in made.labels], int)
    more = 1 if task == "either" else 3
    made = world.render(more * n, {"motion": ("left", "right"), "sound": None, **LOOKS}, "motion", seed=seed, **SIZE)
    left, low = (np.array([v == w for v in made.factors[name]]) for name, w in (("motion", "left"), ("sound", "low")))
    labels = (left == low) if task == "either" else left
    kept = np.flatnonzero((left == low) | (task == "either"))[:n]
    return made.clips[kept].astype(np.float32) / 255, made.sound[kept], labels[kept].astype(int)


def grainy(clips, rng, strength):
    strength = np.broadcast_to(strength, len(clips)).reshape(-1, 1, 1, 1, 1)
    return np.clip(clips + strength * rng.normal(size=clips.shape), 0, 1).astype(np.float32)


def conditions(clips, samples, seed):
    rng = np.random.default_rng(seed)
    sound = heard(samples)
    loud = heard(samples + rng.normal(0, NOISE, samples.shape))
    return {
        "clean": {"clip": clips, "sound": sound},
        "no sound": {"clip": clips, "sound": np.zeros_like(sound)},
        "no picture": {"clip": np.zeros_like(clips), "sound": sound},
        "noisy sound": {"clip": clips, "sound": loud},
        "noisy picture": {"clip": grainy(clips, rng, NOISE), "sound": sound},
    }


def rows_of(task, seed):
    clips, samples, labels = clips_of(task, TRAIN, 100 + seed)
    train = {"clip": clips, "sound": heard(samples)}
    rng = np.random.default_rng(300 + seed)
    noisy = {"clip": grainy(clips, rng, rng.uniform(0, NOISE, TRAIN)), "sound": heard(
        samples + rng.normal(size=samples.shape) * rng.uniform(0, NOISE, (TRAIN, 1)))}  # fmt: skip
    clips, samples, right = clips_of(task, TEST, 200 + seed)
    tests = conditions(clips, samples, seed)
    majority = round(float(np.bincount(right).max() / len(right)), 4)
    shapes = [train[name].shape[1:] for name in ("clip", "sound")]

    def run(build, data, tests, epochs=EPOCHS, **more):
        keras.utils.set_random_seed(seed)
        model = build()
        training.fit(model, (data, labels), epochs=epochs, live=False, seed=seed, **more)
        return {name: round(training.evaluate(model, (x, right)).top1, 4) for name, x in tests.items()}

    def fused(fusion, dropped=0.0, data=train, **more):
        return run(lambda: models.picture_and_sound(*shapes, 2, fusion, dropped=dropped), data, tests, **more)

    facts = {"task": task, "seed": seed, "majority": majority}
    sound = run(
        lambda: models.sound_cnn(shapes[1], 2), train["sound"], {"clean": tests["clean"]["sound"]}, epochs=2 * EPOCHS
    )
    yield {"part": "alone", "model": "sound", **facts, **sound}
    picture = run(lambda: models.conv3d(shapes[0], 2), train["clip"], {"clean": tests["clean"]["clip"]})
    yield {"part": "alone", "model": "picture", **facts, **picture}
    for fusion in models.FUSIONS:
        for dropped in (0.0, DROPPED):
            yield {"part": "fusion", "model": fusion, "dropped": dropped, **facts, **fused(fusion, dropped)}
    yield {"part": "noise", "model": "early", **facts, **fused("early", data=noisy)}
    if task != "twice":
        yield {"part": "longer", "model": "late", "way": "three times the passes", **facts,
               **fused("late", epochs=3 * EPOCHS)}  # fmt: skip
        yield {"part": "longer", "model": "late", "way": "learning rate 0.001", **facts,
               **fused("late", learning_rate=1e-3)}  # fmt: skip


def main():
    arguments = options(__doc__, seeds=(0, 1, 2))
    rows = []
    for seed in arguments.seeds:
        for task in TASKS:
            for row in rows_of(task, seed):
                print(row, flush=True)
                rows.append(row)
        save(arguments.out, COMMAND, rows=rows, noise=NOISE, clips=[TRAIN, TEST])


if __name__ == "__main__":
    main()
