"""What belongs together shall be alike: the contrastive loss, and how often a search finds the right one.

    s_ij = u_i . v_j / temperature
    L    = -1/(2n) sum_i (log softmax_j(s_ij)[i] + log softmax_i(s_ij)[i])

u_i and v_i belong together (a clip and its sentence); all other pairs of the batch are taken as wrong. The first term
finds the sentence of a clip, the second the clip of a sentence.

Source: van den Oord, Li and Vinyals, Representation learning with contrastive predictive coding, 2018 (there, one
direction); Radford et al., Learning transferable visual models from natural language supervision, ICML 2021 (both).
"""

import numbers

import numpy as np

from vidlab.reference.arguments import as_floats, expect
from vidlab.reference.classifier import softmax


def contrastive_loss(u, v, temperature=0.1):
    """The mean over both directions of the cross-entropy of finding the partner.

    Parameters
    ----------
    u, v
        Arrays (n, width), of which rows of one number belong together; usually brought to length 1 before.
    temperature
        Above 0. The smaller, the more the nearest wrong one counts.

    Returns
    -------
    float; log(n) where all are alike

    Raises
    ------
    ValueError
        The shapes differ, there is no pair, or the temperature is not above 0.

    Examples
    --------
    >>> u = np.eye(2)
    >>> round(float(contrastive_loss(u, u, 1.0)), 4), round(float(contrastive_loss(u, u[::-1], 1.0)), 4)
    (0.3133, 1.3133)
    """
    s = _similarities(u, v, temperature)
    own = np.diagonal(s)
    return -np.mean((own - _log_sum(s, axis=1)) + (own - _log_sum(s, axis=0))) / 2


def contrastive_loss_gradients(u, v, temperature=0.1):
    """dL/du and dL/dv of `contrastive_loss`.

        dL/ds = (softmax over columns + softmax over rows - 2 I) / 2n,   dL/du = dL/ds v / temperature

    >>> u, v = np.random.default_rng(0).normal(size=(2, 3, 4))
    >>> sorted(contrastive_loss_gradients(u, v))
    ['u', 'v']
    """
    u, v = as_floats(u=u, v=v)
    s = _similarities(u, v, temperature)
    n = len(s)
    ds = (softmax(s) + softmax(s.T).T - 2 * np.eye(n, dtype=s.dtype)) / (2 * n)
    return {"u": ds @ v / temperature, "v": ds.T @ u / temperature}


def recall_at(similarities, k=1):
    """How often the right one is among the k most alike: recall at k.

    Parameters
    ----------
    similarities
        Array (n, n): row i asks, column j answers, and j = i is right. Among equals the right one comes last, so that a
        model which gives everything the same number finds nothing; and where it is no number (NaN), it is not found.
    k
        From 1 up.

    Returns
    -------
    float from 0 to 1; k / n by chance

    Raises
    ------
    ValueError
        It is not square or empty, or k no whole number from 1 up.

    Examples
    --------
    >>> alike = np.array([[0.9, 0.8, 0.1], [0.7, 0.6, 0.2], [0.1, 0.2, 0.9]])
    >>> round(recall_at(alike, 1), 2), recall_at(alike, 2)
    (0.67, 1.0)
    """
    similarities = as_floats(similarities=similarities)
    if similarities.ndim != 2 or similarities.shape[0] != similarities.shape[1] or not len(similarities):
        raise ValueError(f"similarities: expected shape (n, n), n from 1 up, got {similarities.shape}")
    if not isinstance(k, int | np.integer) or k < 1:
        raise ValueError(f"k={k!r} must be a whole number from 1 up")
    own = np.diagonal(similarities)
    better = (~(similarities < own[:, None])).sum(axis=1) - 1  # itself does not count; what is no number does
    return float(np.mean((better < k) & ~np.isnan(own)))


def _similarities(u, v, temperature):
    u, v = as_floats(u=u, v=v)
    expect("u", u, ("n", "width"))
    expect("v", v, u.shape, because=", as u")
    if not len(u):
        raise ValueError(f"u: expected a row or more, got {u.shape}")
    if not (isinstance(temperature, numbers.Real) and temperature > 0):
        raise ValueError(f"temperature={temperature!r} must be a number above 0")
    return u @ v.T / temperature


def _log_sum(s, axis):
    largest = s.max(axis=axis, keepdims=True)
    return (largest + np.log(np.exp(s - largest).sum(axis=axis, keepdims=True))).squeeze(axis)
