"""The layer explorer: what each layer of a model answers to a clip, filter by filter and frame by frame."""

from functools import partial

import numpy as np

from vidlab.widgets import lab
from vidlab.widgets.layer_strip import Strip
from vidlab.widgets.layer_views import (
    GIVEN,
    Drawn,
    View,
    all_maps,
    dead_units,
    kernels,
    one_filter,
    strongest,
)
from vidlab.widgets.number_view import one_number

VIEWS = {
    "all maps": all_maps, "one filter": one_filter, "one number": one_number, "strongest frames": strongest,
    "kernels": kernels, "dead units": dead_units,
}  # fmt: skip


@lab.plainly
def explore(model, clip, classes=None, layers=None, prepare=None):
    """See what the layers of a model answer to a clip: all maps, one filter, its strongest frames, kernels, dead units.

    The network stands at the top, a small picture for each layer. A click on a number of a map shows what it is made
    from: its window in the layer before, the kernel, and the sum; a click there goes on to the layer before that. All
    answers are computed once; then they are only looked up. It works on any built Sequential or functional Keras
    model with one input; what lies inside nested models and `TimeDistributed` is shown, too.

    Parameters
    ----------
    model
        A Keras model of clips (batch, frames, height, width, channels); or of images (batch, height, width,
        channels): then every frame goes through it.
    clip
        (frames, height, width, channels), uint8, or float in [0, 1], as large as the model's input. For a model of
        images, one image will do.
    classes
        Names of the classes, in the order of the model's last layer.
    layers
        Names of the layers to show, or one name; all where None.
    prepare
        Function applied to the clip, float32 in [0, 1], for a model that expects other numbers. A model that
        begins with `Rescaling` of pixels is given 0 to 255 where None.

    Returns
    -------
    lab.Lab
        Shows itself when a cell ends in it.

    Raises
    ------
    ValueError
        The model has another kind of input, the clip does not fit it, the answers take too much memory.
    """
    from keras import layers as kinds

    from vidlab.models.layers import CLIP, LayerAnswers, fitting, in_pixels, layer_answers

    clip = fitting(model, clip)
    given = model.output_shape[-1]
    if classes is not None and isinstance(given, int) and len(classes) != given:
        raise ValueError(f"classes: expected {given} names, as many as the model tells apart, got {len(classes)}")
    prepare = prepare or in_pixels(model)
    answers = layer_answers(model, clip, layers, prepare)
    given = clip if prepare is None else np.asarray(prepare(clip), np.float32)
    given = LayerAnswers(CLIP, kinds.InputLayer(clip.shape[1:]), clip.shape, False, np.moveaxis(given, 3, 1))
    found = {CLIP: Drawn(given)} | {one.name: Drawn(one, one is answers[-1]) for one in answers}
    for one in found.values():  # work it out now, so that no change of a control has to wait for it
        _ = one.shades, one.mean, one.peak, one.place, one.dead, one.kernel, one.weights
    pictures = (clip * 255).round().clip(0, 255).astype(np.uint8)
    pictures = pictures if clip.shape[3] == 3 else pictures[..., 0]
    strip = Strip(found, pictures)
    first = found[strip.control["value"]]
    rows, columns = first.values.shape[2:]
    deepest = [max(one.values.shape[axis] for one in found.values()) for axis in (2, 3)]
    return lab.Lab(
        f"Layer explorer: {model.name}",
        [
            strip.control,
            lab.choice("view", "view", list(VIEWS)),
            lab.slider("filter", "filter", 0, first.filters - 1, 0),
            lab.slider("frame", "frame", 0, len(clip) - 1, (len(clip) - 1) // 2),
            lab.play("frame", fps=6.0),
            lab.slider("row", "row", 0, deepest[0] - 1, rows // 2),
            lab.slider("column", "column", 0, deepest[1] - 1, columns // 2),
        ],
        partial(answer, found, strip, pictures, None if classes is None else [str(name) for name in classes]),
    )


def answer(found, strip, pictures, classes, layer, view, filter, frame, row, column):
    """What the lab shows at one setting of its controls."""
    one, frame = found[layer], min(int(frame), len(pictures) - 1)
    filters, rows, columns = one.values.shape[1:]
    place = min(int(row), rows - 1), min(int(column), columns - 1)
    setting = View(one, pictures, classes, min(int(filter), filters - 1), frame, *place, found)
    panels, words = VIEWS[view](setting)
    follows = view in ("all maps", "one filter", "one number") and len(pictures) > 1
    elsewhere = view != "one number" or one.flat
    return {
        "panels": panels,
        "status": f"{_facts(setting)}\n{words}{_when(setting) if follows else ''}",
        "limits": {
            "layer": {"pictures": strip.pictures(frame)},
            "filter": {"max": one.filters - 1, "hidden": view == "dead units"},
            "frame": {"hidden": not follows},
            "play frame": {"hidden": not follows},
            "row": {"hidden": elsewhere} | ({} if one.flat else {"max": rows - 1}),
            "column": {"hidden": elsewhere} | ({} if one.flat else {"max": columns - 1}),
        },
    }


def _facts(setting):
    one = setting.layer
    low, high = one.extent
    dead = int(one.dead.sum())
    size = "×".join(map(str, one.shape[1:]))
    if one.kind == GIVEN:
        return f"What the model is given, {size}: numbers from {low:.3g} to {high:.3g}."
    facts = f"{one.name} ({one.kind}): output {size}, {one.layer.count_params():,} parameters"
    if one.broken:
        return (
            f"{facts}; {one.broken} are NaN or infinite: the training has diverged. Train it anew, with a smaller "
            "learning rate."
        )
    share = f"{dead} of {one.filters} {setting.noun}s dead ({dead / one.filters:.0%})"
    return f"{facts}, answers from {low:.3g} to {high:.3g}, {share}."


def _when(setting):
    """Which frame of the layer belongs to the clip's, where they differ."""
    clip, own = len(setting.pictures), setting.layer.frames
    if own == clip:
        return ""
    if own == 1:
        return " The layer answers once for the whole clip."
    return f" Frame {setting.frame} of the clip ({clip} frames) is frame {setting.now} of this layer ({own} frames)."
