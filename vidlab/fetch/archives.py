"""Unpack an archive without trusting it."""

import os
import re
import shutil
import stat
import subprocess
import tarfile
import uuid
import zipfile
import zlib
from lzma import LZMAError
from pathlib import Path, PurePosixPath

LIMIT_BYTES = 200 * 10**9
LIMIT_FILES = 1_000_000
LIMIT_RATIO = 200  # video hardly shrinks; zeros shrink a thousandfold
RATIO_FROM = 64 * 2**20  # bytes: below, a high ratio does no harm
_SUFFIXES = re.compile(r"(\.tar)?\.\w{1,4}$")
_RAR_TOOLS = {
    "unar": lambda archive, folder: ["unar", "-quiet", "-no-directory", "-output-directory", folder, archive],
    "unrar": lambda archive, folder: ["unrar", "x", "-idq", "-o-", "-p-", archive, folder + os.sep],
    "7zz": lambda archive, folder: ["7zz", "x", "-y", "-bd", "-p", f"-o{folder}", archive],
    "7z": lambda archive, folder: ["7z", "x", "-y", "-bd", "-p", f"-o{folder}", archive],
    "bsdtar": lambda archive, folder: ["bsdtar", "-x", "-f", archive, "-C", folder],
}


class ArchiveError(Exception):
    """An archive is damaged, of a kind that cannot be unpacked here, or not to be trusted. The message says why."""


def is_archive(file: str | Path) -> bool:
    """Whether `extract` knows what to do with the file: zip, tar (also gz, bz2, xz) or RAR."""
    return _unpacker(file) is not None


def extract(
    archive: str | Path,
    folder: str | Path | None = None,
    *,
    limit_bytes: int = LIMIT_BYTES,
    limit_files: int = LIMIT_FILES,
    limit_ratio: float = LIMIT_RATIO,
) -> Path:
    """Unpack a zip, tar (also gz, bz2, xz) or RAR archive into a folder of its own.

    Refused as a whole: paths that lead outside, links, devices, encrypted files, and archives that unpack to more than
    the limits. The folder appears when everything is in it. RAR, which has no free library, needs one of the programs
    unar, unrar, 7z or bsdtar; what it unpacked is checked before the folder appears.

    Parameters
    ----------
    archive
        The file.
    folder
        Must not exist, or be empty. None: beside the archive, with its name without the ending.
    limit_bytes, limit_files
        At most so many bytes, and files and folders.
    limit_ratio
        At most so many times the archive's own size, where that is more than 64 MB.

    Returns
    -------
    Path
        The folder.

    Raises
    ------
    ArchiveError
        See above, or the folder is not empty.
    """
    archive = Path(archive)
    folder = archive.with_name(_SUFFIXES.sub("", archive.name)) if folder is None else Path(folder).expanduser()
    if not archive.is_file():
        raise ArchiveError(f"{archive}: there is no such file")
    if folder == archive or (folder.exists() and (not folder.is_dir() or any(folder.iterdir()))):
        raise ArchiveError(f"{folder} is there already and nothing is written over; remove it, or name another folder")
    guard = _Guard(archive, limit_bytes, limit_files, limit_ratio)
    beside = folder.with_name(f".{folder.name}.{uuid.uuid4().hex[:8]}")  # on the same disk: renamed in one step
    try:
        unpack = _unpacker(archive)
        if unpack is None:
            raise ArchiveError(f"{archive}: this is no zip, tar or RAR archive, or it is damaged; get it again")
        beside.mkdir(parents=True)
        unpack(archive, beside, guard)
        if folder.exists():
            folder.rmdir()
        beside.rename(folder)
    except (zipfile.BadZipFile, tarfile.TarError, zlib.error, LZMAError, EOFError, OSError) as error:
        if getattr(error, "errno", None):
            raise ArchiveError(f"{archive}: cannot be unpacked to {folder} ({error.strerror})") from None
        raise ArchiveError(f"{archive}: it is damaged ({error}); get it again") from None
    finally:
        shutil.rmtree(beside, ignore_errors=True)
    return folder


class _Guard:
    """Lets an archive's entries through one by one, or raises ArchiveError."""

    def __init__(self, archive, limit_bytes, limit_files, limit_ratio):
        self.archive, self.limit_files, self.bytes, self.entries = archive, limit_files, 0, 0
        self.limit_bytes = min(limit_bytes, max(limit_ratio * archive.stat().st_size, RATIO_FROM))

    def refuse(self, name, why):
        raise ArchiveError(f"{self.archive}: not unpacked, since {name[:80]!r} in it {why}")

    def admit(self, name, size):
        self.bytes, self.entries = self.bytes + size, self.entries + 1
        if self.bytes > self.limit_bytes or self.entries > self.limit_files:
            raise ArchiveError(
                f"{self.archive}: not unpacked, since it would grow to more than {self.limit_bytes / 1e9:.3g} GB or "
                f"{self.limit_files:,} files; if you trust it, raise the limits"
            )
        if name.startswith("/") or re.match("[A-Za-z]:", name) or ".." in PurePosixPath(name).parts:
            self.refuse(name, "leads outside its folder")


def _unpack_zip(archive, folder, guard):
    with zipfile.ZipFile(archive) as source:
        for entry in source.infolist():
            entry.filename = entry.filename.replace("\\", "/")  # some programs on Windows write them so
            guard.admit(entry.filename, entry.file_size)
            if stat.S_IFMT(entry.external_attr >> 16) not in (0, stat.S_IFREG, stat.S_IFDIR):
                guard.refuse(entry.filename, "is a link or a device")
            if entry.flag_bits & 1:
                guard.refuse(entry.filename, "is encrypted")
            try:
                source.extract(entry, folder)
            except NotImplementedError as error:
                guard.refuse(entry.filename, f"is packed in a way that Python cannot undo ({error})")


def _unpack_tar(archive, folder, guard):
    with tarfile.open(archive, tarinfo=_TarEntry) as source:
        for entry in source:
            guard.admit(entry.name.replace("\\", "/"), entry.size)
            if not (entry.isreg() or entry.isdir()) or entry.issparse():
                guard.refuse(entry.name, "is a link, a device or a file with holes")
            source.extract(entry, folder, filter="data")
        for _ in range(64):  # to the end, where gz and xz have a checksum of what is in them; but not without end
            if not source.fileobj.read(2**20):
                break


class _TarEntry(tarfile.TarInfo):
    """tarfile reads a header of any length into memory, before anyone can look at it: not these."""

    @classmethod
    def frombuf(cls, buf, encoding, errors):
        entry = super().frombuf(buf, encoding, errors)
        if entry.size > 2**20 and not (entry.isreg() or entry.isdir()):
            raise ArchiveError(f"a header in the archive is {entry.size} bytes long; it is not unpacked")
        return entry


def _unpack_rar(archive, folder, guard):
    tools = [name for name in _RAR_TOOLS if shutil.which(name)]
    if not tools:
        raise ArchiveError(
            f"{archive}: to unpack RAR install unar (Linux: apt install unar; macOS: brew install unar) or 7-Zip "
            "(Windows, with its folder on the PATH), and run this again"
        )
    for name in tools:  # one of them may be built without RAR
        command = _RAR_TOOLS[name](str(archive.resolve()), str(folder.resolve()))
        done = subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, text=True, errors="replace")
        if done.returncode == 0:
            break
        shutil.rmtree(folder)
        folder.mkdir()
    else:
        said = (done.stderr.strip() or done.stdout.strip() or "no reason given").splitlines()[-1]
        raise ArchiveError(f"{archive}: {', '.join(tools)} could not unpack it ({said[:200]}); get it again")
    for path in folder.rglob("*"):
        facts, name = path.lstat(), path.relative_to(folder).as_posix()
        is_folder = stat.S_ISDIR(facts.st_mode)
        if not is_folder and (not stat.S_ISREG(facts.st_mode) or facts.st_nlink > 1):
            guard.refuse(name, "is a link or a device")
        guard.admit(name, 0 if is_folder else facts.st_size)


def _unpacker(file):
    """The function that unpacks such a file, or None. A tar with a zip in it looks like a zip at its end: tar first."""
    with open(file, "rb") as opened:
        if opened.read(6) == b"Rar!\x1a\x07":
            return _unpack_rar
    try:
        tarfile.open(file, tarinfo=_TarEntry).close()
    except (tarfile.TarError, EOFError, zlib.error, LZMAError, OSError):
        return _unpack_zip if zipfile.is_zipfile(file) else None
    return _unpack_tar
