"""Decoded clips that are kept, in memory or in a folder."""

import hashlib
import os
from pathlib import Path
from threading import Lock, get_ident

import numpy as np


def open_cache(cache, limit_bytes, expected_bytes):
    """What `Batches` calls with (sample, settings, decode) to get a clip; or None, where nothing is to be kept."""
    if cache is None or cache is False:
        return None
    if cache == "memory":
        return _Memory(limit_bytes, expected_bytes)
    if not isinstance(cache, str | os.PathLike):
        raise ValueError(f'cache={cache!r} must be None, "memory" or the path of a folder')
    return _Folder(cache)


class _Memory:
    def __init__(self, limit_bytes, expected_bytes):
        import psutil

        free = psutil.virtual_memory().available
        self.limit = min(free // 2, limit_bytes or free)
        self.why = "limit_bytes" if limit_bytes and limit_bytes <= free // 2 else "half of the free memory"
        self.kept, self.bytes, self.lock = {}, 0, Lock()
        self.refuse(expected_bytes)

    def __call__(self, sample, settings, decode):
        clip = self.kept.get(id(sample))
        if clip is None:
            clip = decode()
            with self.lock:
                self.refuse(self.bytes + clip.nbytes)
                if id(sample) not in self.kept:
                    self.bytes += clip.nbytes
                self.kept[id(sample)] = clip
        return clip

    def refuse(self, needed):
        if needed > self.limit:
            raise MemoryError(
                f'cache="memory": the clips take {needed / 1e9:.3g} GB or more, and {self.why} is '
                f"{self.limit / 1e9:.3g} GB; give a folder instead, or ask for fewer or smaller frames"
            )


_ONE_HEADER = Lock()  # NumPy parses a file's header with `ast`, which in Python 3.11 fails now and then on two threads


class _Folder:
    """One .npy a clip, named for all that it depends on: the file, its time and size, and how it is decoded."""

    def __init__(self, folder):
        self.folder = Path(folder).expanduser()
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise ValueError(f"cache={folder}: no folder can be made there ({error.strerror}); name another") from None

    def __call__(self, sample, settings, decode):
        try:
            source = Path(sample.source).resolve()
            found = source.stat()
        except OSError:
            return decode()  # which says what is wrong with it
        facts = str(source), found.st_mtime_ns, found.st_size, sample.start, sample.stop, settings
        path = self.folder / (hashlib.sha256(repr(facts).encode()).hexdigest()[:32] + ".npy")
        try:
            with _ONE_HEADER:
                return np.load(path, mmap_mode="r")
        except (OSError, ValueError, EOFError):
            clip = decode()  # not there yet, or damaged
        part = path.with_suffix(f".{os.getpid()}-{get_ident()}.part")
        try:
            with open(part, "wb") as file:
                np.save(file, clip)
            os.replace(part, path)
        except OSError as error:
            part.unlink(missing_ok=True)
            raise OSError(f"cache={self.folder}: {error.strerror}; free some space, or name another folder") from None
        return clip
