"""A model in one file: it loads anywhere, and whatever is wrong with a file is said in one sentence."""

import subprocess
import sys
import zipfile

import numpy as np
import pytest

from tests.training.two_classes import CLIPS, small
from vidlab import models, training
from vidlab.clips import Frames

import keras  # isort: skip


def test_a_saved_model_answers_the_same_and_knows_its_classes(tmp_path):
    model = small(CLIPS.shape[1:], 2)
    training.save(tmp_path / "m.keras", model, ["dark", "bright"], Frames(4, (12, 12), fit="crop"))
    saved = training.load(tmp_path / "m.keras")
    assert (saved.classes, saved.frames) == (["dark", "bright"], Frames(4, (12, 12), fit="crop"))
    assert np.array_equal(saved.model(CLIPS), model(CLIPS))
    assert [path.name for path in tmp_path.iterdir()] == ["m.keras"]


@pytest.mark.slow
def test_the_course_s_layers_load_in_a_new_process(tmp_path):
    clip = keras.Input((4, 12, 12, 3))
    x = models.PeepholeLSTM(3)(keras.layers.Reshape((4, -1))(clip))
    training.save(tmp_path / "m.keras", keras.Model(clip, keras.layers.Dense(2)(x)), "ab")
    code = f"from vidlab import training; print(training.load({str(tmp_path / 'm.keras')!r}).classes)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=120)
    assert done.stdout.strip() == "['a', 'b']", done.stderr


def test_what_does_not_fit_is_refused(tmp_path):
    model = small(CLIPS.shape[1:], 2)
    for arguments, message in (
        (("m.h5", model, "ab"), "must end in .keras"),
        (("m.keras", model, "abc"), "classes: there are 3, but the model has 2"),
        (
            ("m.keras", model, "ab", Frames(5, (12, 12))),
            r"frames=Frames.frames=5.*: the model takes clips of shape \(4, 12, 12, 3\)",
        ),
        (("m.keras", model, "ab", Frames(4, (12, 13))), "takes clips of shape"),
    ):
        with pytest.raises(ValueError, match=message):
            training.save(tmp_path / arguments[0], *arguments[1:])
    assert not list(tmp_path.iterdir())


def test_other_files_are_refused(tmp_path):
    path = tmp_path / "m.keras"
    with pytest.raises(training.NotAModel, match="m.keras: there is no such file"):
        training.load(path)
    path.write_text("not a model")
    with pytest.raises(training.NotAModel, match="m.keras: this is not a model that training.save wrote"):
        training.load(path)
    small(CLIPS.shape[1:], 2).save(path)
    with pytest.raises(training.NotAModel, match="this is not a model that training.save wrote"):
        training.load(path)
    training.save(path, small(CLIPS.shape[1:], 2), "ab")
    whole = path.read_bytes()
    path.write_bytes(whole[: len(whole) // 2])
    with pytest.raises(training.NotAModel, match="m.keras"):
        training.load(path)
    with zipfile.ZipFile(path, "w") as archive:  # the facts are there, the rest is not Keras's
        archive.writestr("vidlab.json", '{"classes": ["a"], "frames": {"frames": 1, "size": [2, 2]}}')
    with pytest.raises(training.NotAModel, match="m.keras: Keras cannot load it"):
        training.load(path)


def test_code_in_a_file_is_not_run(tmp_path):
    """A Lambda layer holds Python code: whoever sends a model could run anything."""
    clip = keras.Input((4, 12, 12, 3))
    x = keras.layers.Lambda(lambda x: keras.ops.mean(x, axis=(1, 2, 3)))(clip)
    training.save(tmp_path / "m.keras", keras.Model(clip, x), "abc")
    with pytest.raises(training.NotAModel, match="m.keras: Keras cannot load it"):
        training.load(tmp_path / "m.keras")
