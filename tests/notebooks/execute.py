"""Run notebooks again, in place: python -m tests.notebooks.execute [notebooks/00_tour.ipynb ...]

What differs from run to run without meaning anything (times, widget state, versions) is removed.
"""

import sys
import time
from pathlib import Path

import nbformat
from nbclient import NotebookClient

NOTEBOOKS = Path(__file__).parents[2] / "notebooks"
KEPT = {"tags", "vidlab", "jupyter", "alt"}


def execute(path):
    notebook = nbformat.read(path, as_version=4)
    NotebookClient(notebook, timeout=600, resources={"metadata": {"path": str(path.parent)}}).execute()
    notebook.metadata = {
        "kernelspec": {"display_name": "Python 3", "language": "python", "name": "python3"},
        "language_info": {"name": "python"},
    }
    for cell in notebook.cells:
        cell.metadata = {key: value for key, value in cell.metadata.items() if key in KEPT}
        for output in cell.get("outputs", []):
            if output.get("name") == "stderr":
                raise SystemExit(f"{path.name}: a cell writes to stderr:\n{output['text']}\n{cell['source']}")
            output.pop("transient", None)
    nbformat.write(notebook, path)


def main(names):
    for path in [Path(name) for name in names] or sorted(NOTEBOOKS.glob("*.ipynb")):
        start = time.monotonic()
        execute(path)
        print(f"{path.name}: {time.monotonic() - start:.0f} s, {path.stat().st_size / 1e3:.0f} kB", flush=True)


if __name__ == "__main__":
    main(sys.argv[1:])
