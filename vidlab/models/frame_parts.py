"""What a model of clips computes of each frame by itself, apart from the rest: a frame that comes again is known."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from vidlab.models.layers import frames_as_batch, instead, layers_of
from vidlab.tensorflow import tf


@dataclass(frozen=True)
class FramePart:
    """A layer, often a whole network, that looks at frames of the clip one by one.

    Attributes
    ----------
    layer
        The Keras layer.
    numbers
        Of the frames of a clip that it looks at, in its order.
    answer
        (n, height, width, channels) -> (n, ...): what it says of frames.
    """

    layer: object
    numbers: tuple[int, ...]
    answer: Callable


@dataclass(frozen=True)
class InParts:
    """A model as its `parts`, and `rest`: a clip (frames, height, width, channels), and what each part said of its
    frames -> what the model answers to the clip.
    """

    parts: list[FramePart]
    rest: Callable

    def answer(self, clip, known=None):
        """What the model answers to a clip.

        `known` is a dict for each frame of it, in which what the parts say of the frame is kept: it is not computed
        again for the next clip that this frame is in.
        """
        known, said = known or [{} for _ in clip], []
        for k, part in enumerate(self.parts):
            if new := [n for n in part.numbers if k not in known[n]]:
                for n, one in zip(new, part.answer(clip[new]).numpy(), strict=True):
                    known[n][k] = one
            said.append(np.stack([known[n][k] for n in part.numbers]))
        return self.rest(clip, said).numpy()


def by_frame(model) -> InParts:
    """Take apart what a model of clips computes of each frame by itself.

    What answers to a stream asks again and again about clips that share most of their frames. The model is run once, on
    a clip by chance: a layer that is given frames of it just as they are is a part, with all that lies in it. There may
    be none: a convolution over time sees no frame by itself.

    Parameters
    ----------
    model
        Keras model with one input, (batch, frames, height, width, channels), of a fixed shape.

    Examples
    --------
    >>> from vidlab import models
    >>> model = models.frame_average((4, 16, 16, 3), classes=2)
    >>> found = by_frame(model)
    >>> [(part.layer.name, part.numbers) for part in found.parts]
    [('frame_features', (0, 1, 2, 3))]
    >>> clip = np.random.default_rng(0).random((4, 16, 16, 3), np.float32)
    >>> bool(np.allclose(found.answer(clip), model(clip[None])[0], atol=1e-6))
    True
    """
    parts = [FramePart(layer, numbers, _answer(layer, model)) for layer, numbers in _given_frames(model)]

    @tf.function(autograph=False)
    def rest(clip, known):
        said = [(part.layer, lambda *_, y=y, **__: y) for part, y in zip(parts, known, strict=True)]
        with frames_as_batch(model), instead(said):
            return model(clip[None], training=False)[0]

    return InParts(parts, rest)


def _answer(layer, model):
    frame = tf.TensorSpec((None, *model.input_shape[2:]), tf.float32)
    return tf.function(lambda x: layer(x, training=False), input_signature=[frame], autograph=False)


def _given_frames(model):
    """(layer, numbers of the frames that it is given) of the outermost layers that are called once, with frames."""
    clip = np.random.default_rng(0).random(model.input_shape[1:], np.float32)
    calls, inside = [], []

    def watch(layer, call):
        def watched(x, *args, **kwargs):
            numbers = None if inside else _numbers(x, clip)
            if numbers is None:
                return call(x, *args, **kwargs)
            calls.append((layer, numbers))
            inside.append(layer)
            try:
                return call(x, *args, **kwargs)
            finally:
                inside.pop()

        return layer, watched

    watched = [watch(layer, layer.call) for layer in layers_of(model).values()]
    with frames_as_batch(model), instead(watched):
        model(clip[None], training=False)
    often = [layer for layer, _ in calls]
    return [(layer, numbers) for layer, numbers in calls if sum(other is layer for other in often) == 1]


def _numbers(x, clip):
    """Which frames of the clip the rows of x are; None where one is none of them."""
    if tuple(getattr(x, "shape", ()))[1:] != clip.shape[1:]:
        return None
    same = [[np.array_equal(row, frame) for frame in clip] for row in np.asarray(x)]
    return tuple(row.index(True) for row in same) if all(map(any, same)) else None
