"""The layers of any Keras model, and what each answers to a clip.

While a model runs, every layer in it, however deep, tells what it has answered: `outputs`. `fields` finds by the same
what each of these numbers depends on.
"""

from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property

import keras
import numpy as np
from keras import layers as kinds

from vidlab import clips
from vidlab.tensorflow import tf

LARGEST = 400_000_000  # bytes of answers that are kept
CLIP = "the clip"  # the name of what the model itself is given
SAME_NUMBERS = "Reshape", "Identity", "Cast", "ExpandDims", "Squeeze", "EnsureShape"  # operations between two layers
CONVOLUTIONS = kinds.Conv1D, kinds.Conv2D, kinds.Conv3D
DEPTHWISE = kinds.DepthwiseConv1D, kinds.DepthwiseConv2D


@dataclass(frozen=True)
class LayerAnswers:
    """What one layer answers to a clip.

    Attributes
    ----------
    name
        The layer's, after the names of the models that it lies in; numbered as if nothing else had been built.
    layer
        The Keras layer.
    shape
        Of its output, the batch first.
    flat
        Is the answer for each frame a vector, and no maps?
    values
        (frames, filters, rows, columns) float32; one row and one column where `flat`. These are the layer's own
        frames: fewer than the clip's after a stride in time, and one where it answers for the whole clip at once.
    given
        Shape of what the layer was given, the batch first; of several inputs, the first.
    before
        The answers that it was given: those of another layer (its name is "" where no layer has made them), of the
        clip (named `CLIP`), or None where they are neither maps nor vectors. Their numbers are in the order of
        `given`, (frames, rows, columns, filters).
    """

    name: str
    layer: object
    shape: tuple
    flat: bool
    values: np.ndarray
    given: tuple = ()
    before: "LayerAnswers | None" = None

    @property
    def frames(self):
        return self.values.shape[0]

    @property
    def filters(self):
        return self.values.shape[1]

    @cached_property
    def extent(self):
        """(lowest, highest) value; what is no finite number does not count."""
        finite = self.values[np.isfinite(self.values)]
        return (float(finite.min()), float(finite.max())) if finite.size else (0.0, 0.0)

    @cached_property
    def broken(self):
        """What is wrong after a training that diverged, in words; empty where nothing is. (ReLU makes 0 of NaN: so the
        weights are looked at, too.)
        """
        share = 1 - np.isfinite(self.values).mean()
        parts = [f"{share:.0%} of its answers"] * bool(share)
        parts += ["its weights"] * (not all(np.isfinite(w).all() for w in self.layer.get_weights()))
        return " and ".join(parts)

    @cached_property
    def range(self):
        """(low, high) of the colours, for all frames and filters: from 0, or centred on 0 where values are below; of
        probabilities 0 and 1.
        """
        if self.probabilities:
            return 0.0, 1.0
        low, high = self.extent
        return (0.0, high or 1.0) if low >= 0 else (-max(-low, high), max(-low, high))

    @property
    def kind(self):
        """The layer's class."""
        return type(self.layer).__name__

    @cached_property
    def mean(self):
        """(frames, filters): the mean over the places of a map."""
        return self.values.mean(axis=(2, 3))

    @cached_property
    def peak(self):
        """(frames, filters): the largest answer of a map."""
        return self.values.max(axis=(2, 3))

    @cached_property
    def place(self):
        """(frames, filters, 2): row and column of the largest answer."""
        flat = self.values.reshape(*self.values.shape[:2], -1).argmax(axis=2)
        return np.stack(np.unravel_index(flat, self.values.shape[2:]), axis=-1)

    @cached_property
    def dead(self):
        """(filters,) bool: the same number everywhere over the clip, or, in a layer without values below 0, always 0.

        Where a layer has values below 0 (a state from tanh, a convolution before its normalisation), a negative
        number is an answer like any other. One number alone is not called constant.
        """
        by_filter = np.moveaxis(self.values, 1, 0).reshape(self.filters, -1)
        low, high = by_filter.min(axis=1), by_filter.max(axis=1)
        constant = high - low <= 1e-6 * np.maximum(abs(low), abs(high))
        silent = (high <= 0) & (self.range[0] == 0)
        return silent | constant if by_filter.shape[1] > 1 else silent

    @cached_property
    def probabilities(self):
        """Do the answers for each frame sum to 1?"""
        sums = self.values.sum(axis=1)
        return bool(self.flat and self.filters > 1 and (self.values >= 0).all() and (abs(sums - 1) < 1e-3).all())

    @cached_property
    def kernel(self):
        """(filters, channels, slices, rows, columns) float32, or None: weights of a convolution.

        The slices are times for Conv3D, and the gates i, f, c, o for ConvLSTM2D.
        """
        if isinstance(self.layer, kinds.ConvLSTM2D):
            w = self.layer.cell.kernel.numpy()
            return w.reshape(*w.shape[:3], 4, -1).transpose(4, 2, 3, 0, 1)
        if isinstance(self.layer, kinds.DepthwiseConv2D):  # each channel has filters of its own
            w = self.layer.kernel.numpy()
            return w.reshape(*w.shape[:2], -1).transpose(2, 0, 1)[:, None, None]
        if isinstance(self.layer, CONVOLUTIONS):
            w = self.layer.kernel.numpy()
            return w.reshape(*(1,) * (5 - w.ndim), *w.shape).transpose(4, 3, 0, 1, 2)
        return None

    @cached_property
    def weights(self):
        """(kernel, bias) of a layer that multiplies and adds, or None: (entries of its window, channels of a group,
        groups, filters of a group) and (filters,).

        In a depthwise layer each channel is a group. So it is in a batch normalisation, which when it does not learn
        multiplies and adds, too: (x - mean) / sqrt(variance + epsilon) * gamma + beta.
        """
        layer = self.layer
        if isinstance(layer, kinds.BatchNormalization) and layer.axis in (-1, len(self.shape) - 1):
            mean, variance = layer.moving_mean.numpy(), layer.moving_variance.numpy()
            times = (layer.gamma.numpy() if layer.scale else 1) / np.sqrt(variance + layer.epsilon)
            return times[None, None, :, None], (layer.beta.numpy() if layer.center else 0) - mean * times
        if not isinstance(layer, (*CONVOLUTIONS, *DEPTHWISE, kinds.Dense)):
            return None
        w = layer.kernel.numpy()
        w = w.reshape(-1, *w.shape[-2:])
        if isinstance(layer, DEPTHWISE):
            w = w[:, None]
        else:
            groups = getattr(layer, "groups", 1)
            w = w.reshape(*w.shape[:2], groups, -1)
        return w, layer.bias.numpy() if layer.use_bias else np.zeros(w.shape[2] * w.shape[3], np.float32)


def fitting(model, clip):
    """The clip as the model takes it: (frames, height, width, channels) float32 in [0, 1].

    Raises
    ------
    ValueError
        The model has no single input of a clip or an image, or the clip is not of that shape and range.
    """
    refuse_channels_first(model)
    shape = getattr(model, "input_shape", None)
    if isinstance(shape, dict) or (isinstance(shape, list | tuple) and shape and isinstance(shape[0], list | tuple)):
        raise ValueError("model: it has several inputs; explore one of its parts, a model with one input")
    if not isinstance(shape, tuple) or len(shape) not in (4, 5):
        raise ValueError(
            "model: expected a built Sequential or functional Keras model of clips (batch, frames, height, width, "
            f"channels) or of images (batch, height, width, channels), got {type(model).__name__} with input {shape}; "
            "a Sequential model knows its input when it begins with keras.Input(shape)"
        )
    wanted = (None,) * (5 - len(shape)) + shape[1:]
    if wanted[-1] in (None, 1, 3):
        clip = clips.as_floats(clip)
    else:
        clip = np.asarray(clip)
        clip = clip / np.float32(255) if clip.dtype == np.uint8 else clip
    if clip.ndim != 4 or not clip.size or any(w not in (None, n) for w, n in zip(wanted, clip.shape, strict=False)):
        frames, height, width, channels = ("any" if n is None else n for n in wanted)
        raise ValueError(
            f"clip: the model takes one clip (frames, height, width, channels) of ({frames}, {height}, {width}, "
            f"{channels}), got {clip.shape}; video.read(path, frames=..., size=(height, width)) reads a file so"
        )
    if clip.dtype.kind != "f" or not (clip.min() >= -0.001 and clip.max() <= 1.001):
        raise ValueError(f"clip: expected uint8, or floats from 0 to 1, got {clip.dtype}")
    return clip.astype(np.float32)


def refuse_channels_first(model):
    """The labs read (height, width, channels), Keras's usual order."""
    inside = model._flatten_layers() if hasattr(model, "_flatten_layers") else ()
    if other := [layer.name for layer in inside if getattr(layer, "data_format", None) == "channels_first"]:
        raise ValueError(
            f"model: its layer {other[0]} has the channels first; build it with data_format='channels_last' to see it"
        )


def in_pixels(model):
    """For a model that divides pixels by itself, in a `Rescaling` before any other layer: from [0, 1] to 0 to 255."""
    first = model
    while hasattr(first, "layers") or isinstance(first, kinds.TimeDistributed):
        inside = getattr(first, "layers", None) or [first.layer]
        first = next((layer for layer in inside if not isinstance(layer, kinds.InputLayer)), None)
    if isinstance(first, kinds.Rescaling) and np.max(np.abs(first.scale)) < 1 / 100:
        return lambda clip: clip * 255
    return None


def layers_of(model):
    """{name: layer} of every layer of a model but its inputs; those of a model inside it come as "inner / name".

    What `TimeDistributed` wraps stands for it. A number that Keras has put behind a name of its own making is left
    out, since it depends on what was built before; names that come again are numbered.
    """
    return numbered(_inside(model))


def _inside(model, path=""):
    for layer in model.layers:
        inner = layer.layer if isinstance(layer, kinds.TimeDistributed) else layer
        if isinstance(inner, keras.Model):
            yield from _inside(inner, f"{path}{plain_name(inner)} / ")
            yield path + plain_name(inner), inner
        elif not isinstance(inner, kinds.InputLayer):
            yield path + plain_name(layer), inner


def plain_name(layer):
    """The layer's name; if Keras has made it up, without its number, which depends on what was built before."""
    name, _, number = layer.name.rpartition("_")
    made_up = number.isdigit() and name.replace("_", "") == type(layer).__name__.lower()
    return name if made_up else layer.name


def numbered(pairs):
    """{name: value} of (name, value) pairs; a name that comes again gets a number."""
    found = {}
    for name, value in pairs:
        number = 0
        while (unique := f"{name}_{number}" if number else name) in found:
            number += 1
        found[unique] = value
    return found


def outputs(model, x, watched, flow=None):
    """[(name, layer, answer)] of the layers in `watched`, {name: layer}, in the order in which they are called.

    Of several answers the first; a layer that is called again comes again, as "name (call 2)". The frames of all clips
    may come as one batch, where the model takes each by itself. To a list `flow` is added for each (what it was given,
    its answer), the tensors themselves.
    """
    return run(model, x, watched, flow)[1]


def run(model, x, watched, flow=None):
    """What the model answers to a batch, and what its layers answered on the way, as in `outputs`; a tape sees all."""
    told = []

    def tell(name, layer, given, answer):
        times = 1 + sum(other is layer for _, other, _ in told)
        name = name if times == 1 else f"{name} (call {times})"
        answer = tf.nest.flatten(answer)[0]
        told.append((name, layer, tf.cast(answer, tf.float32)))
        if flow is not None:
            flow.append((next(filter(tf.is_tensor, tf.nest.flatten(given))), answer))

    named = model.input if isinstance(getattr(model, "input", None), dict) else None
    with _watched(watched, tell), frames_as_batch(model):
        answer = model(dict.fromkeys(named, x) if named else x, training=False)
    return answer, told


@contextmanager
def instead(calls):
    """Let layers call something else for a while: `calls` holds pairs (layer, function)."""
    calls = list({id(layer): (layer, function) for layer, function in calls}.values())
    for layer, function in calls:
        vars(layer)["call"] = function
    try:
        yield
    finally:
        for layer, _ in calls:
            del vars(layer)["call"]


def _watched(layers, tell):
    """Each layer goes on as before, and tells what it answers."""

    def watch(name, layer, call):
        def watched(*args, **kwargs):
            answer = call(*args, **kwargs)
            tell(name, layer, (args, kwargs), answer)
            return answer

        return layer, watched

    return instead([watch(name, layer, layer.call) for name, layer in layers.items()])


def frames_as_batch(model):
    """TimeDistributed calls its layer frame by frame; one call with the frames as a batch gives the same numbers."""

    def at_once(wrapper):
        def call(x, training=None, mask=None):
            answer = wrapper.layer(tf.reshape(x, (-1, *x.shape[2:])), training=False)
            return tf.reshape(answer, (-1, x.shape[1], *answer.shape[1:]))

        return wrapper, call

    return instead([at_once(wrapper) for wrapper in _wrappers(model)])


def _wrappers(model):
    """All TimeDistributed layers, however deep."""
    for layer in model.layers:
        if isinstance(layer, kinds.TimeDistributed):
            yield layer
            layer = layer.layer
        if isinstance(layer, keras.Model):
            yield from _wrappers(layer)


# --------------------------------------------------------------------------------------------- answers to one clip


def layer_answers(model, clip, layers=None, prepare=None):
    """The answers of all layers to one clip, in the order in which they are computed.

    Nested models and what `TimeDistributed` wraps are taken apart. Left out are inputs, layers that only turn
    (`Permute`) or flatten, and dropout, which does nothing here; so is a layer whose answers are neither maps nor
    vectors.

    Parameters
    ----------
    model
        A Keras model of clips, or of images, which then sees every frame.
    clip
        (frames, height, width, channels), float32 in [0, 1].
    layers
        Names of the layers to keep, or one name; all where None.
    prepare
        Function that makes of the clip what the model expects, where that is not [0, 1].

    Returns
    -------
    list of LayerAnswers

    Raises
    ------
    ValueError
        A name of `layers` is unknown, or the answers take more than `LARGEST` bytes.

    Examples
    --------
    >>> from vidlab import models
    >>> model = models.frame_cnn((4, 16, 16, 3), classes=2)
    >>> [answers.name for answers in layer_answers(model, np.zeros((4, 16, 16, 3), np.float32))][-2:]
    ['frame_features / dense', 'dense']
    """
    idle = keras.Model | kinds.Dropout | kinds.Flatten
    watched = {name: layer for name, layer in layers_of(model).items() if not isinstance(layer, idle)}
    kept = {name: layer for name, layer in watched.items() if not isinstance(layer, kinds.Permute)}
    if layers is not None:
        layers = [layers] if isinstance(layers, str) else layers
        if unknown := set(layers) - {name for pair in kept.items() for name in (pair[0], pair[1].name)}:
            raise ValueError(f"layers: no {', '.join(sorted(unknown))}; there are {', '.join(kept)}")
        kept = {name: layer for name, layer in kept.items() if {name, layer.name} & set(layers)}
    kept = {id(layer) for layer in kept.values()}
    is_video = len(model.input_shape) == 5
    x = tf.constant(clip if prepare is None else np.asarray(prepare(clip), np.float32))
    x = x[None] if is_video else x
    told, links, wanted = [], [], []

    def run(x):
        flow = []
        told[:] = [(CLIP, kinds.InputLayer(x.shape[1:]), x), *outputs(model, x, watched, flow)]
        links[:] = _links(x, flow, told)
        shown = [n for n, (_, layer, _) in enumerate(told) if id(layer) in kept]
        wanted[:] = sorted({*shown, *(links[n][1] for n in shown)})
        return [told[n][2] for n in wanted]

    states = [v for layer in model._flatten_layers() for v in tf.nest.flatten(getattr(layer, "states", None) or [])]
    before = [v.numpy() for v in states]  # of layers that are stateful: to look must not change them
    traced = tf.function(run, autograph=False).get_concrete_function(x)
    size = sum(4 * (answer.shape.num_elements() or 0) for answer in traced.outputs)
    if size > LARGEST:
        raise ValueError(
            f"clip: the layers' answers would take {size / 1e6:,.0f} MB, more than {LARGEST / 1e6:,.0f}; give a "
            "shorter clip, or name the layers that you want to see: layers=[...]"
        )
    answers = dict(zip(wanted, traced(x), strict=True))
    for variable, value in zip(states, before, strict=True):
        variable.assign(value)
    made = {}

    def answers_of(n):
        """Of number `n` of what was told, and of what it was given; made once."""
        if n not in answers:
            return None
        if n not in made:
            name, layer, _ = told[n]
            answer, (given, source) = answers[n].numpy(), links[n]
            if (shape := frames_first(answer.shape, clip.shape, is_video)) is None:
                return made.setdefault(n, None)
            values = answer.reshape(*shape[:1], *(shape[1:] if len(shape) == 4 else (1, 1, shape[1])))
            values = np.ascontiguousarray(np.moveaxis(values, 3, 1))
            known = answers_of(source) if id(layer) in kept else None
            made[n] = LayerAnswers(name, layer, answer.shape, len(shape) == 2, values, given, known)
        return made[n]

    found = [answers_of(n) for n in wanted if id(told[n][1]) in kept]
    found = [one for one in found if one is not None]
    if not found:
        raise ValueError("model: no layer of it gives maps or vectors")
    return found


def _links(x, flow, told):
    """[(shape of what it was given, number in `told` of what made it)]; what nobody has made is added to `told`."""
    made = {id(x): 0}
    for n, (_, answer) in enumerate(flow, 1):
        made.setdefault(id(answer), n)
    links = [((), 0)]
    for given, _ in flow:
        tensor = given
        while id(tensor) not in made and tensor.op.type in SAME_NUMBERS:
            tensor = tensor.op.inputs[0]
        if id(tensor) not in made:
            made[id(tensor)] = len(told)
            told.append(("", None, tf.cast(given, tf.float32)))
        links.append((tuple(given.shape), made[id(tensor)]))
    return links + [((), 0)] * (len(told) - len(links))


def frames_first(shape, clip_shape, is_video):
    """How to read an answer of `shape`: as (frames, rows, columns, filters), (frames, units), or None, not at all.

    A batch of more than one is a model's way to see each frame alone. Tokens (batch, places, width) are laid out as
    the frame is, if their number allows it.
    """
    batch, *rest = shape
    frames, height, width, _ = clip_shape
    if 0 in shape or batch > frames or (batch < frames and not is_video):
        return None
    if is_video and batch == 1:  # one answer, with or without an axis of time
        if len(rest) == 4 or (len(rest) == 2 and rest[0] <= frames):
            return tuple(rest)
    if len(rest) == 2:
        rows = round((rest[0] * height / width) ** 0.5)
        grid = (rows, rest[0] // rows) if rows and rows * rows * width == rest[0] * height else (rest[0], 1)
        return batch, *grid, rest[1]
    return (batch, *rest) if len(rest) in (1, 3) else None
