"""One clip, frame by frame."""

import ipywidgets
import numpy as np

from vidlab.widgets import view


def scrub(clip, fps=12.0, height=256):
    """Play a clip, stop it, and step through it with a slider (arrow keys work once the slider has the focus).

    Parameters
    ----------
    clip : (frames, height, width, 3) uint8.
    fps : frames a second when it plays.
    height : of the picture on the page, in pixels.
    """
    clip = np.asarray(clip)
    if clip.ndim != 4 or clip.dtype != np.uint8 or clip.shape[3] != 3 or not clip.size:
        raise ValueError(f"clip: expected uint8 (frames, height, width, 3), got {clip.dtype} of shape {clip.shape}")
    if not (isinstance(fps, int | float) and fps > 0):
        raise ValueError(f"fps: expected frames a second above 0, got {fps!r}")
    times, last = max(1, height // clip.shape[1]), len(clip) - 1

    def update(frame):
        return view.png(clip[frame], times), f"frame {frame} of 0 to {last}, {frame / fps:.2f} s"

    slider = ipywidgets.IntSlider(min=0, max=last, description="frame", continuous_update=True)
    play = ipywidgets.Play(min=0, max=last, interval=round(1000 / fps), repeat=True)
    ipywidgets.jslink((play, "value"), (slider, "value"))
    chosen = np.linspace(0, last, min(6, last + 1)).round().astype(int)
    strip = np.concatenate([clip[i] for i in chosen], 1)
    view.live(
        [play, slider],
        update,
        view.png(strip, max(1, times // 2)),
        f"Frames {', '.join(map(str, chosen))} of the clip, side by side",
    )
