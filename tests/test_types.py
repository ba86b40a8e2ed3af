"""The types of public signatures: right uses pass a type checker, wrong ones do not."""

import subprocess
import sys
from pathlib import Path

import pytest

USES = Path(__file__).with_name("uses.py")


@pytest.mark.slow
def test_right_uses_pass_and_wrong_ones_are_refused(tmp_path):
    command = [sys.executable, "-m", "mypy", "--cache-dir", str(tmp_path), "--no-error-summary", str(USES)]
    done = subprocess.run(command, cwd=USES.parents[1], capture_output=True, text=True, timeout=500)
    refused = {int(line.split(":")[1]) for line in done.stdout.splitlines() if ": error: " in line}
    wrong = {n for n, line in enumerate(USES.read_text().splitlines(), 1) if line.endswith("# wrong")}
    assert refused == wrong, done.stdout + done.stderr
