"""Words: a caption for a clip, and a word written in the picture."""

import numpy as np

from vidlab.world.factors import FACTORS

LETTERS = {  # five rows of three dots
    "e": "111 100 110 100 111", "g": "111 100 101 101 111", "n": "111 101 101 101 101", "o": "111 101 101 101 111",
    "p": "111 101 111 100 100", "s": "111 100 111 001 111", "t": "111 010 010 010 010", "y": "101 101 010 010 010",
}  # fmt: skip


def caption(facts, rng):
    """A sentence that names every property that is not plain; where `facts` ask for a false one, one is exchanged."""
    if facts["caption"] == "false":
        facts = _falsified(facts, rng)
    noun = facts["category"] if facts["category"] != "none" else facts["shape"]
    said = [
        FACTORS[name].phrase.format(value)
        for name, value in facts.items()
        if name not in ("shape", "colour", "category", "caption") and value != FACTORS[name].plain
    ]
    sentence = " ".join([f"a {facts['colour']} {noun}", ", ".join(said)]).strip()
    return sentence.replace("moving growing", "growing").replace("moving shrinking", "shrinking")


def write(clip, word, rng):
    """Write a word in every frame, in place: white on black, in the upper or the lower third."""
    rows = [" ".join(LETTERS[letter].split()[i] for letter in word).replace(" ", "0") for i in range(5)]
    dots = np.pad(np.array([[int(dot) for dot in row] for row in rows]), 1)
    scale = max(1, clip.shape[2] // 24)
    ink = dots.repeat(scale, 0).repeat(scale, 1)[: clip.shape[1], : clip.shape[2]]
    height, width = ink.shape
    room = clip.shape[1] - height
    top = rng.integers(room // 3 + 1) + (room - room // 3 if rng.random() < 0.5 else 0)
    left = rng.integers(clip.shape[2] - width + 1)
    clip[:, top : top + height, left : left + width] = ink[..., None] * 0.95


def _falsified(facts, rng):
    varied = [name for name in facts if name != "caption" and facts[name] != FACTORS[name].plain] or ["colour"]
    name = varied[rng.integers(len(varied))]
    others = [value for value in FACTORS[name].values if value != facts[name]]
    return facts | {name: others[rng.integers(len(others))]}
