"""How good a map is, where it is known what should be in it, or what the model itself rests on."""

import numpy as np
from scipy.stats import spearmanr

from vidlab.clips import require
from vidlab.explain.explanation import Explanation, filling, probability
from vidlab.models.layers import fitting


def _inside(found, masks):
    masks = np.asarray(masks) > 0
    require(masks.shape == found.values.shape, f"masks: {found.values.shape} are needed, not {masks.shape}")
    require(bool(masks.any()), "masks: there is no object in them")
    return masks


def mass_on(found: Explanation, masks) -> float:
    """The share of what speaks for the class that lies on the object; by chance it is the object's share of the clip.

    Not a number where nothing speaks for it.

    Examples
    --------
    >>> found = Explanation(np.array([[[3.0, 1.0, -5.0, 0.0]]]), 0, "made up", 0.0)
    >>> mass_on(found, [[[1, 0, 0, 0]]])
    0.75
    """
    masks, above = _inside(found, masks), np.maximum(found.values, 0)
    return float(above[masks].sum() / above.sum()) if above.sum() > 0 else float("nan")


def points_at(found: Explanation, masks, *, within: int = 1) -> float:
    """The pointing game: the share of frames in which the largest value lies on the object, or `within` pixels of it.

    Only frames that have the object in them, and values that differ, count.

    Source: Zhang et al., Top-down neural attention by excitation backprop, ECCV 2016, arXiv:1608.00507.

    Examples
    --------
    >>> found = Explanation(np.eye(4)[None], 0, "made up", 0.0)
    >>> points_at(found, np.eye(4)[None] > 0)
    1.0
    """
    masks, hits = _inside(found, masks), []
    for values, mask in zip(found.values, masks, strict=True):
        if mask.any() and np.ptp(values) > 0:
            y, x = np.unravel_index(values.argmax(), values.shape)
            hits.append(mask[max(y - within, 0) : y + within + 1, max(x - within, 0) : x + within + 1].any())
    return float(np.mean(hits)) if hits else float("nan")


def deletion(model, clip, found: Explanation, *, steps: int = 16, fill="mean") -> np.ndarray:
    """The probability of the class while what is said to matter most is taken away first: (steps + 1,).

    A good map makes it fall soon: its `area` is small. Source: Petsiuk, Das and Saenko, RISE, BMVC 2018,
    arXiv:1806.07421.
    """
    clip = fitting(model, clip)
    return _curve(model, clip, np.broadcast_to(filling(clip, fill), clip.shape), found, steps)


def insertion(model, clip, found: Explanation, *, steps: int = 16, fill="mean") -> np.ndarray:
    """The probability of the class while what is said to matter most is put in first: (steps + 1,).

    A good map makes it rise soon: its `area` is large. Source: as `deletion`.
    """
    clip = fitting(model, clip)
    return _curve(model, np.broadcast_to(filling(clip, fill), clip.shape), clip, found, steps)


def _curve(model, begin, end, found, steps):
    order = np.argsort(-found.values.ravel(), kind="stable")
    clips = np.empty((steps + 1, *begin.shape), np.float32)
    for k in range(steps + 1):
        changed = order[: round(len(order) * k / steps)]
        flat = begin.reshape(-1, begin.shape[-1]).copy()
        flat[changed] = end.reshape(-1, end.shape[-1])[changed]
        clips[k] = flat.reshape(begin.shape)
    return probability(model, found.target)(clips)


def area(curve) -> float:
    """The area under a curve whose ends are 0 and 1 on the x axis, by the trapezoidal rule.

    >>> area([1.0, 0.0, 0.0])
    0.25
    """
    return float(np.trapezoid(curve, dx=1 / (len(curve) - 1)))


def agreement(a: Explanation, b: Explanation) -> float:
    """Spearman's rank correlation of two maps: 1 where they order all places alike, 0 where they share nothing.

    >>> one = Explanation(np.arange(8.0).reshape(2, 2, 2), 0, "made up", 0.0)
    >>> round(agreement(one, Explanation(one.values**3, 0, "made up", 0.0)), 6)
    1.0
    """
    constant = not (np.ptp(a.values) and np.ptp(b.values))
    return float("nan") if constant else float(spearmanr(a.values.ravel(), b.values.ravel()).statistic)
