"""Notebook 17: forecasts of the next frame, what they are compared with, and what goes wrong on the way."""

from vidlab.check.exercise import Exercise, Mistake


def _clips(rng):
    return [
        (rng.random((n, t, 3, 4)).round(3), given, steps)
        for n, t, given, steps in ((2, 6, 3, 2), (3, 8, 4, 3), (1, 9, 5, 4))
    ]


def _pictures(rng):
    return [
        (rng.random(shape).round(3), dx, dy)
        for shape, dx, dy in (((4, 5), 1, 0), ((5, 6), 0, 2), ((5, 7), 2, -1), ((6, 4), -1, 3))
    ]


def _futures(rng):
    return [(rng.random((2, 3)).round(3), rng.random((2, 3)).round(3), p) for p in (0.5, 0.8, 0.3)]


def _series(rng):
    return [
        (rng.random(n).round(3), rng.uniform(-0.6, 0.9, k).round(3), steps)
        for n, k, steps in ((4, 2, 3), (6, 3, 4), (5, 3, 2))
    ]


def _patches(rng):
    cases = []
    for shape, blur in (((3, 3), 0.3), ((4, 3), 0.7), ((5, 5), 0.5)):
        a = rng.random(shape).round(3)
        cases.append((a, (blur * a + (1 - blur) * rng.random(shape) * 0.8).round(3)))
    return cases


def _coins(rng):
    cases = []
    for t in (5, 6, 7):
        coins = rng.random(t) < 0.5
        coins[[0, 2]], coins[3] = True, False
        cases.append((rng.random((t, 2)).round(3), rng.random((t, 2)).round(3), coins))
    return cases


def _outputs(rng):
    cases = []
    for frames, changed, ahead in ((7, 4, 1), (9, 5, 3), (8, 3, 0), (8, 6, -1)):
        before = rng.random((frames, 2, 3)).round(3)
        after = before.copy()
        moved = slice(changed - ahead, frames - 1)
        after[moved, 1] += rng.uniform(0.1, 0.4, after[moved, 1].shape).round(3)
        cases.append((before, after, changed))
    return cases


def _codes(rng):
    return [
        (rng.random((codes, n, 2, 3)).round(3), rng.random((n, 2, 3)).round(3)) for codes, n in ((3, 5), (4, 6), (5, 7))
    ]


EXERCISES = (
    Exercise(
        slug="copy_last_error", notebook="17", title="The error of copying",
        prompt="The simplest forecast: the last given frame, again and again. What is its mean squared error at each horizon, over all clips and pixels?",
        solution='''
            def copy_last_error(clips, given, steps):
                """clips: (n, frames, height, width); the first `given` frames are known. Returns (steps,)."""
                last = clips[:, given - 1 : given]
                future = clips[:, given : given + steps]
                return np.mean((last - future) ** 2, axis=(0, 2, 3))
        ''',
        why="The last known frame is number given - 1; each of the next `steps` frames is compared with it, and time stays.",
        hints=("Which frame is the last that is known? Counting begins at 0.", "Frames given, given + 1, ... are the future. The mean goes over clips, rows and columns, not over time.", "np.mean((clips[:, given - 1 : given] - clips[:, given : given + steps]) ** 2, axis=(0, 2, 3))"),
        inputs=_clips,
        mistakes=(
            Mistake("sees-the-future", "Frame `given` is the first of the future: your forecast copies what it should predict, so the first error is 0.", (("given - 1 : given]", "given : given + 1]"),)),
            Mistake("frame-before", "You copy each frame from the one before it: only at the first horizon is that one known.", (("last = clips[:, given - 1 : given]", "last = clips[:, given - 1 : given + steps - 1]"),)),
            Mistake("one-number", "That is one number for all horizons; keep time apart.", (("axis=(0, 2, 3)", "axis=(0, 1, 2, 3)"),)),
            Mistake("sum", "A sum grows with the picture; take the mean.", (("np.mean(", "np.sum("),)),
            Mistake("absolute", "Those are absolute errors; the task squares them.", (("np.mean((last - future) ** 2", "np.mean(np.abs(last - future)"),)),
            Mistake("root", "You took the root as well; that is the RMSE.", (("np.mean((last - future) ** 2, axis=(0, 2, 3))", "np.sqrt(np.mean((last - future) ** 2, axis=(0, 2, 3)))"),)),
            Mistake("first-frame", "You copy the clip's first frame; the last known one is nearer.", (("clips[:, given - 1 : given]", "clips[:, :1]"),)),
        ),
    ),
    Exercise(
        slug="moved_on", notebook="17", title="Constant velocity, whole pixels",
        prompt="All of a picture has moved `dx` pixels to the right and `dy` down. If that goes on, what is the next picture? What leaves on one side comes back on the other.",
        solution='''
            def moved_on(picture, dx, dy):
                """picture: (height, width). Returns the next picture, of the same shape."""
                height, width = picture.shape
                y, x = np.arange(height)[:, None], np.arange(width)
                return picture[(y - dy) % height, (x - dx) % width]
        ''',
        why="The next picture at (y, x) shows what is now at (y - dy, x - dx): you ask where a pixel came from, so the sign is minus.",
        hints=("For each pixel of the next picture: where in this one did it come from?", "Moved to the right by dx means: next(y, x) = picture(y, x - dx).", "picture[(y - dy) % height, (x - dx) % width]"),
        inputs=_pictures,
        mistakes=(
            Mistake("backwards", "Your picture moves the other way: a pixel comes *from* (y - dy, x - dx).", (("y - dy", "y + dy"), ("x - dx", "x + dx"))),
            Mistake("x-y-exchanged", "dx goes along a row, dy down the columns: you have them exchanged.", (("y - dy", "y - dx"), ("x - dx", "x - dy"))),
            Mistake("x-backwards", "Along the row it moves the wrong way.", (("x - dx", "x + dx"),)),
            Mistake("y-backwards", "Down the columns it moves the wrong way.", (("y - dy", "y + dy"),)),
            Mistake("only-x", "dy is missing.", (("(y - dy) % height", "y"),)),
            Mistake("only-y", "dx is missing.", (("(x - dx) % width", "x"),)),
            Mistake("border-repeated", "What leaves on one side comes back on the other; you repeat the border.", (("(y - dy) % height", "np.clip(y - dy, 0, height - 1)"), ("(x - dx) % width", "np.clip(x - dx, 0, width - 1)"))),
            Mistake("twice", "You moved it by two steps.", (("y - dy", "y - 2 * dy"), ("x - dx", "x - 2 * dx"))),
        ),
    ),
    Exercise(
        slug="best_guess", notebook="17", title="Two futures, one answer",
        prompt="Future `a` comes with probability p, future `b` otherwise. Which one picture has the smallest expected mean squared error, and how large is that error? Return both.",
        solution='''
            def best_guess(a, b, p):
                """a, b: (height, width); p: a number. Returns the picture, and its expected mean squared error."""
                guess = p * a + (1 - p) * b
                error = p * np.mean((guess - a) ** 2) + (1 - p) * np.mean((guess - b) ** 2)
                return guess, error
        ''',
        why="The derivative of p (g - a)^2 + (1 - p) (g - b)^2 is zero at g = p a + (1 - p) b: the mean, in which both are seen half. Its error is p (1 - p) mean (a - b)^2.",
        hints=("Set the derivative of the expected error to zero, for one pixel.", "2 p (g - a) + 2 (1 - p) (g - b) = 0. What is g?", "guess = p * a + (1 - p) * b; its error is p * mean((guess - a)**2) + (1 - p) * mean((guess - b)**2)."),
        inputs=_futures,
        mistakes=(
            Mistake("likelier-one", "That is the likelier future. It is sharp, but where it is wrong it is wrong by all: the mean's expected error is smaller.", (("p * a + (1 - p) * b", "np.where(p >= 0.5, a, b)"),)),
            Mistake("equal-weights", "You weigh both alike; future a comes with probability p.", (("p * a + (1 - p) * b", "(a + b) / 2"),)),
            Mistake("weights-exchanged", "p belongs to a, 1 - p to b.", (("p * a + (1 - p) * b", "(1 - p) * a + p * b"),)),
            Mistake("error-unweighted", "In the error, too, each future counts as often as it comes.", (("p * np.mean((guess - a) ** 2) + (1 - p) * np.mean((guess - b) ** 2)", "(np.mean((guess - a) ** 2) + np.mean((guess - b) ** 2)) / 2"),)),
            Mistake("error-of-a", "That is the error if `a` comes; expect over both.", (("p * np.mean((guess - a) ** 2) + (1 - p) * np.mean((guess - b) ** 2)", "np.mean((guess - a) ** 2)"),)),
            Mistake("no-error-of-mean", "You compare the mean with itself; compare it with what comes: a or b.", (("p * np.mean((guess - a) ** 2) + (1 - p) * np.mean((guess - b) ** 2)", "np.mean((guess - (p * a + (1 - p) * b)) ** 2)"),)),
            Mistake("absolute", "That is the mean absolute error.", (("p * np.mean((guess - a) ** 2)", "p * np.mean(np.abs(guess - a))"), ("(1 - p) * np.mean((guess - b) ** 2)", "(1 - p) * np.mean(np.abs(guess - b))"))),
        ),
    ),
    Exercise(
        slug="rolled_out", notebook="17", title="On its own predictions",
        prompt="One pixel, and a linear model: the next value is w[0] times the newest value plus w[1] times the one before it, and so on. Forecast `steps` values behind the given ones, each from the given values and the forecasts so far.",
        solution='''
            def rolled_out(given, w, steps):
                """given: (n,), oldest first; w: (k,), k <= n, w[0] for the newest. Returns (steps,)."""
                values = list(given)
                for _ in range(steps):
                    newest_first = values[::-1][: len(w)]
                    values.append(np.dot(w, newest_first))
                return np.array(values[len(given) :])
        ''',
        why="Each forecast is laid behind the values, and the next one is made from that: no true value of the future is used.",
        hints=("Keep a list of values. What must be appended to it after each step?", "The newest k values, newest first: values[::-1][:len(w)].", "values.append(np.dot(w, values[::-1][:len(w)])), `steps` times; return what is behind the given values."),
        inputs=_series,
        mistakes=(
            Mistake("never-fed-back", "Your second forecast is the same as the first: lay each forecast behind the values before you make the next.", (("newest_first = values[::-1][: len(w)]", "newest_first = list(given)[::-1][: len(w)]"),)),
            Mistake("oldest-first", "w[0] belongs to the newest value; yours go the other way round.", (("values[::-1][: len(w)]", "values[-len(w) :]"),)),
            Mistake("from-the-beginning", "You take the first values of the row, not the newest.", (("values[::-1][: len(w)]", "values[: len(w)][::-1]"),)),
            Mistake("given-returned", "Return the forecasts alone, without the given values.", (("values[len(given) :]", "values"),)),
            Mistake("one-too-many", "You make one step too many.", (("range(steps)", "range(steps + 1)"),)),
            Mistake("off-by-one", "Your row begins with the last given value, and the last forecast is missing.", (("values[len(given) :]", "values[len(given) - 1 : -1]"),)),
            Mistake("added", "The model gives the next value, not the change; you added the newest value.", (("values.append(np.dot(w, newest_first))", "values.append(values[-1] + np.dot(w, newest_first))"),)),
        ),
    ),
    Exercise(
        slug="ssim_window", notebook="17", title="Structural similarity of one window",
        prompt="Write SSIM for one window of two pictures whose values go from 0 to 1: C1 = 0.01², C2 = 0.03², all pixels count alike, (co)variances divide by the number of pixels.",
        solution='''
            def ssim_window(a, b):
                """a, b: (rows, columns). Returns a number."""
                m_a, m_b = a.mean(), b.mean()
                v_a, v_b = ((a - m_a) ** 2).mean(), ((b - m_b) ** 2).mean()
                c = ((a - m_a) * (b - m_b)).mean()
                c1, c2 = 0.01**2, 0.03**2
                return (2 * m_a * m_b + c1) * (2 * c + c2) / ((m_a**2 + m_b**2 + c1) * (v_a + v_b + c2))
        ''',
        why="The first factor compares the means, the second asks whether both go up and down together: the covariance against the variances.",
        hints=("Five numbers first: two means, two variances, one covariance.", "The covariance is the mean of (a - m_a) (b - m_b).", "(2 m_a m_b + C1) (2 c + C2) / ((m_a² + m_b² + C1) (v_a + v_b + C2))"),
        inputs=_patches,
        mistakes=(
            Mistake("mean-of-products", "You took the mean of the products as the covariance: subtract the means first.", (("((a - m_a) * (b - m_b)).mean()", "(a * b).mean()"),)),
            Mistake("mean-of-squares", "A variance is about the mean: subtract it before you square.", (("((a - m_a) ** 2).mean(), ((b - m_b) ** 2).mean()", "(a**2).mean(), (b**2).mean()"),)),
            Mistake("deviation", "You used standard deviations where the formula has variances.", (("((a - m_a) ** 2).mean(), ((b - m_b) ** 2).mean()", "a.std(), b.std()"),)),
            Mistake("sample", "You divide by one less than the number of pixels.", (("v_a, v_b = ((a - m_a) ** 2).mean(), ((b - m_b) ** 2).mean()", "v_a, v_b = a.var(ddof=1), b.var(ddof=1)"), ("c = ((a - m_a) * (b - m_b)).mean()", "c = ((a - m_a) * (b - m_b)).sum() / (a.size - 1)"))),
            Mistake("no-structure", "You compare the means alone; where is the covariance?", ((" * (2 * c + c2) / ((m_a**2 + m_b**2 + c1) * (v_a + v_b + c2))", " / (m_a**2 + m_b**2 + c1)"),)),
            Mistake("no-means", "The factor of the means is missing.", (("(2 * m_a * m_b + c1) * (2 * c + c2) / ((m_a**2 + m_b**2 + c1) * (v_a + v_b + c2))", "(2 * c + c2) / (v_a + v_b + c2)"),)),
            Mistake("squared-deviations-product", "In the denominator the variances are added, not multiplied.", (("(v_a + v_b + c2)", "(2 * np.sqrt(v_a * v_b) + c2)"),)),
            Mistake("constants-not-squared", "C1 and C2 are the squares of 0.01 and 0.03.", (("0.01**2, 0.03**2", "0.01, 0.03"),)),
        ),
    ),
    Exercise(
        slug="scheduled_inputs", notebook="17", title="What scheduled sampling feeds",
        prompt="`predicted[t]` is the network's forecast of frame t + 1. Where `coins[t]` is True, input t is the network's own forecast of frame t; else the true frame. The first frame is always true.",
        solution='''
            def scheduled_inputs(true, predicted, coins):
                """true, predicted: (frames, features); coins: (frames,) bool. Returns the inputs, (frames, features)."""
                inputs = true.copy()
                for t in range(1, len(true)):
                    if coins[t]:
                        inputs[t] = predicted[t - 1]
                return inputs
        ''',
        why="Frame t was predicted one step earlier, at t - 1. Nobody predicted frame 0.",
        hints=("Which entry of `predicted` is about frame t?", "The forecast of frame t stands at t - 1.", "inputs[t] = predicted[t - 1] where coins[t], for t from 1 on; true[t] elsewhere."),
        inputs=_coins,
        mistakes=(
            Mistake("a-frame-late", "predicted[t] is about frame t + 1: as input t it would show the frame that is to be predicted.", (("predicted[t - 1]", "predicted[t]"),)),
            Mistake("coins-upside-down", "True means the network's own forecast.", (("if coins[t]", "if not coins[t]"),)),
            Mistake("always-own", "You never feed a true frame after the first: that is free running.", (("if coins[t]", "if True"),)),
            Mistake("always-true", "You never feed a forecast: that is teacher forcing.", (("if coins[t]", "if False"),)),
            Mistake("first-frame-too", "Nobody predicted frame 0; predicted[-1] is the last one.", (("range(1, len(true))", "range(len(true))"),)),
            Mistake("coin-before", "It is the coin of frame t that decides about frame t.", (("if coins[t]", "if coins[t - 1]"),)),
            Mistake("blended", "A coin chooses; you take the mean of both.", (("inputs[t] = predicted[t - 1]", "inputs[t] = (true[t] + predicted[t - 1]) / 2"),)),
        ),
    ),
    Exercise(
        slug="frames_ahead", notebook="17", title="Does it look ahead?",
        prompt="Frame `changed` of a clip was changed, and no other. `before` and `after` are the network's outputs. How many frames ahead does it look? (An output t that is allowed to see frames up to t looks 0 ahead.)",
        solution='''
            def frames_ahead(before, after, changed):
                """before, after: (frames, height, width). Returns a whole number: 1 where output t sees frame t + 1."""
                moved = np.abs(after - before).max(axis=(1, 2)) > 1e-6
                return changed - np.argmax(moved)
        ''',
        why="The first output that moves is the earliest one that sees the frame. Output changed - 1 sees one frame ahead.",
        hints=("In which outputs is there any difference?", "np.argmax of a row of bools is the first True.", "changed - np.argmax(moved)"),
        inputs=_outputs,
        mistakes=(
            Mistake("last-moved", "You took the last output that moves: that tells how long it remembers. The first one tells how far it looks ahead.", (("np.argmax(moved)", "np.flatnonzero(moved)[-1]"),)),
            Mistake("sign", "An output before the changed frame looks ahead: that is positive.", (("changed - np.argmax(moved)", "np.argmax(moved) - changed"),)),
            Mistake("output-number", "That is the number of the first output that moves; how far is it from the changed frame?", (("changed - np.argmax(moved)", "np.argmax(moved)"),)),
            Mistake("first-unmoved", "You took the first output that stays.", (("np.argmax(moved)", "np.argmin(moved)"),)),
            Mistake("most-moved", "The output that moves most need not be the first one.", (("np.argmax(moved)", "np.argmax(np.abs(after - before).max(axis=(1, 2)))"),)),
            Mistake("counted", "You counted how many outputs move.", (("changed - np.argmax(moved)", "np.sum(moved)"),)),
            Mistake("one-more", "Output t may see frame t; that is 0 ahead.", (("changed - np.argmax(moved)", "changed - np.argmax(moved) + 1"),)),
        ),
    ),
    Exercise(
        slug="nearest_code", notebook="17", title="The code that fits",
        prompt="A network says for each code how each clip goes on. Which code is nearest to what really came, by the mean squared error?",
        solution='''
            def nearest_code(said, true):
                """said: (codes, clips, height, width); true: (clips, height, width). Returns (clips,) code numbers."""
                errors = np.mean((said - true) ** 2, axis=(2, 3))
                return np.argmin(errors, axis=0)
        ''',
        why="One error for each code and clip, then for each clip the code with the smallest.",
        hints=("First a table of errors: a row for each code, a column for each clip.", "The mean goes over rows and columns of the picture. Which axis are the codes?", "np.argmin(np.mean((said - true) ** 2, axis=(2, 3)), axis=0)"),
        inputs=_codes,
        mistakes=(
            Mistake("wrong-axis", "That is the best clip for each code; the task asks for the best code for each clip.", (("axis=0", "axis=1"),)),
            Mistake("farthest", "You took the code with the largest error.", (("argmin", "argmax"),)),
            Mistake("the-error", "That is the smallest error itself; which code has it?", (("np.argmin(", "np.min("),)),
            Mistake("one-code-for-all", "You chose one code for all clips.", (("np.argmin(errors, axis=0)", "np.full(said.shape[1], np.argmin(errors.mean(axis=1)))"),)),
            Mistake("signed", "Errors of both signs cancel: square them.", (("np.mean((said - true) ** 2, axis=(2, 3))", "np.mean(said - true, axis=(2, 3))"),)),
            Mistake("counted-from-one", "Codes are counted from 0.", (("return np.argmin(errors, axis=0)", "return np.argmin(errors, axis=0) + 1"),)),
        ),
    ),
)  # fmt: skip
