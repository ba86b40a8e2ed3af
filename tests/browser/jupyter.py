"""A JupyterLab and a Chromium of our own, and what is done in them: for tests, pictures and bench/widgets.py."""

import os
import secrets
import socket
import subprocess
import sys
import time
import urllib.request
from contextlib import contextmanager

from playwright.sync_api import sync_playwright

CHROMIUM = "/usr/bin/chromium"


@contextmanager
def chromium():
    with sync_playwright() as playwright:
        browser = launch(playwright.chromium)
        yield browser
        browser.close()


def launch(kind, *more):
    """A browser; `more` are options of its command line. A second one beside it: `launch(browser.browser_type)`."""
    return kind.launch(
        executable_path=CHROMIUM,
        args=["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-sync",
              "--disable-background-networking", "--disable-component-update", *more],
    )  # fmt: skip


@contextmanager
def jupyterlab(home, course, swift=True):
    """Serve the folder `course`: free port, random token, settings of its own in `home`. Yields the address of a
    notebook, with {} for its name. `swift`: with vidlab's server extension, as `vidlab lab` starts it."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    token = secrets.token_hex(16)
    own = {f"JUPYTER_{kind}_DIR": str(home / kind.lower()) for kind in ("CONFIG", "RUNTIME")}
    own["JUPYTERLAB_SETTINGS_DIR"] = str(home / "settings")
    own["JUPYTERLAB_WORKSPACES_DIR"] = str(home / "workspaces")
    log = (home / "log").open("w")
    server = subprocess.Popen(
        [sys.executable, "-m", "jupyterlab", "--no-browser", "--allow-root", "--ip=127.0.0.1", f"--port={port}",
         "--ServerApp.port_retries=0", f"--IdentityProvider.token={token}", f"--ServerApp.root_dir={course}",
         f"--ServerApp.jpserver_extensions=vidlab.server={swift}", "--LabApp.expose_app_in_browser=True",
         "--LabApp.news_url=None", "--LabApp.check_for_updates_class=jupyterlab.NeverCheckForUpdate"],
        env={**os.environ, **own}, stdout=log, stderr=log,
    )  # fmt: skip
    url = f"http://127.0.0.1:{port}"
    try:
        for _ in range(240):
            if server.poll() is not None:
                raise RuntimeError(f"JupyterLab ended: {(home / 'log').read_text()[-2000:]}")
            try:
                urllib.request.urlopen(f"{url}/api?token={token}", timeout=1)
                break
            except OSError:
                time.sleep(0.25)
        else:
            raise RuntimeError("JupyterLab did not answer within a minute")
        yield f"{url}/lab/tree/{{}}?token={token}&reset"
    finally:
        server.terminate()
        try:
            server.wait(20)
        except subprocess.TimeoutExpired:
            server.kill()
        log.close()


@contextmanager
def new_page(browser, **options):
    """A page whose `errors` are those of its scripts and of its console."""
    context = browser.new_context(**({"viewport": {"width": 1280, "height": 900}} | options))
    page = context.new_page()
    page.errors = []
    page.on("pageerror", lambda error: page.errors.append(str(error)))
    page.on("console", lambda said: page.errors.append(said.text) if said.type == "error" else None)
    yield page
    context.close()


def open_notebook(page, url):
    """Open the notebook at `url` and wait until its kernel is idle."""
    page.goto(url, timeout=60_000)
    page.wait_for_selector(".jp-Notebook", timeout=60_000)
    page.wait_for_function(
        """() => { const s = window.jupyterapp?.shell.currentWidget?.sessionContext;
                   return s?.isReady && s.session?.kernel?.status === 'idle'; }""",
        timeout=60_000,
    )


def run_all(page):
    """Start to run all cells."""
    page.evaluate("void window.jupyterapp.commands.execute('notebook:run-all-cells')")


def expect_labs(page, n):
    """Wait until `n` labs live, and no other, each with its figure beside it; return them."""
    page.wait_for_function(
        """n => ['.vl-live', '.vl-figure'].every(name => document.querySelectorAll(name).length === n)
            && !document.querySelector('.vl-gone')""",
        arg=n,
        timeout=300_000,
    )
    return [page.locator(".vl-live").nth(i) for i in range(n)]
