"""The article's listings: the first fails as it does in the article, the repairs and the others run."""

import numpy as np
import pytest

from vidlab import models

import keras  # isort: skip

CLIPS = np.random.default_rng(0).random((3, 9, 22, 26, 3), np.float32)
SEQUENCES = np.random.default_rng(1).standard_normal((3, 7, 256)).astype(np.float32)
REPAIRS = models.listing_cnn_each_frame, models.listing_cnn_stacked, models.listing_conv3d
OF_SEQUENCES = models.listing_rnn, models.listing_lstm


def counted(build):
    return build((12, 32, 32, 3), 8) if build in REPAIRS else build((12, 256), 10)


@pytest.mark.filterwarnings("error")  # the learner is to see the error, and nothing else
def test_the_cnn_listing_fails_as_in_the_article():
    with pytest.raises(ValueError, match="Kernel shape must have the same length as input"):
        models.listing_cnn(CLIPS.shape[1:], 5)


@pytest.mark.parametrize("build", REPAIRS + OF_SEQUENCES)
def test_the_others_run_save_and_load(build, tmp_path):
    data = CLIPS if build in REPAIRS else SEQUENCES
    model = build(data.shape[1:], 5)
    said = np.asarray(model(data))
    assert said.shape == (3, 5) and np.allclose(said.sum(1), 1, atol=1e-5)
    model.save(tmp_path / "model.keras")
    assert np.array_equal(said, keras.models.load_model(tmp_path / "model.keras", safe_mode=True)(data))
    change = np.abs(said - np.asarray(model(data[:, ::-1]))).max()
    assert change < 1e-6 if build is models.listing_cnn_each_frame else change > 1e-5


@pytest.mark.parametrize("build", REPAIRS + OF_SEQUENCES)
def test_docstrings_say_how_many_parameters(build):
    assert f"{round(counted(build).count_params(), -3):,} parameters" in build.__doc__


def test_the_lstm_listing_has_the_articles_layers():
    model = models.listing_lstm((12, 256), 10)
    assert model.count_params() == 329_994
    assert [type(layer).__name__ for layer in model.layers] == ["LSTM", "LSTM", "Dense"]
    assert [type(layer).__name__ for layer in models.listing_rnn((12, 256), 10).layers][:2] == ["SimpleRNN"] * 2


def test_the_articles_loss_takes_one_hot_labels_and_the_courses_whole_numbers():
    labels = np.array([0, 4, 2])
    losses = []
    for loss, y in (
        ("categorical_crossentropy", keras.utils.to_categorical(labels, 5)),
        ("sparse_categorical_crossentropy", labels),
    ):
        keras.utils.set_random_seed(0)
        model = models.listing_lstm(SEQUENCES.shape[1:], 5)
        model.compile("adam", loss)
        losses.append(model.evaluate(SEQUENCES, y, verbose=0))
    assert losses[0] == pytest.approx(losses[1], rel=1e-6)


@pytest.mark.parametrize("build", REPAIRS)
@pytest.mark.parametrize("shape", [(32, 32, 3), (12, 21, 32, 3), (0, 32, 32, 3)])
def test_clips_that_are_too_small_are_refused_in_a_sentence(build, shape):
    with pytest.raises(ValueError, match="clip_shape=.* must be .*22 or more pixels"):
        build(shape, 5)


@pytest.mark.parametrize("build", OF_SEQUENCES)
def test_clips_are_no_sequences(build):
    with pytest.raises(ValueError, match=r"must be \(time, features\)"):
        build((12, 32, 32, 3), 5)
