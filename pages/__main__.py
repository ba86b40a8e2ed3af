"""`python -m pages`: write the folder site/; with names of notebooks, only their pages."""

import argparse
from pathlib import Path
from time import perf_counter

from pages.site import NOTEBOOKS, make_site


def main():
    """Read the options, make the site, say what was made."""
    parser = argparse.ArgumentParser(prog="python -m pages", description="Write the course as pages.")
    parser.add_argument("notebooks", nargs="*", type=Path, help="only these; all where none is given")
    parser.add_argument("--to", type=Path, default=Path("site"), help="the folder to write (default: site)")
    parser.add_argument("--no-labs", action="store_true", help="figures in place of all labs: nothing is run")
    options = parser.parse_args()
    for path in options.notebooks:
        if path.suffix != ".ipynb" or not path.is_file():
            parser.error(f"{path} is no notebook; give files that end in .ipynb, and the folder to write with --to")
    start = perf_counter()
    chosen = options.notebooks or sorted(NOTEBOOKS.glob("*.ipynb"))
    make_site(options.to, chosen, alive=not options.no_labs, say=print)
    files = [path for path in options.to.rglob("*") if path.is_file()]
    size = sum(path.stat().st_size for path in files) / 1e6
    print(f"{options.to / 'index.html'}: {len(files)} files, {size:.1f} MB, {perf_counter() - start:.0f} s")


if __name__ == "__main__":
    main()
