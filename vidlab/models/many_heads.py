"""One network, many questions: a softmax for each, on the same features.

Caruana, Multitask learning, Machine Learning 28, 1997.
"""

import keras
import numpy as np
from keras import layers, ops


@keras.saving.register_keras_serializable("vidlab")
class Heads(layers.Layer):
    """Features to an answer to each question: (batch, units) -> (batch, questions, most answers).

        p_q = softmax(W_q f + b_q)

    `values` says how many answers each question has; the places beyond have probability 0.

    >>> heads = Heads({"motion": 8, "shape": 5})
    >>> answer = ops.convert_to_numpy(heads(ops.ones((1, 3))))
    >>> answer.shape, bool(np.allclose(answer.sum(axis=2), 1)), bool((answer[0, 1, 5:] == 0).all())
    ((1, 2, 8), True, True)
    """

    def __init__(self, values, **kwargs):
        super().__init__(**kwargs)
        if not values or min(values.values()) < 2:
            raise ValueError(f"values={values} must name one question or more, each with two or more answers")
        self.values = dict(values)
        self.most = max(values.values())
        self.dense = layers.Dense(len(values) * self.most)
        beyond = np.arange(self.most) >= np.array(list(values.values()))[:, None]
        self.beyond = np.where(beyond, -1e9, 0.0).astype(np.float32)

    def build(self, shape):
        self.dense.build(shape)

    def call(self, features):
        scores = ops.reshape(self.dense(features), (-1, len(self.values), self.most))
        return ops.softmax(scores + self.beyond, axis=-1)

    def get_config(self):
        return super().get_config() | {"values": self.values}


def with_heads(model, values):
    """The features of a clip model, with an answer for each of several questions in place of its one.

    Train it with `training.fit_questions`, to which a clip need not answer every question.

    Parameters
    ----------
    model
        A classifier that ends in a `Dense` layer, or in the mean of several, as every model of this room does.
    values
        question -> how many answers it has.

    Returns
    -------
    keras.Model (clips) -> (batch, questions, most answers), by `Heads`

    Raises
    ------
    ValueError
        The model ends otherwise, or there is no question, or one with fewer than two answers.

    Examples
    --------
    >>> from vidlab.models import conv3d
    >>> with_heads(conv3d((8, 16, 16, 3), classes=2), {"motion": 8, "shape": 5}).output_shape
    (None, 2, 8)
    """
    last = model.layers[-1] if isinstance(model, keras.Model) else None
    ends = [last]
    if isinstance(last, layers.Average):
        ends = [tensor._keras_history.operation for tensor in last.input]
    if not all(isinstance(end, layers.Dense) for end in ends):
        raise ValueError("model: expected a keras.Model that ends in a Dense layer, or in the mean of several")
    features = [end.input for end in ends]
    x = features[0] if len(features) == 1 else layers.Concatenate()(features)
    return keras.Model(model.input, Heads(values, name="heads")(x), name=f"{model.name}_with_heads")
