"""Pictures of all labs as they live in JupyterLab: python -m tests.browser.screenshots FOLDER [NOTEBOOK ...]

Look at them after every change: overlapping labels, cut text and blank pictures are defects that no test sees.
"""

import sys
import tempfile
from pathlib import Path

from tests.browser import labs
from tests.browser.jupyter import chromium, expect_labs, jupyterlab, new_page, open_notebook, run_all


def main(folder, names):
    folder = Path(folder)
    folder.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as home, chromium() as browser:
        course = Path(home, "course")
        course.mkdir()
        with jupyterlab(Path(home), course) as address:
            for name in [Path(name).name for name in names] or labs.notebooks_with_labs():
                with new_page(browser, viewport={"width": 1280, "height": 1100}) as page:
                    open_notebook(page, address.format(labs.cut(name, course)))
                    page.add_style_tag(content=".Toastify {display: none}")  # JupyterLab's own messages
                    run_all(page)
                    n = sum("lab" in cell.metadata["tags"] for cell in labs.cells_of(name)[1])
                    for i, root in enumerate(expect_labs(page, n)):
                        root.scroll_into_view_if_needed()
                        labs.settled(page, root)
                        path = folder / f"{name[:2]}_{i + 1}.png"
                        root.screenshot(path=path)
                        print(path, *page.errors, flush=True)


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2:])
