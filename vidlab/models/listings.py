"""The article's three listings, and what makes the first of them run.

All three are compiled in the article with ``optimizer="adam", loss="categorical_crossentropy"``. That loss wants
one-hot labels (batch, classes): ``keras.utils.to_categorical(labels)``. The course's labels are whole numbers, so
it trains with ``loss="sparse_categorical_crossentropy"``: the same number, without the ones and zeros.

The models of clips take (batch, frames, height, width, channels), float32 in [0, 1]; those of sequences (batch,
time, features). All give class probabilities (batch, classes). Parameters of the first are counted at 12 frames
of 32x32 pixels and 8 classes, those of the others at 256 features and 10 classes.
"""

import warnings

import keras
from keras import layers

SMALLEST = 22  # pixels: three convolutions without padding, each halved, leave one pixel of these


def listing_cnn(clip_shape, classes):
    """The article's CNN, section 4.1, to the letter. It does not run: this is the error to look at.

    Conv2D slides over height and width, so it takes batches of images, (batch, height, width, channels). The listing
    gives it clips, which have one axis more.

    Raises
    ------
    ValueError
        Always, from Keras: "Kernel shape must have the same length as input".

    Examples
    --------
    >>> try:
    ...     listing_cnn((12, 32, 32, 3), classes=8)
    ... except ValueError as error:
    ...     print(str(error)[:53])
    Kernel shape must have the same length as input, but
    """
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", UserWarning)  # Keras 3 would rather have keras.Input than input_shape
        first = layers.Conv2D(32, (3, 3), activation="relu", input_shape=tuple(clip_shape))
    return keras.Sequential([first, *_after_the_first(), layers.Dense(classes, activation="softmax")])


def listing_cnn_each_frame(clip_shape, classes):
    """First repair: the listing's layers on every frame, then the average over the frames. 627,000 parameters.

    It sees all frames but not their order.

    >>> listing_cnn_each_frame((12, 32, 32, 3), classes=8).output_shape
    (None, 8)
    """
    _check(clip_shape)
    frame = keras.Sequential([layers.Conv2D(32, (3, 3), activation="relu"), *_after_the_first()], name="listing")
    return keras.Sequential(
        [
            keras.Input(clip_shape, name="clip"),
            layers.TimeDistributed(frame),
            layers.GlobalAveragePooling1D(),
            layers.Dense(classes, activation="softmax"),
        ],
        name="listing_cnn_each_frame",
    )


def listing_cnn_stacked(clip_shape, classes):
    """Second repair: the frames stacked as the channels of one image. 636,000 parameters.

    Time is gone after the first layer, whose kernels see all frames at once: "early fusion" in Karpathy et al.,
    Large-scale video classification with convolutional neural networks, CVPR 2014.

    >>> listing_cnn_stacked((12, 32, 32, 3), classes=8).output_shape
    (None, 8)
    """
    _check(clip_shape)
    frames, height, width, channels = clip_shape
    return keras.Sequential(
        [
            keras.Input(clip_shape, name="clip"),
            layers.Permute((2, 3, 1, 4)),  # (height, width, frames, channels)
            layers.Reshape((height, width, frames * channels)),
            layers.Conv2D(32, (3, 3), activation="relu"),
            *_after_the_first(),
            layers.Dense(classes, activation="softmax"),
        ],
        name="listing_cnn_stacked",
    )


def listing_conv3d(clip_shape, classes):
    """Third repair: Conv2D becomes Conv3D, which slides over time too. 3,434,000 parameters.

    The pooling stays in space: halved three times, 12 frames would be none.

    >>> listing_conv3d((12, 32, 32, 3), classes=8).output_shape
    (None, 8)
    """
    _check(clip_shape, frames=7)  # three kernels of 3 without padding leave one frame of these
    model = keras.Sequential([keras.Input(clip_shape, name="clip")], name="listing_conv3d")
    for filters in (32, 64, 128):
        model.add(layers.Conv3D(filters, (3, 3, 3), activation="relu"))
        model.add(layers.MaxPooling3D((1, 2, 2)))
    model.add(layers.Flatten())
    model.add(layers.Dense(1024, activation="relu"))
    model.add(layers.Dense(classes, activation="softmax"))
    return model


def listing_rnn(sequence_shape, classes):
    """The article's RNN, section 4.2, with the layer of its equation: `SimpleRNN`. 83,000 parameters.

    The article's own listing says LSTM here too, so that its RNN and its LSTM are one model.

    >>> listing_rnn((12, 256), classes=10).count_params()
    83466
    """
    return _two_layers(layers.SimpleRNN, sequence_shape, classes, "listing_rnn")


def listing_lstm(sequence_shape, classes):
    """The article's LSTM, sections 4.2 and 4.3: two layers of 128 units. 330,000 parameters.

    >>> listing_lstm((12, 256), classes=10).count_params()
    329994
    """
    return _two_layers(layers.LSTM, sequence_shape, classes, "listing_lstm")


def _after_the_first():
    return [
        layers.MaxPooling2D((2, 2)),
        layers.Conv2D(64, (3, 3), activation="relu"),
        layers.MaxPooling2D((2, 2)),
        layers.Conv2D(128, (3, 3), activation="relu"),
        layers.MaxPooling2D((2, 2)),
        layers.Flatten(),
        layers.Dense(1024, activation="relu"),
    ]


def _two_layers(layer, sequence_shape, classes, name):
    if len(sequence_shape) != 2:
        raise ValueError(f"sequence_shape={tuple(sequence_shape)} must be (time, features): give a vector a frame")
    return keras.Sequential(
        [
            keras.Input(sequence_shape, name="sequence"),
            layer(128, return_sequences=True),
            layer(128),
            layers.Dense(classes, activation="softmax"),
        ],
        name=name,
    )


def _check(clip_shape, frames=1):
    if len(clip_shape) != 4 or clip_shape[0] < frames or min(clip_shape[1:3]) < SMALLEST or clip_shape[3] < 1:
        raise ValueError(
            f"clip_shape={tuple(clip_shape)} must be (frames, height, width, channels), with {frames} or more frames "
            f"and {SMALLEST} or more pixels on each side: the listing's layers have no padding"
        )
