"""A rendered set as video files, laid out and listed as Kinetics is."""

import csv
from collections import Counter
from itertools import accumulate
from pathlib import Path

from vidlab import video
from vidlab.world.factors import FACTORS
from vidlab.world.tones import RATE

LIST = "motions.csv"
CLIPS = "clips"
_SPLITS = "train", "val", "test"


def write_dataset(out, rendered, per_split, label="motion", crf=26):
    """Write `rendered` as OUT/clips/LABEL/ID_START_END.mp4 and the list OUT/motions.csv.

    The list has Kinetics's columns (label, youtube_id, time_start, time_end, split) and one more for each other
    factor that is not plain in every clip. Clips are shared out class by class: `per_split` is how many of each class
    go to train, val and test.

    Raises
    ------
    FileExistsError
        `out` holds a data set already; nothing is written over.
    ValueError
        A class has fewer or more clips than `per_split` asks for.
    """
    out = Path(out)
    if (out / LIST).exists() or (out / CLIPS).exists():
        raise FileExistsError(
            f"{out} holds a data set already: remove {LIST} and {CLIPS}/ there, or name another folder"
        )
    counts = Counter(rendered.labels)
    if set(counts.values()) != {sum(per_split)}:
        raise ValueError(
            f"per_split={tuple(per_split)} shares out {sum(per_split)} clips a class; there are {dict(counts)}"
        )
    plain = {name for name, values in rendered.factors.items() if set(values) == {FACTORS[name].plain}}
    per_class = {}
    seconds = max(1, round(rendered.clips.shape[1] / rendered.fps))
    rows = []
    for i, name in enumerate(rendered.labels):
        place = per_class[name] = per_class.get(name, -1) + 1
        split = next(s for s, end in zip(_SPLITS, accumulate(per_split), strict=True) if place < end)
        facts = {k: v[i] for k, v in rendered.factors.items() if k != label and k not in plain}
        rows.append(
            {
                "label": name,
                "youtube_id": f"vidlab{i:05d}",
                "time_start": 0,
                "time_end": seconds,
                "split": split,
                **facts,
            }
        )
        path = out / CLIPS / name / f"vidlab{i:05d}_{0:06d}_{seconds:06d}.mp4"
        path.parent.mkdir(parents=True, exist_ok=True)
        heard = rendered.sound is not None and facts.get("sound", "silent") != "silent"
        sound = {"audio": rendered.sound[i][:, None], "rate": RATE} if heard else {}
        video.write(path, rendered.clips[i], fps=rendered.fps, crf=crf, **sound)
    with open(out / LIST, "w", newline="", encoding="utf8") as file:
        writer = csv.DictWriter(file, rows[0], lineterminator="\n")
        writer.writeheader()
        writer.writerows(sorted(rows, key=lambda row: (_SPLITS.index(row["split"]), row["youtube_id"])))
