"""The notebooks as they are stored: run from top to bottom, small, and whole when they are turned into a page."""

import base64
import re
from io import BytesIO
from pathlib import Path

import nbformat
import numpy as np
import pytest
from nbconvert import HTMLExporter
from PIL import Image

from tests.notebooks.pictures import is_blank, pictures

NOTEBOOKS = sorted((Path(__file__).parents[2] / "notebooks").glob("*.ipynb"))


@pytest.fixture(params=NOTEBOOKS, ids=lambda path: path.stem)
def notebook(request):
    return request.param, nbformat.read(request.param, as_version=4)


def test_is_small_and_valid(notebook):
    path, content = notebook
    nbformat.validate(content)
    assert path.stat().st_size < 1_000_000
    assert set(content.metadata) <= {"kernelspec", "language_info"}


def test_every_cell_was_run_in_order_without_noise(notebook):
    _, content = notebook
    code = [cell for cell in content.cells if cell.cell_type == "code"]
    assert [cell.execution_count for cell in code] == list(range(1, len(code) + 1))
    for cell in code:
        assert set(cell.metadata) <= {"tags", "vidlab", "jupyter", "alt"}
        for output in cell.outputs:
            assert output.output_type != "error" or "raises-exception" in cell.metadata.get("tags", [])
            assert output.get("name") != "stderr"


def test_opens_with_what_the_reader_needs(notebook):
    path, content = notebook
    opening = content.cells[0].source
    assert opening.startswith(f"# {path.name.split('_')[0]} ")
    for promise in ("**After this notebook you can**", "**Read:**", "**Run:**", "**Builds on:**"):
        assert promise in opening
    assert "Further reading" in content.cells[-1].source


def test_exercises_are_tagged_and_named(notebook):
    _, content = notebook
    slugs = [
        cell.metadata.get("vidlab", {}).get("exercise")
        for cell in content.cells
        if "exercise" in cell.metadata.get("tags", [])
    ]
    assert all(re.fullmatch(r"[a-z][a-z0-9_]*", slug or "") for slug in slugs)
    assert len(set(slugs)) == len(slugs)


def test_links_lead_somewhere(notebook):
    path, content = notebook
    for cell in content.cells:
        for link in re.findall(r"\]\(([\w./-]+\.ipynb)\)", cell.source):
            assert (path.parent / link).is_file(), link


def test_pictures_have_a_text_beside_them(notebook):
    _, content = notebook
    for cell in content.cells:
        for output in cell.get("outputs", []):
            if "image/png" in output.get("data", {}):
                assert output.metadata.get("image/png", {}).get("alt"), cell.source


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore::UserWarning")
def test_a_static_page_shows_every_picture(notebook):
    path, content = notebook
    page, _ = HTMLExporter().from_filename(str(path))
    stored = sum(len(pictures(cell.get("outputs", []))) for cell in content.cells)
    shown = [
        np.asarray(Image.open(BytesIO(base64.b64decode(data))).convert("RGB"))
        for data in re.findall(r'src="data:image/png;base64,([^"]+)"', page)
    ]
    assert len(shown) >= stored > 0
    assert not any(is_blank(picture) for picture in shown)
    assert page.count("data:video/mp4") == sum("<video" in str(cell.get("outputs", "")) for cell in content.cells)
