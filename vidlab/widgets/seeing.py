"""The lab of chapter 16: choose a kind of information and a family of models, and see a clip, what it is told to be,
and how often that is right.
"""

from functools import partial

import numpy as np

from vidlab import world
from vidlab.widgets import lab

WIDE = 320  # pixels of the page for the clip


@lab.plainly
def survey(results):
    """Choose a row and a column of the map of chapter 16: a clip of that kind, the truth, what the model says of it,
    and how often models of each family are right.

    Parameters
    ----------
    results
        `datasets.results("what_can_it_see")`, or what else bench/what_can_it_see.py has written. What each family says
        of some clips was kept when it was trained; the clips are rendered anew, from the same seed.

    Returns
    -------
    lab.Lab
        Shows itself when a cell ends in it.

    Raises
    ------
    ValueError
        The results hold no examples.
    """
    try:
        settings, examples, rows = results["settings"], results["examples"], results["rows"]
    except KeyError as error:
        raise ValueError(f"results: {error} is not in them; datasets.results('what_can_it_see') has it") from None
    each, seed = settings["shown"]
    mixes = [tuple(mix) for mix in results["mixes"]]
    made = world.survey(each, settings["frames"], tuple(settings["size"]), seed, mixes)
    factors, families = list(made.answers), list(dict.fromkeys(row["family"] for row in rows))
    found = {}
    for row in rows:
        found.setdefault((row["family"], row["factor"]), []).append((row["accuracy"], row["chance"]))
    places = {name: [] for name in factors}  # factor -> (the number of a clip, its key and its place in `examples`)
    for name, row in made.answers.items():
        for mix in range(len(mixes)):
            numbers = np.flatnonzero((made.mixes == mix) & (row >= 0))
            places[name] += [(number, f"{name} {mix}", place) for place, number in enumerate(numbers)]
    start = {"factor": factors[0], "family": families[0]}
    return lab.Lab(
        "What can it see?",
        [
            lab.choice("factor", "kind of information", factors, start["factor"]),
            lab.choice("family", "family of models", families, start["family"]),
            lab.slider("clip", "clip", 0, min(map(len, places.values())) - 1, 0),
            lab.slider("frame", "frame", 0, settings["frames"] - 1, settings["frames"] // 2),
            lab.play("frame", fps=8.0),
        ],
        partial(answer, made, places, examples, found),
    )


def answer(made, places, examples, found, factor, family, clip, frame):
    """What the lab shows at one setting of its controls."""
    number, key, place = places[factor][int(clip)]
    values = world.FACTORS[factor].values
    truth, said = values[made.answers[factor][number]], values[examples[family][key][place]]
    picture = made.clips[number][int(frame)]
    panels = {
        "clip": lab.pixels(
            picture,
            f"frame {int(frame)}: {factor} is {truth}",
            f"Frame {int(frame)} of a clip whose {factor} is {truth}.",
            times=max(1, WIDE // picture.shape[1]),
        )
    }
    names = list(dict.fromkeys(name for name, _ in found))
    above = {name: [(a - c) / (1 - c) for a, c in found[name, factor]] for name in names}
    means = {name: float(np.mean(above[name])) for name in names}
    spoken = "; ".join(f"{name} {means[name]:.2f} ({min(above[name]):.2f} to {max(above[name]):.2f})" for name in names)
    panels["families"] = lab.bars(
        names,
        {"above chance": [min(max(mean, 0.0), 1.0) for mean in means.values()]},
        f"{factor}: each family from 0, chance, to 1, all right (mean of its runs)",
        f"Above chance, mean and range of the runs: {spoken}.",
        [f"{mean:.2f}" for mean in means.values()],
    )
    right = [a for a, _ in found[family, factor]]
    chance = np.mean([c for _, c in found[family, factor]])
    words = (
        f"{factor}: {world.FACTORS[factor].about}.\n"
        f"{family} says {said}: {'right' if said == truth else f'wrong, it is {truth}'}. Over {len(right)} runs it is "
        f"right for {np.mean(right):.0%} of other clips ({min(right):.0%} to {max(right):.0%}); the commonest answer "
        f"for {chance:.0%}.\nThe caption of this clip: {made.captions[number]}."
    )
    return {"panels": panels, "status": words}
