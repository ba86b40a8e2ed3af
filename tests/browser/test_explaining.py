"""The explaining lab in the page, on a small network: in its notebook it stands behind a training."""

import numpy as np
import pytest

from tests.browser import labs

CELLS = (
    """import numpy as np
from vidlab import models, widgets
import keras

keras.utils.set_random_seed(0)
model = models.conv3d((6, 24, 24, 3), 3)
clip = np.random.default_rng(0).random((6, 24, 24, 3), np.float32)
masks = np.zeros((6, 24, 24), bool)
masks[:, 4:12, 6:14] = True""",
    "widgets.explain(model, clip, ['left', 'right', 'up'], masks)",
)
pytestmark = pytest.mark.timeout(300)


def test_the_lab_in_the_page_says_what_the_kernel_computes(browser, course, address):
    [twin] = labs.headless(labs.code(CELLS))
    rng = np.random.default_rng(1)
    with labs.opened(browser, course, address, "explaining.ipynb", CELLS, 1) as (page, [lab]):
        labs.agree(lab, twin)
        seen = set()
        for _ in range(10):
            labs.choose(page, lab, twin, rng, changes=2)
            labs.agree(lab, twin)
            seen.add((twin.values["method"], twin.values["chance"]))
        assert len({method for method, _ in seen}) >= 4 and len({chance for _, chance in seen}) == 2
        assert page.errors == []
