"""The layer explorer: what each layer of a model answers to a clip, filter by filter and frame by frame."""

from functools import partial

import numpy as np

from vidlab.widgets import lab
from vidlab.widgets.layer_views import VIEWS, Drawn, View


@lab.plainly
def explore(model, clip, classes=None, layers=None, prepare=None):
    """See what the layers of a model answer to a clip: all maps, one filter, its strongest frames, kernels, dead units.

    All answers are computed once; then they are only looked up. It works on any built Sequential or functional Keras
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
    from vidlab.models.layers import fitting, in_pixels, layer_answers

    clip = fitting(model, clip)
    given = model.output_shape[-1]
    if classes is not None and isinstance(given, int) and len(classes) != given:
        raise ValueError(f"classes: expected {given} names, as many as the model tells apart, got {len(classes)}")
    answers = layer_answers(model, clip, layers, prepare or in_pixels(model))
    found = {one.name: Drawn(one) for one in answers}
    for one in found.values():  # work it out now, so that no change of a control has to wait for it
        _ = one.shades, one.mean, one.peak, one.place, one.dead, one.kernel
    first = next((one for one in found.values() if not one.flat), next(iter(found.values())))
    pictures = (clip * 255).round().clip(0, 255).astype(np.uint8)
    return lab.Lab(
        f"Layer explorer: {model.name}",
        [
            lab.choice("layer", "layer", found, first.name),
            lab.choice("view", "view", list(VIEWS)),
            lab.slider("filter", "filter", 0, first.filters - 1, 0),
            lab.slider("frame", "frame", 0, len(clip) - 1, (len(clip) - 1) // 2),
            lab.play("frame", fps=6.0),
        ],
        partial(
            answer,
            found,
            pictures if clip.shape[3] == 3 else pictures[..., 0],
            None if classes is None else [str(name) for name in classes],
        ),
    )


def answer(found, pictures, classes, layer, view, filter, frame):
    """What the lab shows at one setting of its controls."""
    one, frame = found[layer], min(int(frame), len(pictures) - 1)
    setting = View(one, pictures, classes, min(int(filter), one.filters - 1), frame)
    panels, words = VIEWS[view](setting)
    follows = view in ("all maps", "one filter") and len(pictures) > 1
    return {
        "panels": panels,
        "status": f"{_facts(setting)}\n{words}{_when(setting) if follows else ''}",
        "limits": {
            "filter": {"max": one.filters - 1, "hidden": view == "dead units"},
            "frame": {"hidden": not follows},
            "play frame": {"hidden": not follows},
        },
    }


def _facts(setting):
    one = setting.layer
    low, high = one.extent
    dead = int(one.dead.sum())
    size = "×".join(map(str, one.shape[1:]))
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
