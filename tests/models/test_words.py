"""Models of words: what padding may change (nothing), what order may, and that captions are written one by one."""

from types import SimpleNamespace

import keras
import numpy as np
import pytest

from vidlab import models

CLIP = 6, 16, 16, 3
READERS = models.text_average, models.text_rnn, models.text_attention


@pytest.fixture(autouse=True)
def seeded():
    keras.utils.set_random_seed(0)


def rows(*lengths, longest=7):
    words = np.zeros((len(lengths), longest), np.int32)
    for row, n in zip(words, lengths, strict=True):
        row[:n] = np.random.default_rng(n).integers(1, 12, n)
    return words


@pytest.mark.parametrize("build", READERS)
def test_padding_says_nothing_and_the_words_do(build, tmp_path):
    model, words = build(7, 12, 3), rows(3, 5, 7)
    before = np.asarray(model(words))
    layer = next(layer for layer in model.layers if isinstance(layer, keras.layers.Embedding))
    table = np.array(layer.embeddings)
    layer.embeddings.assign(np.r_[1 - 9 * table[:1, ::-1], table[1:]])  # another vector for padding
    assert np.allclose(model(words), before, atol=1e-6)
    layer.embeddings.assign(np.r_[table[:1], table[1:] * 2])
    assert np.abs(np.asarray(model(words)) - before).max() > 1e-4
    model.save(tmp_path / "m.keras")
    assert np.allclose(keras.saving.load_model(tmp_path / "m.keras")(words), model(words), atol=1e-6)


@pytest.mark.parametrize("build", READERS)
def test_a_sentence_without_words_has_an_answer(build):
    p = np.asarray(build(7, 12, 3)(rows(0, 4)))
    assert np.allclose(p.sum(axis=1), 1, atol=1e-5)


def test_who_knows_the_order():
    words = rows(5)
    turned = words.copy()
    turned[0, :5] = words[0, :5][::-1]
    without = lambda *sizes: models.text_attention(*sizes, positions=False)  # noqa: E731
    for build, knows in ((models.text_average, False), (without, False), (models.text_rnn, True),
                         (models.text_attention, True)):  # fmt: skip
        model = build(7, 12, 3)
        moved = np.abs(np.asarray(model(turned)) - np.asarray(model(words))).max()
        assert (moved > 1e-4) == knows, model.name


def test_a_word_is_said_from_the_clip_and_the_words_before():
    writer = models.caption_writer(CLIP, 5, 12)
    rng = np.random.default_rng(0)
    clip, words = rng.random((2, *CLIP), np.float32), rows(5, 5, longest=5)
    before = np.asarray(writer({"clip": clip, "words": words}))
    assert before.shape == (2, 5, 12) and np.allclose(before.sum(axis=-1), 1, atol=1e-5)
    other = words.copy()
    other[:, 3] = other[:, 3] % 11 + 1
    moved = np.abs(np.asarray(writer({"clip": clip, "words": other})) - before).max(axis=(0, 2))
    assert (moved[:3] == 0).all() and (moved[3:] > 0).all()
    assert np.abs(np.asarray(writer({"clip": clip[::-1].copy(), "words": words})) - before).max() > 0


def test_it_writes_what_it_says_and_stops():
    writer = models.caption_writer(CLIP, 5, 12)
    clips = np.random.default_rng(0).random((6, *CLIP), np.float32)
    written = models.write(writer, clips, start=1, end=2)
    words = np.c_[np.full(6, 1), written[:, :-1]]
    said = np.array(writer({"clip": clips, "words": words}))
    said[..., [0, 1]] = -1  # neither padding nor the start is a word to be said
    said = said.argmax(axis=-1)
    for row, wanted in zip(written, said, strict=True):
        ends = np.flatnonzero(row == 2)
        stop = ends[0] + 1 if len(ends) else 5
        assert (row[:stop] == wanted[:stop]).all() and (row[stop:] == 0).all()
    first = int(written[0, 0])
    assert (models.write(writer, clips[:1], start=1, end=first) == [[first, 0, 0, 0, 0]]).all()
    with pytest.raises(ValueError, match="text_rnn writes no words"):
        models.write(models.text_rnn(5, 12, 2), clips, 1, 2)
    for start, end, name in ((99, 2, "start=99"), (0, 2, "start=0"), (1, 12, "end=12"), (1, "2", "end='2'")):
        with pytest.raises(ValueError, match=f"{name} must be the number of a word, from 1 to 11"):
            models.write(writer, clips, start, end)


def test_it_never_says_padding_or_the_start():
    writer = models.caption_writer(CLIP, 5, 12)
    last = writer.get_layer("said").layers[-1]
    last.bias.assign(np.where(np.isin(np.arange(12), [0, 1]), 50.0, 0.0))  # it would like to say nothing else
    written = models.write(writer, np.random.default_rng(0).random((2, *CLIP), np.float32), start=1, end=2)
    assert not (written == 1).any() and (written[:, 0] != 0).all()


def test_many_clips_are_looked_at_in_parts():
    writer, sizes = models.caption_writer(CLIP, 3, 12), []
    seen = writer.get_layer("seen")

    def counted(clips, training):
        sizes.append(len(clips))
        return seen(clips, training=training)

    given = SimpleNamespace(layers=writer.layers, name="writer", get_layer=lambda name: {"seen": counted}.get(
        name) or writer.get_layer(name))  # fmt: skip
    clips = np.random.default_rng(0).random((70, *CLIP), np.float32)
    written = models.write(given, clips, start=1, end=2)
    assert len(written) == sum(sizes) == 70 and max(sizes) <= 32
    assert (written[-2:] == models.write(writer, clips[-2:], start=1, end=2)).all()


def test_towers_point_and_learn():
    towers = models.two_towers(CLIP, 5, 12, width=8)
    rng = np.random.default_rng(0)
    given = {"clip": rng.random((8, *CLIP), np.float32), "words": rng.integers(1, 12, (8, 5))}
    both = np.asarray(towers(given))
    assert both.shape == (8, 2, 8) and np.allclose(np.linalg.norm(both, axis=-1), 1, atol=1e-5)
    for place, (name, key) in enumerate((("clip_tower", "clip"), ("word_tower", "words"))):
        assert np.allclose(towers.get_layer(name)(given[key]), both[:, place], atol=1e-5)
    towers.compile("adam", models.contrastive(0.2))
    losses = towers.fit(given, np.arange(8), epochs=25, verbose=0).history["loss"]
    assert losses[-1] < losses[0] / 2


def test_places_at_once():
    slots = models.caption_slots(CLIP, 4, 9)
    said = np.asarray(slots(np.zeros((2, *CLIP), np.float32)))
    assert said.shape == (2, 4, 9) and np.allclose(said.sum(axis=-1), 1, atol=1e-5)


@pytest.mark.parametrize("wrong, says", [
    (lambda: models.text_rnn(0, 12, 2), "length=0"),
    (lambda: models.text_rnn(5, 1, 2), "vocabulary=1"),
    (lambda: models.text_average(5, 12, 1), "classes=1"),
    (lambda: models.text_average(5, 12, 2, width=0), "width=0"),
    (lambda: models.text_attention(5, 12, 2, heads=0), "heads=0"),
    (lambda: models.text_attention(5, 12, 2, width=2, heads=4), "heads=4 must be at most width=2"),
    (lambda: models.text_attention(5, 12, 2, depth=1.5), "depth=1.5"),
    (lambda: models.caption_slots(CLIP, 5, 1.5), "vocabulary=1.5"),
    (lambda: models.caption_slots(CLIP, 6, 1), "vocabulary=1"),
    (lambda: models.caption_slots(CLIP, 6, 12, units=0), "units=0"),
    (lambda: models.caption_writer(CLIP, 0, 12), "length=0"),
    (lambda: models.caption_writer(CLIP, 5, 1), "vocabulary=1"),
    (lambda: models.caption_writer(CLIP, 5, 12, units=-1), "units=-1"),
    (lambda: models.two_towers((6, 4, 4, 3), 5, 12), "clip_shape="),
    (lambda: models.two_towers(CLIP, 5, 1), "vocabulary=1"),
    (lambda: models.two_towers(CLIP, 5, 12, units="64"), "units='64'"),
])  # fmt: skip
def test_what_cannot_be(wrong, says):
    with pytest.raises(ValueError, match=f"^{says}"):
        wrong()
