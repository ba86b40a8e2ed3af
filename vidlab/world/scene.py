"""A set of clips from the values of their factors."""

import os
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import numpy as np

from vidlab.world import sprite, words
from vidlab.world.draws import Draws
from vidlab.world.factors import choose
from vidlab.world.ground import ground_frames, lit, moves
from vidlab.world.picture import TRUTH, Thing, boxes, draw, ground_truth
from vidlab.world.tones import wave
from vidlab.world.tracks import events, plan

DISTANCES = {"near": 1 / 3, "far": 1 / 1.2, "unknown": 0.5}  # of the object, where that of the ground is 1
FRAMED = {"red": (0.9, 0.1, 0.1), "green": (0.1, 0.75, 0.2), "blue": (0.15, 0.3, 1.0), "yellow": (0.95, 0.9, 0.1)}


@dataclass(frozen=True)
class Rendered:
    """Clips and what is known of them; what was not asked for is None.

    clips : (n, frames, height, width, 3) uint8
    labels : a list of n
    factors : name -> list of n values, for every factor
    fps : frames a second
    sound : (n, samples) float32 at `RATE` samples a second
    captions : a list of n sentences
    flow : (n, frames - 1, height, width, 2) float32, how many pixels to the right and down what is seen at a pixel
        of frame t has moved in frame t + 1; a step of more than half the picture counts as the short way round
    depth : (n, frames, height, width) float32, the distance from the camera; 1 is the (mean) distance of the ground
    masks : (n, frames, height, width) uint8, the number of the object that is seen, from 1; 0 is the ground
    boxes : (n, frames, objects, 4) float32, the extent of what is seen of each object, as (y0, x0, y1, x1) from 0 to
        1; NaN where nothing is. An object that comes back on the other side has a box from side to side.
    """

    clips: np.ndarray
    labels: list[str]
    factors: dict[str, list[str]]
    sound: np.ndarray | None
    fps: float
    captions: list[str] | None = None
    flow: np.ndarray | None = None
    depth: np.ndarray | None = None
    masks: np.ndarray | None = None
    boxes: np.ndarray | None = None


def render(
    n,
    factors=("motion", "shape", "texture", "colour", "digit", "background"),
    label="motion",
    frames=16,
    size=(48, 48),
    seed=0,
    fps=12.0,
    sound=False,
    captions=False,
    truth=(),
    workers=None,
):
    """Render clips whose every property is known.

    Parameters
    ----------
    n
        How many clips.
    factors
        The factors that vary, as names (all their values) or as a dict of name -> value or values.
        Those left out stay plain: see `FACTORS`. A factor that needs another brings it along.
    label
        The factor to be learnt. Its values come equally often.
    frames, size
        Frames a clip, and (height, width) in pixels.
    seed
        Same seed, same pixels. Another n gives other clips.
    fps
        Frames a second, which sets how long the sound is.
    sound, captions
        Whether to make the sound and a sentence for each clip.
    truth
        Which of "flow", "depth", "masks" and "boxes" to give.
    workers
        Threads; as many as there are processors where it is None. They do not change the result.

    Returns
    -------
    Rendered

    Raises
    ------
    ValueError
        Where a factor, a value, a truth or a size does not exist, or two factors contradict each other;
        it says which, and what there is.
    """
    if n < 1 or frames < 1 or min(size) < 8:
        raise ValueError(f"n={n}, frames={frames} and size={size} must be at least 1, 1 and (8, 8)")
    truth = (truth,) if isinstance(truth, str) else tuple(truth)
    if unknown := set(truth) - set(TRUTH):
        raise ValueError(f"truth: there is no {', '.join(sorted(unknown))}; there is {', '.join(TRUTH)}")
    key = int(np.random.default_rng(seed).integers(2**63))
    chosen = choose(factors, n, label, Draws(key))
    clips = np.empty((n, frames, *size, 3), np.uint8)
    known = {}
    if "flow" in truth:
        known["flow"] = np.empty((n, frames - 1, *size, 2), np.float32)
    if "depth" in truth:
        known["depth"] = np.empty((n, frames, *size), np.float32)
    if {"masks", "boxes"} & set(truth):
        known["masks"] = np.zeros((n, frames, *size), np.uint8)
    waves, sentences, counts = [None] * n, [None] * n, [1] * n

    def one(i):
        facts, draws = {name: values[i] for name, values in chosen.items()}, Draws(key, i)
        clips[i], tracks = _clip(facts, frames, size, draws, {name: array[i] for name, array in known.items()})
        counts[i] = len(tracks.objects)
        if sound:
            waves[i] = wave(facts, frames / fps, tracks, fps)
        if captions:
            sentences[i] = words.caption(facts, draws["caption"])

    workers = workers or os.cpu_count() or 1
    if workers == 1 or n < 4:
        for i in range(n):
            one(i)
    else:
        with ThreadPoolExecutor(workers) as pool:
            list(pool.map(one, range(n)))
    if "boxes" in truth:
        known["boxes"] = np.stack([boxes(mask, max(counts)) for mask in known["masks"]])
    return Rendered(
        clips, chosen[label], chosen, np.stack(waves) if sound else None, fps, sentences if captions else None,
        **{name: known[name] for name in truth},
    )  # fmt: skip


def _clip(facts, frames, size, draws, truth):
    """One clip, and the `Tracks` of its objects; `truth`, a dict of arrays, is filled in."""
    second = draws.apart("second object")
    view, drift = moves(facts, frames, size, draws)
    piece, depth, slide = ground_frames(facts, view, drift, size, draws)
    pictures = [sprite.make(facts, draws)]
    tracks = plan(facts, frames, draws)
    distance = DISTANCES[facts["depth"]]
    if facts["depth"] != "unknown":  # what is near moves more than the ground when the camera glides
        tracks.objects[0][:, 0] -= view.pan_x / size[1] * (1 / distance - 1)
    if len(tracks.objects) == 2:
        looks = {"grey": sprite.plain(colour="grey"), "different": sprite.another(facts, second)}
        pictures += pictures if tracks.second == "same" else [sprite.make(looks[tracks.second], second)]
    nothing = np.ones(frames, bool), np.zeros(frames), np.ones(frames)
    *happens, changed = events(facts, frames, draws)
    things = [
        Thing(picture, phase, *what, np.round(changed * (len(picture) - 1)).astype(int), distance)
        for picture, phase, what in zip(pictures, tracks.objects, (happens, nothing), strict=False)
    ]
    clip = np.repeat(piece, frames // len(piece), 0)
    if truth:
        ground_truth(truth, view, size, drift, depth, slide)
    draw(clip, things, view, facts["shadow"], truth)
    clip = lit(clip, facts)
    if facts["memory"] != "nothing":
        _frame(clip, facts["memory"], draws["memory"])
    if facts["written"] != "nothing":
        words.write(clip, facts["written"], draws["written"])
    return np.round(clip * 255).astype(np.uint8), tracks


def _frame(clip, first, rng):
    """Paint a frame around the pictures: `first` in the first ones, then any other colours, a few pictures each."""
    length, wide = max(1, len(clip) // 8), max(2, min(clip.shape[1:3]) // 12)
    inner = (slice(None), slice(wide, -wide), slice(wide, -wide))
    kept = clip[inner].copy()
    names = [first, *rng.choice(list(FRAMED), len(clip))]
    for t, picture in enumerate(clip):
        picture[:] = FRAMED[names[t // length]]
    clip[inner] = kept
