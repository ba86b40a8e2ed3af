"""The live view: a model that answers again and again to the last second of the camera, or of a file."""

from collections import deque
from pathlib import Path
from threading import Lock
from time import perf_counter

import numpy as np
import traitlets

from vidlab import video
from vidlab.video.reading import fitted
from vidlab.widgets import lab
from vidlab.widgets.explaining import explain
from vidlab.widgets.explorer import explore

KEPT, BYTES = 12.0, 60_000_000  # seconds of frames that are kept, and bytes at most
RATES = 12.0, 25.0  # frames a second that the page takes from a camera, at least and at most
LONGEST, LARGEST = 120.0, 48_000_000  # seconds of a file, and bytes of it that are sent to the page
HEIGHT = 240  # of the page's pictures
BELOW = {"layer explorer": explore, "explanation lab": explain}
BEATS, JITTER = 10.0, 0.02  # beats a second, at least; how far from even the clock may become, as a part of a beat


class Ring:
    """The last seconds of frames, each with its time, and a clip of any moment of them.

    A clip has `frames` frames, evenly spaced from the first of the last `seconds` to the newest, as `video.read`
    chooses them of a file of that length. With `on_beat` the last is due at the last beat of a clock that the first
    frame of all has started, and the others some beats before: clips of two moments share most of their frames. `known`
    has a dict for each frame: what was said of it before.
    """

    def __init__(self, frames, seconds, keep=KEPT, on_beat=False):
        self.frames, self.seconds, self.keep = frames, seconds, max(keep, seconds)
        self.times, self.pictures, self.known = deque(), deque(), deque()
        self.on_beat, self._first, self._beat = on_beat and frames > 1, 0.0, None

    def add(self, time, picture):
        if self.times and time <= self.times[-1]:
            return
        if not self.times:
            self._first, self._beat = time, None
        self.times.append(time)
        self.pictures.append(picture)
        self.known.append({})
        most = max(BYTES // picture.nbytes, self.frames)
        while self.times[0] < time - self.keep - self.seconds or len(self.times) > most:
            for kept in (self.times, self.pictures, self.known):
                kept.popleft()

    def clear(self):
        for kept in (self.times, self.pictures, self.known):
            kept.clear()

    @property
    def lacks(self):
        """Seconds until there is a whole clip."""
        span = self.times[-1] - self.times[0]
        return max(self.seconds - span - 1.01 * self._step, 0.0)

    @property
    def _step(self):
        """Seconds that a frame is on show, as a rule."""
        return float(np.median(np.diff(self.times))) if len(self.times) > 1 else 0.0

    def places(self, moment=None):
        """(frames,): which of the frames make the clip that ends at a moment; at the newest frame where None."""
        times = np.array(self.times)
        end, span = times[-1] if moment is None else moment, self.seconds - self._step
        if self.on_beat:
            apart = span / (self.frames - 1)  # of two frames of the clip, in seconds; then in beats
            often = np.ceil(BEATS * apart)
            if self._beat is None or abs(apart / often - self._beat) > JITTER * self._beat:
                self._beat = apart / often  # and so it stays: the rate of a camera is never quite even
            end = self._first + self._beat * np.floor((end - self._first) / self._beat + 1e-6)
            span = self._beat * often * (self.frames - 1)
        wanted = end - span * (np.linspace(1, 0, self.frames) if self.frames > 1 else np.array([0.5]))
        return np.abs(times[:, None] - wanted).argmin(axis=0)

    def clip(self, moment=None):
        """(frames, height, width, 3) uint8: the clip that ends at a moment; at the newest frame where None."""
        return np.stack([self.pictures[k] for k in self.places(moment)])


class Watcher(lab.Live):
    """The live view in the page.

    `moment` is the clip that the model saw at the chosen moment, as it saw it; `answer` has what it said of the newest.
    """

    _esm = lab.browser("controls.js", "panels.js", "camera.js", "watcher.js")
    _css = lab.browser("lab.css", "recorder.css")
    classes = traitlets.List().tag(sync=True)
    file = traitlets.Dict().tag(sync=True)  # "data", "shape", "fps" of a file in place of a camera
    rate = traitlets.Float().tag(sync=True)  # frames a second that the page sends
    seconds = traitlets.Float().tag(sync=True)
    answer = traitlets.Dict().tag(sync=True)  # "id", "time", "p" or None, "ms", "lacks", "bad"
    chosen = traitlets.Float(allow_none=True, default_value=None).tag(sync=True)
    below = traitlets.Dict().tag(sync=True)  # the lab on the chosen moment: "asked", "lab", "id", or what is "bad"

    def __init__(self, saved, seconds, shown):
        self.saved, self._lock, self._below = saved, Lock(), None
        self._ask, knows = asking(saved.model)
        self._ask(np.zeros(saved.frames.shape, np.uint8))  # the first answer takes seconds: now, and not live
        self.ring = Ring(saved.frames.frames, seconds, on_beat=knows)
        rate = float(np.clip(1.5 * saved.frames.frames / seconds, *RATES))
        fitting = {"classes": saved.classes, "rate": rate, "seconds": seconds, "file": shown}
        super().__init__(_still(saved, shown), title=f"Live: {saved.model.name}", **fitting)
        self.on_msg(self._hear)

    @property
    def moment(self):
        """The clip of the chosen moment, (frames, height, width, 3) uint8: for `explore` and `explain`.

        Raises
        ------
        ValueError
            Nothing was seen yet.
        """
        with self._lock:
            if not self.ring.times:
                raise ValueError("moment: nothing was seen yet; switch the camera on, or play the file")
            return self.ring.clip(self.chosen)

    def let_go(self):
        self._put_below({})
        with self._lock:
            self.ring.clear()
        super().let_go()

    def _put_below(self, below, made=None):
        """Show one lab below this view, or none; the one before gives back its memory."""
        former, self._below = self._below, made
        self.below = below
        if former is not None:
            former.let_go()

    def _open(self, name, asked):
        """A lab on the chosen moment, below this view; why not, in one sentence, where it does not take the model."""
        try:
            made = BELOW[name](self.saved.model, self.moment, self.saved.classes)
        except Exception as error:  # what a callback raises is seen by nobody
            why = str(error).split("\n")[0] or type(error).__name__
            self._put_below({"asked": asked, "lab": name, "bad": f"The {name} cannot show this moment: {why}"})
        else:
            self._put_below({"asked": asked, "lab": name, "id": made.model_id}, made)

    def _hear(self, _, message, buffers):
        if message.get("kind") == "clear":
            with self._lock:
                self.ring.clear()
        if message.get("kind") == "open":
            self._open(message["lab"], message["id"])
        if message.get("kind") == "shut":
            self._put_below({})
        if message.get("kind") != "frames":
            return
        begun = perf_counter()
        with self._lock:
            try:
                found = self._see(message["times"], message["shape"], buffers)
            except Exception as error:  # what a callback raises is seen by nobody
                found = {"p": None, "lacks": 0.0, "bad": f"The model cannot answer: {error}"}
        self.answer = found | {"id": message["id"], "ms": 1000 * (perf_counter() - begun)}

    def _see(self, times, shape, buffers):
        height, width = map(int, shape)
        for time, data in zip(times, buffers, strict=True):
            picture = np.frombuffer(data, np.uint8).reshape(height, width, 3)
            self.ring.add(float(time), fitted(picture, self.saved.frames.size, self.saved.frames.fit))
        if (lacks := self.ring.lacks) > 0:
            return {"time": self.ring.times[-1], "p": None, "lacks": lacks}
        places = self.ring.places()
        p = self._ask(np.stack([self.ring.pictures[k] for k in places]), [self.ring.known[k] for k in places])
        return {"time": self.ring.times[-1], "p": [float(x) for x in p], "lacks": 0.0}


@lab.plainly
def live(model, file=None, seconds=None, classes=None):
    """Watch a model answer, many times a second, to the last second of the camera.

    Bars show the probabilities, smoothed over time as you like; below a threshold the answer is "nothing of these".
    Freeze it, step back, and open the moment in the layer explorer ("look inside") or in the explanation lab ("what did
    it look at?"), below; or take it on: ``view.moment`` is the clip as the model saw it. The camera is off until you
    switch it on. Frames go to the kernel on this computer and are kept for some seconds, until the camera goes off;
    they are never saved.

    What a model computes of each frame by itself (`models.by_frame`) is computed once: the clips that it is then asked
    about follow a steady beat, so that they share their frames, and end up to a tenth of a second before now.

    Parameters
    ----------
    model
        What `training.load` gave, the path of such a file, or a Keras model of clips with its `classes`.
    file
        A video file, or a clip in memory at 12 frames a second, in place of the camera.
    seconds
        That the model looks at at once; None: as long as the clips it learnt from, or one second.
    classes
        Their names, for a model that does not know them.

    Returns
    -------
    Watcher
        Shows itself when a cell ends in it.

    Raises
    ------
    ValueError
        The model is none, or its classes are not known; seconds are out of range; the file is too long.
    training.NotAModel
        The file holds no model.
    VideoError
        `file` cannot be read.
    """
    saved = _saved(model, classes)
    seconds = seconds if seconds is not None else saved.seconds or 1.0
    if not 0.2 <= seconds <= 10:
        raise ValueError(f"seconds={seconds!r} must be from 0.2 to 10")
    return Watcher(saved, float(seconds), {} if file is None else _shown(file))


def _saved(model, classes):
    from vidlab import training
    from vidlab.clips import Frames
    from vidlab.training.inputs import clip_input

    if isinstance(model, (str, Path)):
        model = training.load(model)
    if isinstance(model, training.Saved):
        return model
    if not callable(model) or not hasattr(model, "output_shape"):
        raise ValueError(f"model: expected what training.load gives, or a Keras model, got {type(model).__name__}")
    if classes is None or len(classes) != model.output_shape[-1]:
        raise ValueError(f"classes: expected {model.output_shape[-1]} names, one for each output of the model")
    _, shape = clip_input(model)
    return training.Saved(model, [str(name) for name in classes], Frames(shape[1], shape[2:4]))


def asking(model):
    """How to ask a model, as fast as may be, and whether it knows frames that come again.

    The first is a function of a clip (frames, height, width, 3) uint8, and of a dict for each of its frames, in which
    what was said of the frame is kept; it gives (classes,) probabilities.
    """
    import keras

    from vidlab.models import by_frame
    from vidlab.tensorflow import tf
    from vidlab.training.evaluation import flow_of
    from vidlab.training.inputs import clip_input

    if not isinstance(model, keras.Model):
        return lambda clip, known=None: np.asarray(model(_floats(clip)[None], training=False))[0], False
    flow, _ = clip_input(model)
    if not flow and (found := by_frame(model)).parts:
        return lambda clip, known=None: found.answer(_floats(clip), known), True
    graph = tf.function(lambda x: model(x, training=False))
    given = (lambda x: {"clip": x, "flow": flow_of(x)}) if flow else (lambda x: x)
    return lambda clip, known=None: graph(given(_floats(clip)[None])).numpy()[0], False


def _floats(clip):
    return clip.astype(np.float32) / 255


def _shown(file):
    """A file as the page plays it."""
    if isinstance(file, np.ndarray):
        from vidlab.clips import as_rgb

        clip, fps = as_rgb(file, "file"), 12.0
    else:
        found = video.probe(file)
        height = min(HEIGHT, found.height)
        size = height, max(1, round(found.width * height / found.height))
        fps = found.fps or 12.0
        if found.duration > LONGEST or found.frames * size[0] * size[1] * 3 > LARGEST:
            most = min(LONGEST, LARGEST / (size[0] * size[1] * 3 * fps))
            raise ValueError(f"file: {found.duration:.0f} s are too long for a page; cut out {most:.0f} s or less")
        clip = video.read(file, size=size, on_error="repair")
    return {"data": clip.tobytes(), "shape": list(clip.shape), "fps": float(fps)}


def _still(saved, shown):
    """What readers without a kernel find."""
    even = [1 / len(saved.classes)] * len(saved.classes)
    words = f"The live view of {saved.model.name}: bars for {', '.join(saved.classes)}, before anything was seen."
    panels = {}
    if shown:
        frames = np.frombuffer(shown["data"], np.uint8).reshape(shown["shape"])
        panels["file"] = lab.pixels(frames[len(frames) // 2], "the file", "A frame of the file.")
    panels["bars"] = lab.bars(saved.classes, {"probability": even}, "before anything was seen", words)
    return lab.still(panels, words)
