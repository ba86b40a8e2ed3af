"""Do the pictures that a notebook stores agree with those that it makes now?

A stored and a fresh picture agree when there are as many, each as large (fonts may move an edge by a few
pixels), neither is blank, and they look alike. What training drew (cells tagged nbval-ignore-output) need not
look alike, but must be there and not blank.
"""

import base64
from io import BytesIO

import numpy as np
from PIL import Image
from scipy.ndimage import maximum_filter
from skimage.metrics import structural_similarity
from skimage.transform import resize

ALIKE = 0.65  # structural similarity, 1 for equal pictures (Wang et al. 2004)
SAME_SIZE = 0.1  # how far heights and widths may differ
BLANK = 0.004  # a picture with less of its area away from its most frequent colour is blank


def check_cell(cell, fresh_outputs):
    """What is wrong with a cell's pictures, in a sentence, or None."""
    stored, fresh = pictures(cell.outputs), pictures(fresh_outputs)
    if len(stored) != len(fresh):
        return f"{len(stored)} pictures are stored, but {len(fresh)} are made"
    trained = "nbval-ignore-output" in cell.metadata.get("tags", [])
    for number, (old, new) in enumerate(zip(stored, fresh, strict=True), 1):
        problem = compare(old, new, alike=not trained)
        if problem:
            return f"picture {number} of this cell: {problem}"
    return None


def pictures(outputs):
    found = []
    for output in outputs:
        if data := output.get("data", {}).get("image/png"):
            found.append(np.asarray(Image.open(BytesIO(base64.b64decode(data))).convert("RGB")))
    return found


def compare(old, new, alike=True):
    for which, picture in (("stored", old), ("fresh", new)):
        if is_blank(picture):
            return f"the {which} one is blank"
    ratios = np.divide(old.shape[:2], new.shape[:2])
    if np.abs(ratios - 1).max() > SAME_SIZE:
        return f"it was {old.shape[1]}x{old.shape[0]} pixels and is {new.shape[1]}x{new.shape[0]} now"
    if alike and (likeness := similarity(old, new)) < ALIKE:
        return f"it does not look like the stored one (similarity {likeness:.2f}, at least {ALIKE} is asked)"
    return None


def is_blank(picture):
    _, counts = np.unique(picture.reshape(-1, 3), axis=0, return_counts=True)
    return 1 - counts.max() / counts.sum() < BLANK


def similarity(old, new):
    """Structural similarity of the two at half the size of the smaller, blurred so that hair lines do not decide; mean
    over what is drawn in either of them, for paper is like paper in all charts."""
    size = np.minimum(old.shape[:2], new.shape[:2]) // 2
    small = [resize(p / 255, size, anti_aliasing=True) for p in (old, new)]
    window = min(7, min(size) // 2 * 2 - 1)
    _, alike = structural_similarity(*small, channel_axis=-1, data_range=1, win_size=window, full=True)
    drawn = np.any([np.abs(p - np.median(p, (0, 1))).max(-1) > 0.05 for p in small], 0)
    return alike.mean(-1)[maximum_filter(drawn, window)].mean()
