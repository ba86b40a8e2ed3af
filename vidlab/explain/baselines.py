"""What a map must be better than: maps that know nothing of the model, and a model that has learnt nothing."""

import keras
import numpy as np
from skimage.filters import gaussian, sobel

from vidlab.explain.explanation import method


@method
def random_map(model, clip, target, *, smooth=2.0, seed=0):
    """Noise, smoothed over so many pixels: as blobs as other maps have."""
    noise = np.random.default_rng(seed).normal(size=clip.shape[:3])
    return gaussian(noise, (smooth / 2, smooth, smooth)) if smooth else noise


@method
def edges(model, clip, target):
    """The strength of the edges of each frame, by Sobel's filter: where pictures have something in them."""
    return np.stack([sobel(frame.mean(axis=-1)) for frame in clip])


@method
def frame_difference(model, clip, target):
    """How much each pixel differs from the frame before, or, in the first frame, from the one after."""
    change = np.abs(np.diff(clip, axis=0)).mean(axis=-1)
    return np.concatenate([change[:1], change]) if len(change) else np.zeros(clip.shape[:3])


def by_chance(model: keras.Model, seed: int = 0) -> keras.Model:
    """The same network with weights drawn anew: its maps must be others than the trained one's (Adebayo et al. 2018).

    >>> from vidlab import models
    >>> model = models.frame_cnn((2, 8, 8, 3), classes=3)
    >>> by_chance(model).output_shape
    (None, 3)
    """
    keras.utils.set_random_seed(seed)
    return keras.models.clone_model(model)
