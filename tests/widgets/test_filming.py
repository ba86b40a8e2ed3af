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
        (__file__, ["up", "down"], "is a file; give a folder"),
    ],
)
def test_what_cannot_be_is_refused(folder, classes, sentence):
    with pytest.raises(ValueError, match=sentence):
        widgets.record(folder, classes)
