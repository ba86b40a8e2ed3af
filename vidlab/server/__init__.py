"""A Jupyter server extension: the answers to the labs are sent at once, and not held back to be sent together.

A websocket's small messages wait for up to 40 ms unless TCP_NODELAY is set, and jupyter_server does not set it: a drag
then stutters. `vidlab lab` turns this on; so does an installation that is not in place (`vidlab.json`).
"""


def _jupyter_server_extension_points():
    return [{"module": "vidlab.server"}]


def _load_jupyter_server_extension(app):
    from jupyter_server.services.kernels.websocket import KernelWebsocketHandler

    opened = KernelWebsocketHandler.open

    async def open(self, kernel_id):
        self.set_nodelay(True)
        await opened(self, kernel_id)

    KernelWebsocketHandler.open = open
