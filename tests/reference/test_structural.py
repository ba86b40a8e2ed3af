"""Structural similarity is scikit-image's."""

import numpy as np
import pytest
from skimage.metrics import structural_similarity

from vidlab import reference


@pytest.mark.parametrize(("shape", "window", "peak"), [((16, 16), 7, 1.0), ((12, 19), 5, 1.0), ((9, 8), 3, 255.0)])
def test_equals_scikit_image(shape, window, peak):
    rng = np.random.default_rng(0)
    a = peak * rng.random(shape)
    b = 0.7 * a + 0.2 * peak * rng.random(shape)
    # it leaves a border out of the mean, as wide as half a window: so all of its windows lie inside, as ours do
    theirs = structural_similarity(a, b, win_size=window, data_range=peak, use_sample_covariance=False)
    assert np.isclose(reference.ssim(a, b, window, peak), theirs, rtol=1e-9)


def test_takes_many_pictures_and_names_what_does_not_fit():
    a = np.random.default_rng(1).random((3, 2, 10, 10))
    many = reference.ssim(a, a[::-1])
    assert many.shape == (3, 2) and np.isclose(many[0, 1], reference.ssim(a[0, 1], a[2, 1])) and np.allclose(many[1], 1)
    with pytest.raises(ValueError, match="window=11"):
        reference.ssim(a, a, window=11)
    with pytest.raises(ValueError, match="b: expected shape"):
        reference.ssim(a, a[0])
