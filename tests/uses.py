"""How the package's public functions are called, for a type checker: tests/test_types.py runs mypy over this file.

Nothing here is executed. A line that ends in `# wrong` must be refused.
"""

from pathlib import Path

import keras
import numpy as np

from vidlab import datasets, fetch, figures, models, training, video
from vidlab.clips import Frames, as_floats, as_rgb, checked


def clips(path: Path, clip: np.ndarray) -> Frames:
    checked(clip, "clip", any_range=True)
    as_rgb(as_floats(clip))
    Frames(16, (48, 48), fit="crop", sampling="dense", stride=2, by="time")
    Frames(fit="zoom")  # wrong
    Frames(16, (48, 48), "crop")  # wrong
    chosen: np.ndarray = video.indices(48, 8, "dense", 0, stride=2)
    video.indices(48, 8, "evenly")  # wrong
    return Frames(len(chosen), None)


def data(samples: list[datasets.Sample]) -> datasets.Batches:
    x, y = datasets.load_clips(samples, Frames(8), classes=["a", "b"], seed=1)
    datasets.load_clips(samples, 8, (32, 32))  # wrong
    rows: np.ndarray = datasets.results("tour").values("top1", model="conv3d")
    figures.lines({"a": rows}, [1, 2], alt="a line", log="x")
    figures.lines({"a": rows})  # wrong
    return datasets.Batches(samples, Frames(), batch=8, shuffle=True, on_error="repair", cache=Path("kept"))


def train(model: keras.Model, learn: datasets.Batches, test: tuple[np.ndarray, np.ndarray]) -> float:
    training.compile(model, 100, learning_rate=1e-3)
    history = training.fit(model, learn, test, steps=100, learning_rate=None, keep="last")
    training.fit(model, learn, test, 14)  # wrong
    training.fit(model, learn, keep="first")  # wrong
    history["loss"]  # wrong
    training.save("a.keras", model, ["a", "b"], learn.frames)
    saved = training.load("a.keras")
    training.predict(saved, "a.mp4", views=3)
    for run in training.compare([models.conv3d], learn, None, test, seeds=[0]):
        print(run.top1, run.interval[0])
    return training.evaluate(model, test).top1 + history.loss[-1]


def files() -> Path:
    fetch.download("http://127.0.0.1/a.zip", ".", None)  # wrong
    return fetch.extract(fetch.download("http://127.0.0.1/a.zip", ".", "0" * 64), limit_files=10)
