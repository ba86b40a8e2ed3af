"""The recipes of docs/scaling.md: their syntax, and that what they run is a command that vidlab takes."""

import os
import shutil
import subprocess
from pathlib import Path

import pytest
import yaml

from vidlab import cli, distributed

RECIPES = Path(__file__).parents[2] / "docs" / "recipes"
bash = pytest.mark.skipif(os.name == "nt" or shutil.which("bash") is None, reason="there is no bash")


def programs(folder, **texts):
    """Small programs of these names, first on the PATH; `vidlab` says what it was given, a word a line."""
    say = r'printf "%s\n" begin "$@" end'
    for name, text in ({"vidlab": say} | texts).items():
        (folder / name).write_text(f"#!/bin/bash\n{text}\n")
        (folder / name).chmod(0o755)
    return {"PATH": f"{folder}:{os.environ['PATH']}"}


def commands(text):
    """The arguments of each vidlab that was started, as vidlab reads them."""
    started = [part.split("\nend\n")[0].splitlines() for part in text.replace("\r", "").split("begin\n")[1:]]
    return [cli.make_parser().parse_args(one) for one in started]


@bash
def test_slurm(tmp_path, monkeypatch):
    assert subprocess.run(["bash", "-n", RECIPES / "slurm.sh"]).returncode == 0
    monkeypatch.setenv("SLURM_PROCID", "1")
    variables = programs(tmp_path, scontrol='printf "%s\\n" node1 node2', srun='shift; exec "$@"')
    variables |= {"SLURM_JOB_NODELIST": "node[1-2]", "SLURM_JOB_NAME": "one", "RUN": str(tmp_path / "run")}
    done = subprocess.run(["bash", RECIPES / "slurm.sh"], env=os.environ | variables, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    [a] = commands(done.stdout)
    assert a.folder == "/shared/shards" and a.resume == str(tmp_path / "run") and a.batch % 4 == 0
    assert distributed.from_hosts(a.hosts.split(",")) == distributed.Cluster(("node1:12345", "node2:12345"), (1,))


@bash
def test_ssh(tmp_path):
    assert subprocess.run(["bash", "-n", RECIPES / "ssh.sh"]).returncode == 0
    variables = programs(tmp_path, ssh='shift; echo "on $1"; shift; exec bash -c "$*"')
    variables |= {"HOSTS": "node1,node2:99", "CLIPS": "/my clips", "RUN": str(tmp_path / "run")}
    done = subprocess.run(["bash", RECIPES / "ssh.sh"], env=os.environ | variables, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    for number, (host, file) in enumerate((("node1", "node1.out"), ("node2", "node2:99.out"))):
        said = (tmp_path / "run" / file).read_text()
        [a] = commands(said)
        assert said.startswith(f"on {host}\n") and a.folder == "/my clips" and a.number == number
        assert distributed.from_hosts(a.hosts.split(","), a.number).addresses == ("node1:12345", "node2:99")


def test_kubernetes(monkeypatch):
    service, job = yaml.safe_load_all((RECIPES / "kubernetes.yaml").read_text(encoding="utf8"))
    pod = job["spec"]["template"]["spec"]
    [container] = pod["containers"]
    assert container["command"][0] == "vidlab"
    a = cli.make_parser().parse_args(container["command"][1:])
    monkeypatch.setenv("JOB_COMPLETION_INDEX", "2")
    monkeypatch.delenv("SLURM_PROCID", raising=False)
    cluster = distributed.from_hosts(a.hosts.split(","))
    n, port = job["spec"]["completions"], service["spec"]["ports"][0]["port"]
    names = [f"{job['metadata']['name']}-{i}.{service['metadata']['name']}:{port}" for i in range(n)]
    assert cluster == distributed.Cluster(tuple(names), (2,)) and a.batch % n == 0
    assert job["spec"]["parallelism"] == n and job["spec"]["completionMode"] == "Indexed"
    assert service["spec"]["clusterIP"] == "None" and pod["subdomain"] == service["metadata"]["name"]
    assert service["spec"]["selector"] == {"job-name": job["metadata"]["name"]}
    mounted = container["volumeMounts"][0]["mountPath"]
    assert all(path.startswith(mounted) for path in (a.folder, a.resume, a.out))
    assert container["volumeMounts"][0]["name"] == pod["volumes"][0]["name"]


def test_the_page_names_what_is_there():
    page = (RECIPES.parent / "scaling.md").read_text(encoding="utf8")
    assert all(f"recipes/{path.name}" in page for path in RECIPES.iterdir())
    for line in page.splitlines():
        for command in line.split("`")[1::2]:
            words = command.split()
            if words[:1] == ["vidlab"] and "$" not in command and len(words) > 2:
                cli.make_parser().parse_args(words[1:])
