"""Models that see motion: convolution over time, convolution in the recurrence, and optical flow.

Each takes clips (batch, frames, height, width, channels), float32 in [0, 1], and gives class probabilities
(batch, classes). Parameters are counted at 12 frames of 32x32 pixels and 8 classes.
"""

import keras
from keras import layers

from vidlab.models.frame import clip_input, frame_features


def conv3d(clip_shape, classes, filters=(16, 32, 64)):
    """Kernels of 3 frames by 3 by 3 pixels: one kernel sees a thing move. 71,000 parameters.

    Tran et al., Learning spatiotemporal features with 3D convolutional networks, ICCV 2015 (C3D), made small,
    with batch normalisation.

    >>> conv3d((8, 16, 16, 3), classes=4).output_shape
    (None, 4)
    """
    clip = x = clip_input(clip_shape, classes, frames=2)
    for place, n in enumerate(filters):
        x = layers.Conv3D(n, 3, strides=1 if place else (1, 2, 2), padding="same", use_bias=False)(x)
        x = layers.BatchNormalization(momentum=0.9)(x)
        x = layers.ReLU()(x)
        if place < len(filters) - 1:
            x = layers.MaxPooling3D(2, padding="same")(x)
    x = layers.GlobalAveragePooling3D()(x)
    return keras.Model(clip, layers.Dense(classes, activation="softmax")(x), name="conv3d")


def r2plus1d(clip_shape, classes, filters=(16, 32, 64)):
    """Each 3D kernel taken apart: over space, a ReLU, then over time; in residual blocks. 214,000 parameters.

    The width between the two halves makes as many parameters as the whole kernel would have.
    Tran et al., A closer look at spatiotemporal convolutions for action recognition, CVPR 2018, made small.

    >>> r2plus1d((8, 16, 16, 3), classes=4).output_shape
    (None, 4)
    """
    clip = clip_input(clip_shape, classes, frames=2)
    x = layers.ReLU()(_space_then_time(clip, filters[0], strides=(1, 2, 2)))
    x = layers.MaxPooling3D((1, 2, 2), padding="same")(x)
    for n in filters[1:]:
        main = layers.ReLU()(_space_then_time(x, n, strides=(2, 2, 2)))
        main = _space_then_time(main, n)
        short = layers.Conv3D(n, 1, strides=2, use_bias=False)(x)
        x = layers.ReLU()(layers.add([main, layers.BatchNormalization(momentum=0.9)(short)]))
    x = layers.GlobalAveragePooling3D()(x)
    return keras.Model(clip, layers.Dense(classes, activation="softmax")(x), name="r2plus1d")


def _space_then_time(x, n, strides=(1, 1, 1)):
    channels = x.shape[-1]
    between = 27 * channels * n // (9 * channels + 3 * n)
    x = layers.Conv3D(between, (1, 3, 3), strides=(1, *strides[1:]), padding="same", use_bias=False)(x)
    x = layers.ReLU()(layers.BatchNormalization(momentum=0.9)(x))
    x = layers.Conv3D(n, (3, 1, 1), strides=(strides[0], 1, 1), padding="same", use_bias=False)(x)
    return layers.BatchNormalization(momentum=0.9)(x)


def conv_lstm(clip_shape, classes, filters=16, units=32):
    """An LSTM whose state is a picture and whose products are convolutions. 56,000 parameters.

        i_t = sigma(W_xi * X_t + W_hi * H_{t-1} + b_i), and so on, with * the convolution

    One convolution and a pooling first make each frame a quarter as high and wide; after the last frame the state is
    averaged over its places. Shi et al., Convolutional LSTM network: A machine learning approach for precipitation
    nowcasting, NeurIPS 2015; Keras's layer leaves out their peepholes.

    >>> conv_lstm((8, 16, 16, 3), classes=4).output_shape
    (None, 4)
    """
    clip = clip_input(clip_shape, classes, frames=2)
    x = layers.Conv3D(filters, (1, 3, 3), strides=(1, 2, 2), padding="same", use_bias=False)(clip)
    x = layers.ReLU()(layers.BatchNormalization(momentum=0.9)(x))
    x = layers.MaxPooling3D((1, 2, 2), padding="same")(x)
    x = layers.ConvLSTM2D(units, 3, padding="same")(x)  # (batch, height / 4, width / 4, units)
    x = layers.GlobalAveragePooling2D()(x)
    return keras.Model(clip, layers.Dense(classes, activation="softmax")(x), name="conv_lstm")


def two_stream(clip_shape, classes, filters=(16, 32), units=64):
    """One network sees what is there, another how it moves; their probabilities are averaged. 80,000 parameters.

    It takes a dict: "clip" (batch, frames, height, width, channels), of which the middle frame is seen, and "flow"
    (batch, frames - 1, height, width, 2), the optical flow between neighbours, pixels a frame, stacked as channels.

    Simonyan and Zisserman, Two-stream convolutional networks for action recognition in videos, NeurIPS 2014; the
    two are trained together here.

    >>> two_stream((8, 16, 16, 3), classes=4).output_shape
    (None, 4)
    """
    clip = clip_input(clip_shape, classes, frames=2)
    frames, height, width, _ = clip_shape
    flow = keras.Input((frames - 1, height, width, 2), name="flow")
    stacked = layers.Reshape((height, width, -1))(layers.Permute((2, 3, 1, 4))(flow))
    seen = frame_features(clip_shape[1:], filters, units, "spatial_stream")(clip[:, (frames - 1) // 2])
    moved = frame_features(stacked.shape[1:], filters, units, "temporal_stream")(stacked)
    said = [layers.Dense(classes, activation="softmax")(x) for x in (seen, moved)]
    return keras.Model({"clip": clip, "flow": flow}, layers.average(said), name="two_stream")
