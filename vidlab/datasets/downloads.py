"""Download a file so that it is whole and is the one that was meant; a download that broke off goes on from there."""

import os
import re
import shutil
from itertools import chain
from pathlib import Path
from urllib.parse import unquote, urlsplit

UCF101_URL = "https://www.crcv.ucf.edu/data/UCF101/UCF101.rar"
UCF101_LISTS_URL = "https://www.crcv.ucf.edu/data/UCF101/UCF101TrainTestSplits-RecognitionTask.zip"


class DownloadError(Exception):
    """A file could not be downloaded. The message says why, what is there and what to do."""


def download(url, folder, sha256, name=None, progress=True, timeout=60):
    """Download a file and check that it is the one that was meant.

    What arrives is kept in FOLDER/NAME.XXXXXXXX.part (the checksum's first digits), so that the same call goes on
    where it was when the connection broke, if the server can. Under its own name the file appears when it is whole
    and its checksum is right. One that is there already is not fetched again.

    Parameters
    ----------
    url : beginning with http:// or https://.
    folder : is made where it does not exist.
    sha256 : the file's SHA-256 checksum, 64 hexadecimal digits. Take it from the page that offers the file.
    name : the file's name; None takes it from the URL.
    progress : whether to show a progress bar.
    timeout : seconds without an answer after which the connection counts as broken.

    Returns
    -------
    pathlib.Path : the file.

    Raises
    ------
    DownloadError : something is wrong with the server, its answer, the connection, the checksum or the disk.
    ValueError : the checksum or the URL is none.
    """
    import pooch  # here, since it takes half a second that nobody without a download should wait

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
    pooch.get_logger().setLevel("WARNING")
    try:
        folder.mkdir(parents=True, exist_ok=True)
        if file.exists():
            if pooch.file_hash(str(file)) == sha256:
                return file
            raise DownloadError(f"{file} is there, but its checksum is another one; move it away and run this again")

        def downloader(url, output_file, _):
            _fetch(url, part, progress, timeout)
            os.replace(part, output_file)

        pooch.retrieve(url, f"sha256:{sha256}", name, folder, downloader=downloader)
    except ValueError:
        raise DownloadError(
            f"{url}: what came is not the file that the checksum belongs to, and was removed; run this again, and if "
            "it happens twice, compare the checksum with the page that offers the file"
        ) from None
    except OSError as error:
        raise DownloadError(f"{folder}: cannot be written ({error.strerror}); what came so far is kept") from None
    return file


def _fetch(url, part, progress, timeout):
    """Bring `part` to its full length, from where it is."""
    import requests
    import urllib3
    from tqdm.auto import tqdm

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
            pieces = response.raw.stream(2**18, decode_content=False)
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
            raise DownloadError(f"{url}: no answer came ({_why(error)}); check the address and the network") from None
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


def _why(error):
    import requests

    return "it took too long" if isinstance(error, requests.Timeout) else type(error).__name__
