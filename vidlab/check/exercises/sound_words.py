"""Notebook 15: sound as a picture, two senses, and words."""

import numpy as np

from vidlab.check.exercise import Exercise, Mistake


def _signals(rng):
    return [
        (rng.normal(size=n).round(3), size, hop) for n, size, hop in ((12, 4, 2), (13, 5, 3), (20, 6, 4), (9, 3, 1))
    ]


def _pitches(rng):
    return [(np.array([0.0, 440.0, 1000.0]),), (rng.uniform(50, 8000, 5).round(1),)]


def _spectra(rng):
    cases = [(np.array([[0.0, 2.0, 0.5]]), 1e-3)]
    for shape, floor in (((3, 4), 1e-3), ((2, 5), 1e-2)):
        x = rng.uniform(0, 5, shape).round(3)
        x[0, 1] = 0.0
        cases.append((x, floor))
    return cases


def _answers(rng):
    cases = []
    for n, classes in ((2, 3), (4, 3), (3, 5)):
        p, q = rng.dirichlet(np.ones(classes), n), rng.dirichlet(np.ones(classes), n)
        cases.append((p.round(3) + 1e-3, q.round(3) + 1e-3))
    return [(p / p.sum(1, keepdims=True), q / q.sum(1, keepdims=True)) for p, q in cases]


def _chances(rng):
    fixed = np.array([0.1, 0.3, 0.55, 0.9, 0.15, 0.45])
    return [(fixed, 0.5), (rng.random(9), 0.8), (rng.random(11), 0.4), (np.r_[0.2, 0.45, 0.75, rng.random(6)], 0.6)]


def _vectors(rng):
    cases = []
    for n, width, temperature in ((3, 4, 0.5), (4, 3, 0.2), (5, 2, 0.7)):
        u, v = rng.normal(size=(2, n, width))
        cases.append((*(x / np.linalg.norm(x, axis=1, keepdims=True) for x in (u, v)), temperature))
    return cases


def _likenesses(rng):
    fixed = np.array([[0.5, 0.9, 0.1, 0.3], [0.2, 0.8, 0.3, 0.1], [0.9, 0.7, 0.4, 0.6], [0.1, 0.2, 0.95, 0.3]])
    cases = [(fixed, 2), (fixed, 1)]
    for n, k in ((7, 2), (6, 3), (9, 4)):
        cases.append((rng.normal(size=(n, n)) + 0.8 * np.eye(n), k))
    return cases


def _sentences(rng):
    cases = []
    for lengths, longest, width in (((2, 4), 5, 3), ((3, 1, 5), 6, 2), ((4, 2, 3), 4, 4)):
        words = np.zeros((len(lengths), longest), int)
        for row, n in zip(words, lengths, strict=True):
            row[:n] = rng.integers(1, 9, n)
        cases.append((rng.normal(size=(*words.shape, width)).round(3), words))
    return cases


def _captions(rng):
    true = np.array([[4, 7, 5, 2, 0], [4, 8, 2, 0, 0], [4, 7, 6, 9, 2], [3, 8, 2, 0, 0], [4, 7, 6, 2, 0]])
    written = np.array([[4, 7, 5, 2, 0], [4, 8, 2, 2, 5], [4, 7, 5, 9, 2], [3, 7, 2, 0, 0], [4, 7, 0, 0, 0]])
    cases = [(written, true), (written[1:], true[1:]), (written[[1, 0, 2, 3, 4, 4]], true[[1, 0, 2, 3, 4, 4]])]
    many = np.where(rng.random((7, 5)) < 0.9, true[[0, 1, 2, 3, 0, 2, 1]], 6)
    return [*cases, (many, true[[0, 1, 2, 3, 0, 2, 1]])]


EXERCISES = (
    Exercise(
        slug="frames_of_sound", notebook="15", title="Cut a sound into windows",
        prompt="Cut a signal into windows of `size` samples, each `hop` samples after the one before. Keep whole windows only.",
        solution='''
            def frames_of_sound(x, size, hop):
                """x: (samples,). Returns (windows, size)."""
                windows = 1 + (len(x) - size) // hop
                return np.stack([x[t * hop : t * hop + size] for t in range(windows)])
        ''',
        why="Window t begins at t * hop. The last one must begin at len(x) - size or before, so t runs from 0 to (len(x) - size) // hop: one more than that.",
        hints=("Where does window t begin, and where does it end?", "The last window that fits begins at len(x) - size at the latest. How many beginnings are there from 0 up to it?", "There are 1 + (len(x) - size) // hop windows; window t is x[t * hop : t * hop + size]."),
        inputs=_signals,
        mistakes=(
            Mistake("one-too-few", "The last window is missing: from 0 to (len(x) - size) // hop there is one more beginning.", (("1 + (len(x) - size) // hop", "(len(x) - size) // hop"),)),
            Mistake("end-to-end", "Your windows lie end to end. The next one begins `hop` samples on, not `size`.", instead="def frames_of_sound(x, size, hop):\n    return x[: len(x) // size * size].reshape(-1, size)\n"),
            Mistake("padded", "You fill up the last windows with zeros; the task keeps whole windows only.", instead="def frames_of_sound(x, size, hop):\n    padded = np.r_[x, np.zeros(size)]\n    return np.stack([padded[t : t + size] for t in range(0, len(x), hop)])\n"),
            Mistake("hop-by-size", "You have taken the window's length for the step and the step for the length.", instead="def frames_of_sound(x, size, hop):\n    return np.stack([x[t * size : t * size + hop] for t in range(1 + (len(x) - hop) // size)])\n"),
            Mistake("transposed", "Turn it over: a window is a row, (windows, size).", (("np.stack([x[t * hop : t * hop + size] for t in range(windows)])", "np.stack([x[t * hop : t * hop + size] for t in range(windows)]).T"),)),
            Mistake("every-sample", "Your windows begin at each sample: step on by `hop`.", (("x[t * hop : t * hop + size]", "x[t : t + size]"),)),
        ),
    ),
    Exercise(
        slug="to_mel", notebook="15", title="From hertz to mel",
        prompt="Give pitches in mel: $m(f) = 2595 \\log_{10}(1 + f / 700)$.",
        solution='''
            def to_mel(f):
                """f: array, in hertz. Returns an array of the same shape."""
                return 2595 * np.log10(1 + f / 700)
        ''',
        why="The logarithm has base 10; with base e the factor would be 1127, for 2595 / ln(10) = 1127.",
        hints=("Which logarithm is in the formula?", "np.log is the natural logarithm; np.log10 has base 10.", "2595 * np.log10(1 + f / 700)"),
        inputs=_pitches,
        mistakes=(
            Mistake("natural", "np.log has base e. With 2595 belongs base 10 (with base e it would be 1127).", (("np.log10", "np.log"),)),
            Mistake("two", "np.log2 has base 2; with 2595 belongs base 10.", (("np.log10", "np.log2"),)),
            Mistake("other-factor", "1127 belongs to the natural logarithm; to base 10 belongs 2595.", (("2595", "1127"),)),
            Mistake("thousand", "Divide by 700 hertz. (1000 is where mel and hertz agree.)", (("f / 700", "f / 1000"),)),
            Mistake("without-one", "1 + f / 700: without the 1, low pitches go to minus infinity.", (("1 + f / 700", "np.maximum(f, 1e-3) / 700"),)),
            Mistake("brackets", "Add 1 to f / 700, not to f.", (("1 + f / 700", "(1 + f) / 700"),)),
        ),
    ),
    Exercise(
        slug="log_with_floor", notebook="15", title="The logarithm of silence",
        prompt="Take the natural logarithm of a spectrum, so that silence (0) does not become minus infinity: add `floor` first.",
        solution='''
            def log_with_floor(x, floor):
                """x: (frames, bands), 0 or above. Returns the same shape."""
                return np.log(floor + x)
        ''',
        why="Silence becomes log(floor), and what is much louder than the floor hardly changes.",
        hints=("What is the logarithm of 0?", "The floor must come in before the logarithm.", "np.log(floor + x)"),
        inputs=_spectra,
        mistakes=(
            Mistake("floor-after", "You add the floor after the logarithm: by then silence is minus infinity.", (("np.log(floor + x)", "np.log(np.maximum(x, 1e-12)) + floor"),)),
            Mistake("ten", "That is the logarithm of base 10; take the natural one.", (("np.log(", "np.log10("),)),
            Mistake("decibels", "Those are decibels, 20 log10; take the natural logarithm.", (("np.log(floor + x)", "20 * np.log10(floor + x)"),)),
            Mistake("not-below", "You lift only what lies below the floor; the task adds the floor everywhere. (Both are used: say which.)", (("floor + x", "np.maximum(floor, x)"),)),
            Mistake("one-plus", "log(1 + x) has its floor at 1, whatever `floor` says: quiet sounds are lost.", (("floor + x", "1 + x"),)),
            Mistake("power", "You square first. Then the logarithm is twice as large: the task takes x as it is.", (("floor + x", "floor + x**2"),)),
        ),
    ),
    Exercise(
        slug="late_fusion", notebook="15", title="Two answers become one",
        prompt="A sound model and a picture model each gave probabilities. Take the mean of their **logarithms**, and make probabilities of it again: $\\mathrm{softmax}\\big((\\log p + \\log q) / 2\\big)$.",
        solution='''
            def late_fusion(p, q):
                """p, q: (clips, classes), rows that add up to 1. Returns the same shape, rows that add up to 1."""
                h = np.exp((np.log(p) + np.log(q)) / 2)
                return h / h.sum(axis=1, keepdims=True)
        ''',
        why="A mean of logarithms is the geometric mean, the root of the product. A class must be likely for both: one model's 0 is a veto.",
        hints=("First the logarithms, then their mean, then back.", "The exponential of the mean of logarithms does not add up to 1 yet.", "h = np.sqrt(p * q), then each row divided by its sum."),
        inputs=_answers,
        mistakes=(
            Mistake("mean", "That is the mean of the probabilities: then one model that is sure cannot be outvoted by a 0 of the other.", instead="def late_fusion(p, q):\n    return (p + q) / 2\n"),
            Mistake("not-divided", "Your rows do not add up to 1: divide each by its sum.", (("h / h.sum(axis=1, keepdims=True)", "h"),)),
            Mistake("wrong-axis", "Each *row* is a clip whose classes must add up to 1; you divide by the sums of the columns.", (("axis=1", "axis=0"),)),
            Mistake("sum-of-logs", "You take the sum of the logarithms, not their mean: twice as sure as asked.", (("(np.log(p) + np.log(q)) / 2", "np.log(p) + np.log(q)"),)),
            Mistake("logs-stay", "Those are logarithms still: come back by np.exp, then divide.", (("np.exp((np.log(p) + np.log(q)) / 2)", "(np.log(p) + np.log(q)) / 2"),)),
            Mistake("surer-wins", "You take the larger of the two for each class; both shall count.", (("np.exp((np.log(p) + np.log(q)) / 2)", "np.maximum(p, q)"),)),
        ),
    ),
    Exercise(
        slug="modality_kept", notebook="15", title="Which of two is taken away?",
        prompt="Modality dropout draws a number from 0 to 1 for each clip. Below `rate` / 2 the clip loses its sound; from `rate` / 2 to below `rate`, its picture. Return what is **kept**: a row for the sound, a row for the picture, 1 where it stays and 0 where not.",
        solution='''
            def modality_kept(chance, rate):
                """chance: (clips,). Returns (2, clips): sound, picture."""
                sound = chance >= rate / 2
                picture = (chance < rate / 2) | (chance >= rate)
                return np.stack([sound, picture]).astype(float)
        ''',
        why="The two ranges lie side by side: so a share `rate` of the clips loses one, each as often, and none loses both.",
        hints=("Draw the line from 0 to 1, with rate / 2 and rate on it.", "The sound is lost below rate / 2, so it is kept from there on. Where is the picture kept?", "The picture is kept below rate / 2, and from rate on."),
        inputs=_chances,
        mistakes=(
            Mistake("lost", "1 means kept. You have marked what is lost.", (("np.stack([sound, picture])", "1 - np.stack([sound, picture])"),)),
            Mistake("both", "Where the picture is lost, the sound must stay: no clip loses both.", (("(chance < rate / 2) | (chance >= rate)", "chance >= rate"),)),
            Mistake("same", "Both rows are alike in yours: then a clip loses both or none, and there is nothing left to learn from.", (("(chance < rate / 2) | (chance >= rate)", "chance >= rate / 2"),)),
            Mistake("whole-rate", "Sound and picture share the rate: each is lost for rate / 2 of the clips. The sound is lost below rate / 2 only.", (("sound = chance >= rate / 2", "sound = chance >= rate"),)),
            Mistake("exchanged", "The first row is the sound, lost in the lower range.", (("[sound, picture]", "[picture, sound]"),)),
            Mistake("scaled", "Dropout of single numbers makes the rest larger by 1 / (1 - rate). Here a whole input goes, and the other stays as it is.", ((".astype(float)", " / (1 - rate)"),)),
        ),
    ),
    Exercise(
        slug="clip_finds_words", notebook="15", title="The contrastive loss, one way",
        prompt="Clip i belongs to sentence i; all vectors have length 1. With $s_{ij} = u_i \\cdot v_j / \\text{temperature}$, return the mean over the clips of $-\\log \\mathrm{softmax}_j(s_{ij})[i]$: how hard it is for a clip to find its sentence.",
        solution='''
            def clip_finds_words(u, v, temperature):
                """u: (clips, width); v: (clips, width), the sentences. Returns a number."""
                s = u @ v.T / temperature
                p = np.exp(s) / np.exp(s).sum(axis=1, keepdims=True)
                return -np.mean(np.log(np.diag(p)))
        ''',
        why="Row i of s holds the clip's likeness to all sentences. It is a classification with as many classes as the batch has sentences, and class i is right: the diagonal.",
        hints=("Which axis of s are the sentences?", "A softmax along each row; then the number at (i, i).", "-np.mean(np.log(np.diag(p)))"),
        inputs=_vectors,
        mistakes=(
            Mistake("no-temperature", "The temperature is missing: likenesses from -1 to 1 make a softmax that is never sure.", ((" / temperature", ""),)),
            Mistake("times-temperature", "Divide by the temperature: a small one makes differences larger.", (("/ temperature", "* temperature"),)),
            Mistake("wrong-axis", "Your softmax runs over the clips: that is how hard it is for a *sentence* to find its clip.", (("axis=1, keepdims=True", "axis=0, keepdims=True"),)),
            Mistake("whole-batch", "Your softmax runs over all pairs of the batch; each clip has one of its own, over the sentences.", (("np.exp(s).sum(axis=1, keepdims=True)", "np.exp(s).sum()"),)),
            Mistake("all-pairs", "You take the mean over all pairs; only the diagonal is right.", (("np.diag(p)", "p"),)),
            Mistake("sum", "That is the sum over the clips; take the mean.", (("-np.mean(", "-np.sum("),)),
            Mistake("sign", "The logarithm of a probability is negative: a loss is minus that.", (("-np.mean(", "np.mean("),)),
            Mistake("no-softmax", "You forgot the softmax: then the loss falls without end, and wrong pairs cost nothing.", (("np.log(np.diag(p))", "np.diag(s)"),)),
        ),
    ),
    Exercise(
        slug="recall_at_k", notebook="15", title="Recall at k",
        prompt="Row i of `s` says how alike question i is to each answer; answer i is right. For which share of the questions is the right one among the `k` most alike? (No two numbers of a row are equal.)",
        solution='''
            def recall_at_k(s, k):
                """s: (n, n). Returns a number from 0 to 1."""
                best = np.argsort(-s, axis=1)[:, :k]
                return np.mean((best == np.arange(len(s))[:, None]).any(axis=1))
        ''',
        why="The k largest of each row, and whether the row's own number is among them.",
        hints=("Sort each row, largest first. What does argsort do by itself?", "best = np.argsort(-s, axis=1)[:, :k] holds k numbers of answers for each question.", "(best == np.arange(n)[:, None]).any(axis=1), and the mean of that."),
        inputs=_likenesses,
        mistakes=(
            Mistake("smallest", "argsort puts the smallest first: yours are the k *least* alike.", (("-s", "s"),)),
            Mistake("columns", "You sort the columns: then the answers look for their questions.", (("np.argsort(-s, axis=1)", "np.argsort(-s.T, axis=1)"),)),
            Mistake("one-too-many", "k counts from 1: the first k places are [:, :k].", (("[:, :k]", "[:, : k + 1]"),)),
            Mistake("first-only", "You look at the first place alone, whatever k is.", (("[:, :k]", "[:, :1]"),)),
            Mistake("place-k", "You look at place k alone; any of the first k will do.", (("[:, :k]", "[:, k - 1 : k]"),)),
            Mistake("precision", "You divide by k as well: of k answers only one can be right. That is precision.", ((".any(axis=1)", ""),)),
            Mistake("count", "That is a number of questions; divide by how many there are.", (("np.mean(", "np.sum("),)),
        ),
    ),
    Exercise(
        slug="mean_of_words", notebook="15", title="The mean over words, without the padding",
        prompt="`x` has a vector for each word, `words` the numbers of the words, in which 0 is padding. Return the mean of the vectors of each sentence's words, padding left out.",
        solution='''
            def mean_of_words(x, words):
                """x: (sentences, length, width); words: (sentences, length). Returns (sentences, width)."""
                mask = words != 0
                return (x * mask[..., None]).sum(axis=1) / mask.sum(axis=1)[:, None]
        ''',
        why="Padding must count neither in the sum nor in the number of words: else a sentence's vector changes with the length of its neighbours in the batch.",
        hints=("Where is a word, and where padding?", "mask = words != 0. Multiply, add up; and by how many do you divide?", "(x * mask[..., None]).sum(axis=1) / mask.sum(axis=1)[:, None]"),
        inputs=_sentences,
        mistakes=(
            Mistake("all", "You take the mean over padding as well: its vectors are no words.", instead="def mean_of_words(x, words):\n    return x.mean(axis=1)\n"),
            Mistake("by-length", "The sum is right; divide by the number of words, not by the length of the row.", (("mask.sum(axis=1)[:, None]", "words.shape[1]"),)),
            Mistake("not-divided", "That is the sum: a long sentence would have a long vector. Divide by the number of words.", ((" / mask.sum(axis=1)[:, None]", ""),)),
            Mistake("padding-only", "Your mask keeps what is padding, and leaves the words out.", (("words != 0", "(words == 0) | (np.arange(words.shape[1]) == words.shape[1] - 1)"),)),
            Mistake("weighed", "You multiply by the *numbers* of the words: they are names, not amounts.", (("mask[..., None]", "words[..., None]"),)),
            Mistake("whole-batch", "You divide all sentences by the words of the whole batch; each by its own.", (("mask.sum(axis=1)[:, None]", "mask.sum()"),)),
        ),
    ),
    Exercise(
        slug="exact_match", notebook="15", title="Exact match",
        prompt="Both arrays hold captions as word numbers; in `true`, 0 is padding. What share of the captions is right in **every** word? Where `true` has padding, it does not matter what was written.",
        solution='''
            def exact_match(written, true):
                """written, true: (captions, length). Returns a number from 0 to 1."""
                right = (written == true) | (true == 0)
                return np.mean(right.all(axis=1))
        ''',
        why="All words of a caption must be right; padding is no word. So exact match is harsh: with five words, each right in 0.9, about 0.9 ** 5 = 0.59 are left.",
        hints=("A word is right, or there is no word. Which places count as right?", "right.all(axis=1) says it for each caption.", "np.mean(((written == true) | (true == 0)).all(axis=1))"),
        inputs=_captions,
        mistakes=(
            Mistake("each-word", "That is the share of right places; a caption counts only if all of its words are right.", ((".all(axis=1)", ""),)),
            Mistake("any-word", "One right word is not enough: all of them.", ((".all(axis=1)", ".any(axis=1)") , ("(written == true) | (true == 0)", "(written == true) & (true != 0)"))),
            Mistake("padding-counts", "Where `true` has padding, nothing can be wrong; in yours a word written there spoils the caption.", ((" | (true == 0)", ""),)),
            Mistake("wrong-axis", "You ask for each *place* whether all captions are right there; ask for each caption.", (("axis=1", "axis=0"),)),
            Mistake("count", "That is how many; divide by the number of captions.", (("np.mean(", "np.sum("),)),
            Mistake("written-padding", "You skip the places where the *written* caption has 0; the true one says where the padding is.", (("(true == 0)", "(written == 0)"),)),
            Mistake("words-only", "That is the accuracy of single words, padding left out. Ask for whole captions.", instead="def exact_match(written, true):\n    return np.mean((written == true)[true != 0])\n"),
        ),
    ),
)  # fmt: skip
