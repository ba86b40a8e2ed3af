"""The official lists of Kinetics, UCF101 and HMDB51, as their authors wrote them; lists of path and label."""

import numpy as np
import pytest

from vidlab import datasets
from vidlab.clips import Frames

BOM = b"\xef\xbb\xbf"


def facts(samples):
    return [(s.source.name, s.label, s.group, s.split) for s in samples]


# ------------------------------------------------------------------------------------------- Kinetics


@pytest.mark.parametrize(
    "header", ["label,youtube_id,time_start,time_end,split", "label-name,video-id,start-time,end-time,split"]
)
def test_both_headers_of_kinetics(place, header):
    root = place(
        "playing chess/abc_000003_000013.mp4",
        "riding_a_bike/-x_y_000000_000010.webm",
        "loose_000001_000011.mp4",
    )
    rows = (
        'playing chess,abc,3,13,train\n"riding a bike",-x_y,0,10,validate\n'
        '"throwing ball (not baseball, not football)",loose,1,11,test\n'
    )
    (root / "list.csv").write_bytes(BOM + f"{header}\n{rows}".replace("\n", "\r\n").encode())
    samples = datasets.kinetics(root / "list.csv", root)
    assert facts(samples) == [
        ("abc_000003_000013.mp4", "playing chess", "abc", "train"),
        ("-x_y_000000_000010.webm", "riding a bike", "-x_y", "val"),
        ("loose_000001_000011.mp4", "throwing ball (not baseball, not football)", "loose", "test"),
    ]
    assert [s.source.parent.name for s in samples] == ["playing chess", "riding_a_bike", root.name]
    assert datasets.load_clips(samples, Frames(2, (16, 16)))[0].shape == (3, 2, 16, 16, 3)


def test_the_test_list_of_kinetics_has_no_labels(place):
    root = place("--6bJUbfpnQ_000017_000027.mp4", "0A_000003_000013.mp4")
    (root / "test.csv").write_text(
        "youtube_id,time_start,time_end,split,is_cc\n--6bJUbfpnQ,17,27,test,0\n\n0A,3,13,test,0\n"
    )
    assert facts(datasets.kinetics(root / "test.csv", str(root))) == [
        ("--6bJUbfpnQ_000017_000027.mp4", None, "--6bJUbfpnQ", "test"),
        ("0A_000003_000013.mp4", None, "0A", "test"),
    ]


def test_kinetics_folders_as_torchvision_and_as_macos_write_them(place):
    """torchvision: no quotes and brackets, `_` for spaces. macOS: é as e and an accent of its own."""
    labels = {"a": "petting cat (not dog)", "b": "opening 'it'", "c": "café", "d": "déjà vu (x)"}
    places = ("petting_cat_not_dog/a", "opening_it/b", "cafe\u0301/c", "de\u0301ja\u0300_vu_x/d")
    root = place(*(f"{name}_000001_000011.mp4" for name in places))
    rows = "".join(f'"{label}",{name},1,11\n' for name, label in labels.items())
    (root / "list.csv").write_text("label,youtube_id,time_start,time_end\n" + rows, encoding="utf8")
    samples = datasets.kinetics(root / "list.csv", root)
    assert [s.label for s in samples] == list(labels.values()) and all(s.source.is_file() for s in samples)


def test_names_are_compared_in_one_spelling(place):
    root = place("f\u00e9te/cafe\u0301.mp4")
    (root / "list.txt").write_text("fe\u0301te/caf\u00e9.mp4 0\n", encoding="utf8")
    assert datasets.video_list(root / "list.txt", root)[0].source.is_file()


def test_classes_of_which_nothing_is_there_are_named(place):
    root = place("clap/a_000001_000011.mp4")
    rows = "clap,a,1,11\nclap,b,1,11\nwave,c,1,11\njump,d,1,11\n"
    (root / "list.csv").write_text("label,youtube_id,time_start,time_end\n" + rows)
    with pytest.warns(UserWarning, match="3 of its 4 files are missing.*nothing is there of jump, wave$"):
        assert len(datasets.kinetics(root / "list.csv", root, missing="skip")) == 1


def test_missing_files_are_counted_once(place):
    root = place("a/x_000000_000001.mp4", "a/y1_000000_000001.txt")
    rows = "".join(f"a,{name},0,1,train\n" for name in ("x", "y1", "y2", "y3", "y4"))
    (root / "list.csv").write_text("label,youtube_id,time_start,time_end,split\n" + rows)
    with pytest.raises(
        datasets.DataNotFound, match=r"4 of its 5 files are missing: .*y1_000000_000001.mp4, .*y3.*, \.\.\.$"
    ) as error:
        datasets.kinetics(root / "list.csv", root)
    assert error.value.missing == [root / "a" / f"y{i}_000000_000001.mp4" for i in (1, 2, 3, 4)]
    with pytest.warns(UserWarning, match="4 of its 5 files are missing: .*they are left out") as warned:
        samples = datasets.kinetics(root / "list.csv", root, missing="skip")
    assert len(warned) == 1 and [s.group for s in samples] == ["x"]
    assert warned[0].filename == __file__
    with pytest.raises(datasets.DataNotFound, match="5 of its 5 files are missing"):
        datasets.kinetics(root / "list.csv", root / "elsewhere", missing="skip")
    with pytest.raises(ValueError, match="missing='ignore' must be"):
        datasets.kinetics(root / "list.csv", root, missing="ignore")


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("name,age\nAnna,7\n", "has the columns youtube_id, time_start, time_end"),
        ("", "has the columns youtube_id"),
        ("label,youtube_id,time_start,time_end\n", "and rows below"),
        ("label,youtube_id,time_start,time_end\n\na,x,soon,1\n", "line 3 has no times in seconds"),
        ("label,youtube_id,time_start,time_end\na,x,0\n", "line 2 has no times in seconds"),
        ("label,youtube_id,time_start,time_end\na,,0,1\n", "line 2 has no youtube_id"),
        ("label,youtube_id,time_start,time_end\na,x,0,inf\n", "line 2 has no times"),
        ("label,youtube_id\n" + "a" * 200_000, "no list of comma-separated values"),
        ("läbel".encode("utf-16"), "this is no text in UTF-8"),
    ],
)
def test_other_lists_are_refused(tmp_path, text, message):
    file = tmp_path / "list.csv"
    file.write_bytes(text if isinstance(text, bytes) else text.encode())
    with pytest.raises(datasets.DataNotFound, match=f"list.csv: .*{message}"):
        datasets.kinetics(file, tmp_path)


def test_a_list_that_is_not_there(tmp_path):
    with pytest.raises(datasets.DataNotFound, match="other.csv: there is no such list"):
        datasets.kinetics(tmp_path / "other.csv", tmp_path)
    with pytest.raises(datasets.DataNotFound, match="cannot be read"):
        datasets.video_list(tmp_path, tmp_path)


# --------------------------------------------------------------------------------------------- UCF101


UCF101 = {  # as in the authors' archive: class numbers from 1; capital S in the files of HandstandPushups
    "classInd.txt": "1 ApplyEyeMakeup\n2 ApplyLipstick\n37 HandstandPushups\n",
    "trainlist01.txt": "ApplyEyeMakeup/v_ApplyEyeMakeup_g08_c01.avi 1\nApplyEyeMakeup/v_ApplyEyeMakeup_g08_c02.avi 1\n"
    "ApplyLipstick/v_ApplyLipstick_g08_c01.avi 2\nHandstandPushups/v_HandStandPushups_g08_c01.avi 37\n",
    "testlist01.txt": "ApplyEyeMakeup/v_ApplyEyeMakeup_g01_c01.avi\nApplyLipstick/v_ApplyLipstick_g01_c01.avi\n",
}


@pytest.fixture
def ucf101(place):
    names = [line.split(" ")[0] for part in ("train", "test") for line in UCF101[f"{part}list01.txt"].splitlines()]
    root = place(*(f"UCF-101/{name}" for name in names))
    (root / "ucfTrainTestlist").mkdir()
    for name, text in UCF101.items():
        (root / "ucfTrainTestlist" / name).write_bytes(text.replace("\n", "\r\n").encode())  # they have these ends
    return root / "ucfTrainTestlist", root / "UCF-101"


def test_ucf101(ucf101):
    samples = datasets.ucf101(*ucf101)
    assert facts(samples) == [
        ("v_ApplyEyeMakeup_g08_c01.avi", "ApplyEyeMakeup", "ApplyEyeMakeup_g08", "train"),
        ("v_ApplyEyeMakeup_g08_c02.avi", "ApplyEyeMakeup", "ApplyEyeMakeup_g08", "train"),
        ("v_ApplyLipstick_g08_c01.avi", "ApplyLipstick", "ApplyLipstick_g08", "train"),
        ("v_HandStandPushups_g08_c01.avi", "HandstandPushups", "HandstandPushups_g08", "train"),
        ("v_ApplyEyeMakeup_g01_c01.avi", "ApplyEyeMakeup", "ApplyEyeMakeup_g01", "test"),
        ("v_ApplyLipstick_g01_c01.avi", "ApplyLipstick", "ApplyLipstick_g01", "test"),
    ]
    assert datasets.check_split(samples) == []
    clips, labels = datasets.load_clips(samples, Frames(2, (16, 16)))
    assert clips.shape == (6, 2, 16, 16, 3) and labels.tolist() == [0, 0, 1, 2, 0, 1]


def test_ucf101_with_files_that_were_converted_or_lie_flat(ucf101):
    lists, root = ucf101
    first = root / "ApplyEyeMakeup" / "v_ApplyEyeMakeup_g08_c01.avi"
    first.rename(first.with_suffix(".mp4"))
    second = root / "ApplyEyeMakeup" / "v_ApplyEyeMakeup_g08_c02.avi"
    second.rename(root / second.name)
    found = [s.source.relative_to(root).as_posix() for s in datasets.ucf101(lists, root)][:2]
    assert found == ["ApplyEyeMakeup/v_ApplyEyeMakeup_g08_c01.mp4", "v_ApplyEyeMakeup_g08_c02.avi"]


@pytest.mark.slow
@pytest.mark.parametrize(
    ("name", "text", "message"),
    [
        ("classInd.txt", "ApplyEyeMakeup\n", r"classInd.txt: line 1 is not of the form 1 ApplyEyeMakeup"),
        ("classInd.txt", "one ApplyEyeMakeup\n", "classInd.txt: line 1 does not begin with a class's number"),
        ("trainlist01.txt", "\n" + UCF101["testlist01.txt"], r"trainlist01.txt: line 2 is not of the form .*\.avi 1:"),
        ("testlist01.txt", "ApplyLipstick/clip.avi\n", r"testlist01.txt: line 1 is not of the form .*\.avi:"),
        ("trainlist01.txt", "ApplyLipstick/v_ApplyLipstick_g08_c01.avi 1\n", "another class than classInd.txt does"),
        ("testlist01.txt", "Swim/v_Swim_g08_c01.avi\n", "line 1 has another class than classInd.txt does"),
    ],
)
def test_mistakes_in_ucf101_lists_are_named(ucf101, name, text, message):
    (ucf101[0] / name).write_text(text)
    with pytest.raises(datasets.DataNotFound, match=message):
        datasets.ucf101(*ucf101)


def test_splits_that_are_not_there(ucf101):
    for name in ("ucf101", "hmdb51"):
        with pytest.raises(ValueError, match="split=0 must be 1, 2 or 3"):
            getattr(datasets, name)(*ucf101, split=0)
    with pytest.raises(datasets.DataNotFound, match="trainlist02.txt: there is no such list"):
        datasets.ucf101(*ucf101, split=2)
    with pytest.raises(datasets.DataNotFound, match="there are no lists CLASS_test_split3.txt"):
        datasets.hmdb51(*ucf101, split=3)
    with pytest.warns(UserWarning, match="1 of its 6 files are missing"):
        (ucf101[1] / "ApplyLipstick" / "v_ApplyLipstick_g01_c01.avi").unlink()
        assert len(datasets.ucf101(*ucf101, missing="skip")) == 5


# --------------------------------------------------------------------------------------------- HMDB51


HMDB51 = {  # as in the authors' archive: a space after the number; names that begin with #
    "brush_hair_test_split1.txt": "April_09_brush_hair_u_nm_np1_ba_goo_0.avi 1 \n"
    "April_09_brush_hair_u_nm_np1_ba_goo_1.avi 0 \nTrannydude___Brushing_Hair_brush_hair_h_nm_np1_le_goo_0.avi 2 \n",
    "clap_test_split1.txt": "#20_Rhythm_clap_u_nm_np1_fr_goo_0.avi 1 \nApril_09_clap_f_cm_np2_ri_bad_10.avi 2 \n",
    "clap_test_split2.txt": "#20_Rhythm_clap_u_nm_np1_fr_goo_0.avi 2 \nno tags.avi 1 \n",
}


@pytest.fixture
def hmdb51(place):
    names = ["clap/no tags.avi"]
    for name, text in HMDB51.items():
        names += [f"{name.split('_test_')[0]}/{line.split(' ')[0]}" for line in text.splitlines() if "no" != line[:2]]
    root = place(*(f"hmdb51_org/{name}" for name in names))
    (root / "testTrainMulti_7030_splits").mkdir()
    for name, text in HMDB51.items():
        (root / "testTrainMulti_7030_splits" / name).write_text(text)
    return root / "testTrainMulti_7030_splits", root / "hmdb51_org"


def test_hmdb51(hmdb51):
    samples = datasets.hmdb51(*hmdb51)
    assert facts(samples) == [
        ("April_09_brush_hair_u_nm_np1_ba_goo_0.avi", "brush_hair", "April_09", "train"),
        ("Trannydude___Brushing_Hair_brush_hair_h_nm_np1_le_goo_0.avi", "brush_hair",
         "Trannydude___Brushing_Hair", "test"),
        ("#20_Rhythm_clap_u_nm_np1_fr_goo_0.avi", "clap", "#20_Rhythm", "train"),
        ("April_09_clap_f_cm_np2_ri_bad_10.avi", "clap", "April_09", "test"),
    ]  # fmt: skip
    with pytest.warns(UserWarning, match=r"1 of 3 groups .* \(April_09\)"):
        datasets.check_split(samples)
    assert facts(datasets.hmdb51(*hmdb51, split=2))[1] == ("no tags.avi", "clap", "no tags", "train")
    assert datasets.load_clips(samples, Frames(2, (16, 16)))[1].tolist() == [0, 0, 1, 1]


def test_mistakes_in_hmdb51_lists_are_named(hmdb51):
    list_file = hmdb51[0] / "clap_test_split1.txt"
    list_file.write_text("#20_Rhythm_clap_u_nm_np1_fr_goo_0.avi 3\n")
    with pytest.raises(datasets.DataNotFound, match="clap_test_split1.txt: line 1 ends with '3', not with 0, 1 or 2"):
        datasets.hmdb51(*hmdb51)
    list_file.write_text("x.avi 1\n\ny.avi\n")
    with pytest.raises(datasets.DataNotFound, match="line 3 is not of the form name.avi 1: y.avi"):
        datasets.hmdb51(*hmdb51)
    list_file.write_text("x.avi 1\n")
    with pytest.raises(datasets.DataNotFound, match=r"1 of its 3 files are missing: .*clap.x\.avi$"):
        datasets.hmdb51(*hmdb51)


# ---------------------------------------------------------------------------------------- path, label


def test_lists_of_path_and_label(place):
    root = place("a b/c d.mp4", "ü.mp4", "#1/x.avi", "win/y.mp4", "z.mp4")
    text = "# made by hand\na b/c d.mp4 10\n\n   \nü.mp4 9\n#1/x.avi wave\nwin\\y.mp4\t0\n#z.mp4 3\n./z.webm 1\n"
    for data in (text.encode(), BOM + text.replace("\n", "\r\n").encode(), text.replace("\n", "\r").encode()[:-1]):
        (root / "list.txt").write_bytes(data)
        samples = datasets.video_list(root / "list.txt", root)
        assert [(s.source.relative_to(root).as_posix(), s.label) for s in samples] == [
            ("a b/c d.mp4", "10"), ("ü.mp4", "9"), ("#1/x.avi", "wave"), ("win/y.mp4", "0"), ("z.mp4", "1")
        ]  # fmt: skip
    (root / "absolute.txt").write_text(f"{root.as_posix()}/z.mp4 1\n")
    assert datasets.video_list(root / "absolute.txt", root / "a b")[0].source == root / "z.mp4"
    assert np.array_equal(datasets.load_clips(samples[:2], Frames(2, (16, 16)))[1], [1, 0])


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("a.mp4 1\n\nb.mp4\n", "line 3 is not a path, a space and a label: b.mp4"),
        ("some folder/b.mp4\n", "line 1 is not a path, a space and a label"),
        ("# nothing\n\n", "no line in it has a path and a label"),
        ("a.mp4 1\nb.mp4 2\n", r"1 of its 2 files are missing: .*b\.mp4$"),
    ],
)
def test_mistakes_in_lists_of_path_and_label_are_named(place, text, message):
    root = place("a.mp4")
    (root / "list.txt").write_text(text)
    with pytest.raises(datasets.DataNotFound, match=f"list.txt: {message}"):
        datasets.video_list(root / "list.txt", root)


def test_another_extension_is_looked_for_only_in_place_of_a_videos(place):
    root = place("walk.mp4", "run.mp4", "take.2.avi", "my.mp4 films/jump.mp4")
    (root / "list.txt").write_text("walk.avi 1\nrun 2\ntake.2 3\nmy.mp4 films/jump.mp4 4\n")
    found = [s.source.name for s in datasets.video_list(root / "list.txt", root)]
    assert found == ["walk.mp4", "run.mp4", "take.2.avi", "jump.mp4"]
    for line, message in (("walk.2 7", "1 of its 1 files are missing"), ("walk.mp4 1 2 3", "more than one label")):
        (root / "list.txt").write_text(line)
        with pytest.raises(datasets.DataNotFound, match=message):
            datasets.video_list(root / "list.txt", root)
