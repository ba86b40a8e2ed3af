"""The clips in data/: what the datasheet promises."""

import csv
import subprocess
import sys
from collections import Counter
from pathlib import Path

import numpy as np
import pytest

from vidlab import datasets, video, world
from vidlab.clips import Frames

DATA = datasets.data_folder()
ROWS = list(csv.DictReader((DATA / "motions.csv").open(encoding="utf8")))

PROPERTIES = "shape", "texture", "colour", "digit", "background"


def test_small_enough_to_come_with_the_course():
    size = {path.relative_to(DATA): path.stat().st_size for path in DATA.rglob("*") if path.is_file()}
    results = sum(n for path, n in size.items() if path.parts[0] == "results")
    weights = sum(n for path, n in size.items() if path.parts[0] == "weights")  # fetched: they do not come with it
    assert sum(size.values()) - results - weights < 3_800_000 and results < 800_000


def test_the_split_is_fixed_and_balanced():
    motions = world.FACTORS["motion"].values
    counted = Counter((row["split"], row["label"]) for row in ROWS)
    assert counted == {(split, m): n for split, n in (("train", 72), ("val", 10), ("test", 20)) for m in motions}
    assert len({row["youtube_id"] for row in ROWS}) == len(ROWS)


def test_the_list_knows_the_other_properties():
    assert set(ROWS[0]) - {"label", "youtube_id", "time_start", "time_end", "split"} == {*PROPERTIES, "sound"}
    for name in PROPERTIES:
        assert {row[name] for row in ROWS} == set(world.FACTORS[name].values)
    assert Counter(row["sound"] for row in ROWS)["silent"] == len(ROWS) - 8


def test_files_are_real_video():
    for sample in datasets.embedded()[::20]:
        info = video.probe(sample.source)
        assert (info.codec, info.frames, info.width, info.height, info.fps) == ("h264", 24, 64, 64, 12.0)


def test_some_can_be_heard():
    for row in ROWS[:]:
        path = DATA / "clips" / row["label"] / f"{row['youtube_id']}_000000_000002.mp4"
        if row["sound"] != "silent":
            samples, rate = video.read_audio(path)
            peak = np.abs(np.fft.rfft(samples[:, 0])).argmax() * rate / len(samples)
            assert abs(peak - {"low": 330, "high": 660}[row["sound"]]) < 5
        elif row["youtube_id"].endswith("50"):
            assert not video.probe(path).has_audio


@pytest.mark.slow
def test_the_command_makes_them_again(tmp_path):
    """Decoded frames equal within the codec's loss (its bits may differ from one processor to another)."""
    command = [sys.executable, "-m", "vidlab.world", "--out", str(tmp_path)]
    subprocess.run(command, check=True, capture_output=True, timeout=300)
    assert (tmp_path / "motions.csv").read_bytes() == (DATA / "motions.csv").read_bytes()
    stored = sorted(path.relative_to(DATA) for path in (DATA / "clips").rglob("*.mp4"))
    assert stored == sorted(path.relative_to(tmp_path) for path in (tmp_path / "clips").rglob("*.mp4"))
    for path in stored[::10]:
        difference = video.read(DATA / path).astype(float) - video.read(tmp_path / path)
        assert np.sqrt(np.square(difference).mean()) < 8, path
    assert subprocess.run(command, capture_output=True, timeout=300).returncode == 2  # not over what is there


@pytest.mark.slow
def test_no_single_frame_gives_the_motion_away():
    """A classifier of single frames stays near chance, whichever frame it sees; the same one learns the shape.

    Chance is 1/8; with 160 test clips its 99.9% interval reaches to 0.22.
    """
    from sklearn.linear_model import LogisticRegression

    def accuracy(label, frame):
        samples = datasets.embedded(label)
        classes = datasets.classes_of(samples)
        parts = []
        for split in ("train", "test"):
            clips, labels = datasets.load_clips(
                [s for s in samples if s.split == split], Frames(3, (16, 16)), classes=classes
            )
            parts.append((clips[:, frame].reshape(len(clips), -1), labels))
        (x, y), (x_test, y_test) = parts
        return LogisticRegression(C=0.02, max_iter=300).fit(x, y).score(x_test, y_test)

    for frame in (0, 1, 2):
        assert accuracy("motion", frame) < 0.22
    assert accuracy("colour", 1) > 0.35  # so the classifier can learn what a frame does show


def test_clips_are_read_from_where_vidlab_data_says(monkeypatch, tmp_path):
    monkeypatch.setenv("VIDLAB_DATA", str(tmp_path))
    with pytest.raises(datasets.DataNotFound, match=f"{Path(tmp_path).name}: the course's clips are not there"):
        datasets.embedded()
