"""Models that see frames but not their order.

Each takes clips (batch, frames, height, width, channels), float32 in [0, 1], and gives class probabilities
(batch, classes). Parameters are counted at 32x32 pixels and 8 classes.
"""

import numbers

import keras
from keras import layers, ops

SMALLEST = 8  # pixels: halved three times, one is left


def clip_input(clip_shape, classes, frames=1):
    """The input of a model of clips, called "clip".

    Raises
    ------
    ValueError
        No clip has this shape, or the model needs more `frames` or pixels, or there are no two classes.
    """
    shape = tuple(clip_shape) if hasattr(clip_shape, "__len__") else (clip_shape,)
    whole = all(isinstance(n, numbers.Integral) for n in shape)
    if len(shape) != 4 or not whole or shape[0] < frames or min(shape[1:3]) < SMALLEST or shape[3] < 1:
        raise ValueError(
            f"clip_shape={shape} must be (frames, height, width, channels), whole numbers, with {frames} or more "
            f"frames and {SMALLEST} or more pixels on each side"
        )
    if not isinstance(classes, numbers.Integral) or classes < 2:
        raise ValueError(f"classes={classes!r} must be a whole number from 2 up: how many kinds of clips there are")
    return keras.Input(shape, name="clip")


def frame_features(image_shape, filters=(16, 32), units=64, name="frame_features"):
    """One frame to a vector: convolution, ReLU and pooling, twice; then a dense layer, which knows where.

    (batch, height, width, channels) -> (batch, units); 38,000 parameters. The pattern is LeCun et al.'s
    (Gradient-based learning applied to document recognition, Proceedings of the IEEE 86(11), 1998), with ReLU
    and batch normalisation.

    >>> frame_features((16, 16, 3)).output_shape
    (None, 64)
    """
    image = x = keras.Input(image_shape, name="frame")
    for place, n in enumerate(filters):
        x = layers.Conv2D(n, 3, strides=1 if place else 2, padding="same", use_bias=False)(x)
        x = layers.BatchNormalization(momentum=0.9)(x)
        x = layers.ReLU()(x)
        x = layers.MaxPooling2D(2)(x)
    x = layers.Flatten()(x)
    x = layers.Dense(units, activation="relu")(x)
    return keras.Model(image, x, name=name)


def each_frame(features, clip):
    """Apply a model of one frame to every frame: (batch, frames, h, w, channels) -> (batch, frames, units).

    The frames of all clips become one large batch. `keras.layers.TimeDistributed` does the same frame by frame,
    which takes longer.

    >>> clip = keras.Input((8, 16, 16, 3))
    >>> each_frame(frame_features((16, 16, 3)), clip).shape
    (None, 8, 64)
    """
    frames, image_shape = clip.shape[1], clip.shape[2:]
    x = features(ops.reshape(clip, (-1, *image_shape)))
    return ops.reshape(x, (-1, frames, x.shape[-1]))


def frame_cnn(clip_shape, classes, filters=(16, 32), units=64):
    """The middle frame alone: what can be told without time. 39,000 parameters.

    >>> frame_cnn((8, 16, 16, 3), classes=4).output_shape
    (None, 4)
    """
    clip = clip_input(clip_shape, classes)
    x = frame_features(clip_shape[1:], filters, units)(clip[:, (clip_shape[0] - 1) // 2])
    return keras.Model(clip, layers.Dense(classes, activation="softmax")(x), name="frame_cnn")


def frame_average(clip_shape, classes, filters=(16, 32), units=64):
    """Every frame, averaged: all that was seen, without the order. 39,000 parameters.

    Compare "late fusion" in Karpathy et al., Large-scale video classification with convolutional neural
    networks, CVPR 2014.

    >>> frame_average((8, 16, 16, 3), classes=4).output_shape
    (None, 4)
    """
    clip = clip_input(clip_shape, classes)
    x = each_frame(frame_features(clip_shape[1:], filters, units), clip)
    x = layers.GlobalAveragePooling1D()(x)
    return keras.Model(clip, layers.Dense(classes, activation="softmax")(x), name="frame_average")
