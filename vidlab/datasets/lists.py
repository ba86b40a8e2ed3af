"""Samples from the lists of well-known data sets, in their official formats: Kinetics, UCF101, HMDB51, path label.

Lists are UTF-8, with or without a byte order mark, with the line ends of any system. A file is looked for in the
folders where that data set's own archives and common tools put it, with its own extension or another one.
"""

import csv
import io
import os
import re
import unicodedata
import warnings
from dataclasses import replace
from functools import cache
from pathlib import Path, PurePosixPath

from vidlab.datasets.folders import SPLITS, VIDEO_SUFFIXES
from vidlab.datasets.samples import DataNotFound, Sample

_COLUMNS = {"label-name": "label", "video-id": "youtube_id", "start-time": "time_start", "end-time": "time_end"}
# what HMDB51 adds to a clip's name: visible body part, camera motion, people, camera's side, quality, number
_HMDB51_TAGS = re.compile(r"_[hulf]_(?:cm|nm)_np\d+_(?:fr|ba|le|ri)_(?:bad|med|goo)_\d+$")

_PATH_BEFORE = re.compile(rf"({'|'.join(map(re.escape, VIDEO_SUFFIXES))})\s", re.I)


def kinetics(list_file, root, label="label", missing="raise"):
    """A list as Kinetics has it: label, youtube_id, time_start, time_end and, where known, split.

    The older header (label-name, video-id, start-time, end-time) is read too; in a list without labels, as that of
    the test set is, each is None. Files are looked for at ROOT/label/ID_START_END.mp4, the label with its spaces, with
    `_`, or as torchvision writes it (without quotes and brackets), and at ROOT/ID_START_END.mp4. They are trimmed
    already, so samples have no start and stop.

    Parameters
    ----------
    list_file, root
        The list, and the folder of the files.
    label
        The column to learn, where the list has more of them.
    missing
        "raise" where files are not there; "skip" leaves them out, with one warning that counts them and
        names the classes of which nothing is there.

    Raises
    ------
    DataNotFound
        The list is missing or has no such columns, or files that it names are missing; the message
        counts them and names the first few, and the exception's `missing` has them all. With "skip", where every
        file is missing.

    Examples
    --------
    >>> from vidlab import datasets
    >>> root = datasets.data_folder()
    >>> len(kinetics(root / "motions.csv", root / "clips", label="shape"))
    816
    """
    rows = csv.DictReader(_lines(list_file))
    try:
        columns = [_COLUMNS.get(name.strip(), name.strip()) for name in rows.fieldnames or ()]
        rows.fieldnames = columns
        rows = [(rows.line_num, row) for row in rows]
    except csv.Error as error:
        raise DataNotFound(f"{list_file}: this is no list of comma-separated values ({error})") from None
    if not rows or not {"youtube_id", "time_start", "time_end"} <= set(columns):
        raise DataNotFound(
            f"{list_file}: a Kinetics list has the columns youtube_id, time_start, time_end, and rows below"
        )
    if label != "label" and label not in columns:
        raise DataNotFound(f"{list_file}: it has no column {label!r} to learn; it has {', '.join(columns)}")
    named = []
    for line, row in rows:
        try:
            first, last = (int(float(row[key])) for key in ("time_start", "time_end"))
        except (TypeError, ValueError, OverflowError):
            raise DataNotFound(f"{list_file}: line {line} has no times in seconds") from None
        if not row["youtube_id"]:
            raise DataNotFound(f"{list_file}: line {line} has no youtube_id")
        name = f"{row['youtube_id']}_{first:06d}_{last:06d}.mp4"
        directory = row.get("label") or ""
        joined = directory.replace(" ", "_")
        bare = re.sub(r"['\"()\[\]]", "", joined)  # as torchvision writes it
        places = [f"{d}/{name}" for d in dict.fromkeys((directory, joined, bare)) if d] + [name]
        split = SPLITS.get((row.get("split") or "").lower())
        named.append((places, Sample(name, row.get(label) or None, group=row["youtube_id"], split=split)))
    return _found(list_file, named, root, missing)


def ucf101(list_dir, root, split=1, missing="raise"):
    r"""UCF101's own lists: classInd.txt, trainlist01.txt and testlist01.txt, or 02, 03 for the other splits.

    Clips of one group, `gNN` in their names, were cut from one video. Groups are counted anew in each class, so a
    sample's group is the class and the number. Files are looked for at ROOT/Class/v_Class_gNN_cNN.avi.

    Source: Soomro, Zamir and Shah, UCF101: A Dataset of 101 Human Actions Classes From Videos in The Wild, 2012.

    Parameters
    ----------
    list_dir
        The folder ucfTrainTestlist.
    root
        The folder UCF-101.
    split
        1, 2 or 3.
    missing
        As in `kinetics`.

    Raises
    ------
    DataNotFound
        A list is missing or has a line of another form, or files are missing.
    ValueError
        There is no such split.

    Examples
    --------
    >>> Path("Wave").mkdir(exist_ok=True)
    >>> _ = Path("Wave/v_Wave_g01_c01.avi").write_text("not looked at")
    >>> _ = Path("trainlist01.txt").write_text("Wave/v_Wave_g01_c01.avi 1\n")
    >>> _ = Path("testlist01.txt").write_text("")
    >>> _ = Path("classInd.txt").write_text("1 Wave\n")
    >>> [(sample.label, sample.group) for sample in ucf101(".", ".")]
    [('Wave', 'Wave_g01')]
    """
    list_dir = Path(list_dir)
    _check_split(split)
    number_of = {}
    for line, (number, name) in _pairs(list_dir / "classInd.txt", "1 ApplyEyeMakeup"):
        if not number.isdecimal():
            raise DataNotFound(f"{list_dir / 'classInd.txt'}: line {line} does not begin with a class's number")
        number_of[name] = number
    named = []
    for part in ("train", "test"):
        file = list_dir / f"{part}list{split:02d}.txt"
        for line, text in _numbered(file):
            path, number = (text.rsplit(maxsplit=1) + [None])[:2]
            label, _, clip = path.partition("/")
            group = re.search(r"_(g\d+)_c\d+\.\w+$", clip)
            if not group or (part == "train" and number is None):
                form = "Class/v_Class_g08_c01.avi" + " 1" * (part == "train")
                raise DataNotFound(f"{file}: line {line} is not of the form {form}: {text[:80]}")
            if label not in number_of or number not in (None, number_of[label]):
                raise DataNotFound(f"{file}: line {line} has another class than classInd.txt does: {text[:80]}")
            named.append(([path, clip], Sample(clip, label, group=f"{label}_{group[1]}", split=part)))
    return _found(list_dir, named, root, missing)


def hmdb51(list_dir, root, split=1, missing="raise"):
    r"""HMDB51's own lists: CLASS_test_split1.txt for each class, or 2, 3 for the other splits.

    Each line is a file's name and 1 (train), 2 (test) or 0 (not in this split: left out). A sample's group is the
    film that it was cut from. Files are looked for at ROOT/class/name.avi.

    Source: Kuehne, Jhuang, Garrote, Poggio and Serre, HMDB: A Large Video Database for Human Motion Recognition,
    ICCV 2011.

    Parameters
    ----------
    list_dir
        The folder testTrainMulti_7030_splits.
    root
        The folder that has one for each class.
    split
        1, 2 or 3.
    missing
        As in `kinetics`.

    Raises
    ------
    DataNotFound
        There are no such lists, one has a line of another form, or files are missing.
    ValueError
        There is no such split.

    Examples
    --------
    >>> Path("wave").mkdir(exist_ok=True)
    >>> _ = Path("wave/a.avi").write_text("not looked at")
    >>> _ = Path("wave_test_split1.txt").write_text("a.avi 1\n")
    >>> [sample.split for sample in hmdb51(".", ".")]
    ['train']
    """
    list_dir = Path(list_dir)
    _check_split(split)
    ending = f"_test_split{split}.txt"
    named = []
    for file in sorted(list_dir.glob(f"*{ending}")):
        label = file.name.removesuffix(ending)
        for line, (name, use) in _pairs(file, "name.avi 1"):
            if use not in ("0", "1", "2"):
                raise DataNotFound(f"{file}: line {line} ends with {use[:20]!r}, not with 0, 1 or 2")
            if use != "0":
                film = _HMDB51_TAGS.sub("", PurePosixPath(name).stem).removesuffix(f"_{label}")
                sample = Sample(name, label, group=film, split={"1": "train", "2": "test"}[use])
                named.append(([f"{label}/{name}", name], sample))
    if not named:
        raise DataNotFound(f"{list_dir}: there are no lists CLASS{ending} with clips in this folder")
    return _found(list_dir, named, root, missing)


def video_list(file, root, missing="raise"):
    r"""A list with a path and a label on each line, as SlowFast and MMAction2 have it: ``some folder/clip.mp4 3``.

    The label, a number or a word, is what follows the last space: paths may hold spaces. They are relative to
    `root` and written with `/`. Blank lines are passed over, and lines that begin with `#` unless there is such a file.

    Parameters
    ----------
    file, root
        The list, and the folder of the files.
    missing
        As in `kinetics`.

    Raises
    ------
    DataNotFound
        The list is missing or empty, a line has no path or no label, or files are missing.

    Examples
    --------
    >>> from vidlab import datasets
    >>> root = datasets.data_folder() / "clips"
    >>> name = next(root.rglob("*.mp4")).relative_to(root).as_posix()
    >>> _ = Path("list.txt").write_text(f"{name} 0\n")
    >>> [sample.label for sample in video_list("list.txt", root)]
    ['0']
    """
    named = []
    for line, text in _numbered(file):
        path, label = (text.rsplit(maxsplit=1) + [""])[:2]
        if text.startswith("#") and not (Path(root) / path).is_file():
            continue
        another = PurePosixPath(path).suffix.lower() not in VIDEO_SUFFIXES and _PATH_BEFORE.search(f"{path} ")
        if another and not (Path(root) / path).exists():
            raise DataNotFound(f"{file}: line {line} has more than one label behind its path; have one: {text[:80]}")
        if not label or PurePosixPath(label).suffix.lower() in VIDEO_SUFFIXES:
            raise DataNotFound(f"{file}: line {line} is not a path, a space and a label: {text[:80]}")
        named.append(([path], Sample(path, label)))
    if not named:
        raise DataNotFound(f"{file}: no line in it has a path and a label")
    return _found(file, named, root, missing)


def _check_split(split):
    if split not in (1, 2, 3):
        raise ValueError(f"split={split!r} must be 1, 2 or 3: there are three")


def _lines(file):
    """The lines of a text file, without their ends and without a byte order mark."""
    try:
        return list(io.StringIO(Path(file).read_bytes().decode("utf-8-sig"), newline=None))
    except UnicodeDecodeError:
        raise DataNotFound(f"{file}: this is no text in UTF-8; save it as such, or get it again") from None
    except OSError as error:
        why = "there is no such list" if isinstance(error, FileNotFoundError) else f"cannot be read ({error.strerror})"
        raise DataNotFound(f"{file}: {why}") from None


def _numbered(file):
    """(number, text) of each line that is not blank."""
    return [(number, text.strip()) for number, text in enumerate(_lines(file), 1) if text.strip()]


def _pairs(file, example):
    """(number, (first, second)) of each line that is not blank, cut at its last space."""
    pairs = [(number, text.rsplit(maxsplit=1)) for number, text in _numbered(file)]
    for number, pair in pairs:
        if len(pair) != 2:
            raise DataNotFound(f"{file}: line {number} is not of the form {example}: {pair[0][:80]}")
    return pairs


def _found(list_file, named, root, missing):
    """The samples with the path of their file: for each, `named` has the places under `root` where it may lie."""
    if missing not in ("raise", "skip"):
        raise ValueError(f'missing={missing!r} must be "raise" or "skip"')
    root = Path(root).expanduser()

    @cache
    def there(directory):
        """The folder as the disk has it, whose name may be composed otherwise (é in one sign or in two); or None."""
        if directory.is_dir():
            return directory
        above = there(directory.parent) if directory not in (root, directory.parent) else None
        folders = {_composed(entry.name): entry for entry in (above.iterdir() if above else ()) if entry.is_dir()}
        return folders.get(_composed(directory.name))

    @cache
    def files(directory):  # a folder is listed once: asking for each of 200,000 files takes minutes on a network disk
        names = sorted(entry.name for entry in os.scandir(there(directory)) if entry.is_file())
        videos = [name for name in names if Path(name).suffix.lower() in VIDEO_SUFFIXES]
        return {_composed(Path(n).stem): n for n in videos}, {_composed(n): n for n in names}

    def find(path):
        """The file; or one with another video's suffix, or with one added."""
        if there(path.parent):
            stems, names = files(path.parent)
            known = path.suffix.lower() in VIDEO_SUFFIXES
            found = names.get(_composed(path.name)) or stems.get(_composed(path.stem if known else path.name))
            return there(path.parent) / found if found else None

    samples, absent = [], []
    for places, sample in named:
        paths = [root / place.replace("\\", "/") for place in places]
        source = next(filter(None, map(find, paths)), None)
        if source:
            samples.append(replace(sample, source=source))
        else:
            absent.append((paths[0], sample.label))
    if absent:
        lacking = sorted({str(label) for _, label in absent} - {str(sample.label) for sample in samples})
        absent = [path for path, _ in absent]
        some = ", ".join(map(str, absent[:3])) + (", ..." if len(absent) > 3 else "")
        message = f"{list_file}: {len(absent)} of its {len(named)} files are missing: {some}"
        if missing == "raise" or not samples:
            raise DataNotFound(message, absent)
        classes = f", and nothing is there of {', '.join(lacking)}" if lacking else ""
        warnings.warn(f"{message}; they are left out{classes}", stacklevel=3)
    return samples


def _composed(name):
    """One spelling of a name, whether its accents are signs of their own (macOS) or not."""
    return unicodedata.normalize("NFC", name)
