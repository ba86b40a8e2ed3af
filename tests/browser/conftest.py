"""One JupyterLab and one Chromium for all browser tests.

They skip with a reason where there is no Chromium; with VIDLAB_REQUIRE_BROWSER=1 they fail instead.
"""

import os
import shutil
from pathlib import Path

import pytest

from tests.browser.jupyter import CHROMIUM, chromium, jupyterlab, new_page
from tests.browser.labs import NOTEBOOKS


def pytest_collection_modifyitems(items):
    for item in items:
        if Path(__file__).parent in item.path.parents:
            item.add_marker(pytest.mark.slow)


@pytest.fixture(scope="session")
def browser():
    if not os.path.exists(CHROMIUM):
        reason = f"no browser: {CHROMIUM} is not there (on Debian: apt-get install chromium)"
        if os.environ.get("VIDLAB_REQUIRE_BROWSER"):
            pytest.fail(reason)
        pytest.skip(reason)
    with chromium() as browser:
        yield browser


@pytest.fixture(scope="session")
def course(tmp_path_factory):
    """A copy of the notebooks, served by a JupyterLab."""
    course = tmp_path_factory.mktemp("lab") / "course"
    shutil.copytree(NOTEBOOKS, course, ignore=shutil.ignore_patterns(".ipynb_checkpoints"))
    return course


@pytest.fixture(scope="session")
def address(course):
    """The address of a notebook of the course, with {} for its name."""
    with jupyterlab(course.parent, course) as address:
        yield address


@pytest.fixture
def page(browser):
    with new_page(browser) as page:
        yield page
