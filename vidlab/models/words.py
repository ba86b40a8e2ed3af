"""Words: models that read sentences, write them about a clip, and bring sentence and clip to one space.

A sentence is a row of token numbers, (length,) whole numbers below `vocabulary`; 0 is padding, which no model looks
at. `keras.layers.TextVectorization` makes such rows.
"""

import numbers

import keras
import numpy as np
from keras import layers, ops

from vidlab.clips import is_count
from vidlab.models.attention import Positions, encoder_layer
from vidlab.models.frame import clip_input
from vidlab.models.space_time import conv3d

PADDING = 0
BATCH = 32  # clips that `write` looks at together


def text_average(length, vocabulary, classes, width=32):
    """The mean of the vectors of the words: which words there are, not their order (a bag of words).

    >>> text_average(length=12, vocabulary=20, classes=2).output_shape
    (None, 2)
    """
    words, x, mask = _embedded(length, vocabulary, width)
    return _named(words, _mean(x, mask), classes, "text_average")


def text_rnn(length, vocabulary, classes, width=32):
    """The vectors of the words, read in order by an LSTM that keeps its state where there is padding.

    >>> text_rnn(length=12, vocabulary=20, classes=2).output_shape
    (None, 2)
    """
    words, x, mask = _embedded(length, vocabulary, width)
    return _named(words, layers.LSTM(width)(x, mask=mask), classes, "text_rnn")


def text_attention(length, vocabulary, classes, width=32, heads=4, depth=1, positions=True):
    """The words look at one another: a small transformer, whose attention leaves out the padding.

    Without `positions` it cannot know the order of the words.

    Vaswani et al., Attention is all you need, NeurIPS 2017.

    >>> text_attention(length=12, vocabulary=20, classes=2).output_shape
    (None, 2)
    """
    _counts(heads=heads, depth=depth)
    words, x, mask = _embedded(length, vocabulary, width)
    if heads > width:
        raise ValueError(f"heads={heads} must be at most width={width}: each takes a part of it")
    x = Positions()(x) if positions else x
    for _ in range(depth):
        x = encoder_layer(x, heads, mask=mask[:, None])  # (batch, 1, length): which words may be looked at
    return _named(words, _mean(layers.LayerNormalization()(x), mask), classes, "text_attention")


def caption_slots(clip_shape, length, vocabulary, units=64):
    """A clip to its caption, every place at once: each place is a question of its own, as if it knew no other.

    (batch, frames, height, width, 3) -> (batch, length, vocabulary), probabilities along the last axis.

    >>> caption_slots((8, 16, 16, 3), length=6, vocabulary=20).output_shape
    (None, 6, 20)
    """
    _sizes(length, vocabulary)
    _counts(units=units)
    clip = clip_input(clip_shape, 2, frames=2)
    x = layers.Dense(length * vocabulary)(_seen(clip_shape, units)(clip))
    return keras.Model(clip, layers.Softmax()(layers.Reshape((length, vocabulary))(x)), name="caption_slots")


def caption_writer(clip_shape, length, vocabulary, units=64, width=32):
    """The next word, from the clip and the words before it: p(w_t | clip, w_0 .. w_{t-1}).

    Takes {"clip": (batch, frames, height, width, 3), "words": (batch, length)}, gives (batch, length, vocabulary). What
    was seen stands beside each word that an LSTM reads. In training the words are those of the true caption (teacher
    forcing); `write` gives it its own.

    Vinyals et al., Show and tell: a neural image caption generator, CVPR 2015.

    >>> model = caption_writer((8, 16, 16, 3), length=6, vocabulary=20)
    >>> model.output_shape, [layer.name for layer in model.layers if layer.name in ("seen", "said")]
    ((None, 6, 20), ['seen', 'said'])
    """
    _counts(units=units)
    words, x, mask = _embedded(length, vocabulary, width)
    clip = clip_input(clip_shape, 2, frames=2)
    vector = keras.Input((units,), name="vector")
    x = layers.LSTM(units, return_sequences=True)(
        layers.Concatenate()([x, layers.RepeatVector(length)(vector)]), mask=mask
    )
    said = keras.Model([vector, words], layers.Dense(vocabulary, activation="softmax")(x), name="said")
    words = keras.Input((length,), dtype="int32", name="words")
    answer = said([_seen(clip_shape, units)(clip), words])
    return keras.Model({"clip": clip, "words": words}, answer, name="caption_writer")


def write(writer, clips, start, end):
    """Captions by a `caption_writer`: word by word, each time the likeliest, until `end` (greedy decoding).

    Padding and `start` are no words to be said, so they are never taken.

    Parameters
    ----------
    writer
        A `caption_writer`.
    clips
        (batch, frames, height, width, 3), float32 in [0, 1].
    start, end
        The numbers of the words with which sentences begin and end, from 1 to vocabulary - 1.

    Returns
    -------
    array (batch, length), int: the words after `start`; `end`, where there is one, and then padding

    Raises
    ------
    ValueError
        The model is no `caption_writer`, or `start` or `end` is the number of no word.

    Examples
    --------
    >>> model = caption_writer((8, 16, 16, 3), length=6, vocabulary=20)
    >>> write(model, np.zeros((2, 8, 16, 16, 3), np.float32), start=1, end=2).shape
    (2, 6)
    """
    if {layer.name for layer in writer.layers}.isdisjoint({"said"}):
        raise ValueError(f"writer: {writer.name} writes no words; caption_writer does")
    seen, said, length = writer.get_layer("seen"), writer.get_layer("said"), writer.get_layer("words").output.shape[1]
    last = said.output_shape[-1] - 1
    for name, value in (("start", start), ("end", end)):
        if not is_count(value) or value > last:
            raise ValueError(f"{name}={value!r} must be the number of a word, from 1 to {last}")
    parts = [clips[i : i + BATCH] for i in range(0, len(clips), BATCH)]
    vectors = np.concatenate([ops.convert_to_numpy(seen(part, training=False)) for part in parts])
    words = np.full((len(vectors), length), PADDING)  # what it has written so far, behind `start`
    written = np.full((len(vectors), length), PADDING)
    words[:, 0], done = start, np.zeros(len(vectors), bool)
    for t in range(length):
        p = np.array(said([vectors, words], training=False))[:, t]
        p[:, [PADDING, start]] = -1
        written[:, t] = np.where(done, PADDING, p.argmax(axis=1))
        done |= written[:, t] == end
        if t + 1 < length:
            words[:, t + 1] = written[:, t]
    return written


def two_towers(clip_shape, length, vocabulary, width=32, units=64):
    """A clip and a sentence, each to a vector of length 1: what belongs together shall point the same way.

    Takes {"clip": ..., "words": (batch, length)}, gives (batch, 2, width): the clip's vector, and the sentence's. The
    layers "clip_tower" and "word_tower" give one of them alone. Train it with `contrastive`.

    Radford et al., Learning transferable visual models from natural language supervision, ICML 2021.

    >>> model = two_towers((8, 16, 16, 3), length=6, vocabulary=20)
    >>> model.output_shape, model.get_layer("word_tower").output_shape
    ((None, 2, 32), (None, 32))
    """
    _counts(units=units)
    words, x, mask = _embedded(length, vocabulary, width)
    x = layers.Dense(width)(layers.LSTM(units)(x, mask=mask))
    word_tower = keras.Model(words, layers.UnitNormalization()(x), name="word_tower")
    clip = clip_input(clip_shape, 2, frames=2)
    x = layers.Dense(width)(_seen(clip_shape, units)(clip))
    clip_tower = keras.Model(clip, layers.UnitNormalization()(x), name="clip_tower")
    clip, words = clip_input(clip_shape, 2, frames=2), keras.Input((length,), dtype="int32", name="words")
    both = ops.stack([clip_tower(clip), word_tower(words)], axis=1)
    return keras.Model({"clip": clip, "words": words}, both, name="two_towers")


def contrastive(temperature=0.1):
    """The loss of `two_towers`: among all sentences of the batch, find the clip's, and among all clips the sentence's.

        s_ij = u_i . v_j / temperature,   L_i = -(log softmax_j(s_ij)[i] + log softmax_i(s_ij)[i]) / 2

    as `reference.contrastive_loss`. The labels are numbers of sentences: where two clips of a batch have the same
    sentence, both are right, and share the 1 between them.

    Returns
    -------
    function (labels (batch,), output of `two_towers`) -> (batch,), for `model.compile`

    Examples
    --------
    >>> u = np.eye(2, dtype=np.float32)
    >>> loss = contrastive(1.0)(np.array([0, 1]), np.stack([u, u], axis=1))
    >>> np.round(loss, 4)  # log(1 + exp(-1))
    array([0.3133, 0.3133], dtype=float32)
    """
    if not (isinstance(temperature, numbers.Real) and temperature > 0):
        raise ValueError(f"temperature={temperature!r} must be a number above 0")

    def loss(labels, both):
        labels = ops.reshape(labels, (-1, 1))
        right = ops.cast(labels == ops.transpose(labels), both.dtype)
        right = right / ops.sum(right, axis=1, keepdims=True)
        s = ops.matmul(both[:, 0], ops.transpose(both[:, 1])) / temperature
        found = [ops.sum(right * ops.log_softmax(one, axis=1), axis=1) for one in (s, ops.transpose(s))]
        return -(found[0] + found[1]) / 2

    return loss


def _embedded(length, vocabulary, width):
    """The input "words", a vector for each word, and where there are words (and no padding)."""
    _sizes(length, vocabulary)
    _counts(width=width)
    words = keras.Input((length,), dtype="int32", name="words")
    return words, layers.Embedding(vocabulary, width)(words), ops.not_equal(words, PADDING)


def _mean(x, mask):
    """The mean over the words, (batch, length, width) -> (batch, width); 0 where a sentence has none."""
    there = ops.cast(mask, x.dtype)[..., None]
    return ops.sum(x * there, axis=1) / ops.maximum(ops.sum(there, axis=1), 1)


def _named(words, x, classes, name):
    if not is_count(classes) or classes < 2:
        raise ValueError(f"classes={classes!r} must be a whole number from 2 up")
    return keras.Model(words, layers.Dense(classes, activation="softmax")(x), name=name)


def _seen(clip_shape, units):
    """A clip to a vector: each frame, then convolutions along time, then their mean."""
    model = conv3d(clip_shape, 2)
    return keras.Model(model.input, layers.Dense(units, activation="relu")(model.layers[-1].input), name="seen")


def _sizes(length, vocabulary):
    for name, value, least in (("length", length, 1), ("vocabulary", vocabulary, 2)):
        if not is_count(value) or value < least:
            raise ValueError(f"{name}={value!r} must be a whole number from {least} up")


def _counts(**values):
    for name, value in values.items():
        if not is_count(value):
            raise ValueError(f"{name}={value!r} must be a whole number from 1 up")
