"""Methods of optical flow against the world's true flow.

    python bench/optical_flow.py --out data/results/optical_flow.json

End-point error: the mean distance, in pixels, between the found and the true (dx, dy), over all pixels and over those
of the moving object. Milliseconds a clip on one thread; the methods take turns, clip by clip. "still" is the error of
saying that nothing moves.
"""

from itertools import pairwise
from time import perf_counter

import cv2
import numpy as np
from results import options, save
from skimage.registration import optical_flow_ilk, optical_flow_tvl1

from vidlab import datasets, world

COMMAND = "python bench/optical_flow.py --out data/results/optical_flow.json"
SIZES = (12, 32), (16, 64)  # frames, pixels a side
SCENES = {
    "camera": ("camera", "background"),
    "object": ("motion", "shape", "texture", "colour", "background"),
}
CLIPS = 8


def grey(clip):
    return [cv2.cvtColor(frame, cv2.COLOR_RGB2GRAY) for frame in clip]


def farneback(clip):
    settings = None, 0.5, 3, 9, 3, 5, 1.1, 0
    return np.stack([cv2.calcOpticalFlowFarneback(a, b, *settings) for a, b in pairwise(grey(clip))])


def scikit_image(method):
    def flow(clip):
        frames = [frame / 255 for frame in grey(clip)]
        return np.stack([method(a, b)[::-1] for a, b in pairwise(frames)]).transpose(0, 2, 3, 1)

    return flow


METHODS = {
    "dense inverse search (the kit's)": datasets.optical_flow,
    "Farneback": farneback,
    "iterative Lucas-Kanade": scikit_image(optical_flow_ilk),
    "TV-L1": scikit_image(optical_flow_tvl1),
    "still": lambda clip: np.zeros((len(clip) - 1, *clip.shape[1:3], 2), np.float32),
}


def main():
    arguments = options(__doc__)
    rows = []
    for frames, side in SIZES:
        for scene, factors in SCENES.items():
            made = world.render(CLIPS, factors, factors[0], frames, (side, side), seed=5, truth=("flow", "masks"))
            errors, seconds = {name: [] for name in METHODS}, dict.fromkeys(METHODS, 0.0)
            for clip, true, mask in zip(made.clips, made.flow, made.masks, strict=True):
                for name, method in METHODS.items():
                    begin = perf_counter()
                    found = method(clip)
                    seconds[name] += perf_counter() - begin
                    far = np.linalg.norm(found - true, axis=-1)
                    errors[name].append((far.mean(), far[mask[:-1] > 0].mean()))
            for name in METHODS:
                everywhere, inside = np.mean(errors[name], axis=0)
                rows.append({
                    "clip": [frames, side, side], "scene": scene, "method": name, "error": round(float(everywhere), 3),
                    "error_on_object": round(float(inside), 3), "milliseconds": round(seconds[name] / CLIPS * 1e3, 1),
                })  # fmt: skip
                print(*(f"{value!s:>14}" for value in rows[-1].values()), flush=True)
    save(arguments.out, COMMAND, clips=CLIPS, rows=rows)


if __name__ == "__main__":
    main()
