"""Train, validation and test without leaks: no group of clips stands on two sides."""

import math
import os
import warnings
from collections import Counter, defaultdict
from dataclasses import replace

import numpy as np

_NAMES = "train", "val", "test"


def split_by_group(samples, fractions=(0.7, 0.15, 0.15), seed=0):
    """Share samples out to train, val and test, each group as a whole.

    Groups are dealt out one by one, the largest first and those of one size in random order. Each goes to the split
    where it lowers most

        sum over splits s and classes c of (n_sc - f_s N_c)^2 / N_c

    with n_sc the clips of class c in split s, N_c those of the class, f_s the split's fraction; all clips together
    count as one more class. So sizes come near the fractions, and classes near the same shares, as far as groups
    allow. (scikit-learn's StratifiedGroupKFold deals the same way, but into parts of one size.)

    Parameters
    ----------
    samples
        List of Sample. One without a group is a group of its own.
    fractions
        {"train": 0.7, "val": 0.15, "test": 0.15}, or the numbers alone in this order; two are train and val.
    seed
        Whole number from 0 up, or a numpy.random.Generator.

    Returns
    -------
    list of Sample
        In the same order, with `split` set.

    Raises
    ------
    ValueError
        Fractions are not above 0 with sum 1 for train, val and test, or there are fewer groups than splits.

    Examples
    --------
    >>> from vidlab.datasets import Sample
    >>> samples = [Sample(f"{i}.mp4", "ab"[i % 2], group=i // 2) for i in range(20)]
    >>> sorted({sample.split for sample in split_by_group(samples)})
    ['test', 'train', 'val']
    """
    if not isinstance(fractions, dict):
        fractions = dict(zip(_NAMES, fractions, strict=False)) if len(fractions) <= 3 else {}
    if not fractions or set(fractions) - set(_NAMES):
        raise ValueError('fractions must be up to three numbers, or such as {"train": 0.7, "val": 0.15, "test": 0.15}')
    if min(fractions.values()) <= 0 or not math.isclose(sum(fractions.values()), 1, abs_tol=1e-6):
        raise ValueError(f"fractions must be above 0 and sum up to 1; {fractions} does not")
    members = defaultdict(list)
    for i, sample in enumerate(samples):
        members[_group(sample)].append(i)
    if len(members) < len(fractions):
        raise ValueError(
            f"samples: {len(members)} groups are too few for {len(fractions)} splits; each split needs one of its own"
        )
    labels = [sample.label for sample in samples]
    number = {label: i for i, label in enumerate(dict.fromkeys(labels), 1)}  # 0 is all clips together
    totals = np.array([len(labels), *Counter(labels).values()], float)  # in the order in which labels appear, too
    names, shares = list(fractions), np.array(list(fractions.values()))
    short = shares[:, None] * totals  # how many clips each split still wants
    groups = list(members.values())
    order = np.random.default_rng(seed).permutation(len(groups))
    chosen, empty = [None] * len(labels), set(range(len(names)))
    for dealt, group in enumerate(sorted((groups[i] for i in order), key=len, reverse=True)):
        inside = Counter(number[labels[i]] for i in group)
        classes, counts = np.array([(0, len(group)), *inside.items()]).T
        cost = (counts * (counts - 2 * short[:, classes]) / totals[classes]).sum(axis=1)
        free = sorted(empty) if len(empty) == len(groups) - dealt else range(len(names))  # none stays empty
        split = min(free, key=cost.__getitem__)
        short[split, classes] -= counts
        empty.discard(split)
        for i in group:
            chosen[i] = names[split]
    sides = Counter(label for label, _ in set(zip(labels, chosen, strict=True)))
    lacking = sorted(str(label) for label, n in sides.items() if n < len(names))
    if lacking:
        warnings.warn(f"too few groups to have every class on each side: {_some(lacking)}", stacklevel=2)
    return [replace(sample, split=split) for sample, split in zip(samples, chosen, strict=True)]


def check_split(samples):
    """Warn where one group, or one file, stands on two sides: what is learnt by heart in training counts as right.

    Returns
    -------
    list
        The groups (of a sample without one, its source) that stand on two sides. Samples without a split are
        passed over.

    Examples
    --------
    >>> from vidlab.datasets import Sample
    >>> check_split([Sample("a.mp4", group="day 1", split="train"), Sample("b.mp4", group="day 2", split="test")])
    []
    """
    sides, names = defaultdict(set), {}
    for sample in samples:
        if sample.split is not None:
            sides[_group(sample)].add(sample.split)
            names.setdefault(_group(sample), _name(sample))
    torn = [names[key] for key, splits in sides.items() if len(splits) > 1]
    if torn:
        warnings.warn(
            f"{len(torn)} of {len(sides)} groups of clips stand on two sides of the split ({_some(torn)}): the score "
            "will look better than it is; use datasets.split_by_group",
            stacklevel=2,
        )
    return torn


def warn_if_sorted(labels, name="the data"):
    """Warn where rows come class by class, before a part of them is cut off for validation.

    Keras's `validation_split` takes the last rows as they stand. Where they are sorted by class, the classes among
    them are never trained on, and validation accuracy stays near zero.

    Parameters
    ----------
    labels
        (n,) numbers or words, in the order of the rows.
    name
        What the rows are, for the warning.

    Returns
    -------
    bool
        Whether each class's rows stand together. Fewer than two rows a class are too few to tell.

    Examples
    --------
    >>> warn_if_sorted([0, 1, 0, 1])
    False
    """
    labels = np.asarray(labels)
    classes = len(np.unique(labels))
    is_sorted = classes > 1 and len(labels) >= 2 * classes and (labels[1:] != labels[:-1]).sum() == classes - 1
    if is_sorted:
        warnings.warn(
            f"{name}: the rows come class by class, so the last of them hold classes that the first do not; shuffle "
            "them before you cut off a part, or use datasets.split_by_group",
            stacklevel=2,
        )
    return bool(is_sorted)


def _group(sample):
    """What must stay together, hashable: the sample's group, or its file, by whatever name, where it has none."""
    if sample.group is not None:
        return "group", sample.group
    if isinstance(sample.source, np.ndarray):
        return "clip", id(sample.source)
    try:
        status = os.stat(sample.source)
    except OSError:
        return "file", os.path.realpath(sample.source)
    return "file", status.st_dev, status.st_ino


def _name(sample):
    return sample.group or ("a clip in memory" if isinstance(sample.source, np.ndarray) else sample.source)


def _some(names):
    return ", ".join(map(str, names[:3])) + (f" and {len(names) - 3} more" if len(names) > 3 else "")
