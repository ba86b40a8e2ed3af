"""vidlab train and vidlab predict, as typed in a terminal: from a folder of clips to the class of a file."""

import csv
import os
import shutil
import subprocess
import sys
from types import SimpleNamespace

import numpy as np
import pytest

from vidlab import cli, datasets, fetch, training, video

RNG = np.random.default_rng(0)


def vidlab(*arguments, cwd, **environment):
    command = [sys.executable, "-m", "vidlab", *map(str, arguments)]
    environment = os.environ | environment
    return subprocess.run(command, capture_output=True, text=True, timeout=500, cwd=cwd, env=environment)


@pytest.fixture(scope="module")
def clips(tmp_path_factory):
    """Two classes, dark and bright noise, 8 clips each from 4 scenes; and one file that is damaged."""
    root = tmp_path_factory.mktemp("clips")
    for label, low in (("dark", 0), ("bright", 120)):
        (root / label).mkdir()
        for i in range(8):
            clip = RNG.integers(low, low + 100, (8, 32, 32, 3), np.uint8)
            video.write(root / label / f"scene{i // 2} take{i % 2}.mp4", clip, fps=8)
    return root


@pytest.mark.slow
def test_from_a_folder_to_a_prediction_in_one_session(clips, tmp_path):
    small = ("--model", "conv3d", "--frames", 4, "--size", 16, "--epochs", 12, "--batch", 4)
    done = vidlab("train", clips, *small, "--group", "scene[0-9]", "--resume", "run", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    assert "2 classes; 8 to train + 4 to val + 4 to test" in done.stdout and "conv3d: 12 epochs" in done.stdout
    assert "accuracy on 4 test clips: 1.000" in done.stdout and "always the commonest class: 0.500" in done.stdout
    assert "model.keras holds the model" in done.stdout and "100%" in done.stderr and "Careful" not in done.stdout
    assert "Warning" not in done.stderr, done.stderr
    assert training.load(tmp_path / "model.keras").classes == ["bright", "dark"]
    files = [clips / "dark" / "scene0 take0.mp4", clips / "bright" / "scene0 take0.mp4", tmp_path / "gone.mp4"]
    done = vidlab("predict", *files, "--views", 2, cwd=tmp_path)
    lines = done.stdout.splitlines()
    assert done.returncode == 1 and done.stderr == "" and len(lines) == 3
    assert lines[0].split(": ")[1].startswith("dark ") and lines[1].split(": ")[1].startswith("bright ")
    assert "gone.mp4: there is no such file" in lines[2]


@pytest.mark.skipif(not all(map(fetch.whole, fetch.SHIPPED)), reason="no weights: run `vidlab weights`")
def test_features_and_conv3d_side_by_side_and_the_better_is_kept(clips, tmp_path):
    done = vidlab("train", clips, "--frames", 4, "--size", 16, "--epochs", 1, "--group", "scene[0-9]", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    lines = done.stdout.splitlines()
    [features] = [line for line in lines if line.startswith("features")]
    [conv3d] = [line for line in lines if line.startswith("conv3d ")]
    assert "test 1.000" in features and "frames shuffled" in features and "frames shuffled" in conv3d
    assert any("a head on the middle frame alone: test 1.000" in line for line in lines)
    better = [line for line in lines if line.startswith("kept: features, which is")]
    assert len(better) == 1 and "Careful" not in done.stdout and "Warning" not in done.stderr
    saved = training.load(tmp_path / "model.keras")
    assert saved.frames.size == (160, 160) and saved.model.name.startswith("head_on")
    file = clips / "dark" / "scene0 take0.mp4"
    done = vidlab("predict", file, cwd=tmp_path, VIDLAB_WEIGHTS=str(tmp_path))  # the file holds all it needs
    assert done.stdout.split(": ")[1].startswith("dark "), done.stderr


def test_a_timeline_says_what_is_seen_when(clips, tmp_path):
    small = ("--model", "conv3d", "--frames", 4, "--size", 16, "--epochs", 12, "--batch", 4, "--group", "scene[0-9]")
    assert vidlab("train", clips, *small, cwd=tmp_path).returncode == 0
    assert training.load(tmp_path / "model.keras").seconds == 1.0
    parts = [(6, 0), (5, 120), (7, 0)]
    noise = [RNG.integers(low, low + 100, (seconds * 8, 32, 32, 3), np.uint8) for seconds, low in parts]
    video.write(tmp_path / "long.mp4", np.concatenate(noise), fps=8)
    (tmp_path / "out").mkdir()
    done = vidlab("predict", "long.mp4", "gone.mp4", "--timeline", "--out", "out", cwd=tmp_path)
    assert done.returncode == 1 and "gone.mp4: there is no such file" in done.stdout and "Trace" not in done.stderr
    assert "0:00.0    0:06.0" in done.stdout and "times as fast as it plays" in done.stdout and "left" in done.stderr
    with open(tmp_path / "out" / "long.mp4.timeline.csv", newline="") as file:
        rows = list(csv.DictReader(file))
    assert [row["class"] for row in rows] == ["dark", "bright", "dark"] and float(rows[-1]["stop"]) == 18
    assert [float(row["start"]) for row in rows] == [0, 6, 11] and all(float(row["sure"]) > 0.7 for row in rows)
    assert (tmp_path / "out" / "long.mp4.timeline.png").read_bytes().startswith(b"\x89PNG")
    done = vidlab("predict", "long.mp4", "out/../long.mp4", "--timeline", cwd=tmp_path)
    assert done.returncode == 1 and "two files are called long.mp4" in done.stderr
    done = vidlab("predict", "long.mp4", "--timeline", "--out", "nowhere", cwd=tmp_path)
    assert done.returncode == 1 and "--out nowhere must be a folder" in done.stderr


def test_without_weights_it_goes_on_with_a_sentence(clips, tmp_path):
    gone = {"VIDLAB_WEIGHTS": str(tmp_path / "none"), "PIP_INDEX_URL": "http://127.0.0.1:1/simple", "PIP_NO_INDEX": "0",
            "PIP_FIND_LINKS": "", "PIP_EXTRA_INDEX_URL": "", "PIP_CONFIG_FILE": os.devnull}  # fmt: skip
    small = ("--frames", 4, "--size", 16, "--epochs", 1, "--group", "scene[0-9]")
    done = vidlab("train", clips, *small, cwd=tmp_path, **gone)
    assert done.returncode == 0 and "conv3d alone" in done.stdout and "cannot be fetched" in done.stdout, done.stderr
    done = vidlab("train", clips, *small, "--model", "features", cwd=tmp_path, **gone)
    assert done.returncode == 1 and "cannot be fetched" in done.stderr and "Traceback" not in done.stderr


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (
            ["train", "{clips}", "--model", "resnet"],
            "--model resnet: there is no such model; there are features, frame_cnn",
        ),
        (["train", "{clips}", "--out", "model.h5"], "--out model.h5 must end in .keras"),
        (["train", "{clips}", "--out", "nowhere/m.keras"], "lie in a folder that exists and may be written to"),
        (["train", "{clips}", "--group", "("], "is not a regular expression"),
        (["train", "{clips}", "--group", "film"], "--group 'film' does not match in scene0 take0.mp4"),
        (["train", "{clips}/nowhere"], "nowhere: there is no such folder"),
        (["train", "{clips}", "--frames", "0"], "frames must be None or from 1 up, not 0"),
        (["predict", "a.mp4", "--model", "{clips}/m.keras"], "m.keras: there is no such file; `vidlab train`"),
    ],
)
def test_mistakes_are_said_in_one_line(clips, capsys, arguments, message):
    assert cli.main([a.format(clips=clips) for a in arguments]) == 1
    said = capsys.readouterr().err
    assert said.startswith("vidlab: ") and message in said and said.count("\n") == 1


def test_where_memory_is_short_a_folder_is_asked_for(clips, tmp_path, monkeypatch, capsys):
    few = SimpleNamespace(available=100_000)
    monkeypatch.setattr("psutil.virtual_memory", lambda: few)
    assert cli.main(["train", str(clips)]) == 1
    assert "not enough memory for its clips; give --cache FOLDER" in capsys.readouterr().err
    with monkeypatch.context() as context:  # and with one, training begins: what it is given is what we look at
        given = {}
        context.setattr(training, "fit", lambda model, learn, *rest, **named: given.update(learn=learn) or 1 / 0)
        with pytest.raises(ZeroDivisionError):
            cli.main(["train", str(clips), f"--cache={tmp_path / 'kept'}", "--flip", f"--out={tmp_path / 'm.keras'}"])
    next(iter(given["learn"].epoch(0)))
    assert len(list((tmp_path / "kept").glob("*.npy"))) > 0 and given["learn"].augment.flip == "swap"


def test_one_class_or_half_a_split_is_not_enough(clips, tmp_path, capsys):
    shutil.copytree(clips / "dark", tmp_path / "one" / "dark")
    assert cli.main(["train", str(tmp_path / "one")]) == 1
    assert "one class, dark; at least two are needed" in capsys.readouterr().err
    shutil.copytree(clips, tmp_path / "half" / "train")
    assert cli.main(["train", str(tmp_path / "half")]) == 1
    assert "no clips in val, test" in capsys.readouterr().err
    assert len(datasets.folder(tmp_path / "half")) == 16


def test_a_class_without_training_clips_is_named(tmp_path, capsys):
    clip = np.zeros((4, 16, 16, 3), np.uint8)
    for part, names in (("train", "ab"), ("valid", "ab"), ("test", "abc")):
        for name in names:
            (tmp_path / part / name).mkdir(parents=True)
            video.write(tmp_path / part / name / "0.mp4", clip)
    assert cli.main(["train", str(tmp_path), "--out", str(tmp_path / "m.keras")]) == 1
    assert "no clips of c to train on" in capsys.readouterr().err


def test_takes_of_the_recorder_stay_together_unasked(capsys):
    from pathlib import Path

    from vidlab import datasets
    from vidlab.cli.classify import _split

    filmed = [datasets.Sample(Path(f"take{take:03d}_clip{clip:02d}.webm"), "ab"[take % 2])
              for take in range(8) for clip in (1, 2, 3)]  # fmt: skip
    sides = {}
    for sample in _split(filmed, None, seed=0):
        sides.setdefault(sample.source.name[:7], set()).add(sample.split)
    assert {len(found) for found in sides.values()} == {1} and "one take stay together" in capsys.readouterr().out
    for takes, seed in ((3, 0), (3, 1), (4, 2), (5, 3)):  # of each class: none may lack in a part
        filmed = [datasets.Sample(Path(f"take{take:03d}_clip{clip:02d}.webm"), "abc"[take % 3])
                  for take in range(3 * takes) for clip in (1, 2, 3)]  # fmt: skip
        parts = datasets.by_split(_split(filmed, None, seed))
        assert [{s.label for s in part} for part in parts.values()] == [set("abc")] * 3
        assert datasets.check_split(sum(parts.values(), [])) == []
    assert "Careful" not in capsys.readouterr().out
    few = [datasets.Sample(Path(f"take{take:03d}_clip01.webm"), "ab"[take % 2]) for take in range(4)]
    _split(few, None, seed=0)  # no class has three takes: the best that can be, and a warning
    assert "Careful: too few groups to have every class on each side" in capsys.readouterr().out
    _split([datasets.Sample(Path(f"{k}.mp4"), "ab"[k % 2]) for k in range(9)], None, seed=0)
    assert "shared out one by one" in capsys.readouterr().out
