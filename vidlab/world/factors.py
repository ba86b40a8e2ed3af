"""The table of everything about a clip that is known, because the clip was made from it."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Factor:
    """One property of a clip.

    `values` are what it can be; `plain` is what it is when nobody asks for it; `about` says in one line what it
    is and, where that is not everything, what a single frame can tell; `question` is the topic of the article's
    appendix that it answers; `phrase` is how captions say it. `decides` names the parts of a clip that it
    settles: two factors that decide the same part contradict each other. `needs` names factors without which it has no
    meaning: they vary too when it is asked for.
    """

    values: tuple[str, ...]
    plain: str
    about: str
    phrase: str = "{}"
    decides: tuple[str, ...] = ()
    needs: tuple[str, ...] = ()


SIDES = "left", "right", "top", "bottom"
PATH = "path", "place"  # a scene of its own: where everything is, in every frame

FACTORS = {
    "motion": Factor(
        ("left", "right", "up", "down", "clockwise", "counterclockwise", "growing", "shrinking"), "still",
        "how the object moves (a plain disc turns unseen: give it a texture); what leaves the picture on one side "
        "comes back on the other; one frame tells nothing", "moving {}", ("path",)),
    "shape": Factor(("disc", "square", "triangle", "star", "cross"), "disc", "the object's outline",
                    decides=("outline",)),
    "texture": Factor(("brick", "grass", "gravel"), "flat", "the photographed surface that covers the object",
                      "covered with {}"),
    "colour": Factor(("red", "green", "blue", "yellow", "magenta", "cyan"), "white", "the paint over the texture"),
    "digit": Factor(tuple("0123456789"), "none", "a handwritten digit on the object",
                    "with the digit {}", ("surface",)),
    "background": Factor(("astronaut", "cat", "coffee", "rocket", "galaxies"), "grey",
                         "the photograph behind the object", "before the {}", ("ground",)),
    "sound": Factor(("low", "high"), "silent", "a tone of 330 or 660 hertz; not in the picture",
                    "with a {} tone"),
    # how the object looks
    "pattern": Factor(("stripes", "dots", "checks", "rings"), "none", "what is painted on the object",
                      "painted with {}"),
    "boundary": Factor(("sharp", "soft", "outline"), "rim",
                       "how the object ends: at once, little by little, or as a line with nothing inside",
                       "with its boundary drawn as {}"),
    "structure": Factor(("row", "ring", "grid", "pyramid"), "single",
                        "how copies of the shape are arranged to make the object", "arranged as a {}"),
    "category": Factor(("house", "car", "tree", "fish"), "none",
                       "what thing the object is; no two are drawn alike", "of the kind {}", ("outline",)),
    "feature": Factor(("notch", "hole", "stalk", "spot"), "none", "a small part that tells the object apart",
                      "with a {}"),
    "face": Factor(("a face", "no face"), "none",
                   "a small grey photograph on the object: of a face, or of a piece of something else",
                   "showing a photograph of {}", ("surface",)),
    "expression": Factor(("smile", "frown", "brightening", "darkening"), "none",
                         "the mouth of a drawn face, and how it changes; one frame tells the mouth, not its change",
                         "whose face shows a {}", ("surface",)),
    "emotion": Factor(("joy", "sadness", "anger", "surprise", "fear"), "none",
                      "what a drawn face feels: brows, eyes and mouth together", "that feels {}",
                      ("surface",)),
    # light, and the picture as a whole
    "contrast": Factor(("low", "high"), "normal", "how far dark and bright lie apart", "in {} contrast"),
    "light": Factor(SIDES, "even", "the side of the picture that the light comes from",
                    "lit from the {}"),
    "level": Factor(("dim", "bright"), "normal", "how much light there is", "in {} light"),
    "shadow": Factor(SIDES, "none", "the side of the object that its shadow falls on; it is drawn apart from "
                     "`light`, so the two need not agree", "with a shadow on the {}"),
    "written": Factor(("stop", "go", "yes", "no"), "nothing", "a word written in the picture",
                      "under the word {}"),
    # the view
    "place": Factor(("top left", "top right", "bottom left", "bottom right"), "anywhere",
                    "the quarter of the picture that the object is in, or starts in when it moves",
                    "starting {}", ("place",)),
    "camera": Factor(("pan left", "pan right", "tilt up", "tilt down", "zoom in", "zoom out"), "still",
                     "what the camera does: object and ground move the other way together; one frame tells nothing",
                     "with the camera on {}", ("view",)),
    "flow": Factor(("left", "right", "up", "down"), "still",
                   "where the ground streams to, behind the object; one frame tells nothing",
                   "while the ground streams {}", ("view",)),
    "depth": Factor(("near", "far"), "unknown", "the camera glides sideways: a near object moves three times as far "
                    "as the ground, a far one little further; one frame tells nothing",
                    "standing {}", ("view", *PATH)),
    "relief": Factor(("true", "flat", "inverted"), "none", "a photographed motorcycle from a moving camera, with its "
                     "measured depth, none, or near and far exchanged; one frame tells next to nothing",
                     "before a motorcycle in {} relief", ("view", "ground")),
    # time
    "speed": Factor(("slow", "fast"), "any", "how far the motion goes in a clip; one frame tells nothing",
                    "at {} speed", needs=("motion",)),
    "order": Factor(("flash first", "swell first"), "none", "which comes first: the object flashes, or swells; one "
                    "frame has a hint in it only near the clip's ends", "with the {}", ("events",)),
    "temporal": Factor(("before", "during", "after"), "none", "when the object flashes: before it swells, during "
                       "that, or after; one frame may tell `during`, by showing both",
                       "flashing {} the swelling", ("events",)),
    "duration": Factor(("short", "long"), "always", "how long the object is there each time, and away each time; one "
                       "frame tells nothing", "appearing for a {} time", ("events",)),
    "bounces": Factor(("1", "2", "3"), "none", "how often a ball falls on the floor; one frame tells nothing",
                      "with a bounce count of {}", PATH),
    "sync": Factor(("in step", "out of step"), "steady", "whether the sound is heard when the ball falls on the floor, "
                   "or when it is highest; neither picture nor sound tells it alone",
                   "with its sound {}", needs=("bounces", "sound")),
    "memory": Factor(("red", "green", "blue", "yellow"), "nothing", "the frame around the first pictures; it changes "
                     "colour later, so the first frames tell and no other", "first framed in {}"),
    # two objects
    "spatial": Factor(("left of", "right of", "above", "below"), "none", "where the object is, seen from the grey one",
                      "{} a grey disc", PATH),
    "semantic": Factor(("owner", "part", "cause"), "none", "what the object is to the small grey disc: it is followed, "
                       "it is the whole, or it pushes; one frame tells `part`, and a little of the others",
                       "in the relation of {} with a grey disc", PATH),
    "interaction": Factor(("collide", "pass", "chase", "flee"), "none", "what the object and the grey disc do; how "
                          "far apart they are in one frame tells much of it",
                          "in a scene of {} with a grey disc", PATH),
    "similarity": Factor(("same", "different"), "none", "whether two objects look the same",
                         "beside one that looks {}", PATH),
    "correlation": Factor(("together", "opposite", "unrelated"), "none", "whether two objects move the same way, the "
                          "opposite way, or across; one frame tells nothing",
                          "with another that moves {}", PATH),
    "story": Factor(("rule kept", "rule broken"), "none", "the rule: those that look the same come together, those "
                    "that differ part; neither look nor movement alone tells",
                    "in a story with the {}", PATH),
    # words
    "caption": Factor(("true", "false"), "true", "whether the caption is true of the clip: in a false one the value of "
                      "one factor is exchanged", ""),
}  # fmt: skip

PARTS = {
    "path": "where the object goes",
    "place": "where the object is",
    "outline": "the object's outline",
    "surface": "what is on the object",
    "ground": "what is behind the object",
    "view": "how the view moves",
    "events": "what happens to the object",
}


def choose(factors, n, label, draws):
    """One value of every factor for each of `n` clips: name -> list of n values.

    The label's values come equally often (as near as n allows), in random order; the others are drawn
    independently, each from `Draws` of its own, so that none of them tells anything about the label.
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
            draws[name].shuffle(order)
            chosen[name] = order
        else:
            chosen[name] = [values[i] for i in draws[name].integers(len(values), size=n)]
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
                possible = ", ".join(dict.fromkeys((*known.values, known.plain)))
                raise ValueError(f"factors: {name} cannot be {value!r}; it can be {possible}")
        if not values:
            raise ValueError(f"factors: {name} needs at least one value")
        asked[name] = values
    active = [name for name in asked if set(asked[name]) != {FACTORS[name].plain}]
    for name in tuple(active):
        for other in FACTORS[name].needs:
            if asked.setdefault(other, FACTORS[other].values) == (FACTORS[other].plain,):
                raise ValueError(f"factors: {name} means nothing unless {other} varies too")
            active.append(other)
    _refuse_contradictions(dict.fromkeys(active))
    return asked


def _refuse_contradictions(names):
    decided = {}
    for name in names:
        for part in FACTORS[name].decides:
            if part in decided:
                raise ValueError(
                    f"factors: {decided[part]} and {name} both decide {PARTS[part]}; leave one of them out, "
                    "or render a set of clips for each"
                )
            decided[part] = name
