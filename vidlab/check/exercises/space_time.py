"""Notebook 10: space and time together, flow, boxes."""

import numpy as np

from vidlab.check.exercise import Exercise, Mistake


def _boxes(rng):
    pairs = (
        ([0, 0, 2, 2], [1, 1, 3, 3]),
        ([0, 0, 4, 2], [0, 0, 4, 2]),
        ([0, 0, 1, 1], [2, 2, 3, 3]),
        ([0, 1, 5, 4], [2, 0, 3, 9]),
    )
    return [(np.array(a, float), np.array(b, float)) for a, b in pairs]


EXERCISES = (
    Exercise(
        slug="kernel_for_down", notebook="10", title="A kernel for down",
        prompt="(3, 3, 3): frames, rows, columns. Largest for what moves down one row a frame, as the diagonal kernel above is for what moves right: 2/18 where such a point is "
        "(in each column), -1/18 elsewhere, so that the sum is 0.",
        solution='''
            def kernel_for_down():
                """(frames, rows, columns)."""
                return (3 * np.eye(3) - 1)[:, :, None].repeat(3, axis=2) / 18
        ''',
        why="In frame t the point is in row t: rows count downwards. The numbers sum to 0, so that plain bright areas give 0.",
        hints=("In which row is the point in frames 0, 1 and 2?", "Row 0, then 1, then 2, whatever the column: kernel[t, t, :].", "(3 * np.eye(3) - 1)[:, :, None].repeat(3, axis=2) / 18"),
        inputs=lambda rng: [()],
        tolerance=2e-3,
        mistakes=(
            Mistake("up", "That is the kernel for up: rows count downwards.", (("np.eye(3)", "np.eye(3)[::-1]"),)),
            Mistake("right", "That is a motion to the right: the axes are frames, rows, columns.", (("[:, :, None].repeat(3, axis=2)", "[:, None, :].repeat(3, axis=1)"),)),
            Mistake("left", "That is a motion to the left: the axes are frames, rows, columns.",
                    (("np.eye(3)", "np.eye(3)[::-1]"), ("[:, :, None].repeat(3, axis=2)", "[:, None, :].repeat(3, axis=1)"))),
            Mistake("no-balance", "Its numbers do not sum to 0: it answers to plain bright areas, too.", (("(3 * np.eye(3) - 1)", "(2 * np.eye(3))"),)),
            Mistake("still", "That is an edge that stands still: time is the first axis.", (("[:, :, None].repeat(3, axis=2)", "[None].repeat(3, axis=0)"),)),
            Mistake("not-divided", "Its pattern is right; divide by 18, to compare it with the other one.", ((" / 18", ""),)),
            Mistake("without-the-mean", "The mean is not taken off: its numbers do not sum to 0, and it answers to plain bright areas, too.", (("(3 * np.eye(3) - 1)", "(3 * np.eye(3))"),)),
        ),
    ),
    Exercise(
        slug="frames_in_front", notebook="10", title="Causal in time",
        prompt="How many frames of zeros in front, for a kernel of k frames with dilation d, so that the output is causal and as long as the input?",
        solution='''
            def frames_in_front(k, d):
                """A whole number."""
                return (k - 1) * d
        ''',
        why="The kernel reaches (k - 1) d frames back from the frame that it ends on.",
        hints=("How many frames does the kernel reach over?", "(k - 1) d + 1. One of them is the frame itself.", "(k - 1) * d"),
        inputs=lambda rng: [(3, 1), (5, 1), (3, 4), (1, 2), (2, 3)],
        mistakes=(
            Mistake("both-ends", "Half of it on each side is \"same\": then the layer sees the future.", (("(k - 1) * d", "(k - 1) * d // 2"),)),
            Mistake("one-too-many", "The frame itself needs no zero: (k - 1) d, not k d.", (("(k - 1) * d", "k * d"),)),
            Mistake("dilation-ignored", "The kernel's frames stand d apart.", (("(k - 1) * d", "k - 1"),)),
            Mistake("reach", "That is how many frames it reaches over; the frame itself needs no zero.", (("(k - 1) * d", "(k - 1) * d + 1"),)),
            Mistake("added", "The dilation multiplies the steps between the kernel's frames.", (("(k - 1) * d", "k - 1 + d - 1"),)),
            Mistake("k", "(k - 1) d zeros, not k: the frame itself needs none, and the dilation counts.", (("(k - 1) * d", "k"),)),
            Mistake("dilation-added", "The dilation multiplies: the kernel's frames stand d apart.", (("(k - 1) * d", "k - 1 + d"),)),
            Mistake("half", "A causal layer has all its zeros in front, not half of them.", (("(k - 1) * d", "k // 2 * d"),)),
            Mistake("minus-one", "(k - 1) d, not k d - 1: each of the k - 1 steps is d long.", (("(k - 1) * d", "k * d - 1"),)),
        ),
    ),
    Exercise(
        slug="flow_of_a_shift", notebook="10", title="The flow of a shift",
        prompt="Frame 2 is np.roll(frame 1, (3, -2), axis=(0, 1)). Its flow (u, v), in pixels: u to the right, v down.",
        solution="(-2, 3)",
        why="Axis 0 is the rows: 3 down. Axis 1 is the columns: -2, to the left. The flow has u first.",
        hints=("Which axis are the rows?", "Axis 0: the picture goes 3 down, and 2 to the left.", "u is to the right: -2. v is down: 3."),
        mistakes=(
            Mistake("exchanged", "u and v are exchanged: u is to the right (axis 1), v down (axis 0).", value=(3, -2)),
            Mistake("signs", "The signs are turned round: flow says where a pixel has gone to.", value=(2, -3)),
            Mistake("sign-of-u", "A shift of -2 along the columns goes to the left.", value=(2, 3)),
            Mistake("sign-of-v", "v is positive downwards.", value=(-2, -3)),
            Mistake("both", "Both are turned round and exchanged.", value=(-3, 2)),
        ),
    ),
    Exercise(
        slug="box_iou", notebook="10", title="Intersection over union",
        prompt="Of two boxes (top, left, bottom, right).",
        solution='''
            def box_iou(a, b):
                """a, b: (4,). Returns a number from 0 to 1."""
                height = max(min(a[2], b[2]) - max(a[0], b[0]), 0)
                width = max(min(a[3], b[3]) - max(a[1], b[1]), 0)
                both = height * width
                areas = [(box[2] - box[0]) * (box[3] - box[1]) for box in (a, b)]
                return both / (sum(areas) - both)
        ''',
        why="The overlap counts once in the union: it is in both areas.",
        hints=(
            "The overlap begins at the larger of the tops and ends at the smaller of the bottoms. What if that is negative?",
            "Then there is none: max(..., 0).",
            "overlap / (area of a + area of b - overlap)",
        ),
        inputs=_boxes,
        mistakes=(
            Mistake("overlap-twice", "The overlap is in both areas: take it off once from their sum.", (("(sum(areas) - both)", "sum(areas)"),)),
            Mistake("negative", "Boxes that do not touch have a negative height and width, and their product is positive: cut off at 0.",
                    (("max(min(a[2], b[2]) - max(a[0], b[0]), 0)", "min(a[2], b[2]) - max(a[0], b[0])"), ("max(min(a[3], b[3]) - max(a[1], b[1]), 0)", "min(a[3], b[3]) - max(a[1], b[1])"))),
            Mistake("dice", "That is Dice's coefficient: twice the overlap over the sum of the areas.", (("both / (sum(areas) - both)", "2 * both / sum(areas)"),)),
            Mistake("of-the-smaller", "You divide by the smaller area; the union is wanted.", (("(sum(areas) - both)", "min(areas)"),)),
            Mistake("of-the-first", "You divide by the first box's area; the union is wanted.", (("(sum(areas) - both)", "areas[0]"),)),
            Mistake("corners", "Your boxes are read as (left, top, width, height); they are (top, left, bottom, right).",
                    instead='''
                        def box_iou(a, b):
                            height = max(min(a[0] + a[2], b[0] + b[2]) - max(a[0], b[0]), 0)
                            width = max(min(a[1] + a[3], b[1] + b[3]) - max(a[1], b[1]), 0)
                            both = height * width
                            return both / (a[2] * a[3] + b[2] * b[3] - both)
                    '''),
            Mistake("edges-in-pairs", "The order is (top, left, bottom, right): you read (top, bottom, left, right).", instead='''
                    def box_iou(a, b):
                        height = max(min(a[1], b[1]) - max(a[0], b[0]), 0)
                        width = max(min(a[3], b[3]) - max(a[2], b[2]), 0)
                        both = height * width
                        areas = [(box[1] - box[0]) * (box[3] - box[2]) for box in (a, b)]
                        return both / (sum(areas) - both)
                '''),
            Mistake("plus-one", "You count pixels with + 1; here a box is from edge to edge.", (("max(min(a[2], b[2]) - max(a[0], b[0]), 0)", "max(min(a[2], b[2]) - max(a[0], b[0]) + 1, 0)"), ("max(min(a[3], b[3]) - max(a[1], b[1]), 0)", "max(min(a[3], b[3]) - max(a[1], b[1]) + 1, 0)"), ("(box[2] - box[0]) * (box[3] - box[1])", "(box[2] - box[0] + 1) * (box[3] - box[1] + 1)"),)),
            Mistake("overlap-alone", "That is the area of the overlap; divide it by that of both together.", (("both / (sum(areas) - both)", "both"),)),
        ),
    ),
    Exercise(
        slug="iou_of_a_shift", notebook="10", title="The IoU of a shifted square",
        prompt="Two squares of side s, one moved sideways by d < s.",
        solution='''
            def iou_of_a_shift(s, d):
                """A number."""
                return (s - d) / (s + d)
        ''',
        why="The overlap is s (s - d), the union s (s + d). It is 0.5 at d = s / 3: a third is much.",
        hints=("How wide is the overlap?", "s - d; the union is s + d wide.", "(s - d) / (s + d)"),
        inputs=lambda rng: [(1.0, 0.5), (2.0, 0.2), (3.0, 0.0), (1.0, 0.9)],
        mistakes=(
            Mistake("over-one-square", "You divide by one square; the union of the two is larger.", (("(s + d)", "s"),)),
            Mistake("overlap-twice", "The union is not the sum of both squares: the overlap is in both.", (("(s + d)", "(2 * s)"),)),
            Mistake("area-only", "That is the overlap; divide it by the union.", (("(s - d) / (s + d)", "s * (s - d)"),)),
            Mistake("dice", "That is Dice's coefficient.", (("(s - d) / (s + d)", "2 * (s - d) / (2 * s)"),)),
            Mistake("both-ways", "The square moves sideways only, not down as well.", (("(s - d) / (s + d)", "(s - d) ** 2 / (2 * s**2 - (s - d) ** 2)"),)),
            Mistake("answer-to-the-other-question", "1/3 is the d/s at which the IoU is 0.5; the IoU itself is wanted.", (("(s - d) / (s + d)", "1 / 3 + 0 * s"),)),
        ),
        twins={"dice": "over-one-square"},
    ),
    Exercise(
        slug="strided_multiplications", notebook="10", title="(2+1)D with a stride",
        prompt="Stride 2 on all axes, padding same, kernels of 3, on a clip (frames, rows, columns): the multiplications of a 3D convolution from C channels to N, and of (2+1)D, "
        "whose first half takes the strides of space and has M channels, and whose second takes that of time. (Output places times the numbers in a kernel.)",
        solution='''
            def strided_multiplications(shape, C, M, N):
                """shape: (frames, rows, columns), even. Returns (of 3D, of (2+1)D)."""
                frames, rows, columns = shape
                places = (frames // 2) * (rows // 2) * (columns // 2)
                first = frames * (rows // 2) * (columns // 2)
                return places * 27 * C * N, first * 9 * C * M + places * 3 * M * N
        ''',
        why="The first half of (2+1)D still runs on all frames, at every second place.",
        hints=("How many output places has the 3D layer?", "Half as many on each axis. And the first half of (2+1)D?", "It takes the strides of space alone: all frames, half of the rows and columns."),
        inputs=lambda rng: [((12, 16, 16), 16, 38, 32), ((4, 6, 8), 3, 5, 7), ((2, 4, 2), 1, 2, 3)],
        mistakes=(
            Mistake("all-strides-at-once", "The first half of (2+1)D keeps all frames.", (("first = frames *", "first = (frames // 2) *"),)),
            Mistake("no-stride", "You count as many places as the input has.",
                    (("places = (frames // 2) * (rows // 2) * (columns // 2)", "places = frames * rows * columns"), ("first = frames * (rows // 2) * (columns // 2)", "first = frames * rows * columns"))),
            Mistake("space-only", "The stride of time is forgotten.", (("places = (frames // 2)", "places = frames"),)),
            Mistake("kernels-only", "Those are the numbers in the kernels; each is used at every output place.",
                    (("places = (frames // 2) * (rows // 2) * (columns // 2)", "places = 1"), ("first = frames * (rows // 2) * (columns // 2)", "first = 1"))),
            Mistake("time-forgotten", "The second half of (2+1)D is forgotten.", ((" + places * 3 * M * N", ""),)),
            Mistake("exchanged", "The two are exchanged: 3D comes first.",
                    (("return places * 27 * C * N, first * 9 * C * M + places * 3 * M * N", "return first * 9 * C * M + places * 3 * M * N, places * 27 * C * N"),)),
            Mistake("no-stride-in-space", "The first half takes the strides of space: half of the rows and columns.", (("first = frames * (rows // 2) * (columns // 2)", "first = frames * rows * columns"),)),
        ),
    ),
    Exercise(
        slug="endpoint_error", notebook="10", title="How wrong is a flow?",
        prompt="The endpoint error: the mean over all pixels of the length of (measured - true).",
        solution='''
            def endpoint_error(measured, true):
                """Both (rows, columns, 2) in pixels. Returns a number."""
                return float(np.sqrt(((measured - true) ** 2).sum(axis=-1)).mean())
        ''',
        why="Each pixel's error is a distance; the mean is taken of distances.",
        hints=("What is the length of a difference (du, dv)?", "sqrt(du^2 + dv^2), for each pixel.", "np.sqrt(((measured - true) ** 2).sum(axis=-1)).mean()"),
        inputs=lambda rng: [(rng.normal(size=(r, c, 2)), rng.normal(size=(r, c, 2))) for r, c in ((2, 3), (1, 4), (5, 2))],
        mistakes=(
            Mistake("squares", "The root is missing: those are squares of lengths.", (("np.sqrt(((measured - true) ** 2).sum(axis=-1)).mean()", "((measured - true) ** 2).sum(axis=-1).mean()"),)),
            Mistake("root-of-mean", "That is the root of the mean square; the mean of the lengths is wanted.", (("np.sqrt(((measured - true) ** 2).sum(axis=-1)).mean()", "np.sqrt(((measured - true) ** 2).sum(axis=-1).mean())"),)),
            Mistake("parts", "That is the mean of |du| and |dv|; the length of (du, dv) is wanted.", (("np.sqrt(((measured - true) ** 2).sum(axis=-1)).mean()", "np.abs(measured - true).mean()"),)),
            Mistake("of-means", "You take the mean first: errors to the left and to the right cancel.", (("np.sqrt(((measured - true) ** 2).sum(axis=-1)).mean()", "np.sqrt(((measured - true).mean(axis=(0, 1)) ** 2).sum())"),)),
            Mistake("lengths", "That is the difference of the lengths; directions count, too.",
                    (("np.sqrt(((measured - true) ** 2).sum(axis=-1)).mean()", "np.abs(np.sqrt((measured**2).sum(axis=-1)) - np.sqrt((true**2).sum(axis=-1))).mean()"),)),
            Mistake("sum", "That is the sum over pixels; the mean is wanted.", (("(axis=-1)).mean()", "(axis=-1)).sum()"),)),
            Mistake("mean-of-squares", "Inside the root stands the sum of the two squares, not their mean.", ((".sum(axis=-1)", ".mean(axis=-1)"),)),
            Mistake("wrong-axis", "The length of (du, dv) is taken along the last axis.", (("axis=-1", "axis=0"),)),
            Mistake("sum-of-parts", "That is |du| + |dv|; the length of (du, dv) is wanted.", (("np.sqrt(((measured - true) ** 2).sum(axis=-1)).mean()", "np.abs(measured - true).sum(axis=-1).mean()"),)),
            Mistake("one-norm", "That is the norm of the whole field; the mean of the pixels' lengths is wanted.", (("np.sqrt(((measured - true) ** 2).sum(axis=-1)).mean()", "np.linalg.norm(measured - true)"),)),
        ),
    ),
)  # fmt: skip
