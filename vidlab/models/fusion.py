"""Models that see and hear: the picture and its sound, brought together early, late or by a gate.

Each takes a dict of {"clip": (batch, frames, height, width, 3) float32 in [0, 1], "sound": (batch, steps, bands), a
log-mel spectrogram}, and gives class probabilities.

Baltrusaitis, Ahuja and Morency, Multimodal machine learning: a survey and taxonomy, TPAMI 41(2), 2019.
"""

import keras
from keras import layers, ops

from vidlab.models.frame import clip_input, each_frame, frame_features

FUSIONS = "early", "late", "gated"


def sound_cnn(sound_shape, classes, filters=(32, 64)):
    """Convolutions along time over the bands of a log-mel spectrogram: what is heard, without the picture.

    >>> sound_cnn((128, 40), classes=4).output_shape
    (None, 4)
    """
    sound = sound_input(sound_shape)
    x = layers.GlobalAveragePooling1D()(_heard(sound, filters))
    return keras.Model(sound, layers.Dense(classes, activation="softmax")(x), name="sound_cnn")


def picture_and_sound(clip_shape, sound_shape, classes, fusion="early", units=64, dropped=0.0):
    """A network for the picture, one for the sound, and where they meet.

    "early"   side by side for each frame, before the convolutions along time: p = f([a_1; v_1], ..., [a_T; v_T])
    "late"    each along time by itself, then side by side, one linear layer: p = softmax(W [a; v] + b), so that
              the two only add up
    "gated"   as late, but one number for each unit says which of the two to believe:
              z = sigmoid(W [a; v]), h = z a + (1 - z) v  (Arevalo et al., Gated multimodal units, ICLR 2017 workshop)

    With `dropped`, in training the picture or the sound of so many clips is taken away (each as often), so that the
    model learns to do without: modality dropout (Neverova et al., ModDrop, TPAMI 2016).

    Parameters
    ----------
    clip_shape, sound_shape
        (frames, height, width, 3) and (steps, bands), at least a step for each frame.
    fusion
        One of `FUSIONS`.

    Raises
    ------
    ValueError
        A shape or the fusion cannot be.

    Examples
    --------
    >>> model = picture_and_sound((8, 16, 16, 3), (64, 20), classes=4, fusion="gated")
    >>> sorted(x.name for x in model.inputs), model.output_shape
    (['clip', 'sound'], (None, 4))
    """
    if fusion not in FUSIONS:
        raise ValueError(f"fusion={fusion!r} must be one of {', '.join(FUSIONS)}")
    clip, sound = clip_input(clip_shape, classes, frames=2), sound_input(sound_shape, clip_shape[0])
    seen, heard = (clip, sound) if not dropped else ModalityDropout(dropped)([clip, sound])
    v = each_frame(frame_features(clip_shape[1:]), seen)
    a = layers.AdaptiveAveragePooling1D(clip_shape[0])(_heard(heard, (32, units), strides=1))  # a step for each frame
    if fusion == "early":
        h = along_time(layers.Concatenate()([a, v]), units)
    else:
        a, v = along_time(a, units), along_time(v, units)
        h = layers.Concatenate()([a, v])
        if fusion == "gated":
            z = layers.Dense(units, activation="sigmoid", name="gate")(h)
            h = z * a + (1 - z) * v
    answer = layers.Dense(classes, activation="softmax")(h)
    return keras.Model({"clip": clip, "sound": sound}, answer, name=f"{fusion}_fusion")


def sound_input(sound_shape, steps=4):
    """The input of a spectrogram, called "sound"."""
    shape = tuple(sound_shape)
    if len(shape) != 2 or shape[0] < max(steps, 4) or shape[1] < 1:
        raise ValueError(f"sound_shape={shape} must be (steps, bands), with {max(steps, 4)} or more steps")
    return keras.Input(shape, name="sound")


def _heard(x, filters, strides=2):
    """(batch, steps, bands) -> (batch, fewer steps, filters[-1])"""
    for n in filters:
        x = layers.Conv1D(n, 5, strides=strides, padding="same", use_bias=False)(x)
        x = layers.ReLU()(layers.BatchNormalization(momentum=0.9)(x))
    return x


def along_time(x, units):
    """Two convolutions along time, then the mean: (batch, steps, channels) -> (batch, units)."""
    for _ in range(2):
        x = layers.Conv1D(units, 3, padding="same", use_bias=False)(x)
        x = layers.ReLU()(layers.BatchNormalization(momentum=0.9)(x))
    return layers.GlobalAveragePooling1D()(x)


@keras.saving.register_keras_serializable("vidlab")
class ModalityDropout(layers.Layer):
    """In training, one of several inputs of a clip is set to 0, for a share `rate` of the clips; each as often.

    >>> layer = ModalityDropout(1.0, seed=0)
    >>> a, b = layer([ops.ones((4, 2)), ops.ones((4, 3))], training=True)
    >>> bool((ops.sum(a, axis=1) / 2 + ops.sum(b, axis=1) / 3 == 1).numpy().all())
    True
    """

    def __init__(self, rate, seed=None, **kwargs):
        super().__init__(**kwargs)
        if not 0 <= rate <= 1:
            raise ValueError(f"rate={rate} must be from 0 to 1")
        self.rate, self.seed = rate, seed
        self.generator = keras.random.SeedGenerator(seed)

    def call(self, inputs, training=False):
        if not training:
            return list(inputs)
        n = ops.shape(inputs[0])[0]
        chance = keras.random.uniform((n,), seed=self.generator)
        kept = []
        for place, x in enumerate(inputs):
            low, high = (self.rate * at / len(inputs) for at in (place, place + 1))
            dropped = ops.logical_and(chance >= low, chance < high)
            keep = ops.cast(ops.logical_not(dropped), x.dtype)
            kept.append(x * ops.reshape(keep, (-1, *(1,) * (len(x.shape) - 1))))
        return kept

    def compute_output_shape(self, input_shape):
        return list(input_shape)

    def get_config(self):
        return super().get_config() | {"rate": self.rate, "seed": self.seed}
