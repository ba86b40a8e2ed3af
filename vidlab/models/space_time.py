"""Convolution over time as well as space.

Each takes clips (batch, frames, height, width, channels), float32 in [0, 1], and gives class probabilities
(batch, classes). Parameters are counted for 8 classes.
"""

import keras
from keras import layers


def conv3d(clip_shape, classes, filters=(16, 32, 64)):
    """Kernels of 3 frames by 3 by 3 pixels: one kernel sees a thing move. 71,000 parameters.

    Tran et al., Learning spatiotemporal features with 3D convolutional networks, ICCV 2015 (C3D), made small,
    with batch normalisation.
    """
    clip = x = keras.Input(clip_shape, name="clip")
    for place, n in enumerate(filters):
        x = layers.Conv3D(n, 3, strides=1 if place else (1, 2, 2), padding="same", use_bias=False)(x)
        x = layers.BatchNormalization(momentum=0.9)(x)
        x = layers.ReLU()(x)
        if place < len(filters) - 1:
            x = layers.MaxPooling3D(2, padding="same")(x)
    x = layers.GlobalAveragePooling3D()(x)
    return keras.Model(clip, layers.Dense(classes, activation="softmax")(x), name="conv3d")
