"""A small transformer for clips, and which frames it looks at.

It takes clips (batch, frames, height, width, channels), float32 in [0, 1], and gives class probabilities
(batch, classes). Parameters are counted at 12 frames of 32x32 pixels and 8 classes.
"""

import keras
from keras import layers

from vidlab.models.frame import clip_input, each_frame

LOOK = "attention_over_frames"  # the layer whose weights are shown


@keras.saving.register_keras_serializable(package="vidlab")
class Positions(layers.Layer):
    """Add a learnt vector to each token of (batch, tokens, width): attention alone does not know their order.

    The vectors start as large as what they are added to, not at the usual 0.02, so that the order of the frames
    counts from the first step on.
    """

    def build(self, shape):
        self.table = self.add_weight(shape=shape[1:], initializer=keras.initializers.RandomNormal(0.0, 0.5))

    def call(self, tokens):
        return tokens + self.table


def video_transformer(clip_shape, classes, filters=16, width=64, heads=4, spatial=1, temporal=2, tubelet=1):
    """Attention among the places of each frame, then among the frames. 179,000 parameters.

    Two convolutions and a pooling make (height / 8) x (width / 8) tokens of each frame (Xiao et al., Early
    convolutions help transformers see better, NeurIPS 2021). `spatial` layers look within a frame: (batch * frames,
    places, width). The places, side by side, then become one token for the frame, and `temporal` layers look along
    time: (batch, frames, width).

    With `tubelet` above 1 the first convolution takes so many frames at once, and steps on by as many: a token then
    holds a short movement, and not one frame. With 2 there are half as many tokens, and as many parameters.

    The factorised encoder (model 2) of Arnab et al., ViViT: A video vision transformer, ICCV 2021, made small.

    >>> video_transformer((8, 16, 16, 3), classes=4).output_shape
    (None, 4)
    """
    clip = slices = clip_input(clip_shape, classes, frames=2 * tubelet)
    stem = filters, width
    if tubelet > 1:
        stem = stem[1:]
        slices = layers.Conv3D(filters, (tubelet, 3, 3), (tubelet, 2, 2), padding="same", use_bias=False)(clip)
        slices = layers.ReLU()(layers.BatchNormalization(momentum=0.9)(slices))
    frame = x = keras.Input(slices.shape[2:], name="frame")
    for n in stem:
        x = layers.Conv2D(n, 3, strides=2, padding="same", use_bias=False)(x)
        x = layers.BatchNormalization(momentum=0.9)(x)
        x = layers.ReLU()(x)
    x = layers.Reshape((-1, width))(layers.MaxPooling2D(2)(x))
    x = Positions(name="where")(x)
    for _ in range(spatial):
        x = encoder_layer(x, heads)
    x = layers.Dense(width)(layers.Flatten()(layers.LayerNormalization()(x)))
    x = each_frame(keras.Model(frame, x, name="one_frame"), slices)
    x = Positions(name="when")(x)
    for place in range(temporal):
        x = encoder_layer(x, heads, name=LOOK if place == temporal - 1 else None)
    x = layers.GlobalAveragePooling1D()(layers.LayerNormalization()(x))
    return keras.Model(clip, layers.Dense(classes, activation="softmax")(x), name="video_transformer")


def encoder_layer(x, heads, name=None, mask=None):
    """Self-attention, then two dense layers, each added to what came in (Vaswani et al. 2017, normalised first).

    `mask`, (batch, tokens or 1, tokens), is false where no token may look.
    """
    width = x.shape[-1]
    normed = layers.LayerNormalization()(x)
    attended, _ = layers.MultiHeadAttention(heads, width // heads, name=name)(
        normed, normed, attention_mask=mask, return_attention_scores=True
    )
    x = x + attended
    hidden = layers.Dense(2 * width, activation="gelu")(layers.LayerNormalization()(x))
    return x + layers.Dense(width)(hidden)


def attention_over_frames(model, clips):
    """How much each frame looks at each other one in the last layer of a `video_transformer`.

    Returns
    -------
    (batch, heads, frames, frames) float32: [..., i, j] is the weight that frame i gives to frame j; over j the
    weights sum to 1.

    Raises
    ------
    ValueError
        The model has no such layer.

    Examples
    --------
    >>> model = video_transformer((8, 16, 16, 3), classes=2)
    >>> attention_over_frames(model, np.zeros((1, 8, 16, 16, 3), np.float32)).shape
    (1, 4, 8, 8)
    """
    if LOOK not in {layer.name for layer in model.layers}:
        raise ValueError(f"model: {model.name} has no attention over frames; video_transformer has")
    _, weights = model.get_layer(LOOK).output
    return keras.ops.convert_to_numpy(keras.Model(model.input, weights)(clips))
