"""Make the course's embedded data set again: python -m vidlab.world --out FOLDER."""

import argparse
from dataclasses import replace

from vidlab.world import render, write_dataset
from vidlab.world.factors import FACTORS

SEED = 2026
FRAMES, SIZE, FPS = 24, (64, 64), 12.0
PER_SPLIT = 72, 10, 20  # clips of each class to train, to validate and to test on
VARIED = "motion", "shape", "texture", "colour", "digit", "background", "sound"
WITH_SOUND = 8  # the first clips: sound takes room


def main(argv=None):
    """Make the data set."""
    parser = argparse.ArgumentParser(prog="python -m vidlab.world", description=__doc__)
    parser.add_argument("--out", required=True, help="folder for motions.csv and clips/")
    parser.add_argument(
        "--per-split",
        type=int,
        nargs=3,
        default=PER_SPLIT,
        metavar=("TRAIN", "VAL", "TEST"),
        help="clips of each class (default: %(default)s)",
    )
    parser.add_argument("--seed", type=int, default=SEED)
    arguments = parser.parse_args(argv)
    n = len(FACTORS["motion"].values) * sum(arguments.per_split)
    rendered = render(n, factors=VARIED, frames=FRAMES, size=SIZE, seed=arguments.seed, fps=FPS, sound=True)
    heard = [pitch if i < WITH_SOUND else "silent" for i, pitch in enumerate(rendered.factors["sound"])]
    rendered = replace(rendered, factors=rendered.factors | {"sound": heard})
    try:
        write_dataset(arguments.out, rendered, arguments.per_split)
    except FileExistsError as error:
        parser.error(str(error))
    print(f"{n} clips in {arguments.out}")


if __name__ == "__main__":
    main()
