"""The models of three well-known tutorials, written again for small clips, at the settings that they state.

What had to change: the size of the clips and of the last layer, and for the ConvLSTM its head, since that example
predicts frames, not classes. Each function gives a compiled model; `BATCH` and `EPOCHS` are the tutorial's own.
"""

from math import ceil

import vidlab.tensorflow  # noqa: F401 - first, so that TensorFlow starts without its stderr lines

import keras  # isort: skip
from keras import layers, ops

BATCH = {"tensorflow_r2plus1d": 8, "keras_convlstm": 5, "keras_vivit": 32}
EPOCHS = {"tensorflow_r2plus1d": 50, "keras_convlstm": 20, "keras_vivit": 60}


def tensorflow_r2plus1d(clip_shape, classes):
    """TensorFlow's tutorial "Video classification with a 3D convolutional neural network": factorised convolution
    in residual blocks of 16, 32, 64 and 128 filters, Adam 1e-4, batches of 8, 50 epochs."""
    clip = keras.Input(clip_shape)
    x = _conv_2_plus_1(clip, 16, (3, 7, 7))
    x = layers.ReLU()(layers.BatchNormalization()(x))
    for place, filters in enumerate((16, 32, 64, 128)):
        x = _resize(x, *(ceil(side / 2 ** (place + 1)) for side in clip_shape[1:3]))
        main = _conv_2_plus_1(x, filters, (3, 3, 3))
        main = layers.ReLU()(layers.LayerNormalization()(main))
        main = layers.LayerNormalization()(_conv_2_plus_1(main, filters, (3, 3, 3)))
        if x.shape[-1] != filters:
            x = layers.LayerNormalization()(layers.Dense(filters)(x))
        x = layers.add([x, main])
    logits = layers.Dense(classes)(layers.GlobalAveragePooling3D()(x))
    return _compiled(clip, logits, "tensorflow_r2plus1d", 1e-4)


def keras_convlstm(clip_shape, classes):
    """Keras's example "Next-Frame Video Prediction with Convolutional LSTMs": three ConvLSTM2D layers of 64 filters
    (5x5, 3x3, 1x1), Adam 1e-3, batches of 5, 20 epochs. Its last layer predicts a frame; here the average over
    all places and frames goes to a dense layer instead."""
    clip = x = keras.Input(clip_shape)
    for place, side in enumerate((5, 3, 1)):
        if place:
            x = layers.BatchNormalization()(x)
        x = layers.ConvLSTM2D(64, side, padding="same", return_sequences=True, activation="relu")(x)
    logits = layers.Dense(classes)(layers.GlobalAveragePooling3D()(x))
    return _compiled(clip, logits, "keras_convlstm", 1e-3)


def keras_vivit(clip_shape, classes):
    """Keras's example "Video Vision Transformer": tubelets of 8x8x8, 8 layers of 8 heads, 128 wide, dropout 0.1 in
    the attention, Adam 1e-4, batches of 32, 60 epochs."""
    clip = keras.Input(clip_shape)
    x = layers.Reshape((-1, 128))(layers.Conv3D(128, 8, strides=8)(clip))
    x = _Positions()(x)
    for _ in range(8):
        normed = layers.LayerNormalization(epsilon=1e-6)(x)
        x = x + layers.MultiHeadAttention(8, 128 // 8, dropout=0.1)(normed, normed)
        hidden = layers.Dense(128, activation="gelu")(layers.LayerNormalization(epsilon=1e-6)(x))
        x = x + layers.Dense(128, activation="gelu")(hidden)
    x = layers.GlobalAveragePooling1D()(layers.LayerNormalization(epsilon=1e-6)(x))
    return _compiled(clip, layers.Dense(classes)(x), "keras_vivit", 1e-4)


class _Positions(layers.Layer):
    """Adds a learnt vector to each token. The layer must own the embedding, or it would not be trained."""

    def build(self, shape):
        self.embedding = layers.Embedding(*shape[1:])
        self.embedding.build()

    def call(self, tokens):
        return tokens + self.embedding(ops.arange(tokens.shape[1]))


def _conv_2_plus_1(x, filters, kernel):
    x = layers.Conv3D(filters, (1, *kernel[1:]), padding="same")(x)
    return layers.Conv3D(filters, (kernel[0], 1, 1), padding="same")(x)


def _resize(x, height, width):
    frames, *frame = x.shape[1:]
    images = layers.Resizing(height, width)(ops.reshape(x, (-1, *frame)))
    return ops.reshape(images, (-1, frames, height, width, frame[-1]))


def _compiled(clip, logits, name, learning_rate):
    model = keras.Model(clip, layers.Softmax()(logits), name=name)
    model.compile(
        keras.optimizers.Adam(learning_rate), keras.losses.SparseCategoricalCrossentropy(), metrics=["accuracy"]
    )
    return model
