"""The extension of JupyterLab's server: every kernel's websocket sends at once."""

import json
from pathlib import Path

import pytest
from jupyter_server.services.kernels.websocket import KernelWebsocketHandler

import vidlab.server


def test_each_websocket_sends_at_once(monkeypatch):
    calls = []

    class Socket:
        def set_nodelay(self, value):
            calls.append(("nodelay", value))

    async def opened(self, kernel_id):
        calls.append(("open", kernel_id))

    monkeypatch.setattr(KernelWebsocketHandler, "open", opened)
    vidlab.server._load_jupyter_server_extension(app=None)
    with pytest.raises(StopIteration):  # run by hand: Playwright's own loop may be running in this thread
        KernelWebsocketHandler.open(Socket(), "k1").send(None)
    assert calls == [("nodelay", True), ("open", "k1")]
    assert callable(KernelWebsocketHandler.set_nodelay)  # tornado's; it would be gone unseen


def test_installation_names_the_module_that_is_there():
    settings = json.loads((Path(vidlab.server.__file__).with_name("vidlab.json")).read_text())
    (name,) = settings["ServerApp"]["jpserver_extensions"]
    assert vidlab.server._jupyter_server_extension_points() == [{"module": name}]
