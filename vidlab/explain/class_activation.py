"""Grad-CAM: the maps of a convolution, each weighed by how much the class's score rests on it."""

import numpy as np
from skimage.transform import resize

from vidlab.clips import require
from vidlab.explain.explanation import method, scores
from vidlab.models.layers import layers_of, run
from vidlab.tensorflow import tf


@method
def grad_cam(model, clip, target, *, layer=None):
    r"""Grad-CAM over time.

        a_k = mean over frames and places of d s / d A_k,   M = max(0, sum_k a_k A_k)

    with A_k the k-th map of a convolutional layer, (frames, rows, columns), and s the logit of the class. The result is
    as coarse as the layer, and stretched to the clip. Where a layer sees each frame by itself, its frames are weighed
    apart: a_k is then the mean over places.

    Source: Selvaraju et al., Grad-CAM, ICCV 2017, arXiv:1610.02391; for clips compare Stergiou et al., Saliency tubes,
    ICIP 2019.

    Parameters
    ----------
    layer
        Name of the layer, as `models.layers_of` has it; None: the last one with maps of 2 x 2 or more.

    Raises
    ------
    ValueError
        There is no such layer, or none with maps.
    """
    known = layers_of(model)
    require(layer is None or layer in known, f"layer={layer!r} is not in the model; there are {', '.join(known)}")
    with tf.GradientTape(persistent=True) as tape:
        x = tf.constant(clip[None])
        tape.watch(x)
        logits, told = run(scores(model), x, known)
        score = logits[0, target]
    maps = {name: answer for name, _, answer in told if _has_maps(answer, len(clip))}
    require(bool(maps), f"model: no layer of {model.name} has maps over places; take another method")
    layer = layer or list(maps)[-1]
    require(layer in maps, f"layer={layer!r} has no maps over places; these have: {', '.join(maps)}")
    A, gradient = maps[layer], tape.gradient(score, maps[layer])
    A, gradient = A.numpy(), np.zeros(A.shape) if gradient is None else gradient.numpy()
    if A.ndim == 5:  # (1, frames, rows, columns, maps): together
        A, gradient = A[0], gradient[0]
        weights = gradient.mean(axis=(0, 1, 2), keepdims=True)
    else:  # (frames, rows, columns, maps): each frame by itself
        weights = gradient.mean(axis=(1, 2), keepdims=True)
    coarse = np.maximum((A * weights).sum(axis=-1), 0)
    if len(coarse) == 1:  # of the frames that the model takes notice of
        noticed = tape.gradient(score, x)
        noticed = np.ones(len(clip)) if noticed is None else np.abs(noticed.numpy()[0]).max(axis=(1, 2, 3)) > 0
        coarse = coarse * noticed[:, None, None]
    return resize(coarse, clip.shape[:3], order=1, mode="edge", anti_aliasing=False)


def _has_maps(answer, frames):
    shape = tuple(answer.shape)
    together, apart = len(shape) == 5 and shape[0] == 1, len(shape) == 4 and shape[0] in (1, frames)
    return (together or apart) and min(shape[-3:-1]) >= 2
