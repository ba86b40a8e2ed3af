"""The rule for pictures notices what nbval would let pass."""

import base64
from io import BytesIO

import nbformat.v4 as nbf
import numpy as np
import pytest
from PIL import Image

from tests.notebooks.pictures import ALIKE, check_cell, pictures, similarity
from vidlab import figures


def output(picture):
    if isinstance(picture, np.ndarray):
        file = BytesIO()
        Image.fromarray(picture).save(file, "PNG")
        data = base64.b64encode(file.getvalue()).decode()
    else:
        data = picture._repr_mimebundle_()[0]["image/png"]
    return nbf.new_output("display_data", {"image/png": data})


def curve(slope, figsize=(4, 3)):
    fig = figures.Picture(figsize=figsize, alt="a line")
    fig.subplots().plot(np.arange(20) * slope)
    return output(fig)


def cell(*outputs, tags=()):
    return nbf.new_code_cell(outputs=list(outputs), metadata={"tags": list(tags)})


def test_the_same_picture_passes():
    assert check_cell(cell(curve(1)), [curve(1)]) is None


@pytest.mark.parametrize("tags", [(), ("nbval-ignore-output",)])
def test_missing_blank_and_resized_pictures_are_noticed(tags):
    red = np.full((300, 400, 3), (255, 0, 0), np.uint8)
    empty = output(figures.Picture(figsize=(4, 3), alt="nothing"))
    assert "stored" in check_cell(cell(tags=tags), [curve(1)])
    assert "blank" in check_cell(cell(output(red), tags=tags), [curve(1)])
    assert "blank" in check_cell(cell(curve(1), tags=tags), [empty])
    assert "pixels" in check_cell(cell(curve(1, (6, 3)), tags=tags), [curve(1)])


def test_another_picture_is_noticed_unless_training_drew_it():
    rng = np.random.default_rng(0)
    other = output(rng.integers(0, 255, (300, 400, 3), np.uint8))
    bars = figures.Picture(figsize=(4, 3), alt="bars")
    bars.subplots().bar(range(5), [3, 1, 4, 1, 5])
    for strange in (other, output(bars)):
        assert "look like" in check_cell(cell(strange), [curve(1)])
        assert check_cell(cell(strange, tags=("nbval-ignore-output",)), [curve(1)]) is None


def test_a_line_that_goes_the_other_way_is_another_picture():
    """Most of a chart is paper, so two of them are alike in most places: the tolerance must be narrow."""
    rising, falling = figures.Picture(figsize=(4, 3), alt="up"), figures.Picture(figsize=(4, 3), alt="down")
    for fig, turn in ((rising, 1), (falling, -1)):
        fig.subplots().plot(np.arange(20), 10 + turn * (np.arange(20) - 9.5), linewidth=3)
    old, new = (pictures([output(fig)])[0] for fig in (rising, falling))
    assert 0.3 < similarity(old, new) < ALIKE
    assert "look like" in check_cell(cell(output(rising)), [output(falling)])
