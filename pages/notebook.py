"""One notebook as the inside of a page: nbconvert with our template, then links, headings and pictures set right."""

import re
import struct
from base64 import b64decode
from dataclasses import dataclass, field
from pathlib import Path

import nbformat
from bs4 import BeautifulSoup
from nbconvert import HTMLExporter
from nbconvert.filters.markdown_mistune import IPythonRenderer, MarkdownWithMath

from pages.mathematics import mathml

HERE = Path(__file__).parent
VIEW = "application/vnd.jupyter.widget-view+json"
ALIVE = "The lab that answers here needs scripts, which are off in this browser."
STILL = "On a page this lab is a picture: it needs Python. Run its cell in the notebook to bring it to life."


@dataclass
class Page:
    """What is known of a page once it is made."""

    file: str  # 02_convolution.html
    title: str
    body: str
    goal: str = ""  # what a reader can do after it
    facts: str = ""  # minutes to read, what it builds on; HTML
    headings: list = field(default_factory=list)  # (level, id, text) from level 2 on
    labs: list = field(default_factory=list)  # LabOnPage, in order


@dataclass
class LabOnPage:
    """Where a lab stands, and its figure."""

    anchor: str
    section: str
    call: str  # widgets.play(clip)
    figure: str  # an img element
    alive: bool
    note: str


class Renderer(IPythonRenderer):
    """Markdown with formulas as MathML."""

    def block_math(self, body):
        return f'<span class="equation">{mathml(body, block=True)}</span>'

    def inline_math(self, body):
        return mathml(body)

    def latex_environment(self, name, body):
        return self.block_math(rf"\begin{{{name}}}{body}\end{{{name}}}")


class Exporter(HTMLExporter):
    """nbconvert with the template of these pages."""

    def __init__(self, **options):
        super().__init__(
            template_name="template", extra_template_basedirs=[str(HERE)], exclude_input_prompt=True,
            exclude_output_prompt=True, **options,
        )  # fmt: skip

    def markdown2html(self, source):
        return MarkdownWithMath(renderer=Renderer(escape=False, anchor_link_text="#")).render(source)


def read(path):
    """A notebook whose cells have ids and tags."""
    notebook = nbformat.read(path, as_version=4)
    for number, cell in enumerate(notebook.cells):
        cell.setdefault("id", f"{number:03}")
        cell.metadata.setdefault("tags", [])
    return notebook


def page_of(path, labs, repository="", exporter=None):
    """A notebook as a page.

    Parameters
    ----------
    path
        Of the notebook.
    labs
        Dict from the id of a cell to its lab (`alive.Shipped`); where there is none, the figure stands.
    repository
        Public address of the course's repository: for links to files that are no pages. "" where it has none.
    exporter
        An `Exporter`, to use one for all pages.

    Raises
    ------
    ValueError
        The notebook has no title, a picture without alt text, or a link to a notebook that is not there.
    """
    notebook = read(path)
    notebook.cells = [cell for cell in notebook.cells if "colab" not in cell.metadata.tags]
    for cell in notebook.cells:
        if cell.cell_type == "code":
            cell.outputs = [one for one in cell.outputs if set(one.get("data", {"text": 0})) != {VIEW}]
    wanted = {cell.id: labs.get(cell.id) for cell in notebook.cells}
    html, _ = (exporter or Exporter()).from_notebook_node(notebook, resources={"labs": wanted})
    soup = BeautifulSoup(html, "html.parser")
    title = soup.h1
    if title is None:
        raise ValueError(f"{path.name}: it has no heading of level 1")
    _pictures(soup, path)
    _links(soup, path, repository)
    _headings(soup)
    page = Page(f"{path.stem}.html", _words(title), "")
    paragraphs = [p for p in title.find_parent("div").find_all("p", recursive=False)]
    if paragraphs:
        page.goal = re.sub(r"^After this notebook you can\s+", "", " ".join(paragraphs[0].get_text().split()))
    if len(paragraphs) > 1:
        page.facts = paragraphs[1].decode_contents()
    page.headings = [(int(h.name[1]), h["id"], _words(h)) for h in soup.find_all(["h2", "h3"])]
    page.labs = list(_labs(soup, notebook, labs))
    for table in soup.select(".text table, .made table"):
        table.wrap(soup.new_tag("div", attrs={"class": "scroll"}))
    page.body = str(soup)
    return page


def _words(heading):
    return " ".join(
        "".join(t for t in heading.find_all(string=True) if t.parent.get("class") != ["anchor-link"]).split()
    )


def _pictures(soup, path):
    """Every picture has words, and its size, so that nothing moves while the page loads."""
    for image in soup.find_all("img"):
        if not image.get("alt") or image["alt"].startswith("No description"):
            raise ValueError(f"{path.name}: a picture has no alt text")
        kind, _, data = image["src"].partition(";base64,")
        if kind == "data:image/png":
            image["width"], image["height"] = struct.unpack(">II", b64decode(data[:64])[16:24])
        image["decoding"] = "async"


def _links(soup, path, repository):
    for link in soup.find_all("a", href=True):
        target, _, place = link["href"].partition("#")
        if target in ("", "index.html") or re.match(r"[a-z]+:", target):
            continue
        found = (path.parent / target).resolve()
        if not found.exists():
            raise ValueError(f"{path.name}: its link to {target} leads nowhere")
        if found.suffix == ".ipynb":
            link["href"] = f"{found.stem}.html" + (f"#{place}" if place else "")
        elif repository:
            link["href"] = f"{repository}/blob/main/{found.relative_to(HERE.parent).as_posix()}"
        else:  # a file of the course that is no page
            name = soup.new_tag("span", attrs={"title": f"{target.lstrip('./')} in the course's folder"})
            name.extend(list(link.contents))
            link.replace_with(name)


def _headings(soup):
    """Ids differ, and the sign beside a heading says what it is for."""
    met = {}
    for heading in soup.find_all(re.compile("^h[1-6]$")):
        name = re.sub(r"[^\w]+", "-", _words(heading).lower()).strip("-")
        met[name] = met.get(name, 0) + 1
        heading["id"] = name if met[name] == 1 else f"{name}-{met[name]}"
        if link := heading.find("a", class_="anchor-link"):
            if heading.name == "h1":
                link.decompose()
            else:
                link["href"], link["aria-label"] = f"#{heading['id']}", f"link to: {_words(heading)}"


def _labs(soup, notebook, labs):
    """Set the words under each lab's figure, and say which labs there are."""
    for style in soup.select(".made style"):
        style.decompose()
    sources = {cell.id: cell.source for cell in notebook.cells}
    for figure in soup.select("figure.vl-figure"):
        cell = figure.find_parent("div", class_="cell")
        name = cell["id"].removeprefix("cell-")
        shipped = labs.get(name)
        figure.figcaption.string = ALIVE if shipped else STILL
        call = re.search(r"^widgets\.\w+", sources[name], re.MULTILINE)
        heading = cell.find_previous(re.compile("^h[123]$"))
        yield LabOnPage(
            cell["id"], _words(heading), call[0] if call else "a lab", str(figure.img), bool(shipped),
            shipped.note if shipped else "",
        )  # fmt: skip
