"""The recorder without a browser: what the page sends becomes files, and nothing else; what is wrong is said."""

import errno
import os
import re
from pathlib import Path

import numpy as np
import pytest

from vidlab import datasets, video, widgets
from vidlab.widgets import filming


@pytest.fixture(scope="module")
def film(tmp_path_factory):
    """The bytes of a file of 24 frames."""
    path = tmp_path_factory.mktemp("film") / "film.mp4"
    video.write(path, np.random.default_rng(0).integers(0, 255, (24, 32, 48, 3), np.uint8), fps=12)
    return path.read_bytes()


def send(recorder, content, label="left", press="a", clip="1", suffix=".mp4", parts=1, order=1):
    size = -(-len(content) // parts)
    for at in range(parts)[::order]:
        message = {"kind": "part", "clip": clip, "label": label, "suffix": suffix, "press": press, "at": at}
        recorder._hear(None, message | {"of": parts}, [memoryview(content)[at * size : (at + 1) * size]])


@pytest.fixture
def recorder(tmp_path):
    return widgets.record(tmp_path / "mine", ["left", "right"])


def files(recorder):
    return sorted(str(path.relative_to(recorder.folder)) for path in recorder.folder.rglob("*") if path.is_file())


def test_nothing_is_made_before_the_first_clip(recorder):
    assert not recorder.folder.exists() and "No clips yet" in recorder.advice
    assert recorder.figure.alt == recorder.advice


def test_a_file_in_parts_is_saved_whole(recorder, film):
    send(recorder, film, parts=3, order=-1)
    assert files(recorder) == ["left/take001_clip01.mp4"]
    assert (recorder.folder / "left/take001_clip01.mp4").read_bytes() == film
    assert recorder.said["clip"] == "1" and not recorder.said["bad"]
    assert recorder.said["text"] == "Saved left/take001_clip01.mp4: 24 frames, 2.0 s."
    (shown,) = recorder.clips["left"]
    assert shown["name"] == "take001_clip01.mp4" and shown["strip"][:2] == b"\xff\xd8" and "24 frames" in shown["alt"]


def test_one_press_is_one_take_and_a_split_keeps_it_together(recorder, film):
    for k, (label, press) in enumerate([("left", "a"), ("left", "a"), ("right", "b"), ("left", "c"), ("right", "c")]):
        send(recorder, film, label, press, clip=str(k))
    assert files(recorder) == [
        "left/take001_clip01.mp4", "left/take001_clip02.mp4", "left/take003_clip01.mp4",
        "right/take002_clip01.mp4", "right/take003_clip01.mp4",
    ]  # fmt: skip
    again = widgets.record(recorder.folder, ["left", "right"])  # another day: the numbers go on
    send(again, film, "right", "a")
    assert "right/take004_clip01.mp4" in files(recorder)
    (recorder.folder / "right" / "from_a_phone.mp4").write_bytes(film)
    found = {s.source.name: s.group for s in datasets.takes(recorder.folder) if s.label == "right"}
    assert found == {"take002_clip01.mp4": "take002", "take003_clip01.mp4": "take003", "take004_clip01.mp4": "take004",
                     "from_a_phone.mp4": None}  # fmt: skip
    split = datasets.split_by_group(datasets.takes(recorder.folder), (0.5, 0.5), seed=1)
    assert datasets.check_split(split) == []


def test_each_press_has_its_own_take_even_when_the_last_one_was_deleted(recorder, film):
    send(recorder, film, press="a")
    recorder._hear(None, {"kind": "delete", "label": "left", "name": "take001_clip01.mp4"}, [])
    send(recorder, film, press="b", clip="2")
    send(recorder, film, press="a", clip="3")
    assert files(recorder) == ["left/take001_clip01.mp4", "left/take002_clip01.mp4"]


def test_the_page_cannot_widen_what_the_recorder_may_touch(recorder, film):
    recorder.classes = ["left", ".."]
    recorder.clips = {"..": [{"name": "secret.mp4"}], "left": [{"name": "../../secret.mp4"}]}
    kept = recorder.folder.parent / "secret.mp4"
    kept.write_bytes(film)
    send(recorder, film, "..")
    assert "class '..' is not one of left, right" in recorder.said["text"]
    for label, name in (("..", "secret.mp4"), ("left", "../../secret.mp4")):
        recorder._hear(None, {"kind": "delete", "label": label, "name": name}, [])
        assert recorder.said["bad"] and kept.exists()
    assert not recorder.folder.exists()


def test_the_folder_stays_when_the_kernel_goes_elsewhere(tmp_path, film, monkeypatch):
    monkeypatch.chdir(tmp_path)
    recorder = widgets.record("mine", ["left", "right"])
    (tmp_path / "elsewhere").mkdir()
    monkeypatch.chdir(tmp_path / "elsewhere")
    send(recorder, film)
    assert (tmp_path / "mine" / "left" / "take001_clip01.mp4").is_file()


def test_the_page_gets_an_answer_when_a_file_goes_while_it_looks(recorder, film, monkeypatch):
    send(recorder, film)
    there = filming.clips_in
    gone = recorder.folder / "left" / "gone.mp4"
    monkeypatch.setattr(filming, "clips_in", lambda folder, label: [*there(folder, label), gone])
    send(recorder, film, clip="2")
    assert recorder.said["clip"] == "2" and not recorder.said["bad"]
    assert "cannot be read" in recorder.clips["left"][-1]["alt"]
    monkeypatch.setattr(filming, "clips_in", lambda folder, label: 1 / 0)
    send(recorder, film, clip="3")
    assert recorder.said["clip"] == "3" and "What lies in the folder cannot be shown" in recorder.said["text"]


@pytest.mark.parametrize("error", [OSError("no"), ValueError("no"), video.VideoError("no")])
def test_a_file_without_a_picture_is_said(error, tmp_path, monkeypatch):
    def read(*_, **__):
        raise error

    monkeypatch.setattr(video, "read", read)
    assert filming._strip(tmp_path / "a.mp4") == {"strip": b"", "alt": "a.mp4 cannot be read: no"}


def test_what_was_deleted_or_left_half_sent_is_forgotten(recorder, film):
    send(recorder, film)
    assert len(recorder._strips) == 1
    recorder._hear(None, {"kind": "delete", "label": "left", "name": "take001_clip01.mp4"}, [])
    assert recorder._strips == {}
    message = {"kind": "part", "label": "left", "suffix": ".mp4", "press": "a", "at": 0, "of": 2}
    for clip in "abcdef":
        recorder._hear(None, message | {"clip": clip}, [film[:9]])
    assert list(recorder._parts) == ["d", "e", "f"]


def test_only_what_it_shows_can_be_deleted(recorder, film):
    send(recorder, film)
    kept = recorder.folder.parent / "secret.mp4"
    kept.write_bytes(film)
    recorder._hear(None, {"kind": "delete", "label": "left", "name": "../../secret.mp4"}, [])
    assert kept.exists() and recorder.said["bad"]
    recorder._hear(None, {"kind": "delete", "label": "left", "name": "take001_clip01.mp4"}, [])
    assert files(recorder) == [] and recorder.clips["left"] == [] and not recorder.said["bad"]


@pytest.mark.parametrize(
    ("sent", "sentence"),
    [
        ({"content": b"no film"}, "Not kept: "),
        ({"label": "../up"}, r"class '../up' is not one of left, right"),
        ({"suffix": ".exe"}, ".exe is no video"),
        ({"suffix": "/../x.mp4"}, "is no video"),
    ],
)
def test_what_is_no_clip_leaves_nothing(recorder, film, sent, sentence):
    send(recorder, **({"content": film} | sent))
    assert recorder.said["bad"] and sentence in recorder.said["text"]
    assert not recorder.folder.exists() or files(recorder) == []


def test_a_file_that_is_too_large_is_refused(recorder, film, monkeypatch):
    monkeypatch.setattr(filming, "LARGEST", 1000)
    send(recorder, film, parts=9)
    assert "larger than" in recorder.said["text"] and recorder.said["bad"] and files(recorder) == []


@pytest.mark.parametrize(
    ("number", "sentence"),
    [
        (errno.ENOSPC, "the disk with .* is full"),
        (errno.EACCES, "may not be written to. Give another folder"),
        (errno.EIO, "Not saved: .*"),
    ],
)
def test_a_full_disk_is_said_and_leaves_no_half_file(recorder, film, monkeypatch, number, sentence):
    send(recorder, film)

    def write(self, content):
        with self.open("wb") as file:
            file.write(content[:9])
        raise OSError(number, os.strerror(number), str(self))

    monkeypatch.setattr(Path, "write_bytes", write)
    send(recorder, film, clip="2")
    monkeypatch.undo()
    assert recorder.said["bad"] and re.search(sentence, recorder.said["text"])
    assert files(recorder) == ["left/take001_clip01.mp4"]
    send(recorder, film, clip="3")  # there is room again
    assert files(recorder) == ["left/take001_clip01.mp4", "left/take001_clip02.mp4"]


def test_advice_names_what_to_film_next():
    assert "Film right next" in filming.advice({"left": (12, 4), "right": (5, 4)})
    assert "5 clips of left" in filming.advice({"left": (5, 3), "right": (6, 3)})
    assert filming.advice({"left": (10, 3), "right": (11, 3)}) == "Enough clips for a first training."
    assert "Too few takes of right" in filming.advice({"left": (10, 3), "right": (11, 2)})


@pytest.mark.parametrize(
    ("folder", "classes", "sentence"),
    [
        ("a", ["one"], "two different names"),
        ("a", ["Up", "up"], "two different names"),
        ("a", ["up", "../down"], "'../down' cannot be a folder's name"),
        ("a", ["up", ".hidden"], "cannot be a folder's name"),
        ("a", ["test", "up"], "'test' would be taken for a part of a split"),
        ("a", ["up", "NUL"], "'NUL' is the name of a device on Windows"),
        ("a", ["com1.x", "up"], "'com1.x' is the name of a device on Windows"),
        (__file__, ["up", "down"], "is a file; give a folder"),
    ],
)
def test_what_cannot_be_is_refused(folder, classes, sentence):
    with pytest.raises(ValueError, match=sentence):
        widgets.record(folder, classes)
