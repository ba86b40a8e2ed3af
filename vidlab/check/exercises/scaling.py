"""Notebook 14: where the time goes, and many workers."""

from vidlab.check.exercise import Exercise, Mistake


def _roofs(rng):
    return [(100e9, 20e9, i) for i in (1.5, 5.0, 40.0)] + [(60e9, 25e9, float(rng.uniform(0.3, 9))) for _ in range(2)]


def _workers(rng):
    cases = []
    for counts in ((8, 8), (5, 3), (4, 1, 3)):
        cases.append((rng.uniform(0.2, 2.5, len(counts)).round(3), list(counts)))
    return cases


def _epochs(rng):
    return [(rng.permutation(n), batch, i, workers)
            for n, batch, i, workers in ((12, 4, 0, 2), (12, 4, 1, 2), (20, 6, 1, 3), (13, 4, 0, 2))]  # fmt: skip


EXERCISES = (
    Exercise(
        slug="attainable", notebook="14", title="Under the roof",
        prompt="How many multiplications a second can a layer reach at most? The processor does `peak` a second and moves `bandwidth` bytes a second; the layer multiplies `intensity` times for each byte.",
        solution='''
            def attainable(peak, bandwidth, intensity):
                """peak: multiplications a second; bandwidth: bytes a second; intensity: multiplications a byte."""
                return min(peak, bandwidth * intensity)
        ''',
        why="The bytes allow bandwidth * intensity, the processor peak: whichever is less.",
        hints=("Two things can hold it up. Which of them does?", "The bytes come at `bandwidth`; each is worth `intensity` multiplications.", "min(peak, bandwidth * intensity)"),
        inputs=_roofs,
        mistakes=(
            Mistake("larger", "The slower of the two holds it up: the smaller number counts (below peak / bandwidth it is the bytes).", (("min(", "max("),)),
            Mistake("no-roof", "No layer is faster than the processor: where the bytes allow more than peak, it is peak.", (("min(peak, bandwidth * intensity)", "bandwidth * intensity"),)),
            Mistake("always-peak", "With few multiplications a byte, the processor waits for the bytes.", (("min(peak, bandwidth * intensity)", "peak"),)),
            Mistake("one-after-the-other", "The processor multiplies while the next bytes come: only the slower of the two counts, not both in turn.", (("min(peak, bandwidth * intensity)", "1 / (1 / peak + 1 / (bandwidth * intensity))"),)),
            Mistake("divided", "Bytes a second times multiplications a byte are multiplications a second.", (("bandwidth * intensity", "bandwidth / intensity"),)),
        ),
    ),
    Exercise(
        slug="mean_of_shares", notebook="14", title="One loss from many workers",
        prompt="Each worker has the mean loss of its share of a batch, and how many clips were in it. What is the mean loss of the whole batch?",
        solution='''
            def mean_of_shares(means, counts):
                """means, counts: one number for each worker. Returns a number."""
                return np.sum(np.asarray(means) * counts) / np.sum(counts)
        ''',
        why="A mean times its count is a sum; sums may be added, and divided by all clips.",
        hints=("The shares are not equally large. Which numbers may be added?", "mean * count is the sum of a share's losses.", "np.sum(means * counts) / np.sum(counts)"),
        inputs=_workers,
        mistakes=(
            Mistake("mean-of-means", "A clip of a small share counts more than one of a large share: weigh each mean by its count.", (("np.sum(np.asarray(means) * counts) / np.sum(counts)", "np.mean(means)"),)),
            Mistake("sum-of-means", "Means of shares cannot be added; their sums can.", (("np.sum(np.asarray(means) * counts) / np.sum(counts)", "np.sum(means)"),)),
            Mistake("not-divided", "That is the sum of all losses; divide by all clips.", ((" / np.sum(counts)", ""),)),
            Mistake("by-workers", "Divide by the number of clips, not of workers.", (("/ np.sum(counts)", "/ len(counts)"),)),
            Mistake("counts-upside-down", "A larger share weighs more, not less.", (("np.asarray(means) * counts", "np.asarray(means) / counts"),)),
        ),
    ),
    Exercise(
        slug="share_of_epoch", notebook="14", title="Who takes which clip?",
        prompt="`order` holds the numbers of an epoch's clips in the order in which they come. Of each batch, worker i of n takes the clips at the places i, i + n, i + 2n, ... Return its clips of the whole epoch, batch after batch. (`batch` is a multiple of n; the last batch may be smaller.)",
        solution='''
            def share_of_epoch(order, batch, i, n):
                """order: (clips,). Returns the clip numbers of worker i, in one row."""
                return np.concatenate([order[at : at + batch][i::n] for at in range(0, len(order), batch)])
        ''',
        why="Cut the order into batches first; then every n-th of each, from the i-th on. (Since `batch` is a multiple of n, order[i::n] is the same.)",
        hints=("First the batches, as one process would take them. Then the worker's part of each.", "order[at : at + batch] is a batch. Which slice of it is worker i's?", "The slice [i::n] of each batch, one after the other."),
        inputs=_epochs,
        mistakes=(
            Mistake("blocks", "You give each worker a block of the epoch: then a step of all workers is no batch of the one process.",
                    instead="def share_of_epoch(order, batch, i, n):\n    size = -(-len(order) // n)\n    return order[i * size : (i + 1) * size]\n"),
            Mistake("block-of-batch", "You cut each batch into blocks; the task takes every n-th clip of it. (Either would do, if all workers do the same.)",
                    instead="def share_of_epoch(order, batch, i, n):\n    part = batch // n\n    return np.concatenate([order[at : at + batch][i * part : (i + 1) * part] for at in range(0, len(order), batch)])\n"),
            Mistake("all", "Each worker takes the whole batch in yours: nothing is shared.", (("[i::n]", ""),)),
            Mistake("one-on", "The first worker is number 0 and takes the first clip.", (("[i::n]", "[(i + 1) % n :: n]"),)),
            Mistake("last-dropped", "The last, smaller batch is missing.", (("range(0, len(order), batch)", "range(0, len(order) - batch + 1, batch)"),)),
            Mistake("places", "Those are places, not clips: take what stands in `order` there.", (("order[at : at + batch]", "np.arange(len(order))[at : at + batch]"),)),
            Mistake("batches", "You give each worker whole batches in turn; all work on each batch.",
                    instead="def share_of_epoch(order, batch, i, n):\n    return np.concatenate([order[at : at + batch] for at in range(i * batch, len(order), n * batch)])\n"),
        ),
    ),
)  # fmt: skip
