"""Notebook 03: pooling, activation, the classifier."""

import numpy as np

from vidlab.check.exercise import Exercise, Mistake


def _maps(rng):
    maps = [(rng.normal(size=size),) for size in ((2, 4), (4, 6), (5, 7), (6, 2))]
    return [*maps, (rng.normal(size=(6, 7)), 3)]


def _pooled(rng):
    cases = []
    for rows, columns in ((4, 6), (5, 4), (2, 3)):
        image = np.round(rng.normal(size=(rows, columns)), 2)
        image[:2, :2] = [[0.5, 3], [3, -1]]  # a tie: the first of the two counts
        if columns > 3:
            image[:2, 2:4] = [[2, 2], [0, 1]]
        cases.append((image, rng.normal(size=(rows // 2, columns // 2))))
    return cases


EXERCISES = (
    Exercise(
        slug="leaky_relu_gradient", notebook="03", title="A leaky ReLU",
        prompt="The gradient of the leaky ReLU (x where x > 0, else 0.1 x), given dy.",
        solution='''
            def leaky_relu_gradient(x, dy):
                """x and dy of the same shape. Returns dL/dx."""
                return np.where(x > 0, dy, 0.1 * dy)
        ''',
        why="The slope is 1 where x is above 0 and 0.1 elsewhere; the chain rule multiplies dy by it.",
        hints=(
            "What is the slope of the leaky ReLU on the right of 0, and on the left?",
            "The chain rule: dL/dx is the slope times dy.",
            "np.where(x > 0, dy, 0.1 * dy)",
        ),
        inputs=lambda rng: [(rng.normal(size=n), rng.normal(size=n)) for n in (3, 8, (2, 5))],
        mistakes=(
            Mistake("relu", "That is the plain ReLU's gradient: nothing gets through below 0. Here a tenth of it does.", (("0.1 * dy", "0 * dy"),)),
            Mistake("slope-only", "That is the slope; the gradient is the slope times dy (the chain rule).", (("np.where(x > 0, dy, 0.1 * dy)", "np.where(x > 0, 1, 0.1)"),)),
            Mistake("of-x", "You put dy through the leaky ReLU. The slope depends on x, not on dy.", (("x > 0", "dy > 0"),)),
            Mistake("forward", "That is the leaky ReLU itself, and not its gradient.", (("np.where(x > 0, dy, 0.1 * dy)", "np.where(x > 0, x, 0.1 * x)"),)),
            Mistake("sides", "The sides are exchanged: above 0 all of dy gets through.", (("np.where(x > 0, dy, 0.1 * dy)", "np.where(x > 0, 0.1 * dy, dy)"),)),
            Mistake("forward-times-dy", "You multiply dy by the output; it is to be multiplied by the slope.", (("np.where(x > 0, dy, 0.1 * dy)", "np.where(x > 0, x, 0.1 * x) * dy"),)),
        ),
    ),
    Exercise(
        slug="range_pool", notebook="03", title="Another way to pool",
        prompt="The range of each window: its largest number minus its smallest. A last row or column that fills no window is left out.",
        solution='''
            def range_pool(image, size=2):
                """(rows, columns) to (rows // size, columns // size)."""
                rows, columns = image.shape[0] // size, image.shape[1] // size
                windows = image[: rows * size, : columns * size].reshape(rows, size, columns, size)
                return windows.max(axis=(1, 3)) - windows.min(axis=(1, 3))
        ''',
        why="Cut into windows, then take the largest and the smallest of each. Where a picture is even the range is 0: it shows edges.",
        hints=(
            "First cut the picture into windows of size x size that do not overlap.",
            "image.reshape(rows, size, columns, size) has the window's rows on axis 1 and its columns on axis 3.",
            "windows.max(axis=(1, 3)) - windows.min(axis=(1, 3))",
        ),
        inputs=_maps,
        mistakes=(
            Mistake("max", "That is max pooling: the smallest number is to be taken off.", ((" - windows.min(axis=(1, 3))", ""),)),
            Mistake("sign", "The signs are exchanged: largest minus smallest is never below 0.",
                    (("windows.max(axis=(1, 3)) - windows.min(axis=(1, 3))", "windows.min(axis=(1, 3)) - windows.max(axis=(1, 3))"),)),
            Mistake("whole-picture", "You subtract the smallest number of the whole picture; each window has its own.",
                    (("windows.min(axis=(1, 3))", "windows.min()"),)),
            Mistake("wrong-axes", "Your windows are rows of the picture: in image.reshape(rows, size, columns, size) a window's numbers lie on axes 1 and 3.",
                    instead='''
                        def range_pool(image, size=2):
                            rows, columns = image.shape[0] // size, image.shape[1] // size
                            windows = image[: rows * size, : columns * size].reshape(rows, columns, size * size)
                            return windows.max(axis=2) - windows.min(axis=2)
                    '''),
            Mistake("stride-1", "Your windows overlap (stride 1); pooling steps on by the window's size.",
                    instead='''
                        def range_pool(image, size=2):
                            p, q = image.shape[0] - size + 1, image.shape[1] - size + 1
                            return np.array([[np.ptp(image[i : i + size, j : j + size]) for j in range(q)] for i in range(p)])
                    '''),
            Mistake("mean", "You subtract the mean; the smallest number is to be taken off.", (("windows.min(axis=(1, 3))", "windows.mean(axis=(1, 3))"),)),
            Mistake("always-two", "The size of the window is an argument; yours is always 2.", (("image.shape[0] // size, image.shape[1] // size", "image.shape[0] // 2, image.shape[1] // 2"), ("image[: rows * size, : columns * size].reshape(rows, size, columns, size)", "image[: rows * 2, : columns * 2].reshape(rows, 2, columns, 2)"),)),
        ),
    ),
    Exercise(
        slug="average_pool", notebook="03", title="Average pooling",
        prompt="The mean of each window of size x size that do not overlap. A last row or column that fills no window is left out.",
        solution='''
            def average_pool(image, size=2):
                """(rows, columns) to (rows // size, columns // size)."""
                rows, columns = image.shape[0] // size, image.shape[1] // size
                windows = image[: rows * size, : columns * size].reshape(rows, size, columns, size)
                return windows.mean(axis=(1, 3))
        ''',
        why="Every number of a window counts the same.",
        hints=("Cut the picture into windows first.", "image.reshape(rows, size, columns, size): a window lies on axes 1 and 3.", "windows.mean(axis=(1, 3))"),
        inputs=_maps,
        mistakes=(
            Mistake("max", "That is the largest number of each window: max pooling.", ((".mean(", ".max("),)),
            Mistake("sum", "That is the sum of each window; divide by how many numbers it has.", ((".mean(", ".sum("),)),
            Mistake("skipped", "You take one number of each window: that is a stride, and not a mean.",
                    (("windows.mean(axis=(1, 3))", "windows[:, 0, :, 0]"),)),
            Mistake("wrong-axes", "Your windows are rows of the picture: a window's numbers lie on axes 1 and 3.",
                    (("reshape(rows, size, columns, size)", "reshape(rows, columns, size, size).swapaxes(1, 2)"),)),
            Mistake("one-axis", "You take the mean along one axis only.", (("windows.mean(axis=(1, 3))", "windows.mean(axis=3)[:, 0]"),)),
            Mistake("always-two", "The size of the window is an argument; yours is always 2.", (("image.shape[0] // size, image.shape[1] // size", "image.shape[0] // 2, image.shape[1] // 2"), ("image[: rows * size, : columns * size].reshape(rows, size, columns, size)", "image[: rows * 2, : columns * 2].reshape(rows, 2, columns, 2)"),)),
        ),
    ),
    Exercise(
        slug="weights_after_gap", notebook="03", title="Global average pooling",
        prompt="An 8 x 8 map with 16 channels, then a dense layer with 6 classes, without biases: (weights when flat, weights after global "
        "average pooling).",
        solution="(8 * 8 * 16 * 6, 16 * 6)",
        why="Flat, every place has weights of its own: 1,024 x 6. After the mean only the 16 channels are left: 64 times fewer.",
        hints=(
            "How many numbers go into the dense layer in each case?",
            "Flat: 8 * 8 * 16. After the mean over the map: one for each channel.",
            "Times 6 classes: 6,144 and 96.",
        ),
        mistakes=(
            Mistake("classes-forgotten", "These are the numbers that go in; each class has a weight for each of them.", value=(1024, 16)),
            Mistake("biases", "You counted the biases; the question is without them.", value=(6150, 102)),
            Mistake("channels-averaged", "The mean is over the places of the map, not over the channels: 16 numbers are left.", value=(6144, 384)),
            Mistake("exchanged", "The two are exchanged.", value=(96, 6144)),
            Mistake("channels-counted-once", "The flat row has 8 * 8 * 16 numbers: every channel counts.", value=(384, 96)),
        ),
    ),
    Exercise(
        slug="blocks_for_32", notebook="03", title="See the whole picture",
        prompt="How many blocks of 3 x 3 convolution, then 2 x 2 pooling, until one number sees at least 32 pixels (the fewest)?",
        solution="4",
        why="One block sees 4 pixels, two 10, three 22, four 46.",
        hints=(
            "r = 1, j = 1 at first. A convolution of 3 adds 2 j to r; a pooling of 2 adds j, and then j is doubled.",
            "After one block r = 4 and j = 2.",
            "4, 10, 22, 46: count until it is 32 or more.",
        ),
        mistakes=(
            Mistake("too-many", "That sees 32 pixels and far more; one block fewer is enough.", value=5),
            Mistake("too-few", "Three blocks see 22 pixels.", value=3),
            Mistake("the-field", "That is how many pixels four blocks see; asked for is the number of blocks.", value=46),
            Mistake("without-growing-steps", "You let each block add the same 3 pixels. After a pooling, neighbours are twice as far apart: each block adds twice as much as the one before.", value=11),
            Mistake("layers", "You counted layers; a block is two of them.", value=8),
        ),
    ),
    Exercise(
        slug="softmax", notebook="03", title="A softmax that does not overflow",
        prompt="Probabilities from logits (batch, classes), over the last axis, for logits of any size.",
        solution='''
            def softmax(logits):
                """(batch, classes): rows that sum to 1."""
                raised = np.exp(logits - logits.max(axis=-1, keepdims=True))
                return raised / raised.sum(axis=-1, keepdims=True)
        ''',
        why="Taking the largest logit off changes nothing in the quotient, and keeps exp within what a computer can hold.",
        hints=(
            "exp(1000) is too large for a computer. What can be taken off all logits of a row without changing the quotient?",
            "Take the row's largest logit off.",
            "raised = np.exp(logits - logits.max(axis=-1, keepdims=True)), then divide by the row's sum.",
        ),
        inputs=lambda rng: [(rng.normal(size=(2, 3)),), (rng.normal(size=(4, 2)) * 5,), (rng.normal(size=(3, 3)),), (np.array([[1000.0, 1001.0, 900.0]]),), (np.array([[0.0, 0.0, 3000.0]]),), (np.array([[-1000.0, -1001.0], [0.0, 1.0]]),)],
        mistakes=(
            Mistake("unstable", "It is right for small logits, and NaN for large ones: exp(1000) is too large. Take each row's largest logit off first.",
                    (("logits - logits.max(axis=-1, keepdims=True)", "logits"),)),
            Mistake("wrong-axis", "Your columns sum to 1: the sum runs over the classes, the last axis.",
                    (("raised.sum(axis=-1, keepdims=True)", "raised.sum(axis=0, keepdims=True)"),)),
            Mistake("all-together", "All numbers together sum to 1: each row is a distribution of its own.", (("raised.sum(axis=-1, keepdims=True)", "raised.sum()"),)),
            Mistake("not-divided", "These are the exponentials; divide by their sum.", (("return raised / raised.sum(axis=-1, keepdims=True)", "return raised"),)),
            Mistake("sign", "The signs are exchanged: the largest logit must get the largest probability.",
                    (("np.exp(logits - logits.max(axis=-1, keepdims=True))", "np.exp(logits.min(axis=-1, keepdims=True) - logits)"),)),
            Mistake("no-exp", "The exponential is missing: logits may be below 0, and a quotient of them is no probability.",
                    instead='''
                        def softmax(logits):
                            return logits / logits.sum(axis=-1, keepdims=True)
                    '''),
            Mistake("no-keepdims", "Without keepdims=True the sums are a row, not a column: they divide the columns (or do not fit at all).", (("raised.sum(axis=-1, keepdims=True)", "raised.sum(axis=-1)"),)),
            Mistake("mean-subtracted", "Subtract the largest, not the mean: after it a large number is still large, and exp overflows.", (("logits.max(axis=-1, keepdims=True)", "logits.mean(axis=-1, keepdims=True)"),)),
            Mistake("one-maximum-for-all", "You subtract the largest of the whole batch: rows far below it become 0 / 0. Each row has its own.", (("logits.max(axis=-1, keepdims=True)", "logits.max()"),)),
            Mistake("log-softmax", "That is the logarithm of it.", (("return raised / raised.sum(axis=-1, keepdims=True)", "return np.log(raised / raised.sum(axis=-1, keepdims=True))"),)),
            Mistake("sigmoid", "That is a sigmoid of each number; the rows of a softmax sum to 1.", (("    raised = np.exp(logits - logits.max(axis=-1, keepdims=True))\n    return raised / raised.sum(axis=-1, keepdims=True)", "    return 1 / (1 + np.exp(-np.clip(logits, -700, 700)))"),)),
        ),
    ),
    Exercise(
        slug="cross_entropy", notebook="03", title="The cross-entropy",
        prompt="The mean over the batch of minus the logarithm of the probability of the true class.",
        solution='''
            def cross_entropy(probabilities, labels):
                """probabilities: (batch, classes), labels: (batch,) whole numbers. Returns a number."""
                true = probabilities[np.arange(len(labels)), labels]
                return -np.mean(np.log(true))
        ''',
        why="How surprised the model is by the true answers, in the mean.",
        hints=(
            "Which number of each row counts? The probability of its true class.",
            "probabilities[np.arange(len(labels)), labels] picks one number of each row.",
            "-np.mean(np.log(true))",
        ),
        inputs=lambda rng: [(_rows(rng, n, c), rng.integers(0, c, n)) for n, c in ((2, 3), (4, 3), (6, 5))],
        mistakes=(
            Mistake("sum", "You take the sum; the loss is the mean over the batch, so that it does not grow with it.", (("np.mean(", "np.sum("),)),
            Mistake("sign", "The sign is missing: a logarithm of a probability is below 0, and a loss is above.", (("-np.mean", "np.mean"),)),
            Mistake("log2", "That is in bits, the logarithm to the base 2; nats have the natural one.", (("np.log(", "np.log2("),)),
            Mistake("all-classes", "You take the logarithm of all classes; only the true one counts.",
                    (("np.log(true)", "np.log(probabilities)"),)),
            Mistake("log-of-mean", "That is the logarithm of the mean; the mean of the logarithms is wanted.", (("-np.mean(np.log(true))", "-np.log(np.mean(true))"),)),
            Mistake("no-log", "The logarithm is missing.", (("np.mean(np.log(true))", "np.mean(true)"),)),
            Mistake("columns", "probabilities[:, labels] takes a whole table; each row has one label: probabilities[np.arange(n), labels].", (("probabilities[np.arange(len(labels)), labels]", "probabilities[:, labels]"),)),
            Mistake("log10", "The logarithm is the natural one.", (("np.log(true)", "np.log10(true)"),)),
            Mistake("largest", "You take the largest probability of each row; the one of the true class is wanted.", (("probabilities[np.arange(len(labels)), labels]", "probabilities.max(axis=1)"),)),
            Mistake("over-classes-too", "You divide by the number of classes as well.", (("-np.mean(np.log(true))", "-np.mean(np.log(true)) / probabilities.shape[1]"),)),
        ),
    ),
    Exercise(
        slug="dense", notebook="03", title="A dense layer",
        prompt="y = x W + b, for a batch of rows.",
        solution='''
            def dense(x, W, b):
                """x: (batch, features), W: (features, units), b: (units,). Returns (batch, units)."""
                return x @ W + b
        ''',
        why="Each unit is the sum of all features times its weights, and its bias.",
        hints=("Which product gives (batch, units)?", "x is (batch, features) and W (features, units): x @ W.", "x @ W + b"),
        inputs=lambda rng: [(rng.normal(size=(n, m)), rng.normal(size=(m, u)), rng.normal(size=u)) for n, m, u in ((2, 3, 4), (1, 3, 3), (4, 4, 4))],
        mistakes=(
            Mistake("no-bias", "The bias is forgotten.", (("x @ W + b", "x @ W"),)),
            Mistake("bias-subtracted", "The bias is subtracted; a layer adds it.", (("x @ W + b", "x @ W - b"),)),
            Mistake("bias-first", "The bias is added to W, so that it is multiplied by the features, too. It is added to the outputs.", (("x @ W + b", "x @ (W + b)"),)),
            Mistake("transposed-weights", "W is transposed (as PyTorch keeps it): here it is (features, units).", (("x @ W + b", "x @ W.T + b"),)),
            Mistake("bias-twice", "The bias is added twice.", (("x @ W + b", "x @ W + 2 * b"),)),
        ),
    ),
    Exercise(
        slug="max_pool_gradient", notebook="03", title="Back through max pooling",
        prompt="Max pooling took the largest of each window of 2 x 2 (a last row or column that fills no window was left out). dy is the gradient of its output: give that of the image. "
        "In a tie the first, row by row, is the one that was taken.",
        solution='''
            def max_pool_gradient(image, dy):
                """image: (rows, columns), dy: (rows // 2, columns // 2). Returns the shape of image."""
                dx = np.zeros_like(image)
                for p in range(dy.shape[0]):
                    for q in range(dy.shape[1]):
                        window = image[2 * p : 2 * p + 2, 2 * q : 2 * q + 2]
                        i, j = np.unravel_index(window.argmax(), window.shape)
                        dx[2 * p + i, 2 * q + j] = dy[p, q]
                return dx
        ''',
        why="Only the number that was taken had a say in the output; the gradient goes to it alone.",
        hints=("Which of the four numbers did the output depend on?", "The largest: window.argmax() counts through the window; np.unravel_index says row and column.", "dx[2 * p + i, 2 * q + j] = dy[p, q], all else 0."),
        inputs=_pooled,
        mistakes=(
            Mistake("every-tie", "In a tie you give the gradient to every largest number; one was taken, the first.",
                    (("dx[2 * p + i, 2 * q + j] = dy[p, q]", "dx[2 * p : 2 * p + 2, 2 * q : 2 * q + 2] = (window == window.max()) * dy[p, q]"),)),
            Mistake("shared-tie", "In a tie you share the gradient; the first one gets it all.",
                    (("dx[2 * p + i, 2 * q + j] = dy[p, q]", "dx[2 * p : 2 * p + 2, 2 * q : 2 * q + 2] = (window == window.max()) * dy[p, q] / (window == window.max()).sum()"),)),
            Mistake("last-tie", "In a tie you take the last; the first was taken.", (("window.argmax()", "3 - window[::-1, ::-1].argmax()"),)),
            Mistake("everyone", "Every number of the window gets the gradient; only the largest had a say.", (("dx[2 * p + i, 2 * q + j] = dy[p, q]", "dx[2 * p : 2 * p + 2, 2 * q : 2 * q + 2] = dy[p, q]"),)),
            Mistake("mean", "That is the way back through average pooling.", (("dx[2 * p + i, 2 * q + j] = dy[p, q]", "dx[2 * p : 2 * p + 2, 2 * q : 2 * q + 2] = dy[p, q] / 4"),)),
            Mistake("first-place", "The gradient goes to the first number of each window, not to the largest.", (("dx[2 * p + i, 2 * q + j]", "dx[2 * p, 2 * q]"),)),
            Mistake("times-the-value", "The gradient is multiplied by the number itself; the slope of taking is 1.", (("= dy[p, q]", "= dy[p, q] * window.max()"),)),
            Mistake("smallest", "The gradient goes to the smallest number.", (("argmax", "argmin"),)),
            Mistake("rows-and-columns", "Row and column within the window are exchanged.", (("dx[2 * p + i, 2 * q + j]", "dx[2 * p + j, 2 * q + i]"),)),
            Mistake("column-by-column", "In a tie you take the first column by column; NumPy (and the exercise) count row by row.", (("i, j = np.unravel_index(window.argmax(), window.shape)", "j, i = np.unravel_index(window.T.argmax(), window.T.shape)"),)),
        ),
    ),
)  # fmt: skip


def _rows(rng, n, classes):
    rows = rng.uniform(0.05, 1, size=(n, classes))
    return rows / rows.sum(axis=1, keepdims=True)
