"""Notebooks 02 and 02b: convolution."""

import numpy as np

from vidlab.check.exercise import Exercise, Mistake

FLIPPED = (
    "Your kernel is flipped: that is true convolution. A layer computes cross-correlation: it lays the kernel on the "
    "window as it is, first entry on first entry. Look at the index of the kernel."
)


def _curves(rng):
    curves = [(rng.normal(size=n), rng.normal(size=k)) for n, k in ((4, 2), (5, 3), (9, 4), (7, 1), (6, 6))]
    return [*curves, (rng.integers(0, 9, 5), rng.normal(size=2))]


def _pictures(rng):
    sizes = ((3, 4), (2, 2)), ((5, 7), (3, 3)), ((6, 5), (2, 4)), ((8, 4), (3, 1)), ((4, 4), (4, 4))
    return [(rng.normal(size=size), rng.normal(size=k)) for size, k in sizes]


def _layers(rng):
    shapes = ((1, 4, 5, 2), (2, 2, 2, 3)), ((2, 5, 4, 3), (3, 2, 3, 2)), ((1, 6, 6, 1), (3, 3, 1, 1))
    return [(rng.normal(size=x), rng.normal(size=k), rng.normal(size=k[-1])) for x, k in shapes]


EXERCISES = (
    Exercise(
        slug="conv1d", notebook="02", title="Convolution along time",
        prompt="Write the convolution with one index: $y[p] = \\sum_i x[p+i]\\,k[i]$.",
        solution='''
            def conv1d(curve, kernel):
                """curve: (n,), kernel: (k,). Returns (n - k + 1,)."""
                n = len(curve) - len(kernel) + 1
                y = np.zeros(n)
                for p in range(n):
                    for i in range(len(kernel)):
                        y[p] += curve[p + i] * kernel[i]
                return y
        ''',
        why="Each output is the window's numbers times the kernel's, added up; there are n - k + 1 places for the window.",
        hints=(
            "How many places are there for a window of k numbers in a row of n?",
            "For each place p, the window is curve[p : p + k].",
            "y[p] is the sum of window * kernel; collect these for p = 0 ... n - k.",
        ),
        inputs=_curves,
        mistakes=(
            Mistake("flipped", FLIPPED, (("* kernel[i]", "* kernel[len(kernel) - 1 - i]"),)),
            Mistake("one-short", "Your output is one too short: a row of n numbers has n - k + 1 places for a window of k, not n - k.",
                    (("len(curve) - len(kernel) + 1", "len(curve) - len(kernel)"),)),
            Mistake("mean", "You take the mean of the products; the convolution takes their sum.",
                    (("return y", "return y / len(kernel)"),)),
            Mistake("no-products", "You add up the window, without the kernel: each number is to be multiplied by its weight first.",
                    ((" * kernel[i]", ""),)),
            Mistake("same", "You have added zeros at the ends: here the window stays inside, so that the output is shorter.",
                    instead='''
                        def conv1d(curve, kernel):
                            return np.correlate(curve, kernel, "same") if len(curve) >= len(kernel) else np.zeros(0)
                    '''),
            Mistake("full", "Your window hangs out at both ends: it has all places where it touches the row. Only those inside count.",
                    instead='''
                        def conv1d(curve, kernel):
                            return np.correlate(curve, kernel, "full")
                    '''),
            Mistake("one-late", "Your windows begin one place too late: the first one begins at index 0.",
                    instead='''
                        def conv1d(curve, kernel):
                            n = len(curve) - len(kernel) + 1
                            moved = np.append(curve[1:], 0.0)
                            return np.array([moved[p : p + len(kernel)] @ kernel for p in range(n)])
                    '''),
        ),
    ),
    Exercise(
        slug="shift_kernel", notebook="02", title="A kernel that moves the picture",
        prompt="A 3 x 3 kernel that moves the picture one pixel to the right: each output is the pixel on the left of the window's middle.",
        solution="np.array([[0, 0, 0], [1, 0, 0], [0, 0, 0]])",
        why="The one picks the pixel on the left of the middle, so what was there now stands one place further to the right.",
        hints=(
            "A kernel with a single 1 in it copies one pixel of the window.",
            "With the 1 in the middle nothing moves. Which pixel must be copied so that the picture goes right?",
            "The pixel on the left of the middle: row 1, column 0.",
        ),
        mistakes=(
            Mistake("true-convolution", "This moves the picture to the left: the 1 looks at the pixel on the right. In a true convolution, "
                    "which turns the kernel, it would be right.", value=np.array([[0, 0, 0], [0, 0, 1], [0, 0, 0]])),
            Mistake("down", "This moves the picture down: rows come first, then columns.", value=np.array([[0, 1, 0], [0, 0, 0], [0, 0, 0]])),
            Mistake("up", "This moves the picture up: rows come first, then columns.", value=np.array([[0, 0, 0], [0, 0, 0], [0, 1, 0]])),
            Mistake("identity", "This copies the middle: nothing moves.", value=np.array([[0, 0, 0], [0, 1, 0], [0, 0, 0]])),
            Mistake("smear", "A whole column of ones adds three pixels up. One pixel is to be copied.",
                    value=np.array([[1, 0, 0], [1, 0, 0], [1, 0, 0]])),
        ),
    ),
    Exercise(
        slug="correlate", notebook="02", title="The convolution of a picture",
        prompt="$y[p,q] = \\sum_{i,j} x[p+i, q+j]\\,k[i,j]$, where the window stays inside.",
        solution='''
            def correlate(image, kernel):
                """image: (rows, columns), kernel: (k, l). Returns (rows - k + 1, columns - l + 1)."""
                k, l = kernel.shape
                y = np.zeros((image.shape[0] - k + 1, image.shape[1] - l + 1))
                for p in range(y.shape[0]):
                    for q in range(y.shape[1]):
                        y[p, q] = np.sum(image[p : p + k, q : q + l] * kernel)
                return y
        ''',
        why="Two loops over the places, and in each the sum of window times kernel.",
        hints=(
            "It is conv1d with two indices: first find the size of the output.",
            "The window at (p, q) is image[p : p + k, q : q + l].",
            "y[p, q] = np.sum(window * kernel).",
        ),
        inputs=_pictures,
        mistakes=(
            Mistake("flipped", FLIPPED, (("* kernel)", "* kernel[::-1, ::-1])"),)),
            Mistake("flipped-rows", "Your kernel stands on its head: its rows are in the wrong order.", (("* kernel)", "* kernel[::-1])"),)),
            Mistake("flipped-columns", "Your kernel is mirrored: its columns are in the wrong order.", (("* kernel)", "* kernel[:, ::-1])"),)),
            Mistake("mean", "You take the mean of the products; the convolution takes their sum.", (("np.sum(", "np.mean("),)),
            Mistake("one-short", "Your output is one row and one column too small: there are n - k + 1 places for a window, not n - k.",
                    (("image.shape[0] - k + 1, image.shape[1] - l + 1", "image.shape[0] - k, image.shape[1] - l"),)),
            Mistake("transposed", "Rows and columns are exchanged in the answer: y[p, q] is for row p and column q.", (("return y", "return y.T"),)),
            Mistake("one-late", "Your windows begin one place too late, down and across: the first one begins at (0, 0).",
                    (("image[p : p + k, q : q + l]", "np.roll(image, -1, (0, 1))[p : p + k, q : q + l]"),)),
            Mistake("no-products", "You add up the window, without the kernel.", ((" * kernel)", ")"),)),
            Mistake("first-window", "Every output looks at the same window, the first one: the window goes along with p and q.", (("image[p : p + k, q : q + l]", "image[:k, :l]"),)),
            Mistake("kernel-transposed", "The kernel is turned over its diagonal.", (("* kernel)", "* kernel.T)"),)),
        ),
    ),
    Exercise(
        slug="conv_layer", notebook="02", title="A layer: channels, filters, bias",
        prompt="A convolutional layer without padding, as Keras's Conv2D: x (batch, rows, columns, channels), kernel (k, l, channels, "
        "filters), bias (filters,).",
        solution='''
            def conv_layer(x, kernel, bias):
                """Returns (batch, rows - k + 1, columns - l + 1, filters)."""
                k, l, channels, filters = kernel.shape
                y = np.zeros((len(x), x.shape[1] - k + 1, x.shape[2] - l + 1, filters))
                for p in range(y.shape[1]):
                    for q in range(y.shape[2]):
                        window = x[:, p : p + k, q : q + l]
                        y[:, p, q] = np.einsum("bijc,ijcf->bf", window, kernel)
                return y + bias
        ''',
        why="Every filter sees all channels of its window: the sum runs over rows, columns and channels, and each filter has one bias.",
        hints=(
            "Begin with one filter: its kernel is (k, l, channels), as deep as the picture.",
            "The sum over a window runs over three axes: rows, columns and channels.",
            'np.einsum("bijc,ijcf->bf", window, kernel) does it for all clips and filters at once; then add the bias.',
        ),
        inputs=_layers,
        mistakes=(
            Mistake("no-bias", "The bias is forgotten: each filter adds its own number to all of its outputs.", (("return y + bias", "return y"),)),
            Mistake("flipped", FLIPPED, (('window, kernel)', 'window, kernel[::-1, ::-1])'),)),
            Mistake("channels-first-summed", "You add up the channels before you multiply. Each channel has weights of its own: multiply first, "
                    "then add.", (('window, kernel)', 'window.sum(axis=3, keepdims=True) * np.ones(channels), kernel) / channels'),)),
            Mistake("mean", "You take the mean over the window; a layer takes the sum.", (("return y + bias", "return y / (k * l * channels) + bias"),)),
            Mistake("bias-in-every-product", "The bias is added once for each weight of the window: it belongs to the output, once.",
                    (("return y + bias", "return y + bias * k * l * channels"),)),
            Mistake("rows-and-columns", "Rows and columns of the kernel are exchanged.",
                    instead='''
                        def conv_layer(x, kernel, bias):
                            kernel = kernel.swapaxes(0, 1)
                            k, l, channels, filters = kernel.shape
                            y = np.zeros((len(x), x.shape[1] - k + 1, x.shape[2] - l + 1, filters))
                            for p in range(y.shape[1]):
                                for q in range(y.shape[2]):
                                    y[:, p, q] = np.einsum("bijc,ijcf->bf", x[:, p : p + k, q : q + l], kernel)
                            return y + bias
                    '''),
            Mistake("bias-subtracted", "The bias is subtracted; a layer adds it.", (("return y + bias", "return y - bias"),)),
            Mistake("pytorchs-layout", "Your answer has the channels second, as in PyTorch: (batch, filters, rows, columns). Keras has them last.",
                    (("return y + bias", "return np.moveaxis(y + bias, -1, 1)"),)),
            Mistake("mean-over-channels", "You take the mean over the channels; they are summed.", (("np.einsum(\"bijc,ijcf->bf\", window, kernel)", "np.einsum(\"bijc,ijcf->bf\", window, kernel) / channels"),)),
            Mistake("bias-for-each-channel", "The bias is added once for each channel; it belongs to the filter, once.", (("y + bias", "y + channels * bias"),)),
        ),
    ),
    Exercise(
        slug="output_size", notebook="02", title="How large is the output?",
        prompt="The number of outputs along an axis of n inputs, for a kernel of k, a stride and a padding (\"valid\" or \"same\").",
        solution='''
            def output_size(n, k, stride, padding):
                """A whole number."""
                if padding == "same":
                    return -(-n // stride)
                return (n - k) // stride + 1
        ''',
        why='"same" has one output for each stride, begun ones too; "valid" has only whole windows.',
        hints=(
            "Stride 1 first: how many places has a window of k in n, without padding? And with so much padding that the size stays?",
            "With a stride s only every s-th place is kept, the first one always.",
            '"same": n / s, rounded up. "valid": (n - k) // s + 1.',
        ),
        inputs=lambda rng: [(n, k, s, padding) for n, k, s in ((8, 3, 1), (8, 3, 2), (9, 3, 2), (7, 2, 3), (8, 4, 2), (10, 5, 4), (5, 5, 1))
                            for padding in ("valid", "same")],
        mistakes=(
            Mistake("same-rounded-down", "With \"same\" the last, begun stride counts too: round up, not down.", (("-(-n // stride)", "n // stride"),)),
            Mistake("no-plus-one", "One output is missing with \"valid\": the first place counts as well.", (("(n - k) // stride + 1", "(n - k) // stride"),)),
            Mistake("stride-ignored", "The stride is ignored: with stride s only every s-th place is kept.",
                    (("-(-n // stride)", "n"), ("(n - k) // stride + 1", "n - k + 1"))),
            Mistake("kernel-ignored", "With \"valid\" the window must lie inside: the kernel's size counts.", (("(n - k) // stride + 1", "-(-n // stride)"),)),
            Mistake("rounded-up", "With \"valid\" a window that hangs out at the end does not count: round down.",
                    (("(n - k) // stride + 1", "-(-(n - k) // stride) + 1"),)),
            Mistake("pytorchs-same", "You add k // 2 zeros at both ends, as one does in PyTorch. Keras's \"same\" adds only what is needed, so the "
                    "answer does not depend on k.", (("-(-n // stride)", "(n + 2 * (k // 2) - k) // stride + 1"),)),
            Mistake("same-is-n", "With a stride, \"same\" gives ceil(n / stride), not n.", (("-(-n // stride)", "n"),)),
            Mistake("padding-ignored", "\"same\" pads: its output is ceil(n / stride), whatever the kernel.", (("    if padding == \"same\":\n        return -(-n // stride)\n", ""),)),
            Mistake("not-whole", "A number of places is whole: use // in place of /.", (("(n - k) // stride + 1", "(n - k) / stride + 1"),)),
        ),
    ),
    Exercise(
        slug="three_layers", notebook="02", title="Three layers",
        prompt="A frame has n rows. Layers follow, each (kernel, stride, padding). How many rows come out?",
        solution='''
            def rows_after(n, layers):
                """layers: a list of (kernel, stride, padding). Returns a whole number."""
                for k, stride, padding in layers:
                    n = -(-n // stride) if padding == "same" else (n - k) // stride + 1
                return n
        ''',
        why="The output of one layer is the input of the next: 112 becomes 56, 54 and 26.",
        hints=(
            "Go from layer to layer: what comes out of one goes into the next.",
            "Use size_after of the cell above in a loop over the layers.",
            "for k, stride, padding in layers: n = size_after(n, k, stride, padding, 1)",
        ),
        inputs=lambda rng: [(112, [(7, 2, "same"), (3, 1, "valid"), (3, 2, "valid")]), (9, [(3, 2, "same")]), (20, []),
                            (31, [(3, 2, "valid"), (2, 2, "same"), (3, 1, "same")])],
        mistakes=(
            Mistake("first-layer-only", "Only the first layer is counted: is the `return` inside the loop?", (("    return n", "        return n\n    return n"),)),
            Mistake("each-on-the-input", "Each layer gets the first input: the output of one layer is the input of the next.",
                    instead='''
                        def rows_after(n, layers):
                            m = n
                            for k, stride, padding in layers:
                                m = -(-n // stride) if padding == "same" else (n - k) // stride + 1
                            return m
                    '''),
            Mistake("backwards", "The layers come in the wrong order: the first of the list comes first.", (("in layers:", "in layers[::-1]:"),)),
            Mistake("padding-ignored", "The padding is ignored: \"same\" keeps the size, but for the stride.",
                    (('-(-n // stride) if padding == "same" else (n - k) // stride + 1', "(n - k) // stride + 1"),)),
            Mistake("stride-ignored", "The stride is ignored.", (("-(-n // stride)", "n"), ("(n - k) // stride + 1", "n - k + 1"))),
            Mistake("same-rounded-down", "\"same\" rounds up: ceil(n / stride).", (("-(-n // stride)", "n // stride"),)),
            Mistake("same-ignores-stride", "\"same\" with a stride gives ceil(n / stride), not n.", (("-(-n // stride)", "n"),)),
            Mistake("no-plus-one", "\"valid\" has one place more than (n - k) // stride: the first one.", (("(n - k) // stride + 1", "(n - k) // stride"),)),
            Mistake("valid-ignores-stride", "\"valid\" ignores the stride: (n - k) // stride + 1.", (("(n - k) // stride + 1", "n - k + 1"),)),
            Mistake("rounded-up", "\"valid\" rounds down: a begun stride does not count.", (("(n - k) // stride + 1", "-(-(n - k) // stride) + 1"),)),
        ),
    ),
    Exercise(
        slug="count_weights", notebook="02", title="How many weights?",
        prompt="The weights of a convolutional layer with biases, one for each filter.",
        solution='''
            def count_weights(rows, columns, channels, filters):
                """A whole number."""
                return (rows * columns * channels + 1) * filters
        ''',
        why="Each filter has a weight for every row, column and channel of its window, and one bias.",
        hints=(
            "How many weights has one filter?",
            "Its window is rows x columns, and as deep as the picture has channels.",
            "(rows * columns * channels + 1) * filters",
        ),
        inputs=lambda rng: [(5, 5, 16, 32), (3, 3, 1, 1), (3, 2, 3, 8), (1, 1, 7, 2)],
        mistakes=(
            Mistake("no-bias", "The biases are forgotten: one for each filter.", (("+ 1) * filters", ") * filters"),)),
            Mistake("channels-forgotten", "Each filter is as deep as its input: it has weights for every channel.", (("rows * columns * channels", "rows * columns"),)),
            Mistake("one-bias", "One bias for all filters; each filter has its own.",
                    (("(rows * columns * channels + 1) * filters", "rows * columns * channels * filters + 1"),)),
            Mistake("bias-per-channel", "You count a bias for each channel; there is one for each filter.",
                    (("(rows * columns * channels + 1) * filters", "rows * columns * channels * filters + channels"),)),
            Mistake("bias-per-weight", "You count a bias for each place of the window; there is one for each filter.",
                    (("(rows * columns * channels + 1)", "rows * columns * (channels + 1)"),)),
        ),
    ),
    Exercise(
        slug="downward_kernel", notebook="02", title="Motion downwards",
        prompt="An edge that goes down by `speed` rows a frame: a kernel (3, 9, 1, 1, 1) of three frames and nine rows, -1 above the edge "
        "and 1 below it, its middle at row 4 in the middle frame.",
        solution='''
            def downward_edge(speed):
                """(3 frames, 9 rows, 1 column, 1, 1)."""
                kernel = np.zeros((3, 9, 1, 1, 1))
                for r in range(3):
                    middle = 4 + speed * (r - 1)
                    kernel[r, middle - 1], kernel[r, middle + 1] = -1, 1
                return kernel
        ''',
        why="It is the edge to the right with rows in place of columns: row numbers grow downwards.",
        hints=(
            "What is different from slanted_edge? Only which axis the edge goes along.",
            "The shape is (3, 9, 1, 1, 1): nine rows and one column.",
            "kernel[r, middle - 1], kernel[r, middle + 1] = -1, 1",
        ),
        inputs=lambda rng: [(3,), (1,), (-2,), (0,)],
        mistakes=(
            Mistake("upwards", "Your edge goes up: row numbers grow downwards, so the middle grows with the frame.", (("(r - 1)", "(1 - r)"),)),
            Mistake("still-across", "Your edge still goes across: the second axis is the rows, the third the columns.",
                    (("np.zeros((3, 9, 1, 1, 1))", "np.zeros((3, 1, 9, 1, 1))"), ("kernel[r, middle - 1], kernel[r, middle + 1]", "kernel[r, 0, middle - 1], kernel[r, 0, middle + 1]"))),
            Mistake("signs", "The signs are exchanged: -1 above the edge, 1 below it.", (("= -1, 1", "= 1, -1"),)),
            Mistake("next-to-each-other", "Your -1 and 1 are neighbours; between them lies the middle: -1 above it, 1 below it.", (("kernel[r, middle + 1] = -1, 1", "kernel[r, middle] = -1, 1"),)),
            Mistake("begins-at-the-middle", "The edge begins in the middle of the first frame; the middle frame has it at row 4.", (("4 + speed * (r - 1)", "4 + speed * (r - 1) * (r > 0)"),)),
            Mistake("speed-ignored", "The speed is ignored: the middle moves by `speed` rows a frame.", (("speed * (r - 1)", "1 * (r - 1)"),)),
        ),
    ),
    Exercise(
        slug="bias_gradient", notebook="02", title="The gradient of the bias",
        prompt="A bias is added to every output. What is dL/db, given delta, the gradient of each output?",
        solution='''
            def bias_gradient(delta):
                """delta: (rows, columns). Returns a number."""
                return np.sum(delta)
        ''',
        why="The bias moves every output by the same amount, so all their gradients add up.",
        hints=(
            "How much does each output change, when b grows a little?",
            "By as much as b. So the loss changes by delta[p, q] for each of them.",
            "The sum of delta.",
        ),
        inputs=lambda rng: [(np.array([[1.0, 2], [3, -1]]),), (rng.normal(size=(3, 4)),), (rng.normal(size=(5, 1)),)],
        mistakes=(
            Mistake("mean", "You take the mean. The bias is in every output, so its gradient is the sum.", (("np.sum(", "np.mean("),)),
            Mistake("delta-itself", "You return delta itself. There is one bias: what does it do to all outputs together?", (("np.sum(delta)", "delta"),)),
            Mistake("one", "dy/db is 1, but the loss is wanted: the chain rule multiplies by delta, and adds up over the outputs.", (("np.sum(delta)", "1.0"),)),
            Mistake("along-one-axis", "You add up along one axis only: the bias is one number for all rows and columns.", (("np.sum(delta)", "np.sum(delta, axis=0)"),)),
            Mistake("count", "You count the outputs: that is dL/db where every delta is 1.", (("np.sum(delta)", "float(delta.size)"),)),
        ),
    ),
    Exercise(
        slug="largest_stride", notebook="02b", title="A rule for the stride",
        prompt="The largest stride with which a kernel misses no feature of `feature` pixels; 0 where the kernel is too small for it.",
        solution='''
            def largest_stride(kernel, feature):
                """A whole number."""
                return max(kernel - feature + 1, 0)
        ''',
        why="A feature that begins one pixel too late for one window must begin in time for the next: windows are at most kernel - feature + 1 apart.",
        hints=(
            "A window of 7 sees a feature of 5 whole, if it begins at the window's first, second or third pixel.",
            "So there are kernel - feature + 1 places for it in one window. What must the next window do?",
            "It must begin right after those places: the stride is kernel - feature + 1.",
        ),
        inputs=lambda rng: [(11, 4), (7, 5), (3, 3), (3, 5), (9, 1)],
        mistakes=(
            Mistake("one-too-few", "One more will do: in a window of k there are k - f + 1 places for a feature of f.", (("kernel - feature + 1", "kernel - feature"),)),
            Mistake("kernel", "Windows side by side miss a feature that lies across their border.", (("max(kernel - feature + 1, 0)", "kernel"),)),
            Mistake("no-limit", "With a kernel that is smaller than the feature no stride will do: give 0.", (("max(kernel - feature + 1, 0)", "kernel - feature + 1"),)),
            Mistake("at-least-one", "With a kernel that is smaller than the feature not even stride 1 will do: give 0.", (("feature + 1, 0)", "feature + 1, 1)"),)),
            Mistake("half", "Half of the kernel is a rule of thumb; the feature's size counts.", (("max(kernel - feature + 1, 0)", "kernel // 2"),)),
            Mistake("no-limit-no-one", "Without the + 1: a window as large as the feature may move by 1.", (("max(kernel - feature + 1, 0)", "kernel - feature"),)),
        ),
    ),
    Exercise(
        slug="same_padding", notebook="02", title="How many zeros, and where?",
        prompt="Keras's and TensorFlow's padding=\"same\": the output has ceil(n / stride) places. How many zeros stand before the input, and how many after it? (An odd one stands after.)",
        solution='''
            def same_padding(n, k, stride=1, dilation=1):
                """Returns (before, after), whole numbers."""
                outputs = -(-n // stride)
                reach = (k - 1) * dilation + 1
                zeros = max((outputs - 1) * stride + reach - n, 0)
                return zeros // 2, zeros - zeros // 2
        ''',
        why="The last window begins at (outputs - 1) stride and must end inside; what is missing is shared out, the odd one after.",
        hints=("Where does the last window begin, and where does it end?", "It begins at (outputs - 1) * stride and is (k - 1) * dilation + 1 long.", "Half of what is missing (rounded down) stands before, the rest after."),
        inputs=lambda rng: [(5, 3), (6, 3, 2), (7, 3, 2), (6, 4), (9, 2, 3), (5, 3, 1, 2), (4, 1, 2), (10, 5, 4)],
        mistakes=(
            Mistake("pytorch", "That is PyTorch's k // 2 on both sides: right for stride 1 and odd kernels only.", (("return zeros // 2, zeros - zeros // 2", "return (reach - 1) // 2, (reach - 1) // 2"),)),
            Mistake("odd-one-before", "An odd zero stands after the input, not before it.", (("return zeros // 2, zeros - zeros // 2", "return zeros - zeros // 2, zeros // 2"),)),
            Mistake("all-after", "They are shared out: half before, half after.", (("return zeros // 2, zeros - zeros // 2", "return 0, zeros"),)),
            Mistake("all-before", "They are shared out; all of them in front would be a causal layer.", (("return zeros // 2, zeros - zeros // 2", "return zeros, 0"),)),
            Mistake("stride-ignored", "With a stride the output is shorter, and fewer zeros are needed.", (("-(-n // stride)", "n"), ("(outputs - 1) * stride", "(outputs - 1)"))),
            Mistake("dilation-ignored", "A dilated kernel reaches further: (k - 1) dilation + 1.", (("(k - 1) * dilation + 1", "k"),)),
            Mistake("rounded-down", "ceil(n / stride): rounded up.", (("-(-n // stride)", "n // stride"),)),
            Mistake("one-too-many", "One zero too many: the last window must end inside, and not after.", (("+ reach - n, 0)", "+ reach - n + 1, 0)"),)),
            Mistake("negative", "There are never fewer than 0 zeros.", (("max((outputs - 1) * stride + reach - n, 0)", "(outputs - 1) * stride + reach - n"),)),
            Mistake("dilation-times-k", "A dilated kernel reaches (k - 1) dilation + 1 far, not k dilation.", (("(k - 1) * dilation + 1", "k * dilation"),)),
            Mistake("window-too-far", "The last window begins at (outputs - 1) stride.", (("(outputs - 1) * stride", "outputs * stride"),)),
            Mistake("half-the-kernel", "k // 2 on both sides is right for stride 1, odd kernels and no dilation only.", (("return zeros // 2, zeros - zeros // 2", "return k // 2, k // 2"),)),
        ),
    ),
    Exercise(
        slug="kernel_from_pytorch", notebook="02", title="A kernel from PyTorch",
        prompt="PyTorch keeps the kernel of a convolution of pictures as (filters, channels, rows, columns), Keras as (rows, columns, channels, filters). Both correlate. Turn one into the other.",
        solution='''
            def kernel_from_pytorch(kernel):
                """kernel: (filters, channels, rows, columns). Returns (rows, columns, channels, filters)."""
                return np.transpose(kernel, (2, 3, 1, 0))
        ''',
        why="The axes change their places; no number does.",
        hints=("Which axis of PyTorch's is Keras's first one?", "Axis 2, the rows; then 3, 1, 0.", "np.transpose(kernel, (2, 3, 1, 0))"),
        inputs=lambda rng: [(rng.normal(size=size),) for size in ((4, 3, 2, 5), (2, 2, 3, 3), (3, 3, 3, 3), (1, 2, 1, 3))],
        mistakes=(
            Mistake("filters-and-channels", "Filters and channels are exchanged: Keras has the filters last.", (("(2, 3, 1, 0)", "(2, 3, 0, 1)"),)),
            Mistake("rows-and-columns", "Rows and columns are exchanged: the picture would be turned over its diagonal.", (("(2, 3, 1, 0)", "(3, 2, 1, 0)"),)),
            Mistake("reshape", "reshape keeps the numbers in their order and cuts them anew: they land in wrong places. Use transpose.",
                    (("np.transpose(kernel, (2, 3, 1, 0))", "np.reshape(kernel, (*kernel.shape[2:], kernel.shape[1], kernel.shape[0]))"),)),
            Mistake("flipped", "Both libraries correlate: nothing is to be turned.", (("np.transpose(kernel, (2, 3, 1, 0))", "np.transpose(kernel, (2, 3, 1, 0))[::-1, ::-1]"),)),
            Mistake("unchanged", "That is still PyTorch's order.", (("np.transpose(kernel, (2, 3, 1, 0))", "np.array(kernel)"),)),
            Mistake("channels-last", "That is right for pictures, not for kernels: the filters must be last.", (("(2, 3, 1, 0)", "(0, 2, 3, 1)"),)),
        ),
    ),
)  # fmt: skip
