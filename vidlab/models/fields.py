"""Receptive fields of any Keras model's layers, measured: change a part of the input, and see which numbers change.

`reference.receptive` works the same out by arithmetic, for stacks of windows.
"""

import numpy as np

from vidlab.models.layers import layers_of, outputs
from vidlab.reference.receptive import CELLS, Map
from vidlab.tensorflow import tf

LARGEST = 300_000_000  # bytes of answers that are kept
OF_A_FRAME = {0: (), 1: ("place",), 2: ("row", "column")}  # the axes of what a layer answers to each frame alone
BATCH = 16  # changed inputs at once
PAIRS = 8  # of trials, at most
SMALLEST = 1e-6  # a change below this part of the layer's largest number is rounding


def receptive_fields(model, clip, *, every=1, scale=1, seed=0):
    """The Map of every layer of a Keras model, measured: change a part of the input, and see which cells change.

    One row of the input (or column, or frame) at a time is changed, in all frames, to random numbers; each trial
    starts from other random numbers, and is made twice, with the opposite change, so that a ReLU cannot hide it.
    Trials go on until two in a row bring nothing new. A cell counts as changed where any of its channels moved by more
    than a millionth of the layer's largest number. This knows nothing of the layers, so it works for all.

    Parameters
    ----------
    model
        Keras model with one input, (batch, height, width, channels) or (batch, frames, height, width, channels).
    clip
        One input without the batch, float32, whose activations are the `values` of the maps.
    every
        Rows and columns are changed in groups of so many: faster, and exact to so many pixels.
    scale
        What the model multiplies [0, 1] by: 255 where it takes pixels.

    Returns
    -------
    dict
        {layer name: reference.receptive.Map}, in the order of the model.

    Raises
    ------
    ValueError
        The answers take too much memory, or are NaN or infinite, as after a training that diverged.

    Examples
    --------
    >>> import keras
    >>> model = keras.Sequential([keras.Input((8, 8, 1)), keras.layers.Conv2D(2, 3, name="conv")])
    >>> receptive_fields(model, np.zeros((8, 8, 1), np.float32))["conv"].most
    [3, 3]
    """
    watched, axes = layers_of(model), clip.ndim - 1

    def layers(batch):
        """(name, output, names of its axes) of each layer."""
        for name, _, y in outputs(model, batch * scale, watched):
            names = CELLS.get(len(y.shape) - 2, ())
            if y.shape[0] != batch.shape[0]:  # the frames of all clips, as one batch
                names = ("frame", *OF_A_FRAME[len(y.shape) - 2])
                y = tf.reshape(y, (batch.shape[0], -1, *y.shape[1:]))
            yield name, y, names

    @tf.function
    def moved(batch):  # its first is the input before the change
        results = []
        for _, y, _ in layers(batch):
            largest = tf.reduce_max(tf.abs(y), axis=tuple(range(1, len(y.shape))), keepdims=True)
            smallest = SMALLEST * tf.maximum(largest, largest[:1])[1:]
            results.append(tf.reduce_any(tf.abs(y[1:] - y[:1]) > smallest, axis=-1))
        return results

    parts = [
        (axis, slice(at, at + step))
        for axis, size in enumerate(clip.shape[:-1])
        for step in [1 if axes == 3 and axis == 0 else every]
        for at in range(0, size, step)
    ]
    found = [(name, np.abs(y.numpy()).mean(axis=-1)[0], cells) for name, y, cells in layers(tf.constant(clip[None]))]
    names, values, axes_of = zip(*found, strict=True)
    broken = [layer.name for layer in model.layers if not all(np.isfinite(w).all() for w in layer.get_weights())]
    broken += [name for name, value in zip(names, values, strict=True) if not np.isfinite(value).all()]
    if broken:
        raise ValueError(
            f"model: layer {broken[0]} has NaN or infinite numbers: the training has diverged; train it anew"
        )
    kept = sum(value.size for value in values) * len(parts)
    if kept > LARGEST:
        raise ValueError(
            f"clip: {kept / 1e6:.0f} MB of answers are too many; take fewer frames or pixels, or a larger every"
        )
    known = [np.zeros((len(parts), *value.shape), bool) for value in values]
    rng = np.random.default_rng(seed)
    for pair in range(PAIRS):
        base = rng.random(clip.shape, np.float32)
        change = rng.normal(0, (1, 8)[pair % 2], clip.shape).astype(np.float32)
        news = False
        for sign in (1, -1):
            for start in range(0, len(parts), BATCH):
                batch = np.repeat(base[None], BATCH + 1, axis=0)
                group = parts[start : start + BATCH]
                for one, (axis, part) in zip(batch[1:], group, strict=False):
                    where = (slice(None),) * axis + (part,)
                    one[where] += sign * change[where]
                for before, found in zip(known, moved(tf.constant(batch)), strict=True):
                    found = found.numpy()[: len(group)]
                    place = slice(start, start + len(group))
                    news |= bool((found & ~before[place]).any())
                    before[place] |= found
        if pair and not news:
            break
    maps = {}
    for name, cells, found, value in zip(names, axes_of, known, values, strict=True):
        seen = []
        for axis, size in enumerate(clip.shape[:-1]):
            own = np.moveaxis(found[[a == axis for a, _ in parts]], 0, -1)
            seen.append(own if own.shape[-1] == size else own.repeat(every, axis=-1)[..., :size])
        maps[name] = Map(cells, seen, [int(s.sum(axis=-1).max()) for s in seen], value)
    return maps
