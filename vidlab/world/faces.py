"""Drawn faces: brows, eyes and a mouth, as ink on the object."""

import numpy as np

#            mouth's ends up (1) or down (-1), mouth open, inner ends of the brows up or down, brows raised, eyes wide
EMOTIONS = {
    "joy": (1.0, 0.35, 0.0, 0.3, 0.0),
    "sadness": (-1.0, 0.0, 1.0, 0.0, -0.3),
    "anger": (-0.8, 0.0, -1.0, -0.6, 0.0),
    "surprise": (0.0, 1.0, 0.0, 1.0, 1.0),
    "fear": (-0.5, 0.45, 1.0, 1.0, 1.0),
}
STEPS = 7  # pictures of a mouth that changes
MOUTHS = {  # the mouth in the first picture and in the last
    "smile": (1, 1),
    "frown": (-1, -1),
    "brightening": (-1, 1),
    "darkening": (1, -1),
}


def drawn(facts, x, y, draws):
    """The ink of the face that `facts` ask for: (pictures, rows, columns) in [0, 1], or None."""
    if facts["emotion"] != "none":
        return _face(x, y, *(EMOTIONS[facts["emotion"]] + draws["emotion"].normal(0, 0.1, 5)))[None]
    if facts["expression"] != "none":
        mouth_by, *eyes_by = draws["expression"].normal(0, 0.1, 3)
        mouths = np.linspace(*MOUTHS[facts["expression"]], STEPS)
        return np.stack([_face(x, y, mouth + mouth_by, 0, 0, *eyes_by) for mouth in mouths])
    return None


def _face(x, y, mouth, opened, tilt, raised, wide):
    side = np.abs(x)
    eyes = (0.11 + 0.05 * wide) - np.hypot(side - 0.32, y + 0.15)
    brow = -0.42 - 0.08 * raised - 0.5 * tilt * (0.32 - side) * 0.9
    brows = np.minimum(0.055 - np.abs(y - brow), 0.2 - np.abs(side - 0.32))
    lips = 0.42 - 0.26 * mouth * ((x / 0.45) ** 2 - 0.4)
    line = np.minimum(0.065 - np.abs(y - lips), 0.45 - side)
    hole = 0.2 * (1 - np.hypot(x / 0.24, (y - 0.45) / (0.05 + 0.25 * opened)))
    line = hole if opened > 0.7 else np.maximum(line, hole) if opened > 0.2 else line
    return np.clip(12 * np.maximum.reduce([eyes, brows, line]) + 0.5, 0, 1).astype(np.float32)
