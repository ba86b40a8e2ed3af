"""The pages as files: one for each notebook, whole, with links that lead somewhere, and nothing from elsewhere."""

import base64
import doctest
import io
import re
from collections import Counter
from pathlib import Path
from urllib.parse import unquote

import nbformat
import pytest
from bs4 import BeautifulSoup
from fontTools.ttLib import TTFont

from pages import __main__, mathematics
from pages.mathematics import mathml
from pages.notebook import page_of
from pages.settings import settings
from pages.site import LARGEST, NOTEBOOKS, make_site

PICTURE = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="


@pytest.fixture(scope="module")
def site(tmp_path_factory):
    """(the folder of all pages, with figures for the labs; file -> soup)"""
    folder = tmp_path_factory.mktemp("site")
    make_site(folder, alive=False)
    return folder, {
        path.name: BeautifulSoup(path.read_text(encoding="utf8"), "html.parser") for path in folder.glob("*.html")
    }


@pytest.mark.slow
def test_every_notebook_has_a_page_in_its_place(site):
    _, soups = site
    names = [f"{path.stem}.html" for path in sorted(NOTEBOOKS.glob("*.ipynb"))]
    assert set(soups) == {*names, "index.html", "labs.html"}
    for before, name, after in zip([None, *names], names, [*names[1:], None], strict=False):
        way = {link["rel"][0]: link["href"] for link in soups[name].select(".way a")}
        assert way == ({"prev": before} if before else {}) | ({"next": after} if after else {})
        current = soups[name].select('#contents [aria-current="page"]')
        assert [link["href"] for link in current] == [name]
        assert [link["href"] for link in soups[name].select("#contents > ol > li > a")] == names


@pytest.mark.slow
def test_all_links_lead_somewhere_and_nothing_is_loaded_from_elsewhere(site):
    folder, soups = site
    ids = {name: [tag["id"] for tag in soup.find_all(id=True)] for name, soup in soups.items()}
    for name, soup in soups.items():
        assert len(ids[name]) == len(set(ids[name])), f"{name}: an id stands twice"
        for tag in soup.find_all(href=True):
            file, _, place = tag["href"].partition("#")
            if re.match(r"https?:", file):
                assert tag.name == "a", f"{name} loads {file}"
            elif not file.startswith("data:"):
                assert not file or (folder / file).is_file(), f"{name} links to {file}"
                assert not place or unquote(place) in ids[file or name], f"{name} links to {tag['href']}"
        for tag in soup.find_all(src=True):
            assert tag["src"].startswith("data:") or (folder / tag["src"]).is_file(), f"{name} loads {tag['src']}"
        assert not soup.select("iframe, object, embed") and "@import" not in str(soup)
    for sheet in (folder / "assets").glob("*.css"):
        assert not re.findall(r"url\((?!data:)", sheet.read_text(encoding="utf8")), sheet.name


@pytest.mark.slow
def test_they_are_small_enough_to_be_read_on_the_way(site):
    folder, soups = site
    assert max((folder / name).stat().st_size for name in soups) < LARGEST
    assert sum(path.stat().st_size for path in folder.rglob("*") if path.is_file()) < 60e6


@pytest.mark.slow
def test_every_picture_has_words_and_a_size(site):
    for name, soup in site[1].items():
        for image in soup.find_all("img"):
            assert len(image["alt"]) > 5 and int(image["width"]) > 0 and int(image["height"]) > 0, name


@pytest.mark.slow
def test_every_formula_is_drawn_in_a_font_that_has_its_characters(site):
    folder, soups = site
    formulas = [formula for soup in soups.values() for formula in soup.find_all("math")]
    written = sum(text.count("$$") // 2 for text in map(_markdown, NOTEBOOKS.glob("*.ipynb")))
    assert len([f for f in formulas if f.get("display") == "block"]) == written > 40
    for name, soup in soups.items():
        left = [t for text in soup.select(".text") for t in text.find_all(string=re.compile(r"\$"))]
        assert not [t for t in left if not t.find_parent(["code", "pre"])], f"{name}: a formula was left"
    data = re.search(r"base64,([^)]+)\)", (folder / "assets" / "mathematics.css").read_text(encoding="utf8"))[1]
    font = TTFont(io.BytesIO(base64.b64decode(data)))
    unseen = set(" \n\u2061\u2062\u2063\u200b\ufe00")
    drawn = {character for formula in formulas for character in formula.get_text()} - unseen
    assert "MATH" in font and {ord(c) for c in drawn} <= set(font.getBestCmap())
    assert {0x1D465, 0x1D70E} <= set(font.getBestCmap()), "the slanted x and sigma are not in it"


def _markdown(path):
    return "".join(cell.source for cell in nbformat.read(path, as_version=4).cells if cell.cell_type == "markdown")


@pytest.mark.slow
def test_exercises_say_where_they_are_solved_and_labs_have_their_figures(site):
    for path in NOTEBOOKS.glob("*.ipynb"):
        cells = nbformat.read(path, as_version=4).cells
        tags = Counter(tag for cell in cells for tag in cell.metadata.get("tags", []))
        soup, labs = site[1][f"{path.stem}.html"], tags["lab"] + tags["lab-trained"]
        assert len(soup.select(".cell > .note")) == tags["exercise"], path.name
        assert len(soup.select(".vl-figure")) == labs, path.name
        assert len(site[1]["labs.html"].select(f'.labs a[href^="{path.stem}.html"]')) == labs, path.name


def write(folder, *cells, name="07_made_up.ipynb"):
    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_markdown_cell("# 07 · Made up"), *cells])
    nbformat.write(notebook, folder / name)
    return folder / name


def test_formulas_are_what_their_docstring_says():
    assert doctest.testmod(mathematics).attempted == 1 and not doctest.testmod(mathematics).failed


def test_a_formula_that_cannot_be_shown_is_named():
    with pytest.raises(ValueError, match=r"cannot be shown on a page: \\nonsense"):
        mathml(r"\nonsense{x}")


def test_a_picture_without_alt_text_makes_no_page(tmp_path):
    output = nbformat.v4.new_output("display_data", {"image/png": PICTURE})
    path = write(tmp_path, nbformat.v4.new_code_cell("show()", outputs=[output]))
    with pytest.raises(ValueError, match=r"07_made_up\.ipynb: a picture has no alt text"):
        page_of(path, {})
    output.metadata = {"image/png": {"alt": "One <grey> pixel"}}
    page = page_of(write(tmp_path, nbformat.v4.new_code_cell("show()", outputs=[output])), {})
    image = BeautifulSoup(page.body, "html.parser").img
    assert (image["alt"], image["width"], image["height"]) == ("One <grey> pixel", "1", "1")


def test_links_go_to_pages_and_other_files_to_the_repository(tmp_path):
    (tmp_path / "08_next.ipynb").touch()
    words = nbformat.v4.new_markdown_cell("[on](08_next.ipynb#a) and [data](../data/README.md)")
    with pytest.raises(ValueError, match="its link to ../data/README.md leads nowhere"):
        page_of(write(tmp_path, words), {})
    inside = next(path for path in sorted(NOTEBOOKS.glob("*.ipynb")) if "](../data/README.md)" in _markdown(path))
    address = "https://somewhere.example/course"
    without, within = (BeautifulSoup(page_of(inside, {}, one).body, "html.parser") for one in ("", address))
    assert without.find("span", title="data/README.md in the course's folder")
    assert within.find("a", href=f"{address}/blob/main/data/README.md")
    assert without.find("a", href=re.compile(r"^\d\d_\w+\.html$")) and not without.find(
        "a", href=re.compile("ipynb|README")
    )


def test_code_is_shown_and_not_obeyed(tmp_path):
    said = nbformat.v4.new_output("stream", text="<b>not bold</b>")
    page = page_of(write(tmp_path, nbformat.v4.new_code_cell('print("<script>")', outputs=[said])), {})
    soup = BeautifulSoup(page.body, "html.parser")
    assert soup.select_one(".code").get_text().strip() == 'print("<script>")'
    assert soup.select_one(".said").get_text() == "<b>not bold</b>" and not soup.find(["script", "b"])


def test_a_folder_with_something_else_in_it_is_not_emptied(tmp_path):
    (tmp_path / "thesis.txt").write_text("all of it")
    with pytest.raises(ValueError, match="holds something that is no site"):
        make_site(tmp_path, [], alive=False)
    assert (tmp_path / "thesis.txt").exists()


@pytest.mark.parametrize("address", ["http://a.example/b", "https://a.example/b/"])
def test_the_repository_is_an_https_address(tmp_path, address):
    (tmp_path / "pyproject.toml").write_text(f'[project]\nversion = "1"\n[tool.vidlab]\nrepository = "{address}"\n')
    with pytest.raises(ValueError, match="repository: expected an address like"):
        settings(tmp_path)


def test_the_settings_are_those_of_the_package():
    from vidlab import __version__

    assert settings() == {"repository": settings()["repository"], "version": __version__}
    assert Path(NOTEBOOKS).is_dir()


@pytest.mark.parametrize("given", ["a_folder", "none.ipynb"])
def test_what_is_no_notebook_is_said(given, tmp_path, monkeypatch, capsys):
    (tmp_path / "a_folder").mkdir()
    monkeypatch.setattr("sys.argv", ["pages", str(tmp_path / given), "--to", str(tmp_path / "site")])
    with pytest.raises(SystemExit):
        __main__.main()
    assert f"{given} is no notebook; give files that end in .ipynb" in capsys.readouterr().err
    assert not (tmp_path / "site").exists()
