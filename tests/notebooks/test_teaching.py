"""The teacher's pages name what is there: every exercise of their notebook, and mistakes that its checks know."""

import re
from pathlib import Path

import pytest

from vidlab import check

TOP = Path(__file__).parents[2]
NOTEBOOKS = sorted(path.stem for path in (TOP / "notebooks").glob("*.ipynb"))


@pytest.mark.parametrize("name", NOTEBOOKS)
def test_a_page_names_its_exercises_and_their_mistakes(name):
    page = (TOP / "docs" / "teaching" / f"{name}.md").read_text(encoding="utf8")
    own = {slug: one for slug, one in check.EXERCISES.items() if one.notebook == name.split("_")[0]}
    last = page[page.index("## Exercises") :]
    assert set(own) <= set(re.findall(r"`(\w+)`", last)), "all exercises of the notebook"
    pairs = re.findall(r"`([a-z0-9_]+)`:\s+`([a-z0-9-]+)`", page)
    assert len(pairs) >= min(4, len(own))
    for slug, mistake in pairs:
        assert mistake in {one.slug for one in own[slug].mistakes}, (slug, mistake)
    assert f"../../notebooks/{name}.ipynb" in page
    assert f"({name}.md)" in (TOP / "docs" / "teaching" / "README.md").read_text(encoding="utf8")


def test_exercises_of_a_notebook_are_those_of_the_package():
    """Each exercise stands in its notebook once, as the stub and one call of check, and in the list at its end."""
    import nbformat

    for name in NOTEBOOKS:
        cells = nbformat.read(TOP / "notebooks" / f"{name}.ipynb", 4).cells
        own = [slug for slug, one in check.EXERCISES.items() if one.notebook == name.split("_")[0]]
        held = {
            cell.metadata.get("vidlab", {}).get("exercise"): cell.source for cell in cells if cell.cell_type == "code"
        }
        held.pop(None, None)
        assert set(held) == set(own), name
        listed = next(cell.source for cell in cells if "**Exercises:**" in cell.source)
        assert set(re.findall(r"`(\w+)`", listed.split("**Exercises:**")[1].split("\n")[0])) == set(own), name
        for slug, source in held.items():
            assert source.count("check.") == 1 and f"check.{slug}(" in source, slug
            assert check.EXERCISES[slug].is_value or check.EXERCISES[slug].stub in source, slug
