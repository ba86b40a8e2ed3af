"""A camera for Chromium that plays a clip, and a notebook with some cells: for tests of recorder and live view, and
for bench/own_clips.py."""

import av
import nbformat
import numpy as np
from skimage.transform import resize

from tests.browser.jupyter import launch

SIZE = 240, 320  # of the camera's pictures
GRANTED = "--use-fake-ui-for-media-stream"
FAKE = "--use-fake-device-for-media-stream"


def fed(clip):
    """The frames of a clip, (frames, height, width, 3) uint8, as large as the camera's; grey borders at the sides."""
    height, width = SIZE
    made = np.full((len(clip), height, width, 3), 128, np.uint8)
    for frame, out in zip(clip, made, strict=True):
        out[:, 40:280] = (resize(frame, (240, 240), order=1) * 255).round()
    return made


def write_y4m(path, clip, fps=25):
    """A clip as the file that the fake camera plays, again and again."""
    with path.open("wb") as file:
        file.write(f"YUV4MPEG2 W{clip.shape[2]} H{clip.shape[1]} F{fps}:1 Ip A1:1 C420jpeg\n".encode())
        for frame in clip:
            planes = av.VideoFrame.from_ndarray(frame, "rgb24").reformat(format="yuv420p").to_ndarray()
            file.write(b"FRAME\n" + planes.tobytes())


def with_camera(kind, y4m=None, granted=True):
    """A browser whose camera plays a file, or is refused to every page, or has none where `y4m` is None."""
    more = [FAKE, f"--use-file-for-fake-video-capture={y4m}"] if y4m else []
    return launch(kind, *more, *([GRANTED] if granted else []))


def write_notebook(path, *cells):
    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(source) for source in cells])
    notebook.metadata["kernelspec"] = {"display_name": "Python 3", "language": "python", "name": "python3"}
    nbformat.write(notebook, path)


def nearest(frames, known):
    """For each frame the number of the known one that it is nearest to, its PSNR in dB, and that of the second best."""
    frames, known = (np.asarray(each, np.float32)[:, ::4, ::4] for each in (frames, known))
    errors = np.array([[np.mean((one - other) ** 2) for other in known] for one in frames])
    psnr = 10 * np.log10(255**2 / np.maximum(errors, 1e-6))
    order = psnr.argsort(axis=1)
    rows = np.arange(len(frames))
    return order[:, -1], psnr[rows, order[:, -1]], psnr[rows, order[:, -2]]


def leaving(page):
    """The list of requests that leave this computer, filled while the page lives."""
    gone = []

    def look(request):
        url = request.url
        if not url.startswith(("http://127.0.0.1:", "ws://127.0.0.1:", "data:", "blob:", "about:")):
            gone.append(url)

    page.on("request", look)
    page.on("websocket", lambda socket: look(socket))
    return gone
