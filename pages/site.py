"""The folder of all pages: home, notebooks, labs, and what they share."""

import json
import shutil
from pathlib import Path

from bs4 import BeautifulSoup

from pages.mathematics import font_css
from pages.notebook import Exporter, Page, page_of
from pages.settings import settings

HERE = Path(__file__).parent
NOTEBOOKS = HERE.parent / "notebooks"
LARGEST = 3_000_000  # bytes of a page


def make_site(to, notebooks=None, alive=True, say=lambda words: None):
    """Write the pages of some notebooks, and those that lead to them, into a folder, which is written anew.

    Parameters
    ----------
    to
        The folder. What an older site left in it is removed.
    notebooks
        Paths, in the order of the chapters; all of the course where None.
    alive
        Let labs live where they can: their cells are run for that.
    say
        Called with a sentence for each page.

    Returns
    -------
    list of Page
        Of the notebooks.

    Raises
    ------
    ValueError
        A notebook cannot become a page, a page grew too large, or `to` holds something else than a site.
    """
    to, found = Path(to), settings()
    if to.exists() and any(to.iterdir()) and not (to / "assets" / "page.css").exists():
        raise ValueError(f"to: {to} holds something that is no site; choose an empty folder, or a new one")
    shutil.rmtree(to, ignore_errors=True)
    shutil.copytree(HERE / "assets", to / "assets")
    exporter, pages, kinds = Exporter(), [], {}
    for path in sorted(NOTEBOOKS.glob("*.ipynb")) if notebooks is None else notebooks:
        shipped = {}
        if alive:
            from pages.alive import labs_of

            shipped = labs_of(path)
        page = page_of(path, shipped, found["repository"], exporter)
        for lab in shipped.values():
            kinds[lab.kind] = lab
            (to / "labs").mkdir(exist_ok=True)
            (to / "labs" / f"{lab.name}.js").write_text(lab.script, encoding="utf8")
        pages.append(page)
        sizes = "".join(f", {lab.name} {len(lab.script) / 1e3:.0f} kB" for lab in shipped.values())
        still = sum(not lab.alive for lab in page.labs)
        say(f"{page.file}: {len(page.body) / 1e3:.0f} kB{sizes}{f'; {still} labs as pictures' if still else ''}")
    for kind, lab in kinds.items():
        (to / "assets" / f"{kind}.js").write_text(lab.module, encoding="utf8")
        (to / "assets" / f"{kind}.css").write_text(lab.styles, encoding="utf8")

    def fill(name, **values):
        return exporter.environment.get_template(name).render(pages=pages, **found, **values)

    labs = [lab for page in pages for lab in page.labs]
    home = Page("index.html", "Video understanding, hands on", "", "A hands-on course on video understanding")
    home.body = fill("home.html.j2", labs=len(labs), alive=sum(lab.alive for lab in labs))
    list_of_labs = Page("labs.html", "The labs", fill("labs.html.j2"), "All labs of the course")
    around = [*zip([None, *pages], pages, [*pages[1:], None], strict=False)]
    around += [(None, home, None), (None, list_of_labs, None)]
    for before, page, after in around:
        sheets = sorted({f"{kind}.css" for kind in kinds if f'data-kind="{kind}"' in page.body})
        html = fill("frame.html.j2", page=page, before=before, after=after, sheets=sheets)
        if len(html.encode()) > LARGEST:
            raise ValueError(f"{page.file}: {len(html.encode()) / 1e6:.1f} MB; a page may have {LARGEST / 1e6:g} MB")
        (to / page.file).write_text(html, encoding="utf8")
    (to / "assets" / "search.js").write_text(_index(pages), encoding="utf8")
    used = {c for page in pages for m in BeautifulSoup(page.body, "html.parser").find_all("math") for c in m.get_text()}
    (to / "assets" / "mathematics.css").write_text(font_css("".join(sorted(used)) or "x"), encoding="utf8")
    return pages


def _index(pages):
    """What the search looks through, as a script: from a folder (file://) a page can read no other file."""
    rows = [
        [page.file, page.title, [["", page.title], *([id, text] for _, id, text in page.headings)]] for page in pages
    ]
    return f"globalThis.vidlabHeadings = {json.dumps(rows, ensure_ascii=False)};\n"
