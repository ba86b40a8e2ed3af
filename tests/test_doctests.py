"""The examples in the docstrings are run, and each public function of the teaching rooms has one."""

import doctest
import importlib
import inspect
import pkgutil

import numpy as np
import pytest

import vidlab

ROOMS = "reference", "video", "datasets", "models", "training", "figures"
MODULES = [
    info.name
    for info in pkgutil.walk_packages(vidlab.__path__, "vidlab.")
    if "__main__" not in info.name and not info.name.startswith(("vidlab.cli", "vidlab.server"))
]


@pytest.mark.parametrize("name", MODULES)
def test_examples_give_what_they_say(name, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    module = importlib.import_module(name)
    failed, _ = doctest.testmod(module, extraglobs={"np": np}, optionflags=doctest.NORMALIZE_WHITESPACE)
    assert not failed, f"see the report above: python -m doctest shows it, too ({name})"


def public_functions():
    for room in ROOMS:
        module = importlib.import_module(f"vidlab.{room}")
        for name in module.__all__:
            if inspect.isfunction(getattr(module, name)):
                yield f"{room}.{name}", getattr(module, name)


def test_every_public_function_has_an_example():
    assert [name for name, function in public_functions() if ">>>" not in (function.__doc__ or "")] == []
