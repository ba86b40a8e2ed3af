"""Notebook 13: what of a clip mattered."""

from vidlab.check.exercise import Exercise, Mistake


def _maps(rng):
    maps = []
    for shape in ((2, 3, 4), (3, 4, 2), (1, 2, 5)):
        mask = rng.random(shape) < 0.4
        mask.flat[0], mask.flat[-1] = True, False
        maps.append((rng.normal(size=shape), mask))
    return maps


def _worths(rng):
    cases = []
    for n, i in ((2, 0), (3, 1), (3, 2), (4, 0)):
        worth = rng.normal(size=2**n).round(3)
        cases.append((worth, i, n))
    return cases


def _orders(rng):
    return [(rng.normal(size=shape), share) for shape, share in (((2, 3, 4), 0.25), ((3, 2, 2), 0.5), ((2, 5, 1), 0.2))]


EXERCISES = (
    Exercise(
        slug="mass_on_object", notebook="13", title="How much of a map lies on the object?",
        prompt="Of what speaks *for* the class (values above 0), the share that lies on the object.",
        solution='''
            def mass_on_object(values, mask):
                """values: (frames, height, width); mask: the same shape, bool. Returns a number from 0 to 1."""
                above = np.maximum(values, 0)
                return above[mask].sum() / above.sum()
        ''',
        why="What speaks against the class is left out; then the sum on the object, divided by the sum of all.",
        hints=("Values below 0 speak against the class. What do you do with them?", "np.maximum(values, 0), then two sums.", "above[mask].sum() / above.sum()"),
        inputs=_maps,
        mistakes=(
            Mistake("against-counted", "Values below 0 speak against the class: leave them out of both sums.", (("np.maximum(values, 0)", "values"),)),
            Mistake("size", "You take the size of each value; one below 0 speaks against the class and does not count.", (("np.maximum(values, 0)", "np.abs(values)"),)),
            Mistake("mean", "Those are means of pixels: a share of the whole wants sums.", (("above[mask].sum() / above.sum()", "above[mask].mean() / above.mean()"),)),
            Mistake("per-pixel", "Divide by the sum of the map, not by the number of pixels of the object.", (("/ above.sum()", "/ mask.sum()"),)),
            Mistake("beside", "That is what lies beside the object.", (("above[mask]", "above[~mask]"),)),
            Mistake("area", "That is the share of places that speak for the class; weigh each by its value.", (("above = np.maximum(values, 0)", "above = (values > 0).astype(float)"),)),
            Mistake("of-the-clip", "Divide by the sum of the map, not by the number of places of the clip.", (("/ above.sum()", "/ above.size"),)),
        ),
    ),
    Exercise(
        slug="shapley_value", notebook="13", title="A Shapley value",
        prompt="`worth[s]` is what the parts in the set s are worth together; bit k of the number s says whether part k is in it (s = 5 is {0, 2}). What is part i worth, of n?",
        solution='''
            def shapley_value(worth, i, n):
                """worth: (2 ** n,). Returns a number: the mean of what part i adds, over all orders in which the parts may come."""
                from math import factorial

                value = 0.0
                for s in range(2**n):
                    if not s >> i & 1:
                        k = bin(s).count("1")
                        weight = factorial(k) * factorial(n - k - 1) / factorial(n)
                        value += weight * (worth[s | 1 << i] - worth[s])
                return value
        ''',
        why="For each set without i: what i adds to it, times the share of all orders in which exactly this set stands in front of i.",
        hints=("For which sets s can part i be added? What does it add to one of them?", "worth[s | 1 << i] - worth[s], for every s without bit i. And how often do exactly these k parts stand before i?",
               "The weight is k! (n - k - 1)! / n!"),
        inputs=_worths,
        mistakes=(
            Mistake("alone", "That is what part i is worth by itself; it must be asked with every set of the others.", (("for s in range(2**n):", "for s in [0]:"), ("factorial(k) * factorial(n - k - 1) / factorial(n)", "1"))),
            Mistake("last", "That is what is lost when i alone is taken away (occlusion); ask with every set of the others.", (("for s in range(2**n):", "for s in [2**n - 1 - (1 << i)]:"), ("factorial(k) * factorial(n - k - 1) / factorial(n)", "1"))),
            Mistake("equal-weights", "All sets count alike in yours (that is Banzhaf's value); all *orders* are to count alike, so that a set of k parts weighs k! (n - k - 1)! / n!.",
                    (("factorial(k) * factorial(n - k - 1) / factorial(n)", "1 / 2 ** (n - 1)"),)),
            Mistake("size-with-i", "k counts the parts before i, without i itself.", (("k = bin(s).count(\"1\")", "k = bin(s | 1 << i).count(\"1\")"), ("factorial(n - k - 1)", "factorial(max(n - k - 1, 0))"))),
            Mistake("sign", "What i adds is the worth with it minus the worth without it.", (("worth[s | 1 << i] - worth[s]", "worth[s] - worth[s | 1 << i]"),)),
            Mistake("no-minus-one", "Behind i stand n - k - 1 parts: i itself is not among them.", (("factorial(n - k - 1)", "factorial(n - k)"),)),
            Mistake("sum", "That is a sum over all sets; it wants weights that add up to 1.", (("factorial(k) * factorial(n - k - 1) / factorial(n)", "1"),)),
            Mistake("with-only", "You add up what the sets with i are worth; take away what they are worth without it.", ((" - worth[s])", ")"),)),
        ),
    ),
    Exercise(
        slug="deleted_first", notebook="13", title="What is taken away first",
        prompt="True at the given share of all places: those with the largest values, in all frames together. (Round the number of places; there are no equal values.)",
        solution='''
            def deleted_first(values, share):
                """values: (frames, height, width). Returns bool of the same shape."""
                n = round(share * values.size)
                order = np.argsort(-values.ravel())
                chosen = np.zeros(values.size, bool)
                chosen[order[:n]] = True
                return chosen.reshape(values.shape)
        ''',
        why="One order for the whole clip, the largest value first.",
        hints=("Which place of the whole clip comes first?", "Sort all values, the largest first; the first `n` places are true.", "np.argsort(-values.ravel())[:n], in an array of False, reshaped."),
        inputs=_orders,
        mistakes=(
            Mistake("smallest", "You take away what matters least first.", (("np.argsort(-values.ravel())", "np.argsort(values.ravel())"),)),
            Mistake("size", "A value far below 0 speaks against the class; it does not come first.", (("np.argsort(-values.ravel())", "np.argsort(-np.abs(values).ravel())"),)),
            Mistake("frame-by-frame", "You take the share of each frame; one order is wanted for the whole clip.",
                    instead="def deleted_first(values, share):\n    ranks = [(-v).ravel().argsort().argsort().reshape(v.shape) for v in values]\n    return np.stack(ranks) < round(share * values[0].size)\n"),
            Mistake("kept", "Those are the places that stay.", (("return chosen", "return ~chosen"),)),
            Mistake("threshold", "That is a part of the largest value; a share of the places is wanted.", (("    return chosen.reshape(values.shape)", "    return values > (1 - share) * values.max()"),)),
            Mistake("one-more", "One place too many.", (("order[:n]", "order[:n + 1]"),)),
        ),
    ),
)  # fmt: skip
