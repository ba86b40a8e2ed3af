"""Film strips, and a clip that plays in the page."""

import base64
import html
import tempfile
from pathlib import Path

import numpy as np

from vidlab import video
from vidlab.clips import as_uint8, checked
from vidlab.figures.picture import Picture, draw_image


def film_strip(clip, frames=8, title=None, values=None):
    """Frames of a clip side by side, with the number of each below it.

    Parameters
    ----------
    clip
        (frames, height, width) or (frames, height, width, 1 or 3); uint8, or float in [0, 1].
    frames
        How many to show, evenly spread; all where the clip has fewer.
    values
        For clips of one channel, the (lowest, highest) value, so that strips can be compared; with a
        lowest value below 0 the colours are centred on zero.

    Examples
    --------
    >>> len(film_strip(np.zeros((24, 32, 32, 3), np.uint8), frames=6).axes)
    6
    """
    clip = checked(clip, any_range=values is not None)
    if frames < 1:
        raise ValueError(f"frames: expected 1 or more, got {frames}")
    chosen = np.unique(np.linspace(0, len(clip) - 1, min(frames, len(clip))).round().astype(int))
    width = max(min(9.0, 1.3 * len(chosen)), 0.075 * len(title or ""))  # a long title needs room
    side = min(1.3, width / len(chosen))
    height = side * clip.shape[1] / clip.shape[2] + (0.5 if title else 0.25)
    alt = f"{len(chosen)} frames of a clip of {len(clip)}, side by side" + (f": {title}" if title else "")
    fig = Picture(figsize=(width, height), alt=alt)
    fig.get_layout_engine().set(w_pad=0.03, h_pad=0.03, wspace=0, hspace=0)
    for ax, index in zip(fig.subplots(1, len(chosen), squeeze=False)[0], chosen, strict=True):
        draw_image(ax, clip[index], values)
        ax.set_xlabel(str(index), labelpad=2)
    if title:
        fig.suptitle(title, fontsize=10)
    return fig


def film_strips(clips, titles, frames=6, title=None):
    """Several clips, a film strip a row, each with its title on the left.

    >>> film_strips([np.zeros((4, 32, 32))] * 2, ["dark", "dark, too"]).alt
    '2 clips, a row of frames each: dark; dark, too'
    """
    clips = [checked(clip) for clip in clips]
    if not clips or len(clips) != len(titles):
        raise ValueError(f"titles: expected one for each clip, got {len(titles)} for {len(clips)} clips")
    longest = max(map(len, "\n".join(titles).split("\n")))
    fig = Picture(
        figsize=(0.4 + 0.075 * longest + 1.05 * frames, 1.05 * len(clips) + (0.3 if title else 0)),
        alt=f"{len(clips)} clips, a row of frames each: " + "; ".join(t.replace("\n", ", ") for t in titles),
    )
    fig.get_layout_engine().set(w_pad=0.03, h_pad=0.03, wspace=0, hspace=0)
    axes = fig.subplots(len(clips), frames, squeeze=False)
    for row, clip, name in zip(axes, clips, titles, strict=True):
        for ax, index in zip(row, np.linspace(0, len(clip) - 1, frames).round().astype(int), strict=True):
            draw_image(ax, clip[index])
        row[0].set_ylabel(name, rotation=0, ha="right", va="center", labelpad=8)
    if title:
        fig.suptitle(title, fontsize=10)
    return fig


def show(clip, fps=12.0, title=None, height=192):
    """Play a clip in the notebook, and leave a film strip for readers who cannot play it.

    The video is inside the page: it needs no server and no file. `height` is the player's, in pixels.

    >>> show(np.zeros((4, 32, 32)), title="dark")
    <IPython.core.display.HTML object>
    Figure(520x180)
    """
    from IPython.display import HTML, display

    clip = as_uint8(clip)
    times = max(1, height // clip.shape[1])
    large = clip.repeat(times, 1).repeat(times, 2)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "clip.mp4"
        video.write(path, large, fps=fps)
        data = base64.b64encode(path.read_bytes()).decode("ascii")
    name = html.escape(title or "clip")
    display(
        HTML(
            f'<video controls loop muted playsinline height="{height}" aria-label="{name}, {len(clip)} frames" '
            f'src="data:video/mp4;base64,{data}"></video>'
        )
    )
    display(film_strip(clip, title=title))
