"""Real material that ships inside scikit-image and scikit-learn: textures, photographs, faces, handwritten digits.

Each function loads its pictures once. Sources and licences stand in data/README.md.
"""

from functools import cache

import cv2
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


@cache
def _portraits():
    from skimage import data

    return data.lfw_subset().astype(np.float32)  # (200, 25, 25) in [0, 1]; the first 100 are faces


def face(is_one, rng):
    """A photograph of a face, or a piece of one without a face: (32, 32) float32 in [0, 1]."""
    return scaled(_portraits()[rng.integers(100) + (0 if is_one else 100)], (32, 32))


@cache
def stereo():
    """A motorcycle as its left camera saw it, (250, 371, 3) float32 in [0, 1], and its disparity: how many pixels
    farther left the right camera saw each point, (250, 371) float32. Where that was not measured, the nearest
    measured value to the left stands in (to the right at the left edge). Half the size of the original.
    """
    from skimage import data
    from skimage.transform import downscale_local_mean

    left, _, disparity = data.stereo_motorcycle()
    known = np.isfinite(disparity)
    column = np.maximum.accumulate(np.where(known, np.arange(disparity.shape[1]), 0), 1)
    column = np.where(column == 0, known.argmax(1)[:, None], column)
    disparity = np.take_along_axis(disparity, column, 1)[::2, ::2] / 2
    return downscale_local_mean(left, (2, 2, 1)).astype(np.float32) / 255, disparity


def crop(picture, size, zoom, rng):
    """A random piece of a picture, `zoom` times as many pixels a side as `size` = (height, width), scaled to it."""
    height, width = (min(round(side * zoom), limit) for side, limit in zip(size, picture.shape, strict=False))
    top = rng.integers(picture.shape[0] - height + 1)
    left = rng.integers(picture.shape[1] - width + 1)
    return scaled(picture[top : top + height, left : left + width], size)


def scaled(picture, size):
    """A picture of another (height, width), without aliasing."""
    height, width = size
    smaller = height < picture.shape[0] or width < picture.shape[1]
    return cv2.resize(picture, (width, height), interpolation=cv2.INTER_AREA if smaller else cv2.INTER_LINEAR)


def sampled(picture, x, y, border):
    """Look up points between the pixels of a picture (height, width) or (height, width, channels).

    `x` and `y` are (frames, height, width), or broadcast to it; 0 is the middle of the first pixel. `border` says
    what is beyond the picture, by OpenCV's name for it.
    """
    x, y = (np.ascontiguousarray(w, np.float32) for w in np.broadcast_arrays(x, y))
    return np.stack([cv2.remap(picture, *at, cv2.INTER_LINEAR, borderMode=border) for at in zip(x, y, strict=True)])
