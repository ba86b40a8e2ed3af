"""Several models, several seeds."""

from tests.training.two_classes import CLIPS, LABELS, small
from vidlab import models, training

import keras  # isort: skip


def test_comparing_gives_a_row_for_each_model_and_seed():
    rows = training.compare(
        [small, models.frame_cnn], (CLIPS, LABELS), (CLIPS, LABELS), (CLIPS, LABELS), seeds=(3, 4), epochs=2
    )
    assert [(row.model, row.seed) for row in rows] == [
        ("conv3d", 3),
        ("conv3d", 4),
        ("frame_cnn", 3),
        ("frame_cnn", 4),
    ]
    assert rows[0].parameters == small(CLIPS.shape[1:], 2).count_params()
    assert all(row.interval[0] <= row.top1 <= row.interval[1] for row in rows)
    text = training.table(rows, chance=0.5).split("\n")
    assert len(text) == 4 and text[1].startswith("conv3d ") and text[-1].split() == ["chance", "0.500"]


def test_each_seed_makes_its_own_model_and_the_same_one_again():
    starts = []

    def watched(clip_shape, classes):
        starts.append(small(clip_shape, classes).get_weights()[0])
        return small(clip_shape, classes)

    training.compare([watched], (CLIPS, LABELS), None, (CLIPS, LABELS), seeds=(3, 4, 3), epochs=1)
    assert (starts[0] == starts[2]).all() and (starts[0] != starts[1]).any()
    keras.utils.set_random_seed(4)
    watched(CLIPS.shape[1:], 2)
    assert (starts[1] == starts[3]).all()


def test_the_table_states_mean_and_spread():
    rows = [training.Run("m", seed, top1, (0, 1), 0.25, 1234, 2.0) for seed, top1 in enumerate((0.5, 0.6))]
    assert training.table(rows, 0.125).split("\n")[1].split() == "m 2 0.550 ± 0.071 0.250 1,234 2.0".split()
    assert "one seed" in training.table(rows[:1], 0.125)
