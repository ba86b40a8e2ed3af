"""Real material that ships inside scikit-image and scikit-learn: textures, photographs, handwritten digits.

Each function loads its pictures once. Sources and licences stand in data/README.md.
"""

from functools import cache

import numpy as np

_PHOTOGRAPHS = {
    "astronaut": "astronaut",
    "cat": "chelsea",
    "coffee": "coffee",
    "rocket": "rocket",
    "galaxies": "hubble_deep_field",
}


@cache
def texture(name):
    """A photographed surface as (512, 512) float32 with mean 0 and standard deviation 1."""
    from skimage import data

    picture = getattr(data, name)().astype(np.float32)
    return (picture - picture.mean()) / picture.std()


@cache
def photograph(name):
    """A photograph as (height, width, 3) float32 in [0, 1]."""
    from skimage import data

    return getattr(data, _PHOTOGRAPHS[name])().astype(np.float32) / 255


@cache
def digits():
    """1,797 handwritten digits: ink as (1797, 8, 8) float32 in [0, 1], and which digit each is."""
    from sklearn.datasets import load_digits

    loaded = load_digits()
    return (loaded.images / 16).astype(np.float32), loaded.target


def crop(picture, size, zoom, rng):
    """A random piece of a picture, `zoom` times as many pixels a side as `size` = (height, width), scaled to it."""
    from skimage.transform import resize

    height, width = (min(round(side * zoom), limit) for side, limit in zip(size, picture.shape, strict=False))
    top = rng.integers(picture.shape[0] - height + 1)
    left = rng.integers(picture.shape[1] - width + 1)
    piece = picture[top : top + height, left : left + width]
    return resize(piece, (*size, *picture.shape[2:]), order=1, anti_aliasing=True).astype(np.float32)
