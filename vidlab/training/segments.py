"""What is to be seen when, in a long file: windows over it, and from them segments."""

import os
from collections import deque
from collections.abc import Callable
from contextlib import nullcontext
from dataclasses import dataclass
from itertools import chain
from math import log
from pathlib import Path
from typing import Literal

import keras
import numpy as np

from vidlab import video
from vidlab.clips import one_of, require
from vidlab.tensorflow import tf
from vidlab.training.evaluation import flow_of
from vidlab.training.inputs import clip_input
from vidlab.training.saving import Saved

AT_A_TIME = 8  # windows
FLOOR = 1e-4  # of a probability: no single window is quite sure
CUT, TIMES = 10, 3  # how much a picture changes at a cut: of 255, and of what it changes around


@dataclass(frozen=True)
class Segment:
    """From `start` to `stop` seconds a class is to be seen; `sure` is its mean probability in between."""

    start: float
    stop: float
    label: str
    sure: float


@dataclass(frozen=True)
class Timeline:
    """What a classifier says of a long file.

    `edges` (n + 1,) are the seconds between which each row of `probabilities` (n, classes) holds: the mean of those
    windows that lie over it, or all alike where a shot is too short for one. `segments` is what they say together.
    `stopped` says why the file was not read to its end; None where it was.
    """

    classes: list[str]
    edges: np.ndarray
    probabilities: np.ndarray
    segments: list[Segment]
    stopped: str | None = None


def timeline(
    saved: Saved,
    path: str | Path,
    *,
    window: float | None = None,
    step: float | None = None,
    lasts: float | None = None,
    on_error: Literal["stop", "repair"] = "stop",
    progress: Callable[[float], None] | None = None,
) -> Timeline:
    """Slide a window over a long file, ask a classifier about each, and join the answers to segments.

    No window reaches across a cut, as the clips that the model learnt from did not: a cut is where a picture differs
    from the one before by more than 10 of 255, and by three times what it does around (the adaptive detector of
    PySceneDetect, scenedetect.com).

    The segments are the likeliest path of a hidden Markov model in which a class lasts `lasts` seconds on average, all
    changes are equally likely, and the windows are its evidence, each counted once (Viterbi, IEEE Transactions on
    Information Theory 13, 1967; Rabiner, Proceedings of the IEEE 77, 1989). The file is read once, frame by frame;
    memory does not grow with its length.

    Parameters
    ----------
    saved
        What `load` gave: the model, its classes, and how a window becomes its clip.
    path
        A video file.
    window
        Seconds that the model looks at at once; None: what its clips lasted.
    step
        Seconds from window to window; None: a quarter of the window.
    lasts
        Seconds for which a class is seen on average; None: four windows.
    on_error
        Where the file is damaged, "stop" the timeline there, and say so; or "repair": go on behind each damaged part.
    progress
        Called with the share of the file that is done, from 0 to 1.

    Raises
    ------
    VideoError
        The file cannot be read.
    ValueError
        A number of seconds is not above 0, or the model does not say how long a clip is.

    Examples
    --------
    >>> from vidlab import datasets, models
    >>> from vidlab.clips import Frames
    >>> saved = Saved(models.frame_cnn((2, 16, 16, 3), classes=2), ["no", "yes"], Frames(2, (16, 16)))
    >>> found = timeline(saved, datasets.embedded()[0].source, window=1)
    >>> found.edges.tolist(), found.probabilities.shape
    ([0.0, 0.25, 0.5, 0.75, 1.0, 1.25, 1.5, 1.75, 2.0], (8, 2))
    """
    window = saved.seconds if window is None else window
    require(window is not None, "window: the model does not say how long its clips were; give seconds")
    step = window / 4 if step is None else step
    lasts = 4 * window if lasts is None else lasts
    for name, value in (("window", window), ("step", step), ("lasts", lasts)):
        require(np.isfinite(value) and value > 0, f"{name} must be seconds above 0, not {value!r}")
    require(step <= window, f"step={step} leaves gaps between windows of {window} s; make it smaller")
    one_of("on_error", on_error, Literal["stop", "repair"])
    windows = _Windows(path, saved, window, step, "repair" if on_error == "repair" else "raise")
    spans, said, answer = [], [], _answers(saved.model)
    for some in _in_groups(windows, AT_A_TIME):
        spans += [span for span, _ in some]
        said.append(answer(np.stack([clip for _, clip in some])))
        if progress is not None:
            progress(windows.share)
    edges, probabilities = _over_time(np.array(spans), np.concatenate(said), step, windows.length)
    # a window lies over window / step rows, and is to count once
    path_of_classes = likeliest_path(probabilities, step / window, min(step / lasts, 0.5))
    return Timeline(
        saved.classes,
        edges,
        probabilities,
        _segments(saved.classes, edges, probabilities, path_of_classes),
        windows.stopped,
    )


def likeliest_path(probabilities: np.ndarray, weight: float, change: float) -> np.ndarray:
    """The most probable sequence of classes, (n,): the one with the largest

        sum_t weight log p[t, c_t] + sum_t log a[c_t-1, c_t]

    where a is 1 - change on the diagonal, and change / (classes - 1) beside it: the Viterbi algorithm.

    >>> p = np.array([[0.9, 0.1], [0.9, 0.1], [0.4, 0.6], [0.9, 0.1], [0.1, 0.9], [0.1, 0.9]])
    >>> likeliest_path(p, 1.0, 0.2)
    array([0, 0, 0, 0, 1, 1])
    """
    scores = weight * np.log(np.maximum(probabilities, FLOOR))
    stay, go = log(1 - change), log(change / max(scores.shape[1] - 1, 1))
    best, came_from = scores[0], []
    for row in scores[1:]:
        other = best.argmax()  # the best to come from, if not from the class itself
        moved = best[other] + go > best + stay
        came_from.append(np.where(moved, other, np.arange(len(row))))
        best = np.where(moved, best[other] + go, best + stay) + row
    path = [best.argmax()]
    for back in reversed(came_from):
        path.append(back[path[-1]])
    return np.array(path[::-1])


class _Windows:
    """((begin, end), clip) of each window of a file.

    Meanwhile `share`, how much of it is read; then `length`, its seconds, and `stopped`, why it was not read on.
    """

    def __init__(self, path, saved, window, step, on_error):
        self.path, self.frames, self.window, self.step, self.on_error = path, saved.frames, window, step, on_error
        self.length, self.share, self.stopped = 0.0, 0.0, None

    def __iter__(self):
        shown, shot, begin, last = deque(), 0.0, 0.0, None  # shown: the first is on show when the last window begins
        for seconds, picture, cut in _with_cuts(self._passing()):
            if cut:
                yield from self._rest(shown, shot, last, seconds)
                shown.clear()
                shot, begin, last = seconds, seconds, None
            while seconds >= begin + self.window:
                yield self._window(shown, begin, begin + self.window)
                last, begin = begin, begin + self.step
                while len(shown) > 1 and shown[1][0] <= last:
                    shown.popleft()
            shown.append((seconds, picture))
        yield from self._rest(shown, shot, last, self.length)

    def _rest(self, shown, shot, last, end):
        """What is left at the end of a shot."""
        whole = shot == 0 and end == self.length  # a file shorter than any shot that is worth a window
        if end - shot >= self.window / 4 or whole:
            if last is None or end - last - self.window > 1e-3:
                yield self._window(shown, max(end - self.window, shot), end)

    def _passing(self):
        seconds = before = 0.0
        with open(self.path, "rb") if os.path.isfile(self.path) else nullcontext(self.path) as file:
            size = os.path.getsize(self.path) if file is not self.path else None
            try:
                for seconds, picture in video.stream(file, self.frames.size, self.frames.fit, self.on_error):
                    before, self.length = self.length, seconds
                    if size:  # bytes, as what a header says of its length may be wrong
                        self.share = max(self.share, file.tell() / size)
                    yield seconds, picture
            except video.Truncated as error:
                if not seconds:
                    raise
                self.stopped = str(error)
        self.length += self.length - before  # the last frame stays as long as the one before it
        self.share = 1.0

    def _window(self, shown, begin, end):
        frames = self.frames
        times = np.array([seconds for seconds, _ in shown])
        first = max(np.searchsorted(times, begin, side="right") - 1, 0)
        times = times[first:]
        order = np.arange(len(times))
        if frames.by == "time":
            ticks = begin + (order + 0.5) * (end - begin) / len(times)
            order = np.clip(np.searchsorted(times, ticks, side="right") - 1, 0, None)
        seed = 0 if frames.sampling == "random" else None
        chosen = order[video.indices(len(times), frames.frames, frames.sampling, seed, stride=frames.stride)]
        return (begin, end), np.stack([shown[first + i][1] for i in chosen])


def _with_cuts(passing):
    """(seconds, picture) -> (seconds, picture, whether a shot begins with it), two frames later."""
    nothing = None, None
    around, before = deque([(*nothing, np.nan)] * 2, 5), None
    for seconds, picture in chain(passing, [nothing] * 2):
        small = None if picture is None else picture[::2, ::2].astype(np.int16)
        change = np.nan if small is None or before is None else np.abs(small - before).mean()
        before = small
        around.append((seconds, picture, change))
        if len(around) == 5:
            others = [one[2] for k, one in enumerate(around) if k != 2 and not np.isnan(one[2])]
            seconds, picture, change = around[2]
            yield seconds, picture, bool(others) and change > max(CUT, TIMES * np.mean(others))


def _in_groups(things, size):
    group = []
    for thing in things:
        group.append(thing)
        if len(group) == size:
            yield group
            group = []
    if group:
        yield group


def _answers(model):
    """uint8 clips to probabilities, always as many at a time, so that TensorFlow builds its graph once."""
    flow, _ = clip_input(model)
    ask = tf.function(model, reduce_retracing=True) if isinstance(model, keras.Model) else model

    def answer(clips):
        full = np.zeros((AT_A_TIME, *clips.shape[1:]), np.float32)
        full[: len(clips)] = clips / np.float32(255)
        return np.asarray(ask({"clip": full, "flow": flow_of(full)} if flow else full, training=False))[: len(clips)]

    return answer


def _over_time(spans, said, step, length):
    """Edges in time, a step apart, and the mean of the windows that lie over each middle between them."""
    edges = np.append(np.arange(max(round(length / step), 1)) * step, length)
    middles = (edges[:-1] + edges[1:]) / 2
    sums = np.zeros((len(edges), said.shape[1]))
    count = np.zeros((len(edges), 1))
    first, after = np.searchsorted(middles, spans).T
    for at, sign in ((first, 1), (after, -1)):
        np.add.at(sums, at, sign * said)
        np.add.at(count, at, sign)
    sums, count = sums.cumsum(axis=0)[:-1], count.cumsum(axis=0)[:-1]
    return edges, np.where(count > 0, sums / np.maximum(count, 1), 1 / said.shape[1])


def _segments(classes, edges, probabilities, path):
    cuts = [0, *(np.flatnonzero(np.diff(path)) + 1), len(path)]
    return [
        Segment(float(edges[a]), float(edges[b]), classes[path[a]], float(probabilities[a:b, path[a]].mean()))
        for a, b in zip(cuts[:-1], cuts[1:], strict=True)
    ]
