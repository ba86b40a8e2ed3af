"""What the scripts share that make data/results/*.json: their options, and the form of the file."""

import argparse
import json
import os
from datetime import date
from time import perf_counter


def options(description, seeds=None, folder=False, parts=()):
    """`--out FILE` and, where there are default seeds, `--seeds N ...`; on request a FOLDER of clips before them, and
    `--only PART ...`: the rows of the other parts are kept as they are in FILE.
    """
    parser = argparse.ArgumentParser(description=description, formatter_class=argparse.RawDescriptionHelpFormatter)
    if folder:
        parser.add_argument("folder", help="a folder for each class")
    parser.add_argument("--out", required=True)
    if seeds is not None:
        parser.add_argument("--seeds", type=int, nargs="+", default=list(seeds))
    if parts:
        parser.add_argument("--only", nargs="+", choices=parts, default=list(parts), metavar="PART")
    return parser.parse_args()


def save(out, command, **content):
    """Write the command, today's date and `content`; lists of rows get a line a row, so that changes can be read.

    Where one of oneDNN's variables held it back, they stand before the command.
    """
    held = [f"{name}={os.environ[name]}" for name in ("TF_ENABLE_ONEDNN_OPTS", "ONEDNN_MAX_CPU_ISA")
            if os.environ.get(name, "1") != "1"]  # fmt: skip
    entries = []
    for name, value in ({"command": " ".join([*held, command]), "date": str(date.today())} | content).items():
        if isinstance(value, list) and value and isinstance(value[0], dict):
            text = "[\n  " + ",\n  ".join(map(json.dumps, value)) + "\n ]"
        else:
            text = json.dumps(value)
        entries.append(f" {json.dumps(name)}: {text}")
    with open(out, "w", encoding="utf8") as file:
        file.write("{\n" + ",\n".join(entries) + "\n}\n")


def milliseconds(ask, budget, warm=2):
    """Of each call of `ask`, for so many seconds, five at least; the first, in which graphs are built, do not count."""
    for _ in range(warm):
        ask()
    spent, begun = [], perf_counter()
    while perf_counter() - begun < budget or len(spent) < 5:
        one = perf_counter()
        ask()
        spent.append(1000 * (perf_counter() - one))
    return spent
