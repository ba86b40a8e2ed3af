"""The course in one click: the way to Colab, containers, Binder, and the workflow that publishes the pages.

None of them can be run here; what they name must be there.
"""

import copy
import json
import re
import shutil
import subprocess
from pathlib import Path

import nbformat
import pytest
import yaml
from IPython.core.inputtransformer2 import TransformerManager

from pages.colab import TAG, set_colab
from pages.settings import settings

TOP = Path(__file__).parents[2]
NOTEBOOKS = sorted((TOP / "notebooks").glob("*.ipynb"))
ADDRESS = "https://github.com/somebody/course"


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_notebooks_agree_with_the_setting(path):
    found, notebook = settings(), nbformat.read(path, as_version=4)
    assert not set_colab(notebook, path.name, found["repository"], found["version"]), "run: python -m pages.colab"


def test_the_way_to_colab_goes_in_and_out_again():
    path = NOTEBOOKS[0]
    before = nbformat.read(path, as_version=4)
    notebook = copy.deepcopy(before)
    assert set_colab(notebook, path.name, ADDRESS, "1.2") and not set_colab(notebook, path.name, ADDRESS, "1.2")
    nbformat.validate(notebook)
    head, first = notebook.cells[:2]
    assert f"(https://colab.research.google.com/github/somebody/course/blob/main/notebooks/{path.name})" in head.source
    assert f"--branch v1.2 {ADDRESS} " in first.source and first.metadata.tags == [TAG]
    code = [cell for cell in notebook.cells if cell.cell_type == "code"]
    assert [cell.execution_count for cell in code] == list(range(1, len(code) + 1))
    assert set_colab(notebook, path.name, "", "1.2") and notebook == before


def test_no_way_to_colab_for_what_is_not_on_github():
    notebook = nbformat.read(NOTEBOOKS[0], as_version=4)
    assert not set_colab(notebook, NOTEBOOKS[0].name, "https://git.example/somebody/course", "1.2")


def test_the_first_cell_does_nothing_elsewhere():
    notebook = nbformat.read(NOTEBOOKS[0], as_version=4)
    set_colab(notebook, NOTEBOOKS[0].name, ADDRESS, "1.2")
    names = {"get_ipython": lambda: pytest.fail("it runs a command")}
    exec(TransformerManager().transform_cell(notebook.cells[1].source), names)
    assert set(names) - {"__builtins__", "get_ipython"} == {"sys"}


def test_the_container_runs_as_a_user_and_copies_what_is_there():
    lines = [line.split() for line in (TOP / "Dockerfile").read_text().splitlines() if re.match(r"[A-Z]+ ", line)]
    users = [line[1] for line in lines if line[0] == "USER"]
    assert users and "root" not in users
    bases = [line[1] for line in lines if line[0] == "FROM"]
    assert bases == ["python:3.12-slim", "base"]
    for line in lines:
        if line[0] == "COPY":
            assert all((TOP / source).exists() for source in line[2:-1])
    targets = re.findall(r"^(\S+):", (TOP / "Makefile").read_text(), re.MULTILINE)
    assert ".venv/ready" in targets and {"lab", "test", "site"} <= set(targets)
    ignored = (TOP / ".dockerignore").read_text().split()
    assert {".venv", "my-course", "site", ".git"} <= set(ignored)


def test_the_containers_command_is_one_that_vidlab_takes(tmp_path, monkeypatch):
    from vidlab import cli
    from vidlab.cli import lab

    command = json.loads(re.search(r"^CMD (.*)$", (TOP / "Dockerfile").read_text(), re.MULTILINE)[1])
    called = []
    monkeypatch.setattr(lab, "run_lab", lambda *arguments: called.append(arguments))
    cli.main(command[1:])
    assert called == [(None, False, ["--no-browser", "--ip=0.0.0.0", "--port=8888"])]


def test_the_dev_container_is_built_from_the_same_file():
    made = json.loads((TOP / ".devcontainer" / "devcontainer.json").read_text())
    folder = TOP / ".devcontainer"
    dockerfile = (folder / made["build"]["dockerfile"]).resolve()
    assert dockerfile == TOP / "Dockerfile" and (folder / made["build"]["context"]).resolve() == TOP
    text = dockerfile.read_text()
    assert f" AS {made['build']['target']}\n" in text and f" {made['remoteUser']}\n" in text
    assert all(f"ARG {name}=" in text for name in made["build"]["args"])


@pytest.mark.skipif(shutil.which("bash") is None, reason="no bash")
def test_binders_files_name_what_is_there():
    binder = TOP / "binder"
    (line,) = (binder / "requirements.txt").read_text().split("\n")[:-1]
    assert (binder / line.removeprefix("-r ")).resolve() == TOP / "requirements.txt"
    assert re.fullmatch(r"python-3\.1[123]\n", (binder / "runtime.txt").read_text())
    assert (binder / "postBuild").stat().st_mode & 0o111
    assert subprocess.run(["bash", "-n", binder / "postBuild"], timeout=60).returncode == 0


def test_the_workflow_publishes_what_make_site_writes():
    job = yaml.safe_load((TOP / ".github" / "workflows" / "pages.yml").read_text())["jobs"]["publish"]
    assert [step["run"] for step in job["steps"] if "run" in step] == ["make site PYTHON=python"]
    assert [step["with"]["path"] for step in job["steps"] if "upload" in step.get("uses", "")] == ["site"]
