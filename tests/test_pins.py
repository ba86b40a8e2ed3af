"""pyproject.toml, requirements.txt and environment.yml say the same, and name no host."""

import re
import subprocess
import tomllib
from pathlib import Path

import pytest
import yaml
from packaging.markers import Marker
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

TOP = Path(__file__).parents[1]
PROJECT = tomllib.loads((TOP / "pyproject.toml").read_text(encoding="utf8"))["project"]
PINS = (TOP / "requirements.txt").read_text(encoding="utf8")


def asked():
    extras = PROJECT["optional-dependencies"].values()
    return [Requirement(line) for line in (*PROJECT["dependencies"], *(d for extra in extras for d in extra))]


def pins():
    """name -> [(version, marker or None)], and the names that stand there because pyproject.toml asks."""
    found, direct, name = {}, set(), None
    for line in PINS.splitlines():
        if line and not line.startswith((" ", "#")):
            requirement = Requirement(line)
            name = canonicalize_name(requirement.name)
            version = str(requirement.specifier).removeprefix("==")
            found.setdefault(name, []).append((version, requirement.marker))
        elif re.search(r"vidlab \((?:.*/)?pyproject\.toml\)", line):
            direct.add(name)
    return found, direct


def test_what_is_asked_for_is_pinned_and_nothing_else_is_called_direct():
    _, direct = pins()
    names = {canonicalize_name(r.name) for r in asked()} | {canonicalize_name(r.name) for r in asked() if r.extras}
    assert direct == names, "requirements.txt is older than pyproject.toml: run make lock"


def test_pins_satisfy_what_is_asked_for():
    found, _ = pins()
    for requirement in asked():
        for version, _ in found[canonicalize_name(requirement.name)]:
            assert requirement.specifier.contains(version), f"{requirement}: pinned {version}; run make lock"


@pytest.mark.parametrize("python", ["3.11", "3.12", "3.13"])
@pytest.mark.parametrize("system", [("linux", "Linux"), ("darwin", "Darwin"), ("win32", "Windows")])
def test_one_pin_for_each_system_and_python(system, python):
    platform, name = system
    machine = {
        "sys_platform": platform,
        "platform_system": name,
        "python_version": python,
        "python_full_version": f"{python}.1",
        "platform_machine": "arm64" if platform == "darwin" else "x86_64",
        "implementation_name": "cpython",
        "platform_python_implementation": "CPython",
        "os_name": "nt" if platform == "win32" else "posix",
    }
    found, direct = pins()
    for package in direct:
        fitting = [v for v, marker in found[package] if marker is None or Marker(str(marker)).evaluate(machine)]
        assert len(fitting) == 1, f"{package} on {name} with Python {python}: {fitting}"


def test_claimed_pythons():
    assert PROJECT["requires-python"] == ">=3.11,<3.14"


def test_conda_users_get_the_same_pins():
    environment = yaml.safe_load((TOP / "environment.yml").read_text(encoding="utf8"))
    *conda, last = environment["dependencies"]
    assert [re.split(r"\W", line)[0] for line in conda] == ["python", "pip"]
    assert conda[0].removeprefix("python").strip() == PROJECT["requires-python"]
    assert last == {"pip": ["-r requirements.txt", "-e ."]}


def test_no_file_names_a_registry():
    hosts = re.compile(
        rb"pypi" rb"\.org|python" rb"hosted|registry\." rb"npmjs|deb\." rb"debian|--(extra-)?index" rb"-url"
    )
    listed = subprocess.run(["git", "ls-files"], cwd=TOP, capture_output=True, text=True)
    if listed.returncode:
        pytest.skip("not a git checkout")
    files = [TOP / name for name in listed.stdout.splitlines() if (TOP / name).is_file()]
    assert [str(f) for f in files if hosts.search(f.read_bytes())] == []
