"""Models that see frames but not their order.

Each takes clips (batch, frames, height, width, channels), float32 in [0, 1], and gives class probabilities.
"""

import keras
from keras import layers


def frame_features(image_shape, filters=(16, 32), units=64):
    """One frame to a vector: convolution, ReLU and pooling, twice; then a dense layer that keeps the place.

    (batch, height, width, channels) -> (batch, units). LeCun et al., Gradient-based learning applied to document
    recognition, Proceedings of the IEEE 86(11), 1998.
    """
    image = keras.Input(image_shape, name="frame")
    x = image
    for n in filters:
        x = layers.Conv2D(n, 3, padding="same", activation="relu")(x)
        x = layers.MaxPooling2D(2)(x)
    x = layers.Flatten()(x)
    x = layers.Dense(units, activation="relu")(x)
    return keras.Model(image, x, name="frame_features")


def frame_cnn(clip_shape, classes, filters=(16, 32), units=64):
    """Look at the middle frame alone: the baseline that every video model must beat.

    137,000 parameters at 32x32 and 8 classes.
    """
    clip = keras.Input(clip_shape, name="clip")
    x = layers.Lambda(_middle_frame, name="middle_frame")(clip)
    x = frame_features(clip_shape[1:], filters, units)(x)
    return keras.Model(clip, layers.Dense(classes, activation="softmax")(x), name="frame_cnn")


def frame_average(clip_shape, classes, filters=(16, 32), units=64):
    """Look at every frame and average what was seen: the order is lost.

    Karpathy et al., Large-scale video classification with convolutional neural networks, CVPR 2014 (late
    fusion). 137,000 parameters at 32x32 and 8 classes.
    """
    clip = keras.Input(clip_shape, name="clip")
    x = layers.TimeDistributed(frame_features(clip_shape[1:], filters, units))(clip)
    x = layers.GlobalAveragePooling1D()(x)
    return keras.Model(clip, layers.Dense(classes, activation="softmax")(x), name="frame_average")
