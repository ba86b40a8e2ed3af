"""A vector for each frame, then a recurrent layer that reads them in order.

Each takes clips (batch, frames, height, width, channels), float32 in [0, 1], and gives class probabilities
(batch, classes). Parameters are counted at 32x32 pixels and 8 classes.
"""

import keras
from keras import layers

from vidlab.models.frame import clip_input, each_frame, frame_features
from vidlab.models.peephole import PeepholeLSTM


def cnn_rnn(clip_shape, classes, filters=(16, 32), features=64, units=64):
    """A convolutional network for each frame, then h = tanh(W x + U h + b) over the frames. 47,000 parameters.

    Elman, Finding structure in time, Cognitive Science 14, 1990.

    >>> cnn_rnn((8, 16, 16, 3), classes=4).output_shape
    (None, 4)
    """
    return _read_in_order("cnn_rnn", layers.SimpleRNN(units), clip_shape, classes, filters, features)


def cnn_lstm(clip_shape, classes, filters=(16, 32), features=64, units=64):
    """A convolutional network for each frame, then an LSTM over the frames. 72,000 parameters.

    Donahue et al., Long-term recurrent convolutional networks for visual recognition and description, CVPR 2015.

    >>> cnn_lstm((8, 16, 16, 3), classes=4).output_shape
    (None, 4)
    """
    return _read_in_order("cnn_lstm", layers.LSTM(units), clip_shape, classes, filters, features)


def cnn_peephole_lstm(clip_shape, classes, filters=(16, 32), features=64, units=64, peephole="diagonal"):
    """The same with the article's LSTM, whose gates see the cell: `PeepholeLSTM`. 72,000 parameters.

    >>> cnn_peephole_lstm((8, 16, 16, 3), classes=4).output_shape
    (None, 4)
    """
    layer = PeepholeLSTM(units, peephole)
    return _read_in_order("cnn_peephole_lstm", layer, clip_shape, classes, filters, features)


def _read_in_order(name, recurrent, clip_shape, classes, filters, features):
    clip = clip_input(clip_shape, classes, frames=2)
    x = each_frame(frame_features(clip_shape[1:], filters, features), clip)  # (batch, frames, features)
    x = recurrent(x)  # (batch, units): the state after the last frame
    return keras.Model(clip, layers.Dense(classes, activation="softmax")(x), name=name)
