"""The recorder: films clips into a folder for each class, in the browser, and shows what is there."""

import errno
import os
import re
from io import BytesIO
from pathlib import Path
from threading import Lock

import numpy as np
import traitlets
from PIL import Image

from vidlab import datasets, video
from vidlab.datasets.folders import SPLITS, VIDEO_SUFFIXES
from vidlab.widgets import lab

LARGEST, UNFINISHED = 50_000_000, 3  # bytes of one file; files of which parts are still to come
SHOWN, HEIGHT = 6, 36  # frames of a strip, and their height in pixels
FEW = 10  # clips of a class; below this the recorder says so
_FULL = errno.ENOSPC, errno.EDQUOT, errno.EFBIG
_DEVICES = {"con", "prn", "aux", "nul", *(f"{port}{n}" for port in ("com", "lpt") for n in range(10))}  # to Windows
_NAME = "take{:03d}_clip{:02d}{}"


class Recorder(lab.Live):
    """The recorder in the page. What it films is in `folder`, a folder for each class."""

    _esm = lab.browser("controls.js", "panels.js", "camera.js", "recorder.js")
    _css = lab.browser("lab.css", "recorder.css")
    classes = traitlets.List().tag(sync=True)
    clips = traitlets.Dict().tag(sync=True)  # label -> list of {"name", "strip", "alt"}
    counts = traitlets.Dict().tag(sync=True)  # a panel
    advice = traitlets.Unicode().tag(sync=True)
    said = traitlets.Dict().tag(sync=True)  # "clip": which one, "text", "bad"
    largest = traitlets.Int(LARGEST).tag(sync=True)
    suffixes = traitlets.List(sorted(VIDEO_SUFFIXES)).tag(sync=True)

    def __init__(self, folder, classes):
        self.folder, self._classes, self._lock = folder, classes, Lock()  # the page can set `classes`
        self._presses, self._parts, self._strips = {}, {}, {}
        found = self._found(classes)
        figure = lab.still({"counts": found["counts"]}, found["advice"])
        super().__init__(figure, title=f"Recorder: {', '.join(classes)}", classes=classes, **found)
        self.on_msg(self._hear)

    def _hear(self, _, message, buffers):
        kind = message.get("kind")
        if kind == "hello":  # the first message of a view may wait for a running cell: let it not be a clip
            return
        with self._lock:
            try:
                text = self._take_in(message, buffers) if kind == "part" else self._delete(message)
            except OSError as error:
                text = _words(error, self.folder)
            except (video.VideoError, datasets.DataNotFound, ValueError) as error:
                text = f"Not kept: {error}"
            except Exception as error:  # what a callback raises is seen by nobody
                text = f"Not kept: {type(error).__name__}: {error}"
            if text is None:
                return
            bad = not text.startswith(("Saved", "Deleted"))
            if bad:
                self._parts.pop(message.get("clip"), None)
            try:
                found = self._found(self._classes)
            except Exception as error:  # the page waits for an answer, whatever it is
                found, text = {}, f"{text} What lies in the folder cannot be shown: {error}."
            with self.hold_sync():
                for name, value in found.items():
                    setattr(self, name, value)
                self.said = {"clip": message.get("clip"), "text": text, "bad": bad}

    def _take_in(self, message, buffers):
        """Keep one part of a file; when all are there, write it. The page names no file: it says which press of the
        button a clip belongs to, and the name is made here.
        """
        label, suffix = message["label"], message["suffix"]
        if label not in self._classes:
            raise ValueError(f"class {label!r} is not one of {', '.join(self._classes)}")
        if suffix.lower() not in VIDEO_SUFFIXES:
            raise ValueError(f"{suffix or 'a file without a suffix'} is no video; have mp4, webm, mov, avi or mkv")
        parts = self._parts.setdefault(message["clip"], {})
        while len(self._parts) > UNFINISHED:  # a page that was closed has left them
            self._parts.pop(next(iter(self._parts)))
        parts[message["at"]] = bytes(buffers[0])
        if sum(map(len, parts.values())) > LARGEST:
            raise ValueError(f"the file is larger than {LARGEST / 1e6:.0f} MB; cut it into clips of some seconds")
        if len(parts) < message["of"]:
            return None
        content = b"".join(part for _, part in sorted(self._parts.pop(message["clip"]).items()))
        found = video.probe(content)
        if found.frames < 2:
            raise ValueError("the file has one frame only; film for a second or longer")
        place = self.folder / label
        place.mkdir(parents=True, exist_ok=True)
        taken = max([_last_take(self.folder), *self._presses.values()])  # of a take that was deleted, too
        take = self._presses.setdefault(message["press"], taken + 1)
        number = 1 + max((_numbers(path)[1] for path in place.glob(f"take{take:03d}_*")), default=0)
        name = _NAME.format(take, number, suffix.lower())
        part = place / f".{name}.part"
        try:
            part.write_bytes(content)
            os.replace(part, place / name)
        finally:
            part.unlink(missing_ok=True)
        return f"Saved {label}/{name}: {found.frames} frames, {found.duration:.1f} s."

    def _delete(self, message):
        label, name = message["label"], message["name"]
        if label not in self._classes or name not in [path.name for path in clips_in(self.folder, label)]:
            raise ValueError(f"{label}/{name} is not among the clips here")
        (self.folder / label / name).unlink(missing_ok=True)
        return f"Deleted {label}/{name}."

    def _found(self, classes):
        """What lies in the folder now."""
        there = {label: clips_in(self.folder, label) for label in classes}
        known, self._strips = self._strips, {}  # what was deleted is forgotten
        clips = {label: [self._shown(path, known) for path in paths] for label, paths in there.items()}
        numbers = {label: (len(paths), len({take_of(path) for path in paths})) for label, paths in there.items()}
        return {"clips": clips, "advice": advice(numbers), "counts": count_bars(numbers)}

    def _shown(self, path, known):
        try:
            key = path, path.stat().st_mtime_ns
        except OSError:  # removed meanwhile
            key = path, None
        self._strips[key] = known.get(key) or _strip(path)
        return {"name": path.name, **self._strips[key]}


@lab.plainly
def record(folder, classes):
    """Film clips for some classes, in the browser: each is saved as a file in the folder of its class.

    Nothing is filmed before you press a button, a light says when the camera is on, and it goes off with the cell. All
    clips of one press are one *take*, and bear its number in their names: `datasets.takes` reads it, so that a split
    keeps takes together. Files that are dropped on the recorder are taken in, too, and those of one drop are one
    take. Nothing leaves this computer.

    Parameters
    ----------
    folder
        Where the clips are kept; it is made when the first one is saved.
    classes
        Names of two classes or more. They become names of folders.

    Returns
    -------
    Recorder
        Shows itself when a cell ends in it.

    Raises
    ------
    ValueError
        The folder is a file, or the classes are fewer than two, twice the same, or no names of folders.
    """
    folder, names = Path(folder).expanduser().absolute(), [str(name) for name in classes]
    if folder.exists() and not folder.is_dir():
        raise ValueError(f"folder={str(folder)!r} is a file; give a folder, there or not yet")
    if len(names) < 2 or len({name.casefold() for name in names}) < len(names):
        raise ValueError(f"classes={names}: expected two different names or more")
    for name in names:
        if not re.fullmatch(r"[\w()+-][\w ()+.-]*", name) or name.endswith((".", " ")):
            raise ValueError(f"classes: {name!r} cannot be a folder's name; use letters, digits, spaces and - _ ( )")
        if name.split(".")[0].strip().lower() in _DEVICES:
            raise ValueError(f"classes: {name!r} is the name of a device on Windows; choose another name")
        if name.lower() in SPLITS:
            raise ValueError(f"classes: {name!r} would be taken for a part of a split; choose another name")
    return Recorder(folder, names)


def clips_in(folder, label):
    """The video files of one class, sorted by name."""
    place = Path(folder) / label
    if not place.is_dir():
        return []
    paths = sorted(path for path in place.iterdir() if not path.name.startswith("."))
    return [path for path in paths if path.suffix.lower() in VIDEO_SUFFIXES]


def take_of(path):
    """The number of a file's take; the file's name where it has none."""
    return _numbers(path)[0] or path.name


def _numbers(path):
    """(take, clip) by the name of a file; (0, 0) where it has none."""
    found = re.match(r"take(\d+)_clip(\d+)\.", path.name)
    return (int(found[1]), int(found[2])) if found else (0, 0)


def _last_take(folder):
    return max((_numbers(path)[0] for path in folder.glob("*/take*_clip*.*")), default=0)


def advice(numbers):
    """What to film next, in a sentence or two: `numbers` maps a class to (clips, takes)."""
    clips = {label: n for label, (n, _) in numbers.items()}
    fewest, most = min(clips, key=clips.get), max(clips, key=clips.get)
    lone = [label for label, (n, takes) in numbers.items() if n and takes < 3]
    said = []
    if not clips[most]:
        return f"No clips yet. Film {FEW} or more of each class, in three takes or more."
    if clips[most] > 1.5 * clips[fewest] + 1:
        said.append(f"Uneven: {clips[most]} clips of {most}, {clips[fewest]} of {fewest}. Film {fewest} next.")
    elif clips[fewest] < FEW:
        said.append(f"{clips[fewest]} clips of {fewest}: {FEW} or more of each class are a start.")
    else:
        said.append("Enough clips for a first training.")
    if lone:
        said.append(f"Too few takes of {', '.join(lone)}: a fair split needs three or more, at different places.")
    return " ".join(said)


def count_bars(numbers):
    """A panel of bars: how many clips each class has."""
    top = max(FEW, *(n for n, _ in numbers.values()))
    texts = [f"{n} clip{'s' * (n != 1)}, {takes} take{'s' * (takes != 1)}" for n, takes in numbers.values()]
    told = "; ".join(f"{label} {text}" for label, text in zip(numbers, texts, strict=True))
    series = {"clips": [n / top for n, _ in numbers.values()]}
    return lab.bars(list(numbers), series, "clips of each class", f"{told}.", texts, ("0", f"{top / 2:g}", f"{top}"))


def _strip(path):
    """Some frames of a file side by side, as JPEG, and what it is in words."""
    try:
        clip = video.read(path, frames=SHOWN, on_error="repair")
        found = video.probe(path)
    except (video.VideoError, OSError, ValueError) as error:
        return {"strip": b"", "alt": f"{path.name} cannot be read: {error}"}
    width = max(1, round(HEIGHT * clip.shape[2] / clip.shape[1]))
    frames = [np.asarray(Image.fromarray(frame).resize((width, HEIGHT))) for frame in clip]
    picture = BytesIO()
    Image.fromarray(np.concatenate(frames, axis=1)).save(picture, "JPEG", quality=80)
    words = f"{path.stem.replace('_', ', ')}: {found.frames} frames, {found.duration:.1f} s"
    return {"strip": picture.getvalue(), "alt": words}


def _words(error, folder):
    """What went wrong with the disk, and what to do."""
    where = error.filename or folder
    if error.errno in _FULL:
        return f"Not saved: the disk with {where} is full. Delete something, then film again; nothing else is lost."
    if error.errno in (errno.EACCES, errno.EPERM, errno.EROFS):
        return f"Not saved: {where} may not be written to. Give another folder: widgets.record(FOLDER, classes)."
    return f"Not saved: {where}: {error.strerror or error}."
