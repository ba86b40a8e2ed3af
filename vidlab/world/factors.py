"""The table of everything about a clip that is known, because the clip was made from it."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Factor:
    """One property of a clip.

    `values` are what it can be; `plain` is what it is when nobody asks for it; `about` says it in one line.
    """

    values: tuple[str, ...]
    plain: str
    about: str


FACTORS = {
    "motion": Factor(
        ("left", "right", "up", "down", "clockwise", "counterclockwise", "growing", "shrinking"),
        "still",
        "how the object moves; what leaves the picture on one side comes back on the other",
    ),
    "shape": Factor(("disc", "square", "triangle", "star", "cross"), "disc", "the object's outline"),
    "texture": Factor(("brick", "grass", "gravel"), "flat", "the photographed surface that covers the object"),
    "colour": Factor(("red", "green", "blue", "yellow", "magenta", "cyan"), "white", "the paint over the texture"),
    "digit": Factor(tuple("0123456789"), "none", "a handwritten digit on the object"),
    "background": Factor(
        ("astronaut", "cat", "coffee", "rocket", "galaxies"), "grey", "the photograph behind the object"
    ),
    "sound": Factor(("low", "high"), "silent", "a tone of 330 or 660 hertz"),
}


def choose(factors, n, label, rng):
    """One value of every factor for each of `n` clips: name -> list of n values.

    The label's values come equally often (as near as n allows), in random order; the others are drawn
    independently, so that none of them tells anything about the label.
    """
    asked = _asked_for(factors)
    if label not in FACTORS:
        raise ValueError(f"label={label!r} is not a factor; the factors are {', '.join(FACTORS)}")
    if label not in asked:
        raise ValueError(f"label={label!r} does not vary; name it among the factors")
    allowed = {name: (factor.plain,) for name, factor in FACTORS.items()} | asked
    chosen = {}
    for name, values in allowed.items():
        if name == label:
            order = [values[i % len(values)] for i in range(n)]
            rng.shuffle(order)
            chosen[name] = order
        else:
            chosen[name] = [values[i] for i in rng.integers(len(values), size=n)]
    return chosen


def _asked_for(factors):
    if isinstance(factors, str):
        factors = (factors,)
    if not isinstance(factors, dict):
        factors = {name: None for name in factors}
    asked = {}
    for name, values in factors.items():
        if name not in FACTORS:
            raise ValueError(f"factors: {name!r} is not a factor; the factors are {', '.join(FACTORS)}")
        known = FACTORS[name]
        values = known.values if values is None else (values,) if isinstance(values, str) else tuple(values)
        for value in values:
            if value not in (*known.values, known.plain):
                possible = ", ".join((*known.values, known.plain))
                raise ValueError(f"factors: {name} cannot be {value!r}; it can be {possible}")
        if not values:
            raise ValueError(f"factors: {name} needs at least one value")
        asked[name] = values
    return asked
