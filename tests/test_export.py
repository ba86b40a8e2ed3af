"""Every model of the course as an ONNX file: the same answers, on real clips, from a file that holds all it needs."""

import json
import os
import subprocess
import sys

import numpy as np
import pytest

from vidlab import datasets, export, models, training
from vidlab.clips import Frames
from vidlab.models.onnx_file import OnnxModel

import keras  # isort: skip

FILE = next(one.source for one in datasets.embedded() if one.split == "test")


def saved(name="conv3d", classes=("a", "b", "c"), size=(16, 16), **frames):
    keras.utils.set_random_seed(0)
    frames = Frames(4, size, **frames)
    return training.Saved(models.CLIP_MODELS[name](frames.shape, len(classes)), list(classes), frames, 2.0)


@pytest.mark.slow
@pytest.mark.parametrize("name", models.CLIP_MODELS)
def test_every_model_answers_the_same_from_its_file(name, tmp_path):
    model = saved(name)
    assert export.to_onnx(model, tmp_path / "m.onnx") <= 1e-5
    loaded = training.load(tmp_path / "m.onnx")
    assert (loaded.classes, loaded.frames, loaded.seconds) == (model.classes, model.frames, 2.0)
    for views in (1, 3):  # other clips, another batch
        expected = training.predict(model, FILE, views=views)
        assert np.allclose(training.predict(loaded, FILE, views=views), expected, atol=1e-5)


def test_a_timeline_from_the_file(tmp_path):
    model = saved()
    export.to_onnx(model, tmp_path / "m.onnx")
    expected = training.timeline(model, FILE, window=0.5)
    found = training.timeline(training.load(tmp_path / "m.onnx"), FILE, window=0.5)
    assert np.allclose(found.probabilities, expected.probabilities, atol=1e-5)


def test_a_file_that_would_answer_otherwise_is_not_kept(tmp_path, monkeypatch):
    (tmp_path / "m.onnx").write_bytes(b"the old one")
    answers = OnnxModel.__call__
    monkeypatch.setattr(OnnxModel, "__call__", lambda self, x, **k: answers(self, x) + np.float32(2e-5))
    with pytest.raises(export.ExportError, match=r"m\.onnx: the file would answer otherwise .* 2e-05"):
        export.to_onnx(saved(), tmp_path / "m.onnx")
    monkeypatch.setattr(OnnxModel, "__call__", lambda self, x, **k: answers(self, x) * np.nan)
    with pytest.raises(export.ExportError):
        export.to_onnx(saved(), tmp_path / "m.onnx")
    assert os.listdir(tmp_path) == ["m.onnx"] and (tmp_path / "m.onnx").read_bytes() == b"the old one"


def test_what_keras_cannot_write_is_told(tmp_path):
    clip = keras.Input((4, 16, 16, 3))
    odd = keras.ops.erfinv(keras.ops.mean(clip, axis=(1, 2, 3)) - 0.5)
    model = training.Saved(keras.Model(clip, keras.ops.softmax(odd)), ["a", "b", "c"], Frames(4, (16, 16)))
    with pytest.raises(export.ExportError, match="onnxruntime cannot run it .*Erfinv"):
        export.to_onnx(model, tmp_path / "m.onnx")
    assert os.listdir(tmp_path) == []


@pytest.mark.parametrize("content", [b"", b"no model", json.dumps({"classes": []}).encode()])
def test_a_file_that_is_no_model_is_told(content, tmp_path):
    (tmp_path / "m.onnx").write_bytes(content)
    with pytest.raises(training.NotAModel, match="onnxruntime cannot read it"):
        training.load(tmp_path / "m.onnx")


def test_a_strangers_onnx_file_is_told(tmp_path):
    import onnx

    export.to_onnx(saved(), tmp_path / "m.onnx")
    stranger = onnx.load(tmp_path / "m.onnx")
    del stranger.metadata_props[:]
    onnx.save(stranger, tmp_path / "other.onnx")
    with pytest.raises(training.NotAModel, match="not written by `vidlab export`"):
        training.load(tmp_path / "other.onnx")


def test_the_command(tmp_path):
    model = saved(fit="crop")
    training.save(tmp_path / "model.keras", model.model, model.classes, model.frames, seconds=2.0)

    def vidlab(*words):
        return subprocess.run([sys.executable, "-m", "vidlab", *words], capture_output=True, text=True, cwd=tmp_path)

    done = vidlab("export")
    assert done.returncode == 0 and "model.onnx: 0." in done.stdout and "no probability differs" in done.stdout
    assert done.stderr == "", done.stderr
    by_keras, by_onnx = (vidlab("predict", str(FILE), "--model", name) for name in ("model.keras", "model.onnx"))
    assert by_keras.stdout == by_onnx.stdout and by_onnx.returncode == 0 and by_onnx.stderr == ""
    for words, named in (
        (("gone.keras",), "gone.keras: there is no such file"),
        (("model.keras", "--out", "m.txt"), "must end in .onnx"),
        (("model.onnx",), "an ONNX file already"),
    ):
        done = vidlab("export", *words)
        assert done.returncode == 1 and named in done.stderr and "Traceback" not in done.stderr
