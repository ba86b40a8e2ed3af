"""The explaining lab: what of a clip mattered for a class, by one method or another, beside what knows nothing."""

from functools import lru_cache, partial

import numpy as np

from vidlab.widgets import lab

WORDS = {
    "grad_cam": "Grad-CAM: the maps of the last convolution, weighed by their gradients. As coarse as that layer.",
    "occlusion": "Occlusion: what the class loses where a box is covered.",
    "integrated_gradients": "Integrated gradients: the gradient along the way from the clip's mean colour to the clip.",
    "smoothgrad": "SmoothGrad: how large the gradient is. It has no sign: neither for nor against.",
    "expected_gradients": "Expected gradients (SHAP): integrated gradients from grey and from shuffled frames.",
    "lime": "LIME: a linear model of which blocks are there.",
    "kernel_shap": "Kernel SHAP: Shapley values of blocks. They add up to what the clip adds to the probability.",
    "random_map": "A map by chance: it knows nothing of the clip or the model.",
    "edges": "Edges: it knows nothing of the model.",
    "frame_difference": "What differs from the frame before: it knows nothing of the model.",
}
WIDE = 300  # pixels of the page for one picture


@lab.plainly
def explain(model, clip, classes=None, masks=None):
    """Switch the method, the class and the frame of an explanation, and see it beside what it must be better than.

    A map is computed when it is first asked for, with the method's own settings: of 16 x 48 x 48 within a second on two
    cores (`bench/explain_speed.py`, which also says what fewer samples would cost in agreement).
    *Weights by chance* asks the same network before any training (Adebayo et al. 2018).

    Parameters
    ----------
    model
        A Keras model of clips (batch, frames, height, width, 3).
    clip
        (frames, height, width, 3), uint8, or float in [0, 1], as large as the model's input.
    classes
        Names of the classes, in the order of the model's last layer.
    masks
        (frames, height, width), where the object is: then the lab says how much of the map lies on it.

    Returns
    -------
    lab.Lab
        Shows itself when a cell ends in it.

    Raises
    ------
    ValueError
        The model has another kind of input, the clip or the masks do not fit.
    """
    from vidlab import explain as methods
    from vidlab.models.layers import fitting

    clip = fitting(model, clip)
    given = model.output_shape[-1]
    names = [str(name) for name in classes] if classes is not None else [f"class {k}" for k in range(given)]
    if len(names) != given or len(set(names)) != given:
        raise ValueError(f"classes: expected {given} different names, as many as the model tells apart, got {names}")
    if masks is not None:
        masks = np.asarray(masks) > 0
        if masks.shape != clip.shape[:3] or not masks.any():
            raise ValueError(f"masks: expected {clip.shape[:3]} with an object in them, got {masks.shape}")
    networks = {False: model, True: methods.by_chance(model)}
    known = {**methods.METHODS, **methods.BASELINES}

    @lru_cache(64)
    def found(method, target, chance):
        settings = {}
        if method in ("lime", "kernel_shap"):
            settings["blocks"] = tuple(min(4, size) for size in clip.shape[:3])
        return known[method](networks[chance], clip, target, **settings)

    said = {chance: np.asarray(network(clip[None], training=False))[0] for chance, network in networks.items()}
    pictures = (clip * 255).round().clip(0, 255).astype(np.uint8)
    return lab.Lab(
        f"Explaining: {model.name}",
        [
            lab.choice("method", "method", list(WORDS), "grad_cam"),
            lab.choice("target", "class", names, names[int(said[False].argmax())]),
            lab.toggle("chance", "weights by chance"),
            lab.slider("frame", "frame", 0, len(clip) - 1, (len(clip) - 1) // 2),
            lab.play("frame", fps=6.0),
        ],
        partial(answer, found, said, names, pictures, masks),
    )


def answer(found, said, names, pictures, masks, method, target, chance, frame):
    """What the lab shows at one setting of its controls."""
    number, frame = names.index(target), min(int(frame), len(pictures) - 1)
    one = found(method, number, bool(chance))
    largest, signed = float(np.abs(one.values).max()), bool((one.values < 0).any())
    colours = lab.palette("PuOr" if signed else "viridis")
    shades = lab.shades(one.values[frame], -largest if signed else 0.0, largest)
    laid_over = (pictures[frame] * 0.35 + colours[shades] * 0.65).astype(np.uint8)
    times = max(1, WIDE // pictures.shape[2])
    meaning = "orange is against the class, violet for it" if signed else "from dark, nothing, to yellow, much"
    by_frame = one.over_time / max(float(np.abs(one.over_time).max()), 1e-12)
    panels = {
        "input": lab.pixels(pictures[frame], f"frame {frame}", f"Frame {frame} of the clip.", times=times),
        "map": lab.pixels(
            laid_over, f"{method} for {target}", f"What mattered in frame {frame}; {meaning}.", times=times
        ),
        "over time": lab.lines(
            {"sum over the frame": by_frame},
            "how much each frame matters, as a part of the most",
            "The sum of the map over each frame: " + ", ".join(f"{value:.2f}" for value in by_frame) + ".",
            min(-0.05, float(by_frame.min()) * 1.1),
            1.05,
            "frame",
            mark=frame,
        ),
    }
    words = f"{WORDS[method]} {meaning[0].upper()}{meaning[1:]}."
    whose = "The network with weights by chance" if chance else "The model"
    words += f"\n{whose} gives {target} a probability of {said[bool(chance)][number]:.2f}."
    if not largest:
        words += " This map is empty."
    elif masks is not None:
        above = np.maximum(one.values, 0)
        share = above[masks].sum() / max(above.sum(), 1e-12)
        words += f" {share:.0%} of what speaks for it lies on the object, which is {masks.mean():.0%} of the clip."
    return {"panels": panels, "status": words}
