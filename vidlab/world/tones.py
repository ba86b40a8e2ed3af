"""What is heard: a steady tone, or a short one at each fall."""

import numpy as np

RATE = 16_000  # samples a second
TONES = {"silent": 0.0, "low": 330.0, "high": 660.0}  # hertz
LENGTH = 0.1  # seconds of a short tone


def wave(facts, seconds, tracks, fps):
    """The sound of one clip: (samples,) float32."""
    time = np.arange(round(seconds * RATE)) / RATE
    tone = 0.3 * np.sin(2 * np.pi * TONES[facts["sound"]] * time)
    if facts["sync"] == "steady":
        fade = np.minimum(1, np.minimum(time, seconds - time) / 0.05)  # no click at the ends
        return (fade * tone).astype(np.float32)
    at = (tracks.falls if facts["sync"] == "in step" else tracks.tops) / fps
    since = time - at[:, None]
    fade = np.clip(np.minimum(since, LENGTH - since) / 0.01, 0, 1).max(0)
    return (fade * tone).astype(np.float32)
