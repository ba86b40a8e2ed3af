"""What a learner has tried and solved: one small JSON file beside the notebooks."""

import json
import os
from pathlib import Path

FILE = "progress.json"


def path() -> Path:
    """Where it lies: VIDLAB_PROGRESS, or progress.json in the folder of the notebook."""
    return Path(os.environ.get("VIDLAB_PROGRESS") or FILE)


def read() -> dict:
    """{slug: {"tries": n, "solved": bool, "hints": n}}; a broken file is set aside, and an empty record begun."""
    try:
        known = json.loads(path().read_text(encoding="utf8"))
        if not isinstance(known, dict) or not all(isinstance(one, dict) for one in known.values()):
            raise ValueError
        return known
    except FileNotFoundError:
        return {}
    except (OSError, ValueError):
        try:
            os.replace(path(), path().with_suffix(".broken.json"))
        except OSError:
            pass
        return {}


def note(slug: str, **facts) -> dict:
    """Change what is known of one exercise; gives it. Where nothing can be written, nothing is lost but the record."""
    known = read()
    one = {"tries": 0, "solved": False, "hints": 0} | known.get(slug, {}) | facts
    known[slug] = one
    part = path().with_suffix(f".{os.getpid()}.part")
    try:
        part.write_text(json.dumps(known, indent=1, sort_keys=True), encoding="utf8")
        os.replace(part, path())
    except OSError:
        part.unlink(missing_ok=True)
    return one


def known_of(slug: str) -> dict:
    """What is known of one exercise."""
    return {"tries": 0, "solved": False, "hints": 0} | read().get(slug, {})
