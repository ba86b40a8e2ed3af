"""Which cells of the input each cell of a layer depends on: by index arithmetic, or measured on a model."""

from typing import NamedTuple

import numpy as np

from vidlab.widgets.activations import numbered, plain_name

CELLS = {0: (), 1: ("step",), 2: ("row", "column"), 3: ("frame", "row", "column")}  # names of a layer's axes
OF_A_FRAME = {0: (), 1: ("place",), 2: ("row", "column")}
BATCH = 16  # changed inputs at once
PAIRS = 8  # of trials, at most
SMALLEST = 1e-6  # a change below this part of the layer's largest number is rounding
LARGEST = 300_000_000  # bytes of answers that are kept


class Window(NamedTuple):
    """What one output sees along an axis: `kernel` entries, `dilation` apart; its neighbour, `stride` further on."""

    kernel: int = 1
    stride: int = 1
    dilation: int = 1


class Layer(NamedTuple):
    """A layer of a stack. `reduce` is what it keeps of its window: here a convolution takes the mean."""

    space: Window = Window()
    time: Window = Window()
    reduce: str = "convolve"
    causal: bool = False


LAYERS = {
    "none": Layer(),
    "conv 3": Layer(Window(3)),
    "conv 5": Layer(Window(5)),
    "conv 3, stride 2": Layer(Window(3, stride=2)),
    "conv 3, dilation 2": Layer(Window(3, dilation=2)),
    "max pool 2": Layer(Window(2, stride=2), reduce="max"),
    "average pool 2": Layer(Window(2, stride=2), reduce="average"),
}
OVER_TIME = {
    "conv 3 over time": Layer(time=Window(3)),
    "conv 3 over space and time": Layer(Window(3), Window(3)),
    "conv 3 over space and time, causal": Layer(Window(3), Window(3), causal=True),
    "max pool 2 over space and time": Layer(Window(2, stride=2), Window(2, stride=2), reduce="max"),
}


class Map(NamedTuple):
    """The output of a layer: cells at places, and what each of them depends on.

    axes : names of the axes of its cells, of "frame", "row", "column", "step", "place"; none for a vector.
    seen : for each axis of the input, bool (*cells, size of that axis).
    most : for each axis of the input, how many entries the cell that sees most depends on.
    values : (*cells,) floats: how large the numbers are, in the mean over the channels.
    """

    axes: tuple
    seen: list
    most: list
    values: np.ndarray


def axis_matrix(size, window, padding="valid", noun="entries"):
    """Which of `size` entries of an axis each output of a layer depends on: bool (outputs, size).

    Output p sees the entries p * stride - before + i * dilation, i = 0 ... kernel - 1, that exist. "valid" has
    nothing before and only whole windows; "same" shares the zeros between both ends as Keras does; "causal" has all of
    them before.
    """
    reach = (window.kernel - 1) * window.dilation + 1
    outputs, before = -(-size // window.stride), reach - 1  # causal
    if padding == "valid":
        outputs, before = (size - reach) // window.stride + 1, 0
    elif padding == "same":
        before = max((outputs - 1) * window.stride + reach - size, 0) // 2
    if outputs < 1:
        raise ValueError(f"it needs {reach} {noun} and gets {size}")
    seen = np.arange(outputs)[:, None] * window.stride - before + np.arange(window.kernel) * window.dilation
    matrix = np.zeros((outputs, size), bool)
    output, tap = np.nonzero((seen >= 0) & (seen < size))
    matrix[output, seen[output, tap]] = True
    return matrix


def stacked(names, clip, padding="valid"):
    """The Map of a stack of layers on a clip ([frames,] height, width), and the sizes of all maps from the clip on.

    The matrices of two layers, one after the other, are multiplied: an output sees an entry when it sees an entry
    between that sees it.
    """
    matrices, values, sizes = [np.eye(n, dtype=bool) for n in clip.shape], clip, [clip.shape]
    for place, name in enumerate(names, 1):
        layer = (LAYERS | OVER_TIME)[name]
        try:
            for axis, window in enumerate((layer.time, layer.space, layer.space)[-clip.ndim :]):
                if window == Window():
                    continue
                how = "causal" if layer.causal and window is layer.time else padding
                own = axis_matrix(values.shape[axis], window, how, f"{CELLS[clip.ndim][axis]}s")
                matrices[axis] = own @ matrices[axis]
                values = _reduce(values, axis, own, layer.reduce, window.kernel)
        except ValueError as error:
            raise ValueError(f"layer {place}, {name}: {error}. Take a layer out, or choose padding same.") from None
        sizes.append(values.shape)
    cells = values.shape
    seen = []
    for axis, matrix in enumerate(matrices):
        shape = [1] * clip.ndim + [matrix.shape[1]]
        shape[axis] = len(matrix)
        seen.append(np.broadcast_to(matrix.reshape(shape), (*cells, matrix.shape[1])))
    return Map(CELLS[clip.ndim], seen, [int(m.sum(axis=1).max()) for m in matrices], values), sizes


def rule(names):
    """Size r of the field and distance j of neighbours, over time and over space: [(r, j), (r, j)], without edges."""
    found = []
    for axis in ("time", "space"):
        r = j = 1
        for name in names:
            kernel, stride, dilation = getattr((LAYERS | OVER_TIME)[name], axis)
            r, j = r + (kernel - 1) * dilation * j, j * stride
        found.append((r, j))
    return found


def _reduce(values, axis, matrix, reduce, kernel):
    """What the layer keeps of the entries that each output sees; zeros beyond the edge count in a convolution alone."""
    keep = {"max": np.max, "average": np.mean, "convolve": lambda seen, axis: seen.sum(axis=axis) / kernel}[reduce]
    values = np.moveaxis(values, axis, 0)
    return np.moveaxis(np.stack([keep(values[seen], axis=0) for seen in matrix]), 0, axis)


def layers_of(model):
    """[(name, layer, output)] of each layer of a Keras model; of several outputs, the first.

    The layers of a model inside the model come as "inner / name". A number that Keras has put behind a name of its own
    making is left out, since it depends on what was built before; names that come again are numbered.
    """
    found = numbered((name, (layer, output)) for name, layer, output in _calls(model))
    return [(name, *pair) for name, pair in found.items()]


def _calls(model, path=""):
    import keras

    depths = _graph(model)._nodes_by_depth  # of this model's own calls; `layer.output` may be of another model
    calls = {call.operation.name: call for depth in sorted(depths, reverse=True) for call in depths[depth]}
    for layer in model.layers:
        if isinstance(layer, keras.layers.InputLayer):
            continue
        call, name = calls[layer.name], path + plain_name(layer)
        inside, given = layer, call.input_tensors
        if isinstance(layer, keras.layers.TimeDistributed):  # the frames of all clips, as one batch
            inside, given = layer.layer, [keras.ops.reshape(given[0], (-1, *given[0].shape[2:]))]
        if hasattr(_graph(inside), "_nodes_by_depth") and len(given) == 1:
            inner = list(_calls(inside, f"{name} / "))
            outputs = {str(n): output for n, (_, _, output) in enumerate(inner)}
            outputs = keras.Model(inside.inputs[0], outputs)(given[0])
            yield from ((*one[:2], outputs[str(n)]) for n, one in enumerate(inner))
        yield name, layer, call.outputs[0]


def _graph(model):
    return getattr(model, "_functional", None) or model  # a Sequential keeps its graph there


def measure(model, clip, every=1, scale=1, seed=0):
    """The Map of every layer of a Keras model, measured: change a part of the input, and see which cells change.

    One row of the input (or column, or frame) at a time is changed, in all frames, to random numbers; each trial
    starts from other random numbers, and is made twice, with the opposite change, so that a ReLU cannot hide it.
    Trials go on until two in a row bring nothing new. A cell counts as changed where any of its channels moved by more
    than a millionth of the layer's largest number. This knows nothing of the layers, so it works for all.

    Parameters
    ----------
    model : Keras model with one input, (batch, height, width, channels) or (batch, frames, height, width, channels).
    clip : one input without the batch, float32, whose activations are the `values` of the maps.
    every : rows and columns are changed in groups of so many: faster, and exact to so many pixels.
    scale : what the model multiplies [0, 1] by: 255 where it takes pixels.

    Raises
    ------
    ValueError : the answers take too much memory, or are NaN or infinite, as after a training that diverged.

    Returns
    -------
    dict of layer name -> Map, in the order of the model.
    """
    from vidlab.quiet import tensorflow as tf  # isort: skip
    import keras

    outputs = {name: output for name, _, output in layers_of(model)}
    watch = keras.Model(model.inputs[0], outputs)
    axes = clip.ndim - 1

    def layers(batch):
        """(output, names of its axes) of each layer."""
        found = watch(batch * scale, training=False)
        for y in (found[name] for name in outputs):
            names = CELLS.get(len(y.shape) - 2, ())
            if y.shape[0] != batch.shape[0]:  # the frames of all clips, as one batch
                names = ("frame", *OF_A_FRAME[len(y.shape) - 2])
                y = tf.reshape(y, (batch.shape[0], -1, *y.shape[1:]))
            yield tf.cast(y, tf.float32), names

    @tf.function
    def moved(batch):  # its first is the input before the change
        results = []
        for y, _ in layers(batch):
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
    values, names = zip(
        *((np.abs(y.numpy()).mean(axis=-1)[0], names) for y, names in layers(tf.constant(clip[None]))), strict=True
    )
    broken = [layer.name for layer in model.layers if not all(np.isfinite(w).all() for w in layer.get_weights())]
    broken += [name for name, value in zip(outputs, values, strict=True) if not np.isfinite(value).all()]
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
    for name, cells, found, value in zip(outputs, names, known, values, strict=True):
        seen = []
        for axis, size in enumerate(clip.shape[:-1]):
            own = np.moveaxis(found[[a == axis for a, _ in parts]], 0, -1)
            seen.append(own if own.shape[-1] == size else own.repeat(every, axis=-1)[..., :size])
        maps[name] = Map(cells, seen, [int(s.sum(axis=-1).max()) for s in seen], value)
    return maps
