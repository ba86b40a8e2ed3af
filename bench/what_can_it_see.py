"""Kinds of information against families of models: which can tell what. Notebook 16.

    python bench/what_can_it_see.py --out data/results/what_can_it_see.json

Each family is trained from three seeds on each mix of `world.survey`, with a head for each factor that varies there:
500 clips of 12 frames of 32 x 32, 300 steps of 16, Adam along a cosine, the better of two rates (on four mixes, with a
seed of its own), and judged on 200 other clips. A row of the file is one factor of one mix, told by one family from one
seed. "one for all" is a single network with all heads, trained as many steps as the sixteen. "pretrained" has the
features of three frames, by the network of photographs. "more" are rows that nobody tells, asked again: a family
that is given what they need, with eight times the clips and steps. Two processes of one thread each; a run that was
broken off goes on where it stopped.
"""

import functools
import json
import multiprocessing
import os
from concurrent.futures import ProcessPoolExecutor, as_completed
from pathlib import Path

import numpy as np
from results import options, save

from vidlab import datasets, models, reference, training, world

import keras  # isort: skip
import tensorflow as tf  # isort: skip
from keras import layers  # isort: skip

COMMAND = "python bench/what_can_it_see.py --out data/results/what_can_it_see.json"
FRAMES, SIZE, LEARN, TEST, STEPS, BATCH = 12, (32, 32), 500, 200, 300, 16
RATES, TUNING, TUNING_SEED = (1e-3, 4e-3), (0, 4, 8, 12), 90  # mixes to tune on
MORE = {"digit": "Conv3D", "order": "Conv3D", "story": "two streams", "caption": "all three"}
TIMES = 8  # so many times the clips and steps, for MORE
SHOWN = 4, 7  # clips of a mix, seed: what each family of seed 0 says of these is kept, for the lab
SHAPE, WORKERS = (FRAMES, *SIZE, 3), 2
VALUES = {name: len(world.FACTORS[name].values) for name in dict.fromkeys(name for mix in world.MIXES for name in mix)}


class Clips:
    """A survey, and what the families take of it, each worked out when it is first asked for."""

    def __init__(self, each, seed, words=None, mixes=world.MIXES):
        self.made = world.survey(each, FRAMES, SIZE, seed, mixes)
        self.answers = self.made.answers
        if words is None:
            words = layers.TextVectorization(ngrams=2, output_mode="multi_hot")
            words.adapt(self.made.captions)
        self.words, self.seed, self._kept = words, seed, {}

    def __getitem__(self, name):
        if name not in self._kept:
            self._kept[name] = getattr(self, f"_{name}")()
        return self._kept[name]

    def _clip(self):
        return self.made.clips

    def _shuffled(self):
        order = np.random.default_rng([self.seed, 2]).permuted(np.tile(np.arange(FRAMES), (len(self.made), 1)), axis=1)
        return np.take_along_axis(self.made.clips, order[..., None, None, None], axis=1)

    def _flow(self):
        return np.stack([datasets.optical_flow(clip) for clip in self.made.clips])

    def _sound(self):
        parts = [reference.log_mel(self.made.sound[i : i + 100]) for i in range(0, len(self.made), 100)]
        return np.concatenate(parts).astype(np.float32) / 4  # silence is log(0.001): -6.9

    def _said(self):
        return np.asarray(self.words(self.made.captions), np.float32)

    def _told(self):
        """The caption where it may be false; nothing where it would give the answer away."""
        return self["said"] * (self.answers["caption"] >= 0)[:, None].astype(np.float32)

    def _features(self):
        model, clips = models.clip_features(SHAPE, kinds=("frames",), every=4, side=96), self.made.clips
        parts = [clips[i : i + 64].astype(np.float32) / 255 for i in range(0, len(clips), 64)]
        return np.concatenate([model.predict_on_batch(part) for part in parts])


def of_rows(learn, name):
    """One hidden layer on a row of numbers, scaled as they vary in the clips to learn from."""
    row = keras.Input(learn[name].shape[1:], name=name)
    scaled = layers.Normalization()
    scaled.adapt(learn[name])
    x = layers.Dropout(0.5)(layers.Dense(256, activation="relu")(layers.Dropout(0.3)(scaled(row))))
    return keras.Model(row, layers.Dense(2)(x), name=f"of_{name}")


def of_all(learn):
    """Picture and sound frame by frame (early fusion), then words: beside what was seen, and multiplied by it."""
    both = models.picture_and_sound(SHAPE, learn["sound"].shape[1:], 2, "early")
    told = keras.Input(learn["told"].shape[1:], name="told")
    x, words = both.layers[-1].input, layers.Dense(64, activation="relu")(told)
    x = layers.Concatenate()([x, words, layers.Dense(64)(x) * words])
    inputs = {one.name: one for one in both.inputs} | {"told": told}
    return keras.Model(inputs, layers.Dense(2)(layers.Dense(128, activation="relu")(x)), name="of_all")


FAMILIES = {  # name: (what makes it, what it takes)
    "one frame": (lambda _: models.frame_cnn(SHAPE, 2), "clip"),
    "mean of frames": (lambda _: models.frame_average(SHAPE, 2), "clip"),
    "SimpleRNN": (lambda _: models.cnn_rnn(SHAPE, 2), "clip"),
    "LSTM": (lambda _: models.cnn_lstm(SHAPE, 2), "clip"),
    "PeepholeLSTM": (lambda _: models.cnn_peephole_lstm(SHAPE, 2), "clip"),
    "Conv3D": (lambda _: models.conv3d(SHAPE, 2), "clip"),
    "R(2+1)D": (lambda _: models.r2plus1d(SHAPE, 2), "clip"),
    "two streams": (lambda _: models.two_stream(SHAPE, 2), ("clip", "flow")),
    "transformer": (lambda _: models.video_transformer(SHAPE, 2, tubelet=2), "clip"),
    "pretrained": (lambda learn: of_rows(learn, "features"), "features"),
    "sound": (lambda learn: models.sound_cnn(learn["sound"].shape[1:], 2), "sound"),
    "words": (lambda learn: of_rows(learn, "said"), "said"),
    "all three": (of_all, ("clip", "sound", "told")),
    "Conv3D, one for all": (lambda _: models.conv3d(SHAPE, 2), "clip"),
    "Conv3D, frames shuffled": (lambda _: models.conv3d(SHAPE, 2), "shuffled"),
    "Conv3D, labels shuffled": (lambda _: models.conv3d(SHAPE, 2), "clip"),
}


def given(clips, takes, places=slice(None)):
    if isinstance(takes, str):
        return clips[takes][places]
    return {name: clips[name][places] for name in takes}


def answers_of(clips, family):
    if not family.endswith("labels shuffled"):
        return clips.answers
    order = np.arange(len(clips.made))  # each clip, also those to judge on, gets the answers of another one of its mix
    for mix in range(len(world.MIXES)):
        places = np.flatnonzero(clips.made.mixes == mix)
        order[places] = np.random.default_rng([clips.seed, 3, mix]).permutation(places)
    return {name: row[order] for name, row in clips.answers.items()}


def network(family, learn, seed):
    keras.utils.set_random_seed(seed)
    return models.with_heads(FAMILIES[family][0](learn), {name: VALUES[name] for name in learn.answers})


def fitted(model, family, clips, rate, seed, mixes, steps):
    places = np.flatnonzero(np.isin(clips.made.mixes, mixes))
    answers = {name: row[places] for name, row in answers_of(clips, family).items()}
    training.fit_questions(model, given(clips, FAMILIES[family][1], places), answers, steps, BATCH, rate, seed)


def judged(model, family, clips, mix):
    places = np.flatnonzero(clips.made.mixes == mix)
    answers = {name: row[places] for name, row in answers_of(clips, family).items()}
    return training.evaluate_questions(model, given(clips, FAMILIES[family][1], places), answers)


def runs(family, learn, test, rate, seed, mixes, shown=None):
    """(mix, what is told of its factors, what is said of the clips to show), mix by mix; each from the same weights."""
    model = network(family, learn, seed)
    weights = model.get_weights()
    if family.endswith("one for all"):
        fitted(model, family, learn, rate, seed, mixes, STEPS * len(mixes))
    for mix in mixes:
        if not family.endswith("one for all"):
            model.set_weights(weights)
            fitted(model, family, learn, rate, seed, [mix], STEPS)
        said = training.answer_questions(model, given(shown, FAMILIES[family][1])) if shown else None
        yield mix, judged(model, family, test, mix), said


@functools.lru_cache(maxsize=1)
def clips_of(seed):
    """Clips to learn from, to be judged on and, with the same words, to show."""
    learn = Clips(LEARN, seed)
    return learn, Clips(TEST, 1000 + seed, learn.words), Clips(*SHOWN, learn.words)


def tuned(family):
    """The means above chance of each rate, on some of the mixes."""
    learn, test, _ = clips_of(TUNING_SEED)
    found = {}
    for rate in RATES:
        told = [told for _, told, _ in runs(family, learn, test, rate, TUNING_SEED, TUNING)]
        found[str(rate)] = round(float(np.mean([t.above for one in told for t in one.values()])), 4)
    return {"best": float(max(found, key=found.get)), "means": found}


def measured(seed, family, rate):
    """Rows of one family from one seed, and what it says of the clips to show."""
    learn, test, shown = clips_of(seed)
    rows, examples = [], {}
    for mix, told, said in runs(family, learn, test, rate, seed, range(len(world.MIXES)), shown):
        facts = {"family": family, "mix": mix, "seed": seed}
        for factor, t in told.items():
            rows.append(facts | {"factor": factor, "accuracy": round(t.accuracy, 4), "chance": round(t.chance, 4)})
            here = (shown.made.mixes == mix) & (shown.answers[factor] >= 0)
            examples[f"{factor} {mix}"] = said[factor][here].tolist()
    return rows, examples


def asked_again(seed, factor, rate):
    """A row that nobody tells, with more clips and steps."""
    family, mixes = MORE[factor], [mix for mix in world.MIXES if factor in mix][:1]
    learn = Clips(TIMES * LEARN, seed, mixes=mixes)
    model = network(family, learn, seed)
    fitted(model, family, learn, rate, seed, [0], TIMES * STEPS)
    told = judged(model, family, Clips(2 * TEST, 1000 + seed, learn.words, mixes), 0)[factor]
    facts = {"family": family, "factor": factor, "seed": seed}
    return facts | {"accuracy": round(told.accuracy, 4), "chance": round(told.chance, 4)}


def given_away(row):
    """Whether the caption, given for another question, says the answer."""
    return row["family"] == "all three" and "caption" in world.MIXES[row["mix"]] and row["factor"] != "caption"


def main():
    arguments = options(__doc__.split("\n")[0], seeds=(0, 1, 2))
    out = Path(arguments.out)
    kept = json.loads(out.read_text(encoding="utf8")) if out.exists() else {}
    rates, rows, examples = kept.get("rates", {}), kept.get("rows", []), kept.get("examples", {})
    more = kept.get("more", [])

    def keep():
        settings = dict(
            frames=FRAMES, size=SIZE, learn=LEARN, test=TEST, steps=STEPS, batch=BATCH, shown=SHOWN, times=TIMES
        )
        rows.sort(key=lambda row: (row["seed"], list(FAMILIES).index(row["family"]), row["mix"]))
        versions = {"tensorflow": tf.__version__, "keras": keras.__version__}
        found = {"mixes": world.MIXES, "rates": rates, "examples": examples, "more": more}
        found["rows"] = [row for row in rows if not given_away(row)]
        save(out, COMMAND, settings=settings, versions=versions, **found)

    # Networks as small as these gain little from a second thread: two of them run side by side instead.
    os.environ.update(TF_NUM_INTRAOP_THREADS="1", TF_NUM_INTEROP_THREADS="1")
    with ProcessPoolExecutor(WORKERS, multiprocessing.get_context("spawn")) as pool:
        jobs = {pool.submit(tuned, family): family for family in FAMILIES if family not in rates and "," not in family}
        for job in as_completed(jobs):
            rates[jobs[job]] = job.result()
            print(jobs[job], rates[jobs[job]], flush=True)
            keep()
        rates |= {family: rates["Conv3D"] for family in FAMILIES if "," in family}
        done = {(row["seed"], row["family"]) for row in rows}
        missing = [(seed, family) for seed in arguments.seeds for family in FAMILIES if (seed, family) not in done]
        jobs = {pool.submit(measured, seed, family, rates[family]["best"]): (seed, family) for seed, family in missing}
        for job in as_completed(jobs):
            seed, family = jobs[job]
            found, said = job.result()
            rows += found
            if seed == arguments.seeds[0]:
                examples[family] = said
            mean = np.mean([(row["accuracy"] - row["chance"]) / (1 - row["chance"]) for row in found])
            print(seed, family, round(float(mean), 3), flush=True)
            keep()
        done = {(row["seed"], row["factor"]) for row in more}
        missing = [(seed, factor) for seed in arguments.seeds for factor in MORE if (seed, factor) not in done]
        for job in as_completed([pool.submit(asked_again, seed, f, rates[MORE[f]]["best"]) for seed, f in missing]):
            more.append(job.result())
            print(more[-1], flush=True)
            keep()
    keep()


if __name__ == "__main__":
    main()
