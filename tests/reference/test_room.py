"""The room as a whole: its names, and what it imports."""

import subprocess
import sys
from pathlib import Path

from vidlab import reference


def test_every_public_name_is_callable_and_documented():
    for name in reference.__all__:
        assert callable(getattr(reference, name)), name
        assert getattr(reference, name).__doc__, name


def test_no_module_bears_the_name_of_a_public_function():
    modules = {path.stem for path in Path(reference.__file__).parent.glob("*.py")}
    assert not modules & set(reference.__all__)


def test_numpy_is_all_it_needs():
    code = """
import sys
import numpy
before = set(sys.modules)
import vidlab.reference
new = {name.split(".")[0] for name in set(sys.modules) - before}
print(sorted(new - set(sys.stdlib_module_names)))
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "['numpy', 'vidlab']" or done.stdout.strip() == "['vidlab']"
