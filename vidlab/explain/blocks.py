"""A clip in blocks of space and time: what becomes of the answer when some of them are taken away."""

import warnings
from itertools import product
from math import comb

import numpy as np
from sklearn.metrics import pairwise_distances

from vidlab.clips import is_count, require
from vidlab.explain.explanation import filling, method, probability

BLOCKS = 4, 4, 4  # along time, height and width


def block_of(shape, blocks=BLOCKS) -> np.ndarray:
    """The number of each place's block, (frames, height, width), for a clip that is cut into so many along each axis.

    >>> block_of((2, 2, 4), (1, 1, 2))[0]
    array([[0, 0, 1, 1],
           [0, 0, 1, 1]])
    """
    fits = len(blocks) == 3 and all(is_count(n) and n <= size for n, size in zip(blocks, shape, strict=False))
    require(fits, f"blocks={blocks!r} must be three whole numbers from 1 to the clip's {tuple(shape[:3])}")
    t, y, x = (np.arange(size) * n // size for size, n in zip(shape, blocks, strict=False))
    return (t[:, None, None] * blocks[1] + y[:, None]) * blocks[2] + x


def _asked(model, clip, target, blocks, fill):
    """A function z (n, blocks) -> (n,), the probability where only blocks with z = 1 are there; and their places."""
    where, empty, answer = block_of(clip.shape, blocks), filling(clip, fill), probability(model, target)

    def asked(z):
        return np.concatenate([
            answer(np.where(some[:, where, None] > 0.5, clip, empty).astype(np.float32))
            for some in np.array_split(np.atleast_2d(z), -(-len(np.atleast_2d(z)) // 64))
        ])  # fmt: skip

    return asked, where


@method
def occlusion(model, clip, target, *, box=(4, 8, 8), step=None, fill="mean"):
    r"""Cover a box of space and time, and see what is lost.

        M(t, y, x) = mean over the boxes B that hold (t, y, x) of  p(clip) - p(clip without B)

    with p the probability of the class. A box over whole frames asks for times, one over all frames for places.

    Source: Zeiler and Fergus, Visualizing and understanding convolutional networks, ECCV 2014, arXiv:1311.2901; here
    with a third axis.

    Parameters
    ----------
    box
        (frames, rows, columns).
    step
        From box to box, along each axis; None: half a box.
    fill
        What stands in a covered box: see `explanation.filling`.
    """
    step = step or tuple(-(-n // 2) for n in box)
    fits = all(is_count(n) for n in (*box, *step)) and len(box) == len(step) == 3
    require(fits, f"box={box!r} and step={step!r} must be (frames, rows, columns), whole numbers from 1 up")
    box = tuple(min(n, size) for n, size in zip(box, clip.shape, strict=False))
    begins = [sorted({*range(0, size - n + 1, s), size - n}) for size, n, s in zip(clip.shape, box, step, strict=False)]
    places = [tuple(slice(b, b + n) for b, n in zip(corner, box, strict=True)) for corner in product(*begins)]
    answer, empty = probability(model, target), np.broadcast_to(filling(clip, fill), clip.shape)
    lost, times = np.zeros(clip.shape[:3]), np.zeros(clip.shape[:3])
    whole = answer(clip[None])[0]
    for first in range(0, len(places), 64):
        some = places[first : first + 64]
        covered = np.repeat(clip[None], len(some), axis=0)
        for one, place in zip(covered, some, strict=True):
            one[place] = empty[place]
        for place, p in zip(some, answer(covered), strict=True):
            lost[place] += whole - p
            times[place] += 1
    return lost / times


@method
def lime(model, clip, target, *, blocks=BLOCKS, samples=300, fill="mean", kernel_width=0.25, seed=0):
    r"""A linear model of which blocks are there, fitted near the whole clip: its weights.

        min_w sum_z pi(z) (p(z) - w_0 - w . z)^2 + |w|^2,   pi(z) = sqrt(exp(-d(z)^2 / kernel_width^2))

    with z in {0, 1}^blocks drawn by chance, p(z) the probability where only the blocks with 1 are there, and d the
    cosine distance of z to all ones. The regression is the package's own (`lime.lime_base`); its ridge has strength 1.

    Source: Ribeiro, Singh and Guestrin, "Why should I trust you?", KDD 2016, arXiv:1602.04938.

    Parameters
    ----------
    blocks
        Along time, height and width.
    samples
        How many z.
    fill
        What stands in a block that is taken away: see `explanation.filling`.
    """
    from lime.lime_base import LimeBase

    asked, where = _asked(model, clip, target, blocks, fill)
    rng = np.random.default_rng(seed)
    z = rng.integers(0, 2, (samples, int(where.max()) + 1))
    z[0] = 1
    distances = pairwise_distances(z, z[:1], metric="cosine").ravel()
    base = LimeBase(lambda d: np.sqrt(np.exp(-(d**2) / kernel_width**2)), random_state=0)
    p = asked(z)
    found = base.explain_instance_with_data(z, p[:, None], distances, 0, z.shape[1], feature_selection="none")[1]
    weights = np.zeros(z.shape[1])
    for block, weight in found:
        weights[block] = weight
    return weights[where]


@method
def kernel_shap(model, clip, target, *, blocks=BLOCKS, samples=500, fill="mean", seed=0):
    r"""Shapley values of blocks, estimated by a weighted regression over sets of them.

        phi_i = sum over S without i of |S|! (n - |S| - 1)! / n! (p(S + i) - p(S))

    with p(S) the probability where only the blocks in S are there. The sum of all is p(clip) - p(nothing there),
    exactly, however few the samples. By `shap.KernelExplainer`.

    Source: Lundberg and Lee, A unified approach to interpreting model predictions, NeurIPS 2017, arXiv:1705.07874.

    Parameters
    ----------
    blocks
        Along time, height and width; (frames, 1, 1) asks for the frames.
    samples
        Sets that are tried.
    fill
        What stands in a block that is taken away: see `explanation.filling`.
    """
    import shap

    asked, where = _asked(model, clip, target, blocks, fill)
    n = int(where.max()) + 1
    state = np.random.get_state()  # noqa: NPY002 - which is what shap draws from
    np.random.seed(seed)  # noqa: NPY002
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            explainer = shap.KernelExplainer(asked, np.zeros((1, n)))
            values = explainer.shap_values(np.ones((1, n)), nsamples=samples, l1_reg=False, silent=True)
    finally:
        np.random.set_state(state)  # noqa: NPY002
    return np.asarray(values).ravel()[where]


@method
def shapley(model, clip, target, *, blocks=None, fill="mean"):
    r"""Shapley values, exactly: every set of blocks is tried, which for 12 of them are 4,096 clips.

    The equation is that of `kernel_shap`.

    Source: Shapley, A value for n-person games, 1953.

    Parameters
    ----------
    blocks
        Along time, height and width, 14 at most in all; None: every frame is one, or as many as may be.
    """
    blocks = blocks or (min(len(clip), 12), 1, 1)
    asked, where = _asked(model, clip, target, blocks, fill)
    n = int(where.max()) + 1
    require(n <= 14, f"blocks={blocks}: {n} blocks are {2.0**n:.3g} sets of them; take 14 or fewer, or kernel_shap")
    sets = (np.arange(2**n)[:, None] >> np.arange(n)) & 1
    p, size = asked(sets), sets.sum(axis=1)
    weight = np.array([1 / (n * comb(n - 1, k)) if k < n else 0 for k in range(n + 1)])
    values = np.zeros(n)
    for i in range(n):
        without = np.flatnonzero(sets[:, i] == 0)
        values[i] = (weight[size[without]] * (p[without | 1 << i] - p[without])).sum()
    return values[where]
