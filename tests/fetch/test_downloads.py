"""Downloads from a server that breaks off, lies, and shows pages instead of files."""

import functools
import hashlib
import os
import re
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import numpy as np
import pytest

from vidlab import fetch
from vidlab.fetch import DownloadError

CONTENT = np.random.default_rng(0).bytes(700_000)
SHA256 = hashlib.sha256(CONTENT).hexdigest()
PAGE = b"<!DOCTYPE html><html><body>Please log in</body></html>"


class Server(BaseHTTPRequestHandler):
    """/file is right; what is wrong with the others, their names say."""

    def log_message(self, *_):
        pass

    def do_GET(self):
        name = self.path.rpartition("/")[2]
        wanted = re.match(r"bytes=(\d+)-$", self.headers.get("Range", ""))
        self.server.asked.append((name, int(wanted[1]) if wanted else None))
        getattr(self, name.partition(".")[0])(int(wanted[1]) if wanted else 0)

    def answer(self, code, body, length=None, **headers):
        self.send_response(code)
        if length is not False:
            self.send_header("Content-Length", str(len(body) if length is None else length))
        for key, value in headers.items():
            self.send_header(key.replace("_", "-"), value)
        self.end_headers()
        self.wfile.write(body)

    def send(self, start, content=CONTENT, upto=None, says=None, total=None, first=None):
        total = len(content) if total is None else total
        if start >= len(content):
            return self.answer(416, b"", Content_Range=f"bytes */{len(content)}")
        extent = {"Content_Range": f"bytes {start if first is None else first}-{total - 1}/{total}"} if start else {}
        body = content[start:upto]
        self.answer(206 if start else 200, body, total - start if says is None else says, **extent)

    def file(self, start):
        self.send(start)

    def other(self, start):
        self.send(start, b"x" + CONTENT)

    def breaks(self, start):  # 300,000 bytes each time
        self.send(start, upto=start + 300_000)

    def small_steps(self, start):  # never the whole rest that was asked for
        self.send(start, upto=start + 300_000, says=min(300_000, len(CONTENT) - start) if start else None)

    def ignores_range(self, _):
        self.send(0, upto=300_000 if self.first_time() else None)

    def moves_range(self, start):  # what comes begins elsewhere than what was asked for
        self.send(start and 100, upto=None if start == 0 and not self.first_time() else 300_000)

    def promises_more(self, start):
        self.send(start, total=len(CONTENT) + 1000)

    def sends_more(self, start):  # a client reads no more than was announced
        self.send(start, says=len(CONTENT) - start - 1000)

    def without_length(self, _):
        self.answer(200, CONTENT, length=False)

    def packed(self, _):  # some servers call each .tar.gz so: it must not be unpacked on the way
        self.answer(200, CONTENT, Content_Encoding="gzip")

    def moved(self, _):
        self.answer(302, b"", Location="/file.bin")

    def circle(self, _):
        self.answer(302, b"", Location="/circle.bin")

    def page(self, _):
        self.answer(200, PAGE, Content_Type="text/html; charset=utf-8")

    def hidden_page(self, _):
        self.answer(200, b"\xef\xbb\xbf\n" + PAGE, Content_Type="application/octet-stream")

    def page_later(self, start):
        self.send(0, upto=300_000) if self.first_time() else self.hidden_page(start)

    def missing(self, _):
        self.answer(404, PAGE, Content_Type="text/html")

    def login(self, _):
        self.answer(401, b"")

    def busy(self, _):
        self.answer(503, b"")

    def empty(self, _):
        self.answer(200, b"")

    def huge(self, _):
        self.answer(200, b"x", length=10**18)

    def silent(self, _):
        self.server.stop.wait(20)

    def first_time(self):
        return len(self.server.asked) == 1


@pytest.fixture
def server(monkeypatch):
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    made = ThreadingHTTPServer(("127.0.0.1", 0), Server)
    made.asked, made.stop, made.daemon_threads = [], threading.Event(), True
    thread = threading.Thread(target=functools.partial(made.serve_forever, poll_interval=0.02))
    thread.start()
    made.url = f"http://127.0.0.1:{made.server_port}/"
    yield made
    made.stop.set()
    made.shutdown()
    made.server_close()
    thread.join()


@pytest.fixture
def get(server, tmp_path):
    def run(page, **settings):
        settings = {"sha256": SHA256, "progress": False, **settings}
        return fetch.download(server.url + page, tmp_path / "here", **settings)

    return run


def left(tmp_path):
    return sorted(path.name for path in (tmp_path / "here").iterdir())


@pytest.mark.parametrize("name", ["file.bin", "without_length.bin", "packed.tar.gz", "moved.bin"])
def test_a_file_comes_whole_and_once(get, server, tmp_path, name):
    path = get(name, sha256=SHA256.upper())
    assert path == tmp_path / "here" / name and path.read_bytes() == CONTENT and left(tmp_path) == [name]
    asked = len(server.asked)
    assert get(name) == path and len(server.asked) == asked


@pytest.mark.parametrize("name", ["breaks.bin", "small_steps.bin"])
def test_a_broken_download_goes_on_where_it_was(get, server, tmp_path, name):
    for have in ("0.3", "0.6"):
        with pytest.raises(DownloadError, match=rf"broke; {have} MB of 0.7 MB are in .*\.part; run this again"):
            get(name)
        assert left(tmp_path) == [f"{name}.{SHA256[:8]}.part"]
    assert get(name).read_bytes() == CONTENT and left(tmp_path) == [name]
    assert [start for _, start in server.asked] == [None, 300_000, 600_000]


@pytest.mark.parametrize("name", ["ignores_range.bin", "moves_range.bin"])
def test_a_server_that_cannot_go_on_starts_again(get, name):
    with pytest.raises(DownloadError, match="0.3 MB of 0.7 MB"):
        get(name)
    assert get(name).read_bytes() == CONTENT


def test_a_length_that_is_too_large(get, tmp_path):
    with pytest.raises(DownloadError, match="the connection broke; 0.7 MB of 0.7 MB"):
        get("promises_more.bin")
    assert left(tmp_path) == [f"promises_more.bin.{SHA256[:8]}.part"]
    assert get("promises_more.bin").read_bytes() == CONTENT  # all was there; the server says so when asked for the rest


@pytest.mark.parametrize("name", ["sends_more.bin", "other.bin"])
def test_what_does_not_fit_the_checksum_is_removed(get, tmp_path, name):
    with pytest.raises(DownloadError, match=f"{name}: what came is not the file .* was removed; run this again"):
        get(name)
    assert left(tmp_path) == []


def test_a_part_of_another_file_is_not_taken_for_this_one(get, tmp_path):
    with pytest.raises(DownloadError):
        get("breaks.bin", sha256="0" * 64)
    assert get("file.bin", name="breaks.bin").read_bytes() == CONTENT
    (tmp_path / "here" / f"file.bin.{SHA256[:8]}.part").write_bytes(CONTENT + b"too long")
    assert get("file.bin").read_bytes() == CONTENT


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("page.bin", "a web page came instead of the file"),
        ("hidden_page.bin", "a web page came instead of the file"),
        ("missing.bin", r"the server has no such file \(code 404\); check the address"),
        ("login.bin", r"asks for a login \(code 401\)"),
        ("busy.bin", r"\(code 503\); try again later"),
        ("empty.bin", "the server sent an empty file"),
        ("huge.bin", "are still to come; there is no room for them"),
        ("circle.bin", "no answer came .TooManyRedirects.; check the address"),
    ],
)
def test_answers_that_are_no_file(get, tmp_path, name, message):
    with pytest.raises(DownloadError, match=message):
        get(name)
    assert left(tmp_path) in ([], [f"empty.bin.{SHA256[:8]}.part"])


def test_a_page_does_not_wipe_out_what_is_there(get, tmp_path):
    with pytest.raises(DownloadError, match="broke"):
        get("page_later.bin")
    with pytest.raises(DownloadError, match="a web page came"):
        get("page_later.bin")
    assert (tmp_path / "here" / left(tmp_path)[0]).stat().st_size == 300_000


def test_a_server_that_says_nothing(get, server):
    with pytest.raises(DownloadError, match="no answer came .it took too long"):
        get("silent.bin", timeout=0.3)
    server.stop.set()
    with pytest.raises(DownloadError, match="no answer came .ConnectionError"):
        fetch.download("http://127.0.0.1:9/x.bin", ".", SHA256)


def test_files_that_are_there_already_are_not_written_over(get, tmp_path):
    (tmp_path / "here").mkdir()
    (tmp_path / "here" / "file.bin").write_text("mine")
    with pytest.raises(DownloadError, match="file.bin is there, but its checksum is another one; move it away"):
        get("file.bin")
    assert (tmp_path / "here" / "file.bin").read_text() == "mine"


def test_a_folder_that_cannot_be_written(get, tmp_path):
    (tmp_path / "here").write_text("a file")
    with pytest.raises(DownloadError, match="here: cannot be written"):
        get("file.bin")


def test_names_stay_in_the_folder(get, tmp_path):
    assert get("file.bin", name="../../etc/x y.bin").parent == tmp_path / "here"
    assert os.listdir(tmp_path) == ["here"]


@pytest.mark.parametrize(
    ("url", "sha256", "message"),
    [
        ("http://127.0.0.1/x", None, "a download needs its SHA-256 checksum, 64 digits"),
        ("http://127.0.0.1/x", "abc", "a download needs its SHA-256 checksum"),
        ("ftp://127.0.0.1/x", SHA256, "is no address that begins with http"),
        ("x.bin", SHA256, "is no address"),
        ("http://127.0.0.1/", SHA256, "has no file's name at its end; give one as name"),
        ("http://127.0.0.1/..", SHA256, "has no file's name"),
    ],
)
def test_arguments_that_are_wrong(tmp_path, url, sha256, message):
    with pytest.raises(ValueError, match=message):
        fetch.download(url, tmp_path, sha256)


def test_progress_is_shown(get, capsys):
    get("file.bin", progress=True)
    assert "700k/700k" in capsys.readouterr().err
