"""Archives: what is right comes out whole, what attacks is refused and leaves nothing behind."""

import gzip
import io
import os
import shutil
import stat
import sys
import tarfile
import zipfile
import zlib

import pytest

from vidlab import fetch
from vidlab.fetch import ArchiveError

FILES = {"lists/train.txt": b"a.avi 1\n", "lists/test.txt": b"", "clips/wave/a b.avi": bytes(range(256)) * 9}


def make_zip(path, entries, **attributes):
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as file:
        for name, data in entries:
            info = zipfile.ZipInfo(name)
            info.compress_type = zipfile.ZIP_DEFLATED
            for key, value in attributes.items():
                setattr(info, key, value)
            file.writestr(info, data)
    return path


def make_tar(path, entries, mode="w:gz"):
    """Entries are (name, data), or (name, kind, target)."""
    with tarfile.open(path, mode) as file:
        for name, *rest in entries:
            info = tarfile.TarInfo(name)
            if isinstance(rest[0], bytes) and len(rest) == 1:
                info.size = len(rest[0])
                file.addfile(info, io.BytesIO(rest[0]))
            else:
                info.type, info.linkname = rest
                file.addfile(info)
    return path


def tree(folder):
    return {p.relative_to(folder).as_posix(): p.read_bytes() for p in folder.rglob("*") if p.is_file()}


@pytest.mark.parametrize("name", ["set.zip", "set.tar", "set.tar.gz", "set.tgz", "set.tar.bz2", "set.tar.xz"])
def test_archives_come_out_whole(tmp_path, name):
    entries = [("./", tarfile.DIRTYPE, ""), ("lists/", tarfile.DIRTYPE, ""), *FILES.items()]
    if name == "set.zip":
        make_zip(tmp_path / name, [("lists/", b""), *FILES.items()])
    else:
        make_tar(tmp_path / name, entries, {"tar": "w", "tgz": "w:gz"}.get(name[4:], f"w:{name[8:]}"))
    (tmp_path / "set").mkdir()  # an empty one is no hindrance
    assert fetch.is_archive(tmp_path / name)
    assert fetch.extract(tmp_path / name) == tmp_path / "set"
    assert tree(tmp_path / "set") == FILES and sorted(os.listdir(tmp_path)) == ["set", name]
    assert fetch.extract(str(tmp_path / name), tmp_path / "deep" / "er") == tmp_path / "deep" / "er"
    with pytest.raises(ArchiveError, match="set is there already and nothing is written over"):
        fetch.extract(tmp_path / name)


def test_a_tar_that_ends_with_a_zip_is_a_tar(tmp_path):
    inner = make_zip(tmp_path / "inner.zip", [("wrong.txt", b"x")]).read_bytes()
    make_tar(tmp_path / "outer.tar", [("inner.zip", inner)], "w")
    assert tree(fetch.extract(tmp_path / "outer.tar")) == {"inner.zip": inner}


def refused(archive, message, **limits):
    before = sorted(archive.parent.rglob("*"))
    with pytest.raises(ArchiveError, match=message) as error:
        fetch.extract(archive, archive.parent / "out", **limits)
    assert sorted(archive.parent.rglob("*")) == before and "\n" not in str(error.value)


@pytest.mark.parametrize("make", [make_zip, make_tar])
@pytest.mark.parametrize(
    ("entries", "message"),
    [
        ([("good.txt", b""), ("../evil.txt", b"x")], "'../evil.txt' in it leads outside its folder"),
        ([("a/../../evil.txt", b"x")], "leads outside its folder"),
        ([("/tmp/evil.txt", b"x")], "leads outside its folder"),
        ([("..\\evil.txt", b"x")], "leads outside its folder"),
        ([("C:/evil.txt", b"x")], "leads outside its folder"),
    ],
)
def test_names_that_attack_are_refused(tmp_path, make, entries, message):
    refused(make(tmp_path / "x.bin", entries), message)


@pytest.mark.parametrize(
    "kind",
    [tarfile.SYMTYPE, tarfile.LNKTYPE, tarfile.CHRTYPE, tarfile.BLKTYPE, tarfile.FIFOTYPE, tarfile.GNUTYPE_SPARSE],
)
def test_links_and_devices_in_a_tar_are_refused(tmp_path, kind):
    refused(make_tar(tmp_path / "x.tar", [("good", b"1"), ("evil", kind, "good")], "w"), "'evil' in it is a link, a ")
    through = [("way", kind, str(tmp_path)), ("way/evil.txt", b"x")]
    refused(make_tar(tmp_path / "y.tar", through, "w"), "'way' in it is a link, a device")


@pytest.mark.parametrize("kind", [stat.S_IFLNK, stat.S_IFCHR, stat.S_IFIFO])
def test_links_and_devices_in_a_zip_are_refused(tmp_path, kind):
    refused(make_zip(tmp_path / "x.zip", [("evil", b"/etc/passwd")], external_attr=kind << 16), "is a link or a device")


@pytest.mark.parametrize("make", [make_zip, make_tar])
def test_bombs_are_refused(tmp_path, make):
    refused(make(tmp_path / "x", [("zeros", bytes(65 * 2**20))]), "it would grow to more than 0.0671 GB")
    many = [(f"{i}", b"") for i in range(11)]
    refused(make(tmp_path / "many", many), "more than .* or 10 files", limit_files=10)
    refused(make(tmp_path / "big", FILES.items()), "more than 1e-06 GB", limit_bytes=1000)


def test_a_zip_that_is_longer_than_it_says_is_refused(tmp_path):
    path = make_zip(tmp_path / "x.zip", [("a", b"1" * 5000)])
    data = bytearray(path.read_bytes())
    place = data.index(b"PK\x01\x02") + 24
    data[place : place + 4] = (10).to_bytes(4, "little")
    path.write_bytes(data)
    refused(path, "x.zip: it is damaged")


def test_a_header_that_is_a_bomb_is_not_read(tmp_path):
    info = tarfile.TarInfo("x")
    info.type, info.size = tarfile.XHDTYPE, 2**30
    with gzip.open(tmp_path / "x.tar.gz", "wb") as file:
        file.write(info.tobuf())
    refused(tmp_path / "x.tar.gz", "a header in the archive is 1073741824 bytes long")


def test_an_encrypted_zip_is_refused(tmp_path):
    path = make_zip(tmp_path / "x.zip", [("a", b"1")])
    data = bytearray(path.read_bytes())
    data[data.index(b"PK\x01\x02") + 8] |= 1
    path.write_bytes(data)
    refused(path, "'a' in it is encrypted")


@pytest.mark.parametrize("name", ["x.zip", "x.tar", "x.tar.gz"])
def test_damaged_archives(tmp_path, name):
    path = (make_zip if name == "x.zip" else make_tar)(tmp_path / name, [("a", os.urandom(9000)), ("b", b"2" * 9000)])
    if name == "x.tar":
        path = make_tar(tmp_path / name, [("a", b"1" * 9000)], "w")
    whole = path.read_bytes()
    path.write_bytes(whole[:5000])
    refused(path, f"{name}: .*damaged.*; get it again")
    if name != "x.tar":  # a tar alone has no checksums of its content
        path.write_bytes(whole[:3000] + b"????" + whole[3004:])
        refused(path, f"{name}: .*it is damaged")


def test_other_files_are_no_archives(tmp_path):
    for content in (b"", b"hello", b"\x1f\x8b" + bytes(20), gzip.compress(b"just text")):
        (tmp_path / "x").write_bytes(content)
        assert not fetch.is_archive(tmp_path / "x")
        refused(tmp_path / "x", "x: this is no zip, tar or RAR archive")
    with pytest.raises(ArchiveError, match="gone: there is no such file"):
        fetch.extract(tmp_path / "gone")


# ------------------------------------------------------------------------------------------------ RAR


def make_rar(path, entries):
    """A RAR 4 archive that stores its files as they are: enough to see that a program really unpacks it."""

    def block(kind, flags, body, data=b""):
        header = bytes([kind]) + flags.to_bytes(2, "little") + (7 + len(body)).to_bytes(2, "little") + body
        return (zlib.crc32(header) & 0xFFFF).to_bytes(2, "little") + header + data

    out = b"Rar!\x1a\x07\x00" + block(0x73, 0, bytes(6))
    for name, data in entries:
        text = name.replace("/", "\\").encode()
        size, crc = (n.to_bytes(4, "little") for n in (len(data), zlib.crc32(data)))
        body = size + size + b"\x03" + crc + bytes(4) + b"\x14\x30" + len(text).to_bytes(2, "little")
        out += block(0x74, 0x8000, body + (0o100644).to_bytes(4, "little") + text, data)
    path.write_bytes(out + block(0x7B, 0x4000, b""))
    return path


@pytest.fixture
def tool(tmp_path, monkeypatch):
    """Put programs in the PATH, and nothing else: each a piece of Python with `out`, the folder."""
    programs = tmp_path / "programs"
    programs.mkdir()
    monkeypatch.setenv("PATH", str(programs))

    def put(name, code):
        path = programs / name
        path.write_text(f"#!{sys.executable}\nimport os, sys\nout = sys.argv[sys.argv.index('-C') + 1]\n{code}\n")
        path.chmod(0o755)

    return put


def test_rar_without_a_program_says_what_to_install(tmp_path, tool):
    archive = make_rar(tmp_path / "UCF101.rar", FILES.items())
    assert fetch.is_archive(archive)
    refused(archive, "UCF101.rar: to unpack RAR install unar .*apt install unar.* and run this again")


@pytest.mark.skipif(os.name == "nt", reason="the program is a script")
def test_what_a_program_unpacked_is_checked(tmp_path, tool):
    archive = make_rar(tmp_path / "x.rar", FILES.items())
    tool("bsdtar", "os.mkdir(out + '/a'); open(out + '/a/b.avi', 'w').write('video')")
    assert tree(fetch.extract(archive, tmp_path / "good")) == {"a/b.avi": b"video"}
    for attack in (
        "os.symlink('/etc/passwd', out + '/b')",
        "os.symlink('/etc', out + '/b')",
        "os.mkfifo(out + '/b')",
        "open(out + '/a', 'w'); os.link(out + '/a', out + '/b')",
    ):
        tool("bsdtar", attack)
        refused(archive, "'[ab]' in it is a link or a device")
    tool("bsdtar", "open(out + '/a', 'w').truncate(10**9)")
    refused(archive, "it would grow to more than")
    tool("bsdtar", "open(out + '/half', 'w'); print('no RAR here', file=sys.stderr); sys.exit(1)")
    refused(archive, r"bsdtar could not unpack it \(no RAR here\)")


def test_programs_that_are_installed_unpack_rar(tmp_path, monkeypatch):
    installed = [(name, path) for name in ("unar", "unrar", "bsdtar") if (path := shutil.which(name))]
    if not installed:  # 7z is left out: some systems' is built without RAR
        pytest.skip("none of unar, unrar and bsdtar is installed")
    archive = make_rar(tmp_path / "x.rar", FILES.items())
    for program, path in installed:
        monkeypatch.setattr("shutil.which", lambda name, one=program, path=path: path if name == one else None)
        assert tree(fetch.extract(archive, tmp_path / program)) == FILES


def test_a_zip_with_backslashes_has_folders(tmp_path):
    path = tmp_path / "windows.zip"
    with zipfile.ZipFile(path, "w") as archive:
        for name, text in (("a\\", ""), ("a\\1.mp4", "one"), ("a\\b\\2.mp4", "two")):
            archive.writestr(name, text)
    folder = fetch.extract(path)
    assert (folder / "a" / "1.mp4").read_text() == "one" and (folder / "a" / "b" / "2.mp4").read_text() == "two"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("..\\..\\x.mp4", "out")
    with pytest.raises(ArchiveError, match="leads outside its folder"):
        fetch.extract(path, tmp_path / "out")
