"""Folders, the clips that come with the course and rendered worlds become samples."""

from pathlib import Path

import numpy as np
import pytest

from vidlab import datasets, world
from vidlab.clips import Frames

CLIP = np.zeros((3, 16, 16, 3), np.uint8)


def test_a_folder_for_each_class(place):
    root = place(
        "wave/b.mp4", "wave/a.mp4", "clap/ü 1.mp4", "clap/.hidden.mp4", "clap/notes.txt", ".git/x.mp4", "readme.txt"
    )
    samples = datasets.folder(root)
    assert [(s.source.name, s.label, s.split) for s in samples] == [
        ("ü 1.mp4", "clap", None),
        ("a.mp4", "wave", None),
        ("b.mp4", "wave", None),
    ]
    assert datasets.classes_of(samples) == ["clap", "wave"]
    assert datasets.folder(str(root)) == samples


def test_folders_with_splits(place):
    root = place("train/wave/a.mp4", "test/wave/b.mp4", "val/clap/c.mp4")
    assert {s.source.name: (s.label, s.split) for s in datasets.folder(root)} == {
        "a.mp4": ("wave", "train"),
        "b.mp4": ("wave", "test"),
        "c.mp4": ("clap", "val"),
    }


@pytest.mark.parametrize("name", ["val", "valid", "Validation"])
def test_every_usual_name_of_a_split_is_known(place, name):
    splits = {s.source.name: s.split for s in datasets.folder(place("train/wave/a.mp4", f"{name}/wave/b.mp4"))}
    assert splits == {"a.mp4": "train", "b.mp4": "val"}


def test_what_a_folder_shows_is_what_is_checked(place):
    """Links are followed, cameras' suffixes are known, and what systems add is passed over by all alike."""
    place("real/0.mp4", "real/1.MTS", "real/2.m2ts")
    root = place("set/b/3.vob", "set/b/4.divx", "set/b/notes.txt", "set/__MACOSX/b/._3.vob", "set/@eaDir/b/5.mp4")
    (root / "set" / "a").symlink_to("../real", target_is_directory=True)
    (root / "set" / "b" / "6.mp4").symlink_to("../../real/0.mp4")
    (root / "set" / "b" / "gone.mp4").symlink_to("nowhere")
    (root / "real" / "round").symlink_to("../set", target_is_directory=True)
    samples = datasets.folder(root / "set")
    assert [(s.source.name, s.label) for s in samples] == [
        ("0.mp4", "a"), ("1.MTS", "a"), ("2.m2ts", "a"), ("3.vob", "b"), ("4.divx", "b"), ("6.mp4", "b")
    ]  # fmt: skip
    assert datasets.video_files(root / "set") == [s.source for s in samples]
    assert [path.name for path in datasets.passed_over(root / "set")] == ["notes.txt"]


def test_a_folder_that_cannot_be_read_is_said_so(place, monkeypatch):
    root = place("wave/a.mp4", "clap/b.mp4")

    def refuse(path, iterdir=Path.iterdir):
        if path.name == "wave":
            raise PermissionError(13, "Permission denied")
        return iterdir(path)

    monkeypatch.setattr(Path, "iterdir", refuse)
    for use in (datasets.folder, datasets.video_files, datasets.passed_over):
        with pytest.raises(datasets.DataNotFound, match=r"wave: this folder cannot be read \(Permission denied\)"):
            use(root)


def test_folders_without_video_are_named(place, tmp_path):
    with pytest.raises(datasets.DataNotFound, match="nowhere: there is no such folder"):
        datasets.folder(tmp_path / "nowhere")
    with pytest.raises(datasets.DataNotFound, match="no video files in folders below it"):
        datasets.folder(tmp_path)


@pytest.mark.parametrize(
    ("files", "message"),
    [
        (["a.mp4", "wave/b.mp4"], "1 video files such as a.mp4 lie in no class's folder"),
        (["wave/b.mp4", "clap/notes.txt"], "clap: no video files in this class's folder, but notes.txt"),
        (["wave/b.mp4", "clap/deep/c.mp4"], "clap: no video files in this class's folder, but deep"),
        (["train/wave/b.mp4", "more/c.mp4"], "more lies beside train"),
    ],
)
def test_clips_whose_class_cannot_be_told_are_not_dropped(place, files, message):
    with pytest.raises(datasets.DataNotFound, match=message):
        datasets.folder(place(*files))


def test_the_embedded_clips_can_be_labelled_by_any_column():
    assert set(datasets.classes_of(datasets.embedded("shape"))) == {"disc", "square", "triangle", "star", "cross"}
    with pytest.raises(datasets.DataNotFound, match="no column 'smell' to learn; it has label, "):
        datasets.embedded("smell")


def test_a_rendered_world_as_samples():
    rendered = world.render(6, ("shape",), "shape", frames=4, size=(16, 16), seed=1)
    samples = datasets.from_world(rendered)
    assert [s.label for s in samples] == list(rendered.labels) and {s.split for s in samples} == {None}
    clips, _ = datasets.load_clips(samples, Frames(4, (16, 16)))
    assert np.array_equal(np.round(clips * 255), rendered.clips)


def test_classes_that_are_numbers_are_sorted_as_numbers():
    def classes(*labels):
        return datasets.classes_of([datasets.Sample(CLIP, label) for label in labels])

    assert classes("10", "9", None, "0") == ["0", "9", "10"]
    assert classes("10", "9", "b") == ["10", "9", "b"]


def test_stored_results_are_looked_up_by_their_facts(monkeypatch, tmp_path):
    results = datasets.results("tour")
    assert results.command.startswith("python bench/tour.py") and results.date
    rows = results["rows"]
    assert results.where(model="conv3d", seed=1) == [r for r in rows if r["model"] == "conv3d" and r["seed"] == 1]
    assert results.values("top1", model="conv3d").tolist() == [r["top1"] for r in rows if r["model"] == "conv3d"]
    assert len(results.values(model="nobody")) == 0
    with pytest.raises(datasets.DataNotFound, match="no vacation.json; there are .*tour"):
        datasets.results("vacation")


def test_samples_by_split_keep_their_order():
    samples = [datasets.Sample(f"{i}.mp4", split=("train", "test", None)[i % 3]) for i in range(9)]
    parts = datasets.by_split(samples)
    assert list(parts) == ["train", "val", "test"]
    assert [s.source for s in parts["train"]] == ["0.mp4", "3.mp4", "6.mp4"] and parts["val"] == []
    assert [s.source for s in parts["test"]] == ["1.mp4", "4.mp4", "7.mp4"]
