"""Clips decoded once into shards: the same clips, whoever makes them and however often."""

import json
import os
import subprocess
import sys
from time import sleep

import numpy as np
import psutil
import pytest

from vidlab import cli, datasets, video
from vidlab.clips import Frames

FRAMES = Frames(4, (16, 16), fit="crop")


@pytest.fixture
def clips(tmp_path):
    """Seven files of two classes, of which one is damaged."""
    rng = np.random.default_rng(0)
    for i in range(7):
        path = tmp_path / "clips" / "ab"[i % 2] / f"{i}, or not.mp4"
        path.parent.mkdir(parents=True, exist_ok=True)
        video.write(path, rng.integers(0, 256, (6, 32, 24, 3), np.uint8), fps=8)
    path.write_bytes(b"no video")
    return tmp_path / "clips"


def test_the_same_clips_as_from_the_files(clips, tmp_path):
    samples = [*datasets.folder(clips)]
    seen = []
    assert datasets.write_shards(samples, tmp_path / "out", FRAMES, clips=3, workers=2, progress=seen.append) == 0
    assert sum(seen) == 7 and sorted(p.name for p in (tmp_path / "out").iterdir()) == [
        "00000.csv", "00000.npy", "00001.csv", "00001.npy", "00002.csv", "00002.npy", "shards.json",
    ]  # fmt: skip
    kept = datasets.shards(tmp_path / "out")
    good = [s for s in samples if s.source.name != "6, or not.mp4"]
    assert [s.label for s in kept] == [s.label for s in good] and len(kept) == 6
    assert [s.group for s in kept] == [s.source.as_posix() for s in good]
    for one, other in zip(kept, good, strict=True):
        assert np.array_equal(one.source, video.read(other.source, 4, (16, 16), "crop"))
    [(file, reason)] = datasets.unread(tmp_path / "out").items()
    assert file.endswith("6, or not.mp4") and "6, or not.mp4" in reason
    of_files = [x for x, _ in datasets.Batches(good, FRAMES, shuffle=True, seed=3).epoch(1)]
    of_shards = [x for x, _ in datasets.Batches(kept, FRAMES, shuffle=True, seed=3).epoch(1)]
    assert all(np.array_equal(a, b) for a, b in zip(of_files, of_shards, strict=True))


def test_parts_of_several_machines(clips, tmp_path):
    samples, out = datasets.folder(clips), tmp_path / "out"
    assert datasets.write_shards(samples, out, FRAMES, clips=2, workers=1, part=(1, 2)) == 2
    with pytest.raises(datasets.DataNotFound, match="2 of 4 shards are missing"):
        datasets.shards(out)
    before = (out / "00001.npy").stat().st_mtime_ns
    assert datasets.write_shards(samples, out, FRAMES, clips=2, workers=1, part=(0, 2)) == 0
    assert len(datasets.shards(out)) == 6 and (out / "00001.npy").stat().st_mtime_ns == before


@pytest.mark.skipif(os.name == "nt", reason="kills as POSIX does")
def test_killed_while_it_writes_and_given_again(clips, tmp_path):
    words = [
        "shard",
        str(clips),
        str(tmp_path / "out"),
        "--frames",
        "4",
        "--size",
        "16",
        "--clips",
        "1",
        "--workers",
        "1",
    ]
    process = subprocess.Popen([sys.executable, "-m", "vidlab", *words], stderr=subprocess.PIPE, stdout=subprocess.PIPE)
    while process.poll() is None and not (tmp_path / "out" / "00001.csv").exists():
        sleep(0.005)
    family = [*psutil.Process(process.pid).children(recursive=True), process]
    for one in family:
        one.kill()
    process.communicate()
    assert not (tmp_path / "out" / "00006.csv").exists()
    assert cli.main(words) == 0
    whole = datasets.shards(tmp_path / "out")
    assert len(whole) == 6
    for one in whole:
        assert np.array_equal(one.source, video.read(one.group, 4, (16, 16)))


def test_other_samples_or_frames_are_refused(clips, tmp_path):
    samples, out = datasets.folder(clips), tmp_path / "out"
    datasets.write_shards(samples, out, FRAMES, workers=1)
    with pytest.raises(
        ValueError, match=r"it holds shards of other samples or frames \(samples: .* name another folder"
    ):
        datasets.write_shards([*reversed(samples)], out, FRAMES)
    with pytest.raises(ValueError, match=r"of other samples or frames \(frames: "):
        datasets.write_shards(samples, out, Frames(5, (16, 16)))
    for part in ((2, 2), (-1, 2), (0, 0)):
        with pytest.raises(ValueError, match="part="):
            datasets.write_shards(samples, out, FRAMES, part=part)


def test_what_is_no_folder_of_shards(clips, tmp_path):
    with pytest.raises(datasets.DataNotFound, match="there is no shards.json that can be read"):
        datasets.shards(tmp_path)
    out = tmp_path / "out"
    datasets.write_shards(datasets.folder(clips), out, FRAMES, workers=1)
    array = (out / "00000.npy").read_bytes()
    (out / "00000.npy").write_bytes(array[:500])
    with pytest.raises(datasets.DataNotFound, match="shard 00000 is damaged .* remove it"):
        datasets.shards(out)
    (out / "shards.json").write_text(json.dumps([1]))
    with pytest.raises(datasets.DataNotFound, match=r"there is no shards.json"):
        datasets.shards(out)


def test_the_command_and_what_it_says(clips, tmp_path, capsys):
    words = [str(clips), str(tmp_path / "out"), "--frames", "4", "--size", "16", "--clips", "4"]
    assert cli.main(["shard", *words, "--part", "1/2"]) == 0
    assert "1 shards are missing in" in capsys.readouterr().out
    assert cli.main(["shard", *words]) == 0
    out = capsys.readouterr().out
    assert "6, or not.mp4" in out and "6 clips are in" in out and "try: vidlab train" in out
    assert cli.main(["shard", *words, "--part", "x"]) == 1
    assert "--part x must be like 0/4" in capsys.readouterr().err
    assert cli.main(["train", str(tmp_path / "out"), "--size", "32", "--out", str(tmp_path / "m.keras")]) == 1
    assert "have 16 pixels a side; leave --size out" in capsys.readouterr().err
