"""Folders and lists become samples; what is missing is said in one sentence."""

import numpy as np
import pytest

from vidlab import datasets, video

CLIP = np.zeros((3, 16, 16, 3), np.uint8)


@pytest.fixture
def place(tmp_path):
    def put(*names):
        for name in names:
            path = tmp_path / name
            path.parent.mkdir(parents=True, exist_ok=True)
            video.write(path, CLIP) if path.suffix == ".mp4" else path.write_text("not video")
        return tmp_path

    return put


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


@pytest.mark.parametrize(
    "header", ["label,youtube_id,time_start,time_end,split", "label-name,video-id,start-time,end-time,split"]
)
def test_both_headers_of_kinetics(place, tmp_path, header):
    place("playing chess/abc_000003_000013.mp4", "riding_a_bike/-x_y_000000_000010.mp4")
    (tmp_path / "list.csv").write_text(f"{header}\nplaying chess,abc,3,13,train\nriding a bike,-x_y,0,10,validate\n")
    samples = datasets.kinetics(tmp_path / "list.csv", tmp_path)
    assert [(s.label, s.group, s.split) for s in samples] == [
        ("playing chess", "abc", "train"),
        ("riding a bike", "-x_y", "val"),
    ]


def test_missing_files_are_counted_once(place, tmp_path):
    place("a/x_000000_000001.mp4")
    rows = "".join(f"a,{name},0,1,train\n" for name in ("x", "y1", "y2", "y3", "y4"))
    (tmp_path / "list.csv").write_text("label,youtube_id,time_start,time_end,split\n" + rows)
    with pytest.raises(
        datasets.DataNotFound, match=r"4 of its 5 files are missing: .*y1_000000_000001.mp4, .*y3.*, \.\.\.$"
    ):
        datasets.kinetics(tmp_path / "list.csv", tmp_path)


def test_other_lists_are_refused(tmp_path):
    (tmp_path / "list.csv").write_text("name,age\nAnna,7\n")
    with pytest.raises(datasets.DataNotFound, match="has the columns youtube_id, time_start, time_end"):
        datasets.kinetics(tmp_path / "list.csv", tmp_path)
    (tmp_path / "list.csv").write_text("label,youtube_id,time_start,time_end\na,x,soon,1\n")
    with pytest.raises(datasets.DataNotFound, match="line 2 has no times in seconds"):
        datasets.kinetics(tmp_path / "list.csv", tmp_path)
    with pytest.raises(datasets.DataNotFound, match="there is no such list"):
        datasets.kinetics(tmp_path / "other.csv", tmp_path)


def test_the_embedded_clips_can_be_labelled_by_any_column():
    assert set(datasets.classes_of(datasets.embedded("shape"))) == {"disc", "square", "triangle", "star", "cross"}
    with pytest.raises(datasets.DataNotFound, match="no column 'smell' to learn; it has label, "):
        datasets.embedded("smell")
