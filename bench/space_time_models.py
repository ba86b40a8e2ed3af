"""R(2+1)D, and two streams with optical flow beside each stream alone, from three seeds, for notebook 10:

    python bench/space_time_models.py --out data/results/space_time_models.json

The clips and settings are those of bench/tour.py, whose results hold Conv3D and the baselines. Two questions: the
motion (8 classes), and the motion together with the object's paint, warm or cold (16 classes). "averaged" is the mean
of what the two streams say that were trained alone; "two_stream" was trained as one. "own questions": the spatial
stream learns the paint alone (2 classes), the temporal one the motion alone (8); their probabilities are multiplied.
"""

from dataclasses import replace
from time import monotonic

import numpy as np
from results import options, save

from vidlab import datasets, models, training
from vidlab.clips import Frames
from vidlab.tensorflow import tf  # noqa: F401  (before keras)

import keras  # isort: skip
from keras import layers  # isort: skip

COMMAND = "python bench/space_time_models.py --out data/results/space_time_models.json"
WARM = "red", "yellow", "magenta"
SPLITS = "train", "val", "test"


def questions():
    motion, colour = datasets.embedded(), datasets.embedded("colour")
    paint = ["warm" if sample.label in WARM else "cold" for sample in colour]
    both = [replace(sample, label=f"{sample.label}, {name}") for sample, name in zip(motion, paint, strict=True)]
    own = [replace(sample, label=name) for sample, name in zip(motion, paint, strict=True)]
    return {"motion": motion, "motion and paint": both, "paint": own}


def flow_of(clips):
    return np.stack([datasets.optical_flow(np.round(clip * 255).astype(np.uint8)) for clip in clips])


def temporal_stream(flow_shape, classes):
    """The half of `models.two_stream` that sees how things move."""
    flow = keras.Input(flow_shape)
    stacked = layers.Reshape((*flow_shape[1:3], -1))(layers.Permute((2, 3, 1, 4))(flow))
    x = models.frame_features(stacked.shape[1:])(stacked)
    return keras.Model(flow, layers.Dense(classes, activation="softmax")(x), name="temporal_stream")


def train(build, data, seed, classes):
    """A model trained from one seed, and how long that took."""
    keras.utils.set_random_seed(seed)
    shape = (12, 32, 32, 3) if isinstance(data["train"], datasets.Batches) else data["train"][0].shape[1:]
    model = build(shape, classes)
    start = monotonic()
    training.fit(model, data["train"], data["val"], live=False, seed=seed)
    return model, round(monotonic() - start, 1)


def of_each_split(samples):
    names = datasets.classes_of(samples)
    parts = {split: [s for s in samples if s.split == split] for split in SPLITS}
    return (
        names,
        parts,
        {split: datasets.load_clips(parts[split], Frames(12, (32, 32)), classes=names) for split in SPLITS},
    )


def two_streams(question, samples, flows, mixed, seeds, note):
    names, parts, clips = of_each_split(samples)
    mixed, mixed_flow = mixed
    flow = {split: (flows[split], clips[split][1]) for split in SPLITS}
    y = clips["test"][1]
    for seed in seeds:
        said = []
        for build, data, other in ((models.frame_cnn, clips, mixed), (temporal_stream, flow, mixed_flow)):
            model, seconds = train(build, data, seed, len(names))
            reports = training.evaluate(model, data["test"]), training.evaluate(model, (other, y))
            said.append([report.probabilities for report in reports])
            name = "spatial_stream" if build is models.frame_cnn else model.name
            n = model.count_params()
            note(question, name, seed, *(r.top1 for r in reports), parameters=n, seconds=seconds)
        averaged = [float((np.mean(pair, axis=0).argmax(axis=1) == y).mean()) for pair in zip(*said, strict=True)]
        note(question, "averaged", seed, *averaged)
        data = {
            split: datasets.Batches(
                parts[split], Frames(12, (32, 32)), classes=names, cache="memory", flow=True,
                shuffle=split == "train", seed=seed,
            )
            for split in SPLITS
        }  # fmt: skip
        model, seconds = train(models.two_stream, data, seed, len(names))
        reports = [training.evaluate(model, data["test"], change=f) for f in (None, training.shuffle_frames)]
        n = model.count_params()
        note(question, model.name, seed, *(r.top1 for r in reports), parameters=n, seconds=seconds)


def own_questions(asked, flows, mixed, seeds, note):
    """Each stream learns what it can know; the probabilities of a motion and a paint are multiplied."""
    paint, motion = (of_each_split(asked[name])[2] for name in ("paint", "motion"))
    both = of_each_split(asked["motion and paint"])[2]["test"][1]  # sorted by motion, then by paint
    flow = {split: (flows[split], motion[split][1]) for split in SPLITS}
    for seed in seeds:
        what, _ = train(models.frame_cnn, paint, seed, 2)
        how, _ = train(temporal_stream, flow, seed, 8)
        found = []
        for x, f in ((paint["test"][0], flows["test"]), mixed):
            said = np.asarray(how(f))[:, :, None] * np.asarray(what(x))[:, None]  # (clips, motions, paints)
            found.append(float((said.reshape(-1, 16).argmax(axis=1) == both).mean()))
        alone = training.evaluate(what, paint["test"]).top1, training.evaluate(how, flow["test"]).top1
        note("motion and paint", "own questions", seed, *found, paint=alone[0], motion=alone[1])


def main():
    arguments = options(__doc__, seeds=(0, 1, 2))
    rows = []

    def note(question, model, seed, top1, shuffled, **more):
        rows.append({"question": question, "model": model, "seed": seed, "top1": top1, "shuffled": shuffled} | more)
        print(rows[-1], flush=True)
        save(arguments.out, COMMAND, seeds=arguments.seeds, rows=rows)

    asked = questions()
    names, _, clips = of_each_split(asked["motion"])
    flows = {split: flow_of(clips[split][0]) for split in SPLITS}
    mixed = training.shuffle_frames(clips["test"][0])
    mixed = mixed, flow_of(mixed)
    for question in ("motion", "motion and paint"):
        two_streams(question, asked[question], flows, mixed, arguments.seeds, note)
    own_questions(asked, flows, mixed, arguments.seeds, note)
    for seed in arguments.seeds:
        model, seconds = train(models.r2plus1d, clips, seed, len(names))
        reports = training.evaluate(model, clips["test"]), training.evaluate(model, (mixed[0], clips["test"][1]))
        n = model.count_params()
        note("motion", model.name, seed, *(r.top1 for r in reports), parameters=n, seconds=seconds)


if __name__ == "__main__":
    main()
