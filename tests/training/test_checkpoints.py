"""A training that is killed and begun again ends as one that was not; real processes, real SIGKILL."""

import subprocess
import sys

import numpy as np
import pytest

from tests.training import interrupted
from vidlab import training
from vidlab.training.checkpoints import FILE

pytestmark = pytest.mark.slow


def run(folder, out, when="never", seed=0):
    command = [sys.executable, "-m", "tests.training.interrupted", str(folder), str(out), when, str(seed)]
    return subprocess.run(command, capture_output=True, text=True, timeout=300)


@pytest.fixture(scope="module")
def whole(tmp_path_factory):
    """The weights and the history of a training that nobody stopped."""
    folder = tmp_path_factory.mktemp("whole")
    done = run(folder / "run", folder / "weights.npz")
    assert done.returncode == 0, done.stderr
    return dict(np.load(folder / "weights.npz"))


@pytest.mark.parametrize(("when", "checkpoint"), [("in an epoch", True), ("between epochs", True), ("writing", True)])
def test_killed_and_begun_again_it_ends_with_the_same_weights(whole, tmp_path, when, checkpoint):
    killed = run(tmp_path / "run", tmp_path / "weights.npz", when)
    assert killed.returncode == -9 and not (tmp_path / "weights.npz").exists(), killed.stderr
    assert (tmp_path / "run" / FILE).exists()
    assert (tmp_path / "run" / "checkpoint.part").exists() == (when == "writing")
    again = run(tmp_path / "run", tmp_path / "weights.npz", seed=99)  # other random numbers to begin with
    assert again.returncode == 0, again.stderr
    weights = dict(np.load(tmp_path / "weights.npz"))
    assert weights.keys() == whole.keys()
    for name, value in whole.items():
        assert np.array_equal(weights[name], value), name


def test_a_checkpoint_of_another_training_is_refused(tmp_path):
    learn, watch = interrupted.data()
    model = interrupted.model()
    training.fit(model, learn, watch, epochs=1, live=False, resume=tmp_path)
    with pytest.raises(ValueError, match="holds a training with epochs=1, not 2; name another folder"):
        training.fit(interrupted.model(), learn, epochs=2, live=False, resume=tmp_path)
    before = (tmp_path / FILE).read_bytes()
    for damaged in (before[: len(before) // 2], b""):
        (tmp_path / FILE).write_bytes(damaged)
        with pytest.raises(ValueError, match=f"{FILE}: this checkpoint cannot be read; remove it"):
            training.fit(interrupted.model(), learn, epochs=1, live=False, resume=tmp_path)


def test_a_finished_training_is_not_done_again(tmp_path):
    learn, watch = interrupted.data()
    model, again = interrupted.model(), interrupted.model()
    history = training.fit(model, learn, watch, epochs=2, live=False, resume=tmp_path)
    assert training.fit(again, learn, watch, epochs=2, live=False, resume=tmp_path) == history
    assert all(np.array_equal(a, b) for a, b in zip(model.get_weights(), again.get_weights(), strict=True))
