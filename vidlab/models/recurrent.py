"""A vector for each frame, then a recurrent layer that reads them in order.

Each takes clips (batch, frames, height, width, channels), float32 in [0, 1], and gives class probabilities
(batch, classes). Parameters are counted at 32x32 pixels and 8 classes.
"""

import keras
from keras import layers

from vidlab.models.frame import each_frame, frame_features


def cnn_lstm(clip_shape, classes, filters=(16, 32), features=64, units=64):
    """A convolutional network for each frame, then an LSTM over the frames. 72,000 parameters.

    Donahue et al., Long-term recurrent convolutional networks for visual recognition and description, CVPR 2015.
    """
    clip = keras.Input(clip_shape, name="clip")
    x = each_frame(frame_features(clip_shape[1:], filters, features), clip)
    x = layers.LSTM(units)(x)
    return keras.Model(clip, layers.Dense(classes, activation="softmax")(x), name="cnn_lstm")
