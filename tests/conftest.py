"""What all tests share: which are slow, and that pictures in notebooks are checked too."""

import gc

import pytest
import setuptools  # noqa: F401 - before anything loads Python's own distutils, beside which nbgrader's setuptools fails
from nbval.plugin import IPyNbCell

from tests.notebooks.pictures import check_cell


def pytest_configure(config):
    config.addinivalue_line("markers", "slow: takes more than a few seconds; left out of `make quick`")


def pytest_collection_modifyitems(items):
    for item in items:
        if isinstance(item, IPyNbCell):
            item.add_marker(pytest.mark.slow)


def _run_and_look(self, run=IPyNbCell.runtest):
    """nbval compares text but never pictures; see tests/notebooks/pictures.py for the rule that does."""
    run(self)
    if problem := check_cell(self.cell, self.test_outputs or []):
        self.raise_cell_error(problem)


IPyNbCell.runtest = _run_and_look


def pytest_collection_finish():
    """imageio collects garbage whenever it closes a file: with TensorFlow loaded, half a second each time."""
    gc.collect()
    gc.freeze()
