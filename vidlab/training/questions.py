"""One network that answers many questions about a clip, of which each clip has the answers to some.

See `models.with_heads` for the network. An answer of -1 says that a clip has none: it counts neither in the loss nor
in an accuracy.
"""

from dataclasses import dataclass

import keras
import numpy as np

from vidlab.models import Heads
from vidlab.tensorflow import tf

UNKNOWN = -1


def fit_questions(model, inputs, answers, steps=1000, batch=32, learning_rate=1e-3, seed=0):
    """Train the heads and what they share, by Adam, along a cosine to 0.

        L = mean over all answers that clips have of -log p_q(answer)

    Parameters
    ----------
    model
        From `models.with_heads`.
    inputs
        What the model takes: an array (clips, ...), or a dict of them by the names of its inputs. Clips of uint8 are
        divided by 255 on the way, so that a large set stays small.
    answers
        question -> (clips,) whole numbers, -1 where a clip has no answer: of the questions that the model answers.
    steps, batch, learning_rate, seed
        So many steps of so many clips, drawn in an order that depends on the seed alone, each clip as often as any
        other.

    Returns
    -------
    list of the loss after each tenth of the steps

    Raises
    ------
    ValueError
        The answers are not those that the model gives.

    Examples
    --------
    >>> from vidlab import models, world
    >>> made = world.survey(8, frames=4, size=(16, 16), mixes=[("light", "shape"), ("level", "shape")])
    >>> values = {name: len(world.FACTORS[name].values) for name in made.answers}
    >>> model = models.with_heads(models.frame_cnn((4, 16, 16, 3), 2), values)
    >>> losses = fit_questions(model, made.clips, made.answers, steps=20)
    >>> {name: told.clips for name, told in evaluate_questions(model, made.clips, made.answers).items()}
    {'light': 8, 'shape': 16, 'level': 8}
    """
    truth = _matrix(model, answers)
    draw = np.random.default_rng(seed)
    drawn = np.concatenate([draw.permutation(len(truth)) for _ in range(-(-steps * batch // len(truth)))])
    data = _batches(inputs, truth, drawn[: steps * batch].reshape(steps, batch))
    _prepare(model, steps, learning_rate)
    tenth = max(1, steps // 10)
    history = model.fit(data.repeat(), epochs=steps // tenth, steps_per_epoch=tenth, shuffle=False, verbose=0)
    return history.history["loss"]


@dataclass(frozen=True)
class Told:
    """How often one question was answered rightly.

    clips : how many had an answer
    accuracy : the share that was right
    chance : the share of the commonest answer
    """

    clips: int
    accuracy: float
    chance: float

    @property
    def above(self):
        """(accuracy - chance) / (1 - chance): 0 for chance, 1 where all is right."""
        return (self.accuracy - self.chance) / (1 - self.chance) if self.chance < 1 else 0.0


def answer_questions(model, inputs, batch=64):
    """What a model says to each question: question -> (clips,) whole numbers. Arguments as in `fit_questions`.

    >>> from vidlab import models
    >>> model = models.with_heads(models.frame_cnn((4, 16, 16, 3), 2), {"light": 4, "level": 2})
    >>> {name: row.shape for name, row in answer_questions(model, np.zeros((5, 4, 16, 16, 3), np.uint8)).items()}
    {'light': (5,), 'level': (5,)}
    """
    inputs = tf.nest.map_structure(tf.constant, inputs)
    n = len(tf.nest.flatten(inputs)[0])
    heads = _heads(model)
    said = [np.asarray(model(_taken(inputs, np.arange(i, min(n, i + batch))), training=False)).argmax(axis=2)
            for i in range(0, n, batch)]  # fmt: skip
    return dict(zip(heads.values, np.concatenate(said).T, strict=True))


def evaluate_questions(model, inputs, answers, batch=64):
    """How often each question is answered rightly: question -> `Told`, those that no clip has an answer to left out.

    Arguments as in `fit_questions`.

    >>> from vidlab import models
    >>> model = models.with_heads(models.frame_cnn((4, 16, 16, 3), 2), {"light": 4, "level": 2})
    >>> answers = {"light": np.array([0, 1, 2]), "level": np.array([-1, -1, 1])}
    >>> told = evaluate_questions(model, np.zeros((3, 4, 16, 16, 3), np.uint8), answers)
    >>> told["light"].clips, told["level"].clips, round(told["light"].chance, 2)
    (3, 1, 0.33)
    """
    truth, said = _matrix(model, answers), answer_questions(model, inputs, batch)
    told = {}
    for name, row in zip(said, truth.T, strict=True):
        if (known := row != UNKNOWN).any():
            chance = np.bincount(row[known]).max() / known.sum()
            told[name] = Told(int(known.sum()), float((said[name] == row)[known].mean()), float(chance))
    return told


def _prepare(model, steps, learning_rate):
    """Compile; who was fitted with the same numbers before keeps the graph, and only the optimizer begins anew."""
    if getattr(getattr(model, "optimizer", None), "fitted_with", None) == (steps, learning_rate):
        for variable in model.optimizer.variables:
            variable.assign(keras.ops.zeros_like(variable))
        return
    rate = keras.optimizers.schedules.CosineDecay(learning_rate, steps)
    model.compile(keras.optimizers.Adam(rate), loss=keras.losses.SparseCategoricalCrossentropy(ignore_class=UNKNOWN))
    model.optimizer.fitted_with = steps, learning_rate  # on the optimizer: who compiles anew has another


def _batches(inputs, truth, places):
    inputs, truth = tf.nest.map_structure(tf.constant, inputs), tf.constant(truth)
    data = tf.data.Dataset.from_tensor_slices(places)
    return data.map(lambda at: (_taken(inputs, at), tf.gather(truth, at))).prefetch(2)


def _taken(inputs, at):
    def ready(part):
        part = tf.gather(part, at)
        return tf.cast(part, tf.float32) / 255 if part.dtype == tf.uint8 else part

    return tf.nest.map_structure(ready, inputs)


def _heads(model):
    heads = model.layers[-1] if isinstance(model, keras.Model) else None
    if not isinstance(heads, Heads):
        raise ValueError("model: expected one that answers questions, as models.with_heads makes it")
    return heads


def _matrix(model, answers):
    """(clips, questions), in the order in which the model answers them."""
    values = _heads(model).values
    if set(values) != set(answers):
        raise ValueError(f"answers: the model answers {', '.join(values)}, but these are of {', '.join(answers)}")
    for name, row in answers.items():
        if np.max(row) >= values[name]:
            raise ValueError(f"answers: {name} goes up to {np.max(row)}, but the model knows {values[name]} values")
    return np.stack([answers[name] for name in values], axis=1)
