"""Download a file so that it is whole and is the one that was meant; a download that broke off goes on from there."""

import hashlib
import os
import re
import shutil
from itertools import chain
from pathlib import Path
from urllib.parse import unquote, urlsplit

import requests
import urllib3
from tqdm.auto import tqdm

# Checksums as TensorFlow Datasets has them (tensorflow_datasets/url_checksums/ucf101.txt). The clips as a zip file:
# the university's own are a RAR archive, which no free library unpacks.
KNOWN = {
    "ucf101": (
        "https://storage.googleapis.com/thumos14_files/UCF101_videos.zip",
        "dabf56f573cd19c79e096563529fec8126a2a34e18e10c72eb621dd687532b0d",
    ),
    "ucf101-lists": (
        "https://www.crcv.ucf.edu/data/UCF101/UCF101TrainTestSplits-RecognitionTask.zip",
        "5c0d1a53b8ed364a2ac830a73f405e51bece7d98ce1254fd19ed4a36b224bd27",
    ),
}


class DownloadError(Exception):
    """A file could not be downloaded. The message says why, what is there and what to do."""


def download(
    url: str, folder: str | Path, sha256: str, *, name: str | None = None, progress: bool = True, timeout: float = 60
) -> Path:
    """Download a file and check that it is the one that was meant.

    What arrives is kept in FOLDER/NAME.XXXXXXXX.part (the checksum's first digits), so that the same call goes on
    where it was when the connection broke, if the server can. Under its own name the file appears when it is whole
    and its checksum is right. One that is there already is not fetched again.

    Parameters
    ----------
    url
        Beginning with http:// or https://.
    folder
        Is made where it does not exist.
    sha256
        The file's SHA-256 checksum, 64 hexadecimal digits. Take it from the page that offers the file.
    name
        The file's name; None takes it from the URL.
    progress
        Whether to show a progress bar.
    timeout
        Seconds without an answer after which the connection counts as broken.

    Returns
    -------
    Path
        The file.

    Raises
    ------
    DownloadError
        Something is wrong with the server, its answer, the connection, the checksum or the disk.
    ValueError
        The checksum or the URL is none.
    """
    if not re.fullmatch(r"[0-9a-fA-F]{64}", sha256 or ""):
        raise ValueError(
            f"sha256={sha256!r}: a download needs its SHA-256 checksum, 64 digits, from the page that offers the file"
        )
    if urlsplit(url).scheme not in ("http", "https") or not urlsplit(url).hostname:
        raise ValueError(f"{url!r} is no address that begins with http:// or https://")
    name = re.sub(r"[^\w.() +-]", "_", name or unquote(urlsplit(url).path).rpartition("/")[2]).strip(". ")
    if not name:
        raise ValueError(f"{url} has no file's name at its end; give one as name")
    folder, sha256 = Path(folder).expanduser(), sha256.lower()
    file, part = folder / name, folder / f"{name}.{sha256[:8]}.part"
    try:
        folder.mkdir(parents=True, exist_ok=True)
        if file.exists():
            if _sha256(file) == sha256:
                return file
            raise DownloadError(f"{file} is there, but its checksum is another one; move it away and run this again")
        _fetch(url, part, progress, timeout)
        if _sha256(part) != sha256:
            part.unlink()
            raise DownloadError(
                f"{url}: what came is not the file that the checksum belongs to, and was removed; run this again, and "
                "if it happens twice, compare the checksum with the page that offers the file"
            )
        os.replace(part, file)
    except OSError as error:
        raise DownloadError(f"{folder}: cannot be written ({error.strerror}); what came so far is kept") from None
    return file


def _sha256(path):
    with open(path, "rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _fetch(url, part, progress, timeout):
    """Bring `part` to its full length, from where it is."""
    have, total = part.stat().st_size if part.exists() else 0, None
    headers = {"Accept-Encoding": "identity"} | ({"Range": f"bytes={have}-"} if have else {})
    try:
        with requests.get(url, headers=headers, stream=True, timeout=timeout) as response:
            start, total = _extent(url, response, have)
            if start is None and total == have:
                return  # all of it was there
            if start not in (0, have):  # what is there does not fit what the server has
                part.unlink()
                return _fetch(url, part, progress, timeout)
            if total and shutil.disk_usage(part.parent).free < total - start:
                raise DownloadError(f"{part.parent}: {_mb(total - start)} are still to come; there is no room for them")
            pieces = response.raw.stream(2**18, decode_content=False)  # not as requests does, which undoes .gz
            first = next(pieces, b"")
            if start == 0:
                _refuse_page(url, response, first)
            bar = tqdm(total=total, initial=start, unit="B", unit_scale=True, desc=part.name, disable=not progress)
            have = start
            with open(part, "ab" if start else "wb") as file, bar:
                for piece in chain([first], pieces):
                    have += file.write(piece)
                    bar.update(len(piece))
    except (requests.RequestException, urllib3.exceptions.HTTPError) as error:
        if not have:
            why = "it took too long" if isinstance(error, requests.Timeout) else type(error).__name__
            raise DownloadError(f"{url}: no answer came ({why}); check the address and the network") from None
        raise DownloadError(_broken(url, part, have, total)) from None
    if total is not None and have < total:
        raise DownloadError(_broken(url, part, have, total))
    if not have:
        raise DownloadError(f"{url}: the server sent an empty file; check the address")
    return None


def _extent(url, response, have):
    """(place of the first byte that comes, or None; length of the whole file, or None), by the answer's headers."""
    code = response.status_code
    ranged = re.match(r"bytes (?:(\d+)-\d+|\*)/(\d+|\*)$", response.headers.get("Content-Range", ""))
    first, total = (int(n) if n and n.isdecimal() else None for n in (ranged.groups() if ranged else (None, None)))
    if have and code == 416:
        return None, total
    if code == 206:
        return first if have else 0, total
    if code == 200:
        _refuse_page(url, response, b"")
        length = response.headers.get("Content-Length", "")
        return 0, int(length) if length.isdecimal() else None
    what = {401: "asks for a login", 403: "does not give this file out", 404: "has no such file"}
    remedy = "try again later" if code >= 500 or code == 429 else "check the address"
    raise DownloadError(f"{url}: the server {what.get(code, 'does not send it')} (code {code}); {remedy}")


def _refuse_page(url, response, beginning):
    kind = response.headers.get("Content-Type", "").lower()
    looks = beginning.lstrip(b"\xef\xbb\xbf \t\r\n")[:14].lower().startswith((b"<!doctype html", b"<html"))
    if looks or kind.startswith(("text/html", "application/xhtml")):
        raise DownloadError(
            f"{url}: a web page came instead of the file, perhaps a login or an error; open the address in a browser"
        )


def _broken(url, part, have, total):
    of = f" of {_mb(total)}" if total else ""
    return f"{url}: the connection broke; {_mb(have)}{of} are in {part}; run this again and it goes on from there"


def _mb(n):
    return f"{n / 1e6:,.1f} MB"
