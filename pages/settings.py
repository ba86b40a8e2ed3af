"""What is set in one place: `[tool.vidlab]` of pyproject.toml."""

import tomllib
from pathlib import Path

TOP = Path(__file__).parents[1]


def settings(top=TOP):
    """Dict with "repository", the public address of the course's repository, "" where it has none yet, and "version".

    Raises
    ------
    ValueError
        The address is no https address, or ends in a slash.
    """
    project = tomllib.loads((top / "pyproject.toml").read_text(encoding="utf8"))
    repository = project.get("tool", {}).get("vidlab", {}).get("repository", "")
    if repository and (not repository.startswith("https://") or repository.endswith("/")):
        raise ValueError(f"repository: expected an address like https://host/owner/name, or none, got {repository!r}")
    return {"repository": repository, "version": project["project"]["version"]}
