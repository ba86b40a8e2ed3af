"""The receptive field lab: which pixels and frames one number of a layer's output depends on."""

from functools import lru_cache

import numpy as np

from vidlab import clips, reference, world
from vidlab.reference import receptive
from vidlab.reference.receptive import Window, Windows
from vidlab.widgets import field_words, lab

DEPTH = 5  # layers of a stack
LAYERS = {
    "none": Windows(),
    "conv 3": Windows(Window(3)),
    "conv 5": Windows(Window(5)),
    "conv 3, stride 2": Windows(Window(3, stride=2)),
    "conv 3, dilation 2": Windows(Window(3, dilation=2)),
    "max pool 2": Windows(Window(2, stride=2), reduce="max"),
    "average pool 2": Windows(Window(2, stride=2), reduce="average"),
}
OVER_TIME = {
    "conv 3 over time": Windows(time=Window(3)),
    "conv 3 over space and time": Windows(Window(3), Window(3)),
    "conv 3 over space and time, causal": Windows(Window(3), Window(3), causal=True),
    "max pool 2 over space and time": Windows(Window(2, stride=2), Window(2, stride=2), reduce="max"),
}


LARGEST = 4_000_000  # bytes of pixels that are sent at each step


@lab.plainly
def receptive_field(model=None, clip=None, stack=("conv 3", "max pool 2"), layer=None, every=1):
    """Choose a layer and one cell of its output, and see which cells of the input it depends on: its receptive field.

    Without a model, stack up to five layers: the answer comes from exact index arithmetic, at once. With a model, it
    is measured, for all layers, when the lab is made: one row, column or frame of the input at a time is changed to
    random numbers. This knows nothing of the layers. On two cores, with clips of 12 to 16 frames of 32 x 32, it takes 1
    to 3 s for the course's models, and 6 s where two Conv3D layers of 16 and 32 filters run at full size. It grows with
    (frames + rows + columns) times the cost of the model: a shorter or smaller clip makes it cheaper, and `every=4`
    made the 6 s 2 s.

    The field is the box of what is seen along each axis. A layer that sees other pixels in other frames (ConvLSTM:
    fewer, the later the frame) sees less than the box. What changes a layer by less than a millionth of its largest
    number counts as not seen: so an RNN that has forgotten does not see.

    Parameters
    ----------
    model
        Keras model with one input, (batch, height, width, channels) or (batch, frames, height, width, channels);
        Sequential or functional, trained or not. The layers of a model inside it can be chosen too.
    clip
        An image (height, width[, channels]) or a clip (frames, height, width, channels); uint8, or floats in
        [0, 1], which is what the model gets. A made-up one where None.
    stack
        Without a model, the layers to begin with: names from `LAYERS` and, for clips, `OVER_TIME`.
    layer
        With a model, the name of the layer to begin with; the last that has places where None.
    every
        With a model, rows and columns are changed in groups of so many: faster, and exact to so many pixels.

    Raises
    ------
    ValueError
        The clip, the stack or the layer does not fit, or the model has no such input; it says what to do.
    """
    shape = None if model is None else _input_shape(model)
    frames, numbers = _checked(_made_up(shape or (32, 32, 3)) if clip is None else clip, shape)
    title, colours = "Receptive field lab", "gray" if model is None else "viridis"
    if model is None:
        controls, find, start = _of_stack(stack, frames)
        sizes = dict(zip(receptive.CELLS[3], frames.shape[:3], strict=True))  # an image is one frame
    else:
        if not (isinstance(every, int) and every >= 1):
            raise ValueError(f"every: expected a whole number from 1 up, got {every!r}")
        from vidlab.models import fields, layers  # here, since a stack needs no TensorFlow

        shown = {name: one.name for name, one in layers.layers_of(model).items()}
        if layer is not None and layer not in shown:
            also = {own: name for name, own in shown.items()}  # the name that Keras gave it will do, too
            if layer not in also:
                raise ValueError(f"layer: there is no {layer}; there is {', '.join(shown)}")
            layer = also[layer]
        scale = 1 if layers.in_pixels(model) is None else 255
        maps = fields.receptive_fields(model, numbers, every=every, scale=scale)
        controls, find, start = _of_model(maps, layer)
        sizes, title = {}, f"{title}: {layers.plain_name(model)}"
        for one in maps.values():
            sizes |= {axis: max(n, sizes.get(axis, 0)) for axis, n in zip(one.axes, one.values.shape, strict=True)}
    axes = [axis for axis in ("row", "column", "place", "frame", "step") if sizes.get(axis, 1) > 1]
    controls += [lab.slider(axis, axis, 0, sizes[axis] - 1, start.get(axis, 0)) for axis in axes]
    controls += [lab.play(axis, fps=4) for axis in axes if axis == "frame"]

    def answer(**values):
        name, found, low, high, note = find(values)
        at = {axis: min(values.get(axis, 0), n - 1) for axis, n in zip(found.axes, found.values.shape, strict=True)}
        seen = [one[tuple(at.values())] for one in found.seen]
        status = field_words.tell(name, at, seen, found, note)
        limits = {axis: {"hidden": axis not in at} for axis in axes}
        for axis in set(axes) & set(at):
            limits[axis]["max"] = found.values.shape[found.axes.index(axis)] - 1
        if "frame" in axes:
            limits["play frame"] = {"hidden": "frame" not in at}
        panels = {"input": _input(frames, seen, status), "output": _output(name, found, at, low, high, colours)}
        return {"panels": panels, "status": status, "limits": limits}

    return lab.Lab(title, controls, answer)


def _input_shape(model):
    from vidlab.models.layers import refuse_channels_first

    refuse_channels_first(model)
    inputs = getattr(model, "inputs", None)
    if inputs and len(inputs) > 1:
        raise ValueError("model: it has several inputs; look at one of its parts, a model with one input")
    if not inputs or len(inputs[0].shape) not in (4, 5):
        raise ValueError(
            "model: expected a Keras model with one input, images or clips; keras.Sequential([keras.Input(shape), "
            "model]) makes one of any model or layer"
        )
    if any(getattr(layer, "stateful", False) for layer in model._flatten_layers()):
        raise ValueError("model: it is stateful; build it without stateful=True and give it these weights to see it")
    if inputs[0].shape[0] is not None:
        shape = tuple(inputs[0].shape[1:])
        raise ValueError(
            f"model: its batch size is fixed; give keras.Sequential([keras.Input({shape}), model]) instead"
        )
    return tuple(inputs[0].shape[1:])


def _made_up(shape):
    """A clip or an image of a rendered world; where a model leaves a size open, 16 frames or 32 pixels."""
    *frames, height, width, channels = (
        n or usual for n, usual in zip(shape, (16, 32, 32, 3)[-len(shape) :], strict=True)
    )
    varied = ("motion", "shape", "colour", "background")
    clip = world.render(1, varied, frames=(frames or [1])[0], size=(max(height, 8), max(width, 8)), seed=2).clips[0]
    clip = clip[:, :height, :width]
    if channels != 3:
        clip = clip.mean(axis=-1, keepdims=True).astype(np.uint8).repeat(channels, axis=-1)
    return clip if frames else clip[0]


def _checked(clip, shape):
    """The clip as a picture, uint8 (frames, height, width, 3), and as what the model gets."""
    given = np.asarray(clip)
    if shape is None or shape[-1] in (None, 1, 3):
        frames = clips.as_floats(clip)
    else:  # a model of other channels, which are shown as their mean
        frames = given[None] if given.ndim == 3 else given
        frames = (frames / 255 if given.dtype == np.uint8 else frames).astype(np.float32)
    image = given.ndim < 4 if shape is None else len(shape) == 3
    numbers = frames[0] if image and len(frames) == 1 else frames
    fits = shape is None or (
        numbers.ndim == len(shape) and all(n in (None, m) for n, m in zip(shape, numbers.shape, strict=True))
    )
    if not fits:
        raise ValueError(f"clip: expected what the model takes, {shape}, got {given.dtype} of shape {given.shape}")
    if (size := 3 * np.prod(frames.shape[:3])) > LARGEST:
        raise ValueError(
            f"clip: {size / 1e6:.0f} MB of pixels are too many to send at each step; take fewer frames, or "
            "video.read(size=...)"
        )
    if frames.shape[-1] != 3:
        frames = frames.mean(axis=-1, keepdims=True)
    return clips.as_rgb(frames), numbers


def _of_stack(stack, frames):
    """Controls of a stack; what answers them, (name, Map, lowest and highest value, a note); the cell to begin with."""
    timed = len(frames) > 1
    options = list(LAYERS | (OVER_TIME if timed else {}))
    stack = [stack] if isinstance(stack, str) else list(stack)
    if len(stack) > DEPTH or set(stack) - set(options):
        raise ValueError(f"stack: expected up to {DEPTH} of {'; '.join(options)}; got {stack}")
    grey = frames.mean(axis=-1) / 255
    grey = grey if timed else grey[0]
    names = [f"layer {n}" for n in range(1, DEPTH + 1)]

    @lru_cache(64)
    def made(chosen, padding):
        found, sizes = of_stack(chosen, grey, padding)
        layers = [(LAYERS | OVER_TIME)[name] for name in chosen]
        (r_time, j_time), (r, j) = (
            reference.receptive_field(getattr(layer, axis) for layer in layers) for axis in ("time", "space")
        )
        note = f"The rule gives r = {r} and j = {j} pixels"
        note += f"; over time r = {r_time} and j = {j_time} frames." if r_time > 1 else "."
        chain = " → ".join("×".join(map(str, size)) for size in sizes)
        return "the stack", found, 0, 1, f"{note} Sizes: {chain}."

    controls = [
        lab.choice(name, name, options, value)
        for name, value in zip(names, stack + ["none"] * (DEPTH - len(stack)), strict=True)
    ]
    controls.append(lab.choice("padding", "padding", ["valid", "same"]))

    def find(values):
        return made(tuple(values[name] for name in names if values[name] != "none"), values["padding"])

    first = of_stack([name for name in stack if name != "none"], grey)[0]
    return controls, find, _middle(first)


def of_stack(names, clip, padding="valid"):
    """What a stack of layers with these names makes of a clip: see `reference.receptive.stacked`."""
    return receptive.stacked([(name, (LAYERS | OVER_TIME)[name]) for name in names], clip, padding)


def _middle(found):
    return {axis: n // 2 for axis, n in zip(found.axes, found.values.shape, strict=True)}


def _of_model(maps, layer):
    """The same for the layers of a model."""
    places = [name for name, found in maps.items() if found.values.size > 1]
    layer = layer or (places or list(maps))[-1]
    ranges = {name: (0.0, found.values.max()) for name, found in maps.items()}

    def find(values):
        name = values["layer"]
        return f"layer {name}", maps[name], *ranges[name], None

    return [lab.choice("layer", "layer", list(maps), layer)], find, _middle(maps[layer])


def _input(frames, seen, status):
    """The frames side by side, faded where they are not seen."""
    time, rows, columns = seen if len(seen) == 3 else [np.ones(1, bool), *seen]
    keep = time[:, None, None, None] & rows[:, None, None] & columns[:, None]
    shown = np.where(keep, frames, frames // 3 + 80)
    count, height, width, _ = frames.shape
    across = -(-count // -(-count // 8))  # at most 8 in a row, the rows alike
    picture = np.zeros((-(-count // across) * height, across * width, 3), np.uint8)
    boxes = []
    for n, one in enumerate(shown):
        y, x = n // across * height, n % across * width
        picture[y : y + height, x : x + width] = one
        if time[n] and rows.any() and columns.any():
            (top, high), (left, wide) = ((at[0], np.ptp(at) + 1) for at in map(np.flatnonzero, (rows, columns)))
            boxes.append((y + top, x + left, high, wide))
    caption = "The input" if count == 1 else f"The input, frames 0 to {count - 1}"
    times = max(1, min(320 // max(height, width), 600 // picture.shape[1]))
    tiles = (height, width, count, 0) if count > 1 else None
    shown = f"{caption}: what is clear is seen", f"The input. {status}"
    return lab.pixels(picture, *shown, times=times, boxes=boxes, tiles=tiles)


def _output(name, found, at, low, high, colours):
    """The map of a layer at the chosen frame, with the chosen cell."""
    cell, shown = list(at.values()), found.values
    if shown.ndim == 3:
        shown, cell = shown[cell[0]], cell[1:]
    pick = [axis for axis in at if axis != "frame" or len(at) < 3]
    while shown.ndim < 2:  # a row of steps, or one cell for a vector
        shown, cell, pick = shown[None], [0, *cell], ["only", *pick]
    frame = f", frame {at['frame']}" if len(at) == 3 else ""
    caption = f"The output{frame}: {'click a cell' if at else 'a vector, one cell'}"
    size = f"{shown.shape[0]} x {shown.shape[1]} cells"
    alt = f"The output of {name}{frame}: {size}, dark is {low:.3g}, bright {high:.3g}; outlined: {cell}"
    times = max(1, min(32, 224 // max(shown.shape)))
    return lab.pixels(lab.shades(shown, low, high), caption, alt, colours, times, [(*cell, 1, 1)], pick if at else ())
