"""A receptive field in words: what is seen, where the input cuts it off, and whether it reaches into the future."""

import numpy as np

ENDS = {"frame": ("first frame", "last frame"), "row": ("top", "bottom"), "column": ("left", "right")}


def tell(name, at, seen, found, note=None):
    """Sentences on what one cell sees.

    Parameters
    ----------
    name
        Of the layer.
    at
        Axis of the layer's output -> where the cell is.
    seen
        For each axis of the input, which of its entries the cell sees: bool.
    found
        The layer's `reference.receptive.Map`.
    note
        A sentence to end with.
    """
    return " ".join(filter(None, [_sees(name, at, seen), _edges(seen, found), _later(at, found), note]))


def _named(seen):
    """Input axis -> which of its entries are seen, for the axes that an image or a clip has."""
    named = dict(zip(("frame", "row", "column")[-len(seen) :], seen, strict=True))
    return {axis: one for axis, one in named.items() if axis != "frame" or one.size > 1}


def _sees(name, at, seen):
    """What the cell sees, in words."""
    place = {
        (): f"{name[0].upper()}{name[1:]} has no places: its numbers together see",
        ("frame",): "Frame {frame} of", ("step",): "Step {step} of", ("row", "column"): "Cell ({row}, {column}) of",
        ("frame", "place"): "Place {place} in frame {frame} of",
        ("frame", "row", "column"): "Cell ({row}, {column}) in frame {frame} of",
    }[tuple(at)].format(**at)  # fmt: skip
    who = f"{place} {name} sees" if at else place
    named = _named(seen)
    if not all(one.any() for one in named.values()):
        return f"{who} nothing: no change of the input changes it."
    parts = ", ".join(_entries(axis, named[axis]) for axis in ("row", "column", "frame") if axis in named)
    share = 100 * np.prod([one.mean() for one in named.values()])
    share = f"{share:.0f}%" if share >= 1 else f"{share:.1g}%"
    time = f" in {_count(named['frame'].sum(), 'frame')}" if "frame" in named else ""
    size = f"{named['row'].sum()} x {named['column'].sum()} pixels{time}"
    return f"{who} {parts}: {size}, {share} of the {'clip' if time else 'image'}."


def _entries(axis, seen):
    at = np.flatnonzero(seen)
    if len(at) == 1:
        return f"{axis} {at[0]}"
    if len(at) == seen.size:
        return f"all {len(at)} {axis}s"
    return f"{'' if len(at) == np.ptp(at) + 1 else f'{len(at)} of the '}{axis}s {at[0]} to {at[-1]}"


def _count(n, word):
    return f"{n} {word}{'' if n == 1 else 's'}"


def _edges(seen, found):
    """Where the input ends before the field does."""
    named, most = _named(seen), dict(zip(_named(seen), found.most[-len(_named(seen)) :], strict=True))
    cut = []
    for axis, one in named.items():
        grows = axis == "frame" and most[axis] == one.size  # an LSTM's field begins at frame 0: nothing is cut off
        if one.any() and one.sum() < most[axis] and not grows:
            at = np.flatnonzero(one)
            apart = np.diff(at).min(initial=one.size)  # a dilated field need not have the very edge in it
            gaps = at[0], one.size - 1 - at[-1]
            cut += [end for end, gap in zip(ENDS[axis], gaps, strict=True) if gap < (apart if len(at) > 1 else 1)]
    if not cut:
        return None
    size = f"{most['row']} x {most['column']} pixels" + (
        f" in {_count(most['frame'], 'frame')}" if "frame" in most else ""
    )
    return f"The field is cut off ({', '.join(cut)}): beyond the edge there is no input. Elsewhere it is up to {size}."


def _later(at, found):
    """Whether the layer sees the future: for layers with as many frames or steps as the clip."""
    time = next((axis for axis in ("frame", "step") if axis in at), None)
    if time is None or len(found.seen) < 3:
        return None
    where = found.axes.index(time)
    others = tuple(axis for axis in range(len(found.axes)) if axis != where)
    table = found.seen[0].any(axis=others)  # (frames out, frames in)
    if table.shape[0] != table.shape[1] or np.array_equal(table, np.eye(len(table), dtype=bool)):
        return None
    if not np.triu(table, 1).any():
        return f"No {time} of this output sees a later frame: the way to it is causal."
    if later := found.seen[0][tuple(at.values())][at[time] + 1 :].sum():
        return f"It also sees {_count(later, 'frame')} after its own."
    return None
