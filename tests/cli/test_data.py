"""`vidlab download`, `check-videos` and `world`."""

import functools
import hashlib
import json
import os
import shutil
import signal
import subprocess
import sys
import threading
import time
import zipfile
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import numpy as np
import pytest

from vidlab import datasets, fetch, video
from vidlab.cli import main

CLIPS = Path(__file__).parents[3] / "shared" / "clips"  # for development: not part of the course


# ------------------------------------------------------------------------------------------- download


@pytest.fixture
def url(tmp_path, monkeypatch):
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    (tmp_path / "www").mkdir()

    class Quiet(SimpleHTTPRequestHandler):
        def log_message(self, *_):
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), functools.partial(Quiet, directory=tmp_path / "www"))
    thread = threading.Thread(target=functools.partial(server.serve_forever, poll_interval=0.02))
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()
    thread.join()


def test_download_fetches_checks_and_unpacks(url, tmp_path, capsys):
    with zipfile.ZipFile(tmp_path / "www" / "lists.zip", "w") as file:
        file.writestr("ucfTrainTestlist/classInd.txt", "1 ApplyEyeMakeup\n")
    sha256 = hashlib.sha256((tmp_path / "www" / "lists.zip").read_bytes()).hexdigest()
    command = ["download", f"{url}/lists.zip", "--to", str(tmp_path / "new" / "data")]
    assert main(command) == 1 and "a download needs its SHA-256 checksum" in capsys.readouterr().err
    assert main([*command, "--sha256", "0" * 64]) == 1 and "is not the file" in capsys.readouterr().err
    assert main([*command, "--sha256", sha256, "--no-extract"]) == 0
    assert os.listdir(tmp_path / "new" / "data") == ["lists.zip"]
    assert main([*command, "--sha256", sha256]) == 0
    out, err = capsys.readouterr()
    assert f"unpacked to {tmp_path / 'new' / 'data' / 'lists'}" in out and not err
    assert (tmp_path / "new" / "data" / "lists" / "ucfTrainTestlist" / "classInd.txt").is_file()
    assert main([*command, "--sha256", sha256]) == 1 and "is there already" in capsys.readouterr().err


# --------------------------------------------------------------------------------------- check-videos


@pytest.fixture
def folder(tmp_path):
    """Two good files and four bad ones, besides some that are none of ours."""
    root = tmp_path / "clips"
    (root / "wave" / ".hidden").mkdir(parents=True)
    clip = np.random.default_rng(0).integers(0, 255, (20, 32, 32, 3), np.uint8)
    video.write(root / "wave" / "good.mp4", clip, fps=10)
    shutil.copy(root / "wave" / "good.mp4", root / "ü 2.MP4")
    whole = (root / "wave" / "good.mp4").read_bytes()
    (root / "cut.mp4").write_bytes(whole[: len(whole) // 2])
    video.write(root / "half.avi", clip, fps=10)
    whole = (root / "half.avi").read_bytes()
    (root / "half.avi").write_bytes(whole[: len(whole) // 2])  # its first frames can be read
    (root / "empty.avi").write_bytes(b"")
    (root / "wave" / "text.mov").write_text("hello")
    (root / "wave" / "notes.txt").write_text("hello")
    (root / "wave" / ".hidden" / "x.mp4").write_text("hello")
    return root


def test_bad_files_are_listed_with_reasons(folder, tmp_path, capsys):
    before = {path: path.read_bytes() for path in folder.rglob("*") if path.is_file()}
    assert main(["check-videos", str(folder), "--json", str(tmp_path / "found.json"), "--workers", "2"]) == 1
    out, err = capsys.readouterr()
    lines = out.splitlines()
    bad = ["cut.mp4", "empty.avi", "half.avi", "wave/text.mov"]
    assert [line.split(": ")[0] for line in lines[:4]] == [str(folder / name) for name in bad]
    assert lines[4] == "2 of 6 files can be read, 4 cannot"
    assert lines[5:] == ["1 passed over, whose names do not end as a video's do: notes.txt"] and not err
    found = json.loads((tmp_path / "found.json").read_text(encoding="utf8"))
    assert [entry["file"] for entry in found["bad"]] == bad
    assert [(e["file"], e["frames"], e["width"]) for e in found["good"]] == [
        ("wave/good.mp4", 20, 32), ("ü 2.MP4", 20, 32)
    ]  # fmt: skip
    assert before == {path: path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def test_a_folder_of_good_files(folder, capsys):
    (folder / "wave" / "text.mov").unlink()
    assert main(["check-videos", str(folder / "wave"), "--workers", "1"]) == 0
    assert capsys.readouterr().out.startswith("1 of 1 files can be read\n1 passed over, ")


@pytest.mark.skipif(sys.platform != "linux", reason="this system has no such names")
@pytest.mark.parametrize("terminal", ["utf-8:strict", "ascii:strict"])
def test_names_that_no_terminal_can_show(tmp_path, terminal):
    """Not UTF-8, or not of the terminal's signs: said in lines without a traceback, and the report is whole."""
    names, report = tmp_path / "clips", tmp_path / "found.json"
    names.mkdir()
    bad = Path(os.fsdecode(os.fsencode(names) + b"/bad\xe9.mp4"))
    bad.write_bytes(b"")
    video.write(names / "gut 视频.mp4", np.zeros((3, 32, 32, 3), np.uint8))
    words = [sys.executable, "-m", "vidlab", "check-videos", str(names), "--json", str(report)]
    done = subprocess.run(words, capture_output=True, env=os.environ | {"PYTHONIOENCODING": terminal}, timeout=120)
    assert done.returncode == 1 and done.stderr == b"" and b"1 of 2 files can be read, 1 cannot" in done.stdout
    found = json.loads(report.read_text(encoding="utf8"))
    assert os.fsencode(found["bad"][0]["file"]) == b"bad\xe9.mp4" and found["good"][0]["file"] == "gut 视频.mp4"


def treacherous(path):
    """Stands for a decoder that some files bring down."""
    if path.name.startswith("crash"):
        os.kill(os.getpid(), signal.SIGSEGV)
    if path.name.startswith("exit"):
        os._exit(3)
    if path.name.startswith("hang"):
        time.sleep(600)
    if path.name.startswith("raise"):
        raise ZeroDivisionError("by zero")
    return f"good {path.name}"


@pytest.mark.slow
@pytest.mark.skipif(os.name == "nt", reason="Windows ends a process otherwise")
def test_files_that_crash_or_hang_are_named_and_the_others_read():
    names = ["a", "crash1", "b", "hang", "c", "exit", "raise", "crash2", "d"]
    found = datasets.check_videos(map(Path, names), 2, seconds=1.5, progress=False, probe=treacherous)
    assert [path.name for path in found] == names
    found = {path.name: reason for path, reason in found.items()}
    assert all(found[name] == f"good {name}" for name in "abcd")
    assert all("SIGSEGV" in found[name] and name in found[name] for name in ("crash1", "crash2"))
    assert found["exit"] == "exit: reading it crashes the decoder (exit code 3); get it again"
    assert found["hang"].startswith("hang: it was not read to its end within 1.5 s")
    assert found["raise"] == "raise: ZeroDivisionError: by zero"


@pytest.mark.skipif(not CLIPS.is_dir(), reason="the clips for development are not here")
def test_real_clips(tmp_path, capsys):
    for name in ("corrupted.mp4", "h265_video.mp4", "newtonscradle.gif", "video_90.mov"):
        shutil.copy(CLIPS / name, tmp_path)
    assert main(["check-videos", str(tmp_path)]) == 1
    lines = capsys.readouterr().out.splitlines()
    assert len(lines) == 2 and "corrupted.mp4" in lines[0] and lines[1] == "3 of 4 files can be read, 1 cannot"


def test_mistakes_in_check_videos(tmp_path, folder, capsys):
    for command, message in [
        (["gone"], "gone: there is no such folder"),
        ([str(folder), "--workers", "0"], "--workers 0 must be from 1 up"),
        ([str(folder), "--seconds", "0"], "--seconds 0 must be above 0"),
        ([str(folder / "wave"), "--json", str(tmp_path / "no" / "x.json")], "x.json cannot be written"),
    ]:
        assert main(["check-videos", *command]) == 1
        assert message in capsys.readouterr().err
    (tmp_path / "bare").mkdir()
    assert main(["check-videos", str(tmp_path / "bare")]) == 1
    assert "bare: there are no video files in it" in capsys.readouterr().err


# ---------------------------------------------------------------------------------------------- world


@pytest.mark.slow
def test_a_world_is_written_for_training(tmp_path, capsys):
    command = ["world", *"--n 60 --label shape --frames 4 --size 16 --factors".split(), "colour, texture"]
    assert main([*command, "--out", str(tmp_path / "a"), "--seed", "3"]) == 0
    samples = datasets.folder(tmp_path / "a")
    assert len(samples) == 60 and sorted(os.listdir(tmp_path)) == ["a"]
    assert {s.split for s in samples} == {"train", "val", "test"}
    train = [s for s in samples if s.split == "train"]
    assert 40 <= len(train) <= 44 and datasets.classes_of(train) == datasets.classes_of(samples)
    assert video.probe(samples[0].source).frames == 4
    assert main([*command, "--out", str(tmp_path / "b"), "--seed", "3"]) == 0
    again = datasets.folder(tmp_path / "b")
    assert [s.source.read_bytes() for s in samples] == [s.source.read_bytes() for s in again]
    assert main([*command, "--out", str(tmp_path / "a")]) == 1
    assert "is there already and nothing is written over" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (["--label", "smell"], "smell"),
        (["--factors", "taste"], "taste"),
        (["--n", "0"], "n=0"),
        (["--n", "1000000"], "GB of memory; ask for fewer"),
    ],
)
def test_mistakes_in_world(tmp_path, capsys, options, message):
    assert main(["world", "--out", str(tmp_path / "a"), *options]) == 1
    err = capsys.readouterr().err
    assert message in err and err.count("\n") == 1 and not os.listdir(tmp_path)


def test_ucf101_is_known_by_name_and_checksum(url, tmp_path, capsys, monkeypatch):
    with zipfile.ZipFile(tmp_path / "www" / "clips.zip", "w") as file:
        file.writestr("UCF-101/Wave/v_Wave_g01_c01.avi", "a clip")
    sha256 = hashlib.sha256((tmp_path / "www" / "clips.zip").read_bytes()).hexdigest()
    assert all(len(known) == 64 and address.startswith("https://") for address, known in fetch.KNOWN.values())
    monkeypatch.setitem(fetch.KNOWN, "ucf101", (f"{url}/clips.zip", sha256))
    assert main(["download", "ucf101", "--to", str(tmp_path / "data")]) == 0
    assert (tmp_path / "data" / "clips" / "UCF-101" / "Wave" / "v_Wave_g01_c01.avi").is_file()
    monkeypatch.setitem(fetch.KNOWN, "ucf101", (f"{url}/clips.zip", "0" * 64))
    assert main(["download", "ucf101", "--to", str(tmp_path / "other")]) == 1
    assert "is not the file that the checksum belongs to" in capsys.readouterr().err
