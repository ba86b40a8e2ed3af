"""`python -m pages.colab`: a way to Google Colab in each notebook; none while the repository has no address.

It is a line in a notebook's first cell, and a code cell after it that does nothing anywhere but there. The address is
`repository` in `[tool.vidlab]` of pyproject.toml; Colab opens what lies on GitHub alone.
"""

from urllib.parse import urlparse

import nbformat

from pages.settings import settings
from pages.site import NOTEBOOKS

TAG = "colab"
BADGE = "[Open in Colab]("
FIRST_CELL = """\
# On Google Colab this fetches and installs the course; anywhere else it does nothing.
import sys

if "google.colab" in sys.modules:
    !git clone --quiet --depth 1 --branch v{version} {repository} /content/vidlab
    %pip install --quiet --constraint /content/vidlab/requirements.txt --editable /content/vidlab
    %cd /content/vidlab/notebooks
    sys.path.insert(0, "/content/vidlab")
    from google.colab import output

    output.enable_custom_widget_manager()  # for the labs"""


def set_colab(notebook, name, repository, version):
    """Put the way to Colab into a notebook, or take it out where `repository` is "" or not on GitHub.

    Parameters
    ----------
    notebook
        NotebookNode, changed in place.
    name
        Of its file.
    repository, version
        See `settings.settings`; the version is the tag that is installed.

    Returns
    -------
    bool
        Whether the notebook is another now.
    """
    before = nbformat.writes(notebook)
    head = notebook.cells[0]
    head.source = "\n\n".join(part for part in head.source.split("\n\n") if not part.startswith(BADGE))
    notebook.cells = [cell for cell in notebook.cells if TAG not in cell.metadata.get("tags", [])]
    place = urlparse(repository)
    if place.netloc == "github.com":
        address = f"https://colab.research.google.com/github{place.path}/blob/main/notebooks/{name}"
        head.source += (
            f"\n\n{BADGE}{address}): the labs may not work there, and training has a share of a machine only."
        )
        source = FIRST_CELL.format(version=version, repository=repository)
        notebook.cells.insert(1, nbformat.v4.new_code_cell(source, id=TAG, metadata={"tags": [TAG]}))
    code = [cell for cell in notebook.cells if cell.cell_type == "code"]
    for number, cell in enumerate(code, 1):  # as if it had been run with the others
        if cell.execution_count is not None or TAG in cell.metadata.get("tags", []):
            cell.execution_count = number
        for one in cell.outputs:
            if "execution_count" in one:
                one.execution_count = number
    return nbformat.writes(notebook) != before


def main():
    """Bring all notebooks in line with the setting."""
    found = settings()
    for path in sorted(NOTEBOOKS.glob("*.ipynb")):
        notebook = nbformat.read(path, as_version=4)
        if set_colab(notebook, path.name, found["repository"], found["version"]):
            nbformat.write(notebook, path)
            print(f"{path.name}: {'leads to Colab' if BADGE in notebook.cells[0].source else 'leads there no more'}")


if __name__ == "__main__":
    main()
