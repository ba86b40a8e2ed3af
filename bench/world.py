"""Clips of 16 x 48 x 48 that the world renders in a second, for a few mixes of factors: python bench/world.py

With --out FILE the table is written there too.
"""

import argparse
import os
import platform
from time import perf_counter

from results import save

from vidlab import world

COMMAND = "python bench/world.py --out data/results/world.json"
MIXES = {
    "motion alone": ("motion",),
    "the default": ("motion", "shape", "texture", "colour", "digit", "background"),
    "how it looks": ("category", "colour", "texture", "pattern", "boundary", "feature", "emotion", "contrast", "light"),
    "camera": ("camera", "motion", "shape", "texture", "background"),
    "relief": ("relief", "shape", "colour"),
    "two objects": ("interaction", "shape", "colour", "texture", "background", "shadow"),
    "story": ("story", "shape", "colour", "memory", "written"),
}


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--out")
    parser.add_argument("--clips", type=int, default=1600)
    arguments = parser.parse_args()
    cores = os.cpu_count()
    rows = []
    for mix, factors in MIXES.items():
        for workers in sorted({1, cores}):
            for truth in ((), ("flow", "depth", "masks", "boxes")):
                if truth and workers == 1:
                    continue
                world.render(16, factors, label=factors[0], workers=workers)  # pictures are loaded once
                begin = perf_counter()
                world.render(arguments.clips, factors, label=factors[0], workers=workers, truth=truth)
                seconds = perf_counter() - begin
                row = {"mix": mix, "workers": workers, "truth": bool(truth), "seconds": round(seconds, 2)}
                rows.append(row | {"clips_per_second": round(arguments.clips / seconds)})
                print(
                    f"{mix:14} {workers} workers  {'with truth' if truth else 'clips alone':11}  {seconds:6.2f} s"
                    f"  {arguments.clips / seconds:6.0f} clips/s",
                    flush=True,
                )
    if arguments.out:
        save(arguments.out, COMMAND, clips=arguments.clips, cores=cores, processor=platform.machine(), rows=rows)


if __name__ == "__main__":
    main()
