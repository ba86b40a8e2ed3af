"""Words: models that read them, captions, and search: for notebook 15.

    python bench/words.py --out data/results/words.json

reading    "a red disc moving left and a blue star moving right": which way does the red one go? Both orders of the two
           halves come as often, so which words there are says nothing
written    a word in the picture, read by a network of one frame
captions   a clip to its caption: all places at once, or word by word (the words before it true, or its own)
search     sentences to clips and back among 60 of different captions: recall at 1 and at 5
"""

import json
from pathlib import Path

import numpy as np
from results import options, save

from vidlab import models, reference, training, world

import keras  # isort: skip

COMMAND = "python bench/words.py --out data/results/words.json"
SHAPES = "disc", "square", "triangle", "star", "cross"
EXTRAS = "", "covered with brick", "covered with grass"
TOLD = {"colour": ("red", "green", "blue", "yellow"), "shape": ("disc", "square", "triangle"),
        "motion": ("left", "right", "up", "down", "growing", "shrinking")}  # fmt: skip
TRAIN, TEST, EPOCHS, BATCH, LENGTH, GALLERY = 960, 300, 12, 32, 6, 60


def questions(n, seed):
    """(sentences, 1 where the red one goes right)"""
    rng = np.random.default_rng(seed)
    sentences, labels = [], rng.permutation(np.arange(n) % 2)
    for label in labels:
        ways = ("left", "right")[label], ("right", "left")[label]
        halves = [f"a {colour} {rng.choice(SHAPES)} moving {way} {rng.choice(EXTRAS)}".strip()
                  for colour, way in zip(("red", "blue"), ways, strict=True)]  # fmt: skip
        sentences.append(" and ".join(halves[:: rng.choice([1, -1])]))
    return sentences, labels


def numbers_of(sentences, length, vocabulary=None):
    """A layer that makes rows of word numbers."""
    layer = keras.layers.TextVectorization(standardize=None, output_sequence_length=length, vocabulary=vocabulary)
    if vocabulary is None:
        layer.adapt(sentences)
    return layer


READERS = {
    "text_average": models.text_average,
    "text_rnn": models.text_rnn,
    "attention without positions": lambda *sizes: models.text_attention(*sizes, positions=False),
    "text_attention": models.text_attention,
}


def reading(seed):
    (learn, y), (test, right) = questions(600, 100 + seed), questions(400, 200 + seed)
    layer = numbers_of(learn, 17)
    x, test = layer(learn).numpy(), layer(test).numpy()
    for name, build in READERS.items():
        for rate in (3e-3, 1e-2):
            keras.utils.set_random_seed(seed)
            model = build(17, len(layer.get_vocabulary()), 2)
            compiled(model, rate, 15 * 38, "sparse_categorical_crossentropy")
            model.fit(x, y, epochs=15, batch_size=16, verbose=0)
            top1 = float((np.argmax(model(test), axis=1) == right).mean())
            yield {"part": "reading", "model": name, "rate": rate, "seed": seed, "top1": round(top1, 4),
                   "majority": round(float(np.bincount(right).max() / len(right)), 4)}  # fmt: skip


def written(seed):
    looks = {"written": None, "shape": None, "colour": None, "motion": ("left", "right", "up", "down")}
    learn, test = (world.render(n, looks, "written", frames=2, size=(24, 24), seed=s)
                   for n, s in ((800, 100 + seed), (200, 200 + seed)))  # fmt: skip
    classes = sorted(set(learn.labels))
    data = [(made.clips.astype(np.float32) / 255, np.array([classes.index(v) for v in made.labels]))
            for made in (learn, test)]  # fmt: skip
    keras.utils.set_random_seed(seed)
    model = models.frame_cnn(learn.clips.shape[1:], 4)
    training.fit(model, data[0], epochs=12, live=False, seed=seed)
    yield {"part": "written", "seed": seed, "top1": round(training.evaluate(model, data[1]).top1, 4), "majority": 0.25}


def compiled(model, rate, steps, loss):
    schedule = keras.optimizers.schedules.CosineDecay(rate, steps)
    model.compile(keras.optimizers.Adam(schedule), loss)
    return model


def told(n, seed):
    """(clips, captions between the words <start> and <end>)"""
    made = world.render(n, TOLD, "motion", frames=12, size=(32, 32), seed=seed, captions=True)
    return made.clips.astype(np.float32) / 255, [f"<start> {caption} <end>" for caption in made.captions]


def scores(written, true):
    """Share of captions that are right in every word, and share of words that are right."""
    words = true != 0
    return round(float((np.where(words, written, 0) == true).all(axis=1).mean()), 4), round(
        float((written == true)[words].mean()), 4
    )


def captions_and_search(seed):
    (x, said), (test_x, test_said) = told(TRAIN, 300 + seed), told(TEST, 400 + seed)
    layer = numbers_of(said, LENGTH + 1)
    names = layer.get_vocabulary()
    words, true = layer(said).numpy(), layer(test_said).numpy()
    there = (words[:, 1:] != 0).astype(np.float32)
    shape, sizes, steps = x.shape[1:], (LENGTH, len(names)), EPOCHS * -(-TRAIN // BATCH)
    fitting = {"epochs": EPOCHS, "batch_size": BATCH, "verbose": 0}

    def row(way, written):
        exact, word = scores(written, true[:, 1:])
        by_place = [
            round(float((written[:, t] == true[:, t + 1])[true[:, t + 1] != 0].mean()), 4) for t in range(LENGTH)
        ]
        return {"part": "captions", "way": way, "seed": seed, "exact": exact, "words": word, "by place": by_place}

    commonest = max(set(said), key=said.count)
    yield row("commonest caption", np.repeat(layer([commonest]).numpy()[:, 1:], TEST, 0))
    places = [np.bincount(column[column != 0]).argmax() for column in words[:, 1:].T]
    yield row("commonest word of each place", np.repeat([places], TEST, 0))

    keras.utils.set_random_seed(seed)
    slots = compiled(models.caption_slots(shape, *sizes), 3e-3, steps, "sparse_categorical_crossentropy")
    slots.fit(x, words[:, 1:], sample_weight=there, **fitting)
    yield row("places at once", slots.predict(test_x, verbose=0).argmax(axis=-1))

    keras.utils.set_random_seed(seed)
    writer = compiled(models.caption_writer(shape, *sizes), 3e-3, steps, "sparse_categorical_crossentropy")
    writer.fit({"clip": x, "words": words[:, :-1]}, words[:, 1:], sample_weight=there, **fitting)
    taught = writer.predict({"clip": test_x, "words": true[:, :-1]}, verbose=0).argmax(axis=-1)
    yield row("word by word, true words before it", taught)
    own = models.write(writer, test_x, names.index("<start>"), names.index("<end>"))
    yield row("word by word, its own words", own)

    numbers = np.unique(said, return_inverse=True)[1]
    first = np.sort(np.unique(test_said, return_index=True)[1])[:GALLERY]
    for temperature in (0.1, 1.0):
        keras.utils.set_random_seed(seed)
        towers = compiled(models.two_towers(shape, *sizes), 3e-3, steps, models.contrastive(temperature))
        towers.fit({"clip": x, "words": words[:, 1:]}, numbers, **fitting)
        pair = towers.predict({"clip": test_x[first], "words": true[first, 1:]}, verbose=0)
        s = pair[:, 1] @ pair[:, 0].T  # sentences ask, clips answer
        yield {"part": "search", "temperature": temperature, "seed": seed, "clips": len(first),
               **{f"words to clip, {k}": round(reference.recall_at(s, k), 4) for k in (1, 5)},
               **{f"clip to words, {k}": round(reference.recall_at(s.T, k), 4) for k in (1, 5)}}  # fmt: skip


PARTS = {"reading": reading, "written": written, "captions": captions_and_search}  # captions: and search


def main():
    arguments = options(__doc__, seeds=(0, 1, 2), parts=tuple(PARTS))
    again = {*arguments.only, *(["search"] if "captions" in arguments.only else [])}
    rows = [] if len(arguments.only) == len(PARTS) else json.loads(Path(arguments.out).read_text())["rows"]
    rows = [row for row in rows if row["part"] not in again]
    for seed in arguments.seeds:
        for part in arguments.only:
            for row in PARTS[part](seed):
                print(row, flush=True)
                rows.append(row)
        save(arguments.out, COMMAND, rows=rows)


if __name__ == "__main__":
    main()
