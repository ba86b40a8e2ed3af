"""A few hundred damaged files: frames or a VideoError. `bench/fuzz_video.py` runs any number of them."""

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
FUZZ = [sys.executable, str(ROOT / "bench" / "fuzz_video.py")]


def test_damaged_files_give_frames_or_a_video_error():
    done = subprocess.run([*FUZZ, "--count", "400", "--seed", "11"], cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "400 of 400 mutations" in done.stdout
    for ending in ("read", "Truncated", "NotAVideo", "NoFrames"):  # damage neither too light nor too heavy
        assert ending in done.stdout


def test_the_fuzzer_notices_a_crash_a_hang_and_another_exception(tmp_path):
    """Each planted into the child; the parent names the mutation and goes on behind it."""
    sys.path.insert(0, str(ROOT / "bench"))
    try:
        import fuzz_video
    finally:
        sys.path.pop(0)
    planted = tmp_path / "planted.py"
    planted.write_text(
        "import os, sys, time\n"
        f"sys.path.insert(0, {str(ROOT / 'bench')!r})\n"
        "import fuzz_video\n"
        "real = fuzz_video.try_one\n"
        "def try_one(sources, seed, i, folder):\n"
        "    if i == 2: os.abort()\n"
        "    if i == 4: time.sleep(60)\n"
        "    if i == 6: raise KeyError('planted')\n"
        "    return real(sources, seed, i, folder)\n"
        "fuzz_video.try_one = try_one\n"
        "fuzz_video.main()\n"
    )
    folder = tmp_path / "work"
    folder.mkdir()
    failures, endings = fuzz_video.run(8, 0, 3, 3000, folder, script=planted)
    assert sorted(failures) == [2, 4, 6]
    assert "ended" in failures[2] and "no answer" in failures[4] and "KeyError" in failures[6]
    assert sum(endings.values()) == 5 * 6
