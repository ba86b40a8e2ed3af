"""Many answers of one network: what has no answer does not count; rates, seeds, saving; what cannot be."""

import keras
import numpy as np
import pytest

from vidlab import models, training

VALUES = {"bright": 2, "thirds": 3}


def rows(n=120, seed=0):
    """Rows of which the first number tells `bright` and the second `thirds`; each has one answer of the two."""
    rng = np.random.default_rng(seed)
    x = rng.random((n, 4), np.float32)
    answers = {"bright": (x[:, 0] > 0.5).astype(int), "thirds": (x[:, 1] * 3).astype(int)}
    known = rng.random(n) < 0.5
    return (
        x,
        {"bright": np.where(known, answers["bright"], -1), "thirds": np.where(known, -1, answers["thirds"])},
        answers,
    )


def network(values=VALUES, seed=0):
    keras.utils.set_random_seed(seed)
    row = keras.Input((4,))
    hidden = keras.layers.Dense(32, activation="relu")(row)
    return models.with_heads(keras.Model(row, keras.layers.Dense(2)(hidden)), values)


def test_it_learns_from_the_answers_that_there_are():
    x, answers, _ = rows(400)
    other, _, truth = rows(400, seed=1)
    model = network()
    losses = training.fit_questions(model, x, answers, steps=400, learning_rate=1e-2)
    assert len(losses) == 10 and losses[-1] < 0.3 * losses[0]
    told = training.evaluate_questions(model, other, truth)
    assert told["bright"].accuracy > 0.9 and told["thirds"].accuracy > 0.85
    said = training.answer_questions(model, other)
    assert told["thirds"].accuracy == pytest.approx(np.mean(said["thirds"] == truth["thirds"]))


def test_the_loss_is_the_mean_over_the_answers_that_there_are():
    x, answers, _ = rows(32)
    model = network()
    p = np.asarray(model(x))
    assert p.shape == (32, 2, 3) and np.allclose(p.sum(axis=2), 1, atol=1e-6) and (p[:, 0, 2] == 0).all()
    right = [p[i, q, answers[name][i]] for q, name in enumerate(VALUES) for i in range(32) if answers[name][i] >= 0]
    loss = training.fit_questions(model, x, answers, steps=1, batch=32, learning_rate=0.0)
    assert loss[0] == pytest.approx(-np.mean(np.log(right)), rel=1e-5)


def test_an_answer_that_is_not_there_changes_nothing():
    x, answers, _ = rows(64)
    a, b = network(), network()
    training.fit_questions(a, x, answers, steps=5)
    training.fit_questions(b, x, {**answers, "thirds": np.full(64, -1)}, steps=5)
    kernel = [model.layers[-1].get_weights()[0].reshape(32, 2, 3) for model in (network(), a, b)]
    assert np.abs(kernel[1][:, 1] - kernel[0][:, 1]).max() > 1e-3, "thirds was learnt from its answers"
    assert np.array_equal(kernel[2][:, 1], kernel[0][:, 1]), "without answers its head stays as it was"


def test_chance_and_what_is_above_it():
    told = training.Told(clips=10, accuracy=0.7, chance=0.4)
    assert told.above == pytest.approx(0.5)
    assert training.Told(4, 1.0, 1.0).above == 0
    x, answers, _ = rows(90)
    found = training.evaluate_questions(
        network(), x, {**answers, "thirds": np.r_[np.zeros(30, int), np.ones(10, int), np.full(50, -1)]}
    )
    assert found["thirds"].clips == 40 and found["thirds"].chance == 0.75
    none = training.evaluate_questions(network(), x, {**answers, "thirds": np.full(90, -1)})
    assert set(none) == {"bright"}


def test_names_not_places_join_questions_and_answers(tmp_path):
    x, _, truth = rows(300)
    model = network()
    training.fit_questions(model, x, dict(reversed(truth.items())), steps=300, learning_rate=1e-2)
    assert training.evaluate_questions(model, x, truth)["thirds"].accuracy > 0.85
    model.save(tmp_path / "m.keras")
    again = keras.saving.load_model(tmp_path / "m.keras")
    assert np.allclose(again(x), model(x), atol=1e-6)


def test_same_seed_same_weights_and_whole_numbers_become_shares():
    x, answers, _ = rows(64)
    runs = []
    for seed in (0, 0, 1):
        model = network()
        training.fit_questions(model, x, answers, steps=6, seed=seed)
        runs.append(model.layers[-1].get_weights()[0])
    assert np.array_equal(runs[0], runs[1]) and not np.array_equal(runs[0], runs[2])
    as_bytes = (x * 255).astype(np.uint8)
    told = [training.answer_questions(network(), part) for part in (as_bytes, as_bytes.astype(np.float32) / 255)]
    assert all(np.array_equal(told[0][name], told[1][name]) for name in VALUES)


def test_a_second_training_begins_anew():
    x, answers, _ = rows(64)
    model = network()
    weights = model.get_weights()
    first = training.fit_questions(model, x, answers, steps=10, learning_rate=1e-2), model.get_weights()
    graph = model.train_function
    model.set_weights(weights)
    again = training.fit_questions(model, x, answers, steps=10, learning_rate=1e-2), model.get_weights()
    assert model.train_function is graph and first[0] == again[0]
    assert all(np.array_equal(a, b) for a, b in zip(first[1], again[1], strict=True))
    model.set_weights(weights)
    assert training.fit_questions(model, x, answers, steps=10, learning_rate=1e-3) != first[0], "the new rate counts"
    model.set_weights(weights)
    model.compile("sgd", "mse")  # somebody else's
    model.set_weights(weights)
    assert training.fit_questions(model, x, answers, steps=10, learning_rate=1e-3) != first[0]
    assert isinstance(model.optimizer, keras.optimizers.Adam)


def test_two_streams_and_two_inputs():
    model = models.with_heads(models.two_stream((4, 16, 16, 3), 2), VALUES)
    given = {"clip": np.zeros((5, 4, 16, 16, 3), np.uint8), "flow": np.zeros((5, 3, 16, 16, 2), np.float32)}
    answers = {"bright": np.array([0, 1, 0, 1, -1]), "thirds": np.array([-1, -1, 0, 1, 2])}
    training.fit_questions(model, given, answers, steps=2, batch=2)
    assert {name: told.clips for name, told in training.evaluate_questions(model, given, answers).items()} == {
        "bright": 4, "thirds": 3,
    }  # fmt: skip
    kernel = model.layers[-1].get_weights()[0]
    assert kernel.shape[0] == 128, "both streams reach the heads"


def test_what_cannot_be():
    x, answers, _ = rows(8)
    row = keras.Input((4,))
    with pytest.raises(ValueError, match="ends in a Dense layer"):
        models.with_heads(keras.Model(row, keras.layers.ReLU()(row)), VALUES)
    with pytest.raises(ValueError, match="values={'a': 1} must name one question or more"):
        models.with_heads(keras.Model(row, keras.layers.Dense(2)(row)), {"a": 1})
    with pytest.raises(ValueError, match="as models.with_heads makes it"):
        training.fit_questions(keras.Model(row, keras.layers.Dense(2)(row)), x, answers)
    with pytest.raises(ValueError, match="the model answers bright, thirds, but these are of bright"):
        training.fit_questions(network(), x, {"bright": answers["bright"]})
    with pytest.raises(ValueError, match="bright goes up to 2, but the model knows 2 values"):
        training.evaluate_questions(network(), x, {**answers, "bright": np.full(8, 2)})
