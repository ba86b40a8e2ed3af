"""One process on several devices. There is one processor here, which stands for two."""

import json
import subprocess
import sys

import numpy as np
import pytest

from vidlab import distributed

pytestmark = pytest.mark.slow


@pytest.mark.parametrize("clips", [16, 13])
def test_two_devices_learn_what_one_learns(clips):
    done = subprocess.run(
        [sys.executable, "-m", "tests.distributed.mirrored", str(clips)], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr[-3000:]
    one, two = json.loads(done.stdout)
    assert not one["left on"] and not two["left on"]
    if clips % 6 > 1:  # Keras takes the mean of the devices' means, which is that of the clips where all have as many
        for name in ("loss", "accuracy", "val_loss"):
            assert np.allclose(one[name], two[name], rtol=1e-4), name
    else:  # the last batch has one clip, of which a device would get none: it is left out
        for history, learnt in ((one, 13), (two, 12)):
            right = history["accuracy"][0] * learnt
            assert abs(right - round(right)) < 1e-4 and np.isfinite(history["loss"]).all()


def test_what_there_is_here():
    assert distributed.strategy().num_replicas_in_sync == 1
    with pytest.raises(ValueError, match="tpu='local': no TPU answers .*; on a TPU's own machine say local"):
        distributed.strategy("local")
