"""Explanations against what is known: models whose every reason can be written down, and sums done by hand."""

import itertools
import warnings

import numpy as np
import pytest
from skimage.transform import resize

from vidlab import explain, models
from vidlab.explain.blocks import block_of
from vidlab.explain.explanation import filling, probability, scores

import keras  # isort: skip
from keras import ops  # isort: skip

SHAPE = 4, 8, 8, 3
RNG = np.random.default_rng(0)
CLIP = RNG.random(SHAPE).astype(np.float32)


def linear(weights, bias=0.0):
    """Logits (w . x + b, 0)."""
    clip = keras.Input(SHAPE)
    dense = keras.layers.Dense(2, activation="softmax")
    model = keras.Model(clip, dense(keras.layers.Flatten()(clip)))
    dense.set_weights([np.stack([weights.ravel(), np.zeros(weights.size)], axis=1), np.array([bias, 0.0])])
    return model


def where_it_looks(mask):
    """Says class 1 as surely as the mean over a region of the clip is bright."""
    clip = keras.Input(SHAPE)
    inside = ops.sum(clip * mask[None, ..., None].astype("float32"), axis=(1, 2, 3, 4)) / (mask.sum() * 3)
    return keras.Model(clip, ops.stack([1 - inside, inside], axis=1))


def box(t=slice(1, 3), y=slice(2, 6), x=slice(0, 4)):
    mask = np.zeros(SHAPE[:3], bool)
    mask[t, y, x] = True
    return mask


def small(seed=0, classes=3):
    keras.utils.set_random_seed(seed)
    return models.conv3d(SHAPE, classes, filters=(4, 6))


def test_the_scores_are_the_logits():
    model = small()
    logits = scores(model)(CLIP[None]).numpy()
    assert np.allclose(keras.ops.softmax(logits), model(CLIP[None]), atol=1e-6)
    average = keras.Model(model.input, keras.layers.Average()([model.output, model.output]))  # no softmax at its end
    shift = scores(average)(CLIP[None]).numpy() - logits
    assert np.ptp(shift) < 1e-4


def test_gradients_of_a_linear_model_are_its_weights():
    w = RNG.normal(size=SHAPE).astype(np.float32) / 10
    model = linear(w)
    found = explain.smoothgrad(model, CLIP, 0, samples=4)
    assert np.allclose(found.values, np.abs(w).sum(axis=-1), atol=1e-5)
    other = RNG.random((1, *SHAPE)).astype(np.float32)
    found = explain.expected_gradients(model, CLIP, 0, background=other, samples=5)
    assert np.allclose(found.values, (w * (CLIP - other[0])).sum(axis=-1), atol=1e-5)
    found = explain.integrated_gradients(model, CLIP, 0, steps=2, fill=other[0])
    assert np.allclose(found.values, (w * (CLIP - other[0])).sum(axis=-1), atol=1e-5)


@pytest.mark.parametrize("fill", [0.5, "mean", "still"])
def test_integrated_gradients_are_complete(fill):
    model = small()
    found = explain.integrated_gradients(model, CLIP, 1, steps=128, fill=fill)
    start = np.broadcast_to(filling(CLIP, fill), SHAPE).astype(np.float32)
    logit = scores(model)(np.stack([CLIP, start])).numpy()[:, 1]
    assert found.values.sum() == pytest.approx(logit[0] - logit[1], abs=0.02 * float(np.abs(logit).max()))


def test_grad_cam_is_the_sum_of_maps_by_the_weights_of_the_last_layer():
    """Behind the last convolution stand a mean and a dense layer: the gradient of each map is its weight / places."""
    model = small()
    name = list(models.layers.layers_of(model))[-3]  # the last ReLU
    A = next(one.values for one in models.layer_answers(model, CLIP, name))  # (frames, maps, rows, columns)
    W = model.layers[-1].kernel.numpy()
    for target in range(3):
        coarse = np.maximum(np.einsum("tkyx,k->tyx", A, W[:, target]), 0) / np.prod(A[:, 0].shape)
        expected = resize(coarse, SHAPE[:3], order=1, mode="edge", anti_aliasing=False)
        found = explain.grad_cam(model, CLIP, target)
        assert np.allclose(found.values, expected, atol=1e-6) and found.target == target


def test_grad_cam_of_models_of_frames():
    """Each frame by itself: and where the model looks at one frame alone, the others have no part in it."""
    keras.utils.set_random_seed(0)
    found = explain.grad_cam(models.frame_cnn((5, 16, 16, 3), 3), RNG.random((5, 16, 16, 3)), 1)
    assert (found.over_time[[0, 1, 3, 4]] == 0).all()
    keras.utils.set_random_seed(0)
    average = models.frame_average((5, 16, 16, 3), 3)
    clip = RNG.random((5, 16, 16, 3)).astype(np.float32)
    clip[3] = 0.5
    forwards, backwards = explain.grad_cam(average, clip, 1).values, explain.grad_cam(average, clip[::-1], 1).values
    assert np.allclose(forwards, backwards[::-1], atol=1e-5)


def test_occlusion_finds_the_region_and_only_that():
    mask = box()
    found = explain.occlusion(where_it_looks(mask), CLIP, 1, box=(1, 2, 2), step=(1, 2, 2), fill=0.0)
    block = (slice(1, 2), slice(2, 4), slice(0, 2))
    assert np.allclose(found.values[~mask], 0, atol=1e-6) and (found.values[mask] > 0).all()
    assert np.allclose(found.values[block], CLIP[block].sum() / (mask.sum() * 3), atol=1e-5)


def test_occlusion_by_hand():
    """Boxes that overlap and one that is moved to the edge: the mean over those that hold a place."""
    model, fill = small(), CLIP.mean(axis=(0, 1, 2))
    found = explain.occlusion(model, CLIP, 2, box=(3, 5, 8), step=(2, 3, 8))
    lost, times = np.zeros(SHAPE[:3]), np.zeros(SHAPE[:3])
    for t, y in itertools.product((0, 1), (0, 3)):
        covered = CLIP.copy()
        covered[t : t + 3, y : y + 5] = fill
        p = model(np.stack([CLIP, covered]))[:, 2].numpy()
        lost[t : t + 3, y : y + 5] += p[0] - p[1]
        times[t : t + 3, y : y + 5] += 1
    assert np.allclose(found.values, lost / times, atol=1e-6)


@pytest.mark.parametrize("blocks", [(2, 2, 2), (4, 1, 2), (1, 2, 3)])
def test_blocks_share_a_clip_out(blocks):
    where = block_of(SHAPE, blocks)
    assert sorted(np.unique(where)) == list(range(np.prod(blocks)))
    for t, y, x in itertools.product(*map(range, blocks)):
        part = where == (t * blocks[1] + y) * blocks[2] + x
        assert part.any() and part.sum() == np.prod([np.ptp(axis) + 1 for axis in np.where(part)])


def by_permutations(model, clip, target, blocks, fill):
    """Shapley values from their definition: the mean gain of each block over all orders of joining."""
    where, empty, n = block_of(clip.shape, blocks), filling(clip, fill), int(np.prod(blocks))
    sets = list(itertools.product((0, 1), repeat=n))
    masked = [np.where(np.array(one)[where][..., None] > 0, clip, empty).astype(np.float32) for one in sets]
    p = dict(zip(sets, model(np.stack(masked))[:, target].numpy(), strict=True))
    values, orders = np.zeros(n), list(itertools.permutations(range(n)))
    for order in orders:
        there = [0] * n
        for i in order:
            before = p[tuple(there)]
            there[i] = 1
            values[i] += (p[tuple(there)] - before) / len(orders)
    return values[where]


@pytest.mark.parametrize("blocks", [(4, 1, 1), (1, 2, 2), (2, 1, 2)])
def test_shapley_values_by_their_definition(blocks):
    model = small()
    expected = by_permutations(model, CLIP, 0, blocks, "still")
    assert np.allclose(explain.shapley(model, CLIP, 0, blocks=blocks, fill="still").values, expected, atol=1e-5)
    found = explain.kernel_shap(model, CLIP, 0, blocks=blocks, samples=100, fill="still")
    assert np.allclose(found.values, expected, atol=1e-4)


def test_kernel_shap_adds_up_however_few_the_samples():
    model = small()
    found = explain.kernel_shap(model, CLIP, 0, blocks=(4, 4, 4), samples=150, fill=0.5)
    answer = probability(model, 0)
    whole = answer(np.stack([CLIP, np.full(SHAPE, 0.5, np.float32)]))
    assert found.values.sum() / 2 / 2 / 1 == pytest.approx(whole[0] - whole[1], abs=1e-4)  # 4 places a block
    again = explain.kernel_shap(model, CLIP, 0, blocks=(4, 4, 4), samples=150, fill=0.5)
    assert np.array_equal(found.values, again.values)


def test_lime_finds_what_each_block_adds():
    mask = box()
    found = explain.lime(where_it_looks(mask), CLIP, 1, blocks=(4, 4, 2), samples=400, fill=0.0)
    where = block_of(SHAPE, (4, 4, 2))
    true = np.array([(CLIP * mask[..., None])[where == k].sum() for k in range(32)]) / (mask.sum() * 3)
    got = np.array([found.values[where == k][0] for k in range(32)])
    assert np.corrcoef(true, got)[0, 1] > 0.99 and np.abs(got[true == 0]).max() < 0.1 * got.max()


def test_the_target_is_the_class_that_the_model_names():
    model = small()
    named = int(np.argmax(model(CLIP[None])))
    for method in (*explain.METHODS.values(), *explain.BASELINES.values()):
        found = method(model, CLIP)
        assert found.target == named and found.values.shape == SHAPE[:3] and np.isfinite(found.values).all()
        assert found.method == method.__name__ and found.seconds > 0 and found.values.dtype == np.float32
        assert 0 <= found.heat.min() and found.heat.max() <= 1


def test_maps_that_know_nothing_of_the_model():
    one, other = small(0), small(1)
    for method in explain.BASELINES.values():
        assert np.array_equal(method(one, CLIP, 0).values, method(other, CLIP, 2).values)
    still = np.repeat(CLIP[:1], 4, axis=0)
    still[2, 3, 4] = 1 - still[2, 3, 4]
    moved = explain.frame_difference(one, still, 0).values
    assert set(zip(*np.nonzero(moved), strict=True)) == {(2, 3, 4), (3, 3, 4)}
    step = np.zeros(SHAPE, np.float32)
    step[:, :, 4:] = 1
    found = explain.edges(one, step, 0).values
    assert (found[:, 2, [3, 4]] > 0.1).all() and np.allclose(found[:, 2, [0, 1, 6, 7]], 0, atol=1e-6)


def test_a_model_by_chance_is_the_same_network_with_other_weights():
    model = small()
    drawn = explain.by_chance(model, seed=1)
    assert [layer.name for layer in drawn.layers] == [layer.name for layer in model.layers]
    pairs = [(a, b) for a, b in zip(model.get_weights(), drawn.get_weights(), strict=True) if a.ndim > 1]
    assert all(a.shape == b.shape and not np.allclose(a, b) for a, b in pairs)


# ---------------------------------------------------------------------------------------------------- scores


def made_up(values):
    return explain.Explanation(np.asarray(values, np.float32), 1, "made up", 0.0)


def test_mass_and_pointing():
    mask = box()
    assert explain.mass_on(made_up(mask), mask) == 1 and explain.points_at(made_up(mask), mask) == 1
    assert explain.mass_on(made_up(np.ones(SHAPE[:3])), mask) == pytest.approx(mask.mean())
    below = np.where(mask, 1.0, -9.0)
    assert explain.mass_on(made_up(below), mask) == 1
    beside = np.zeros(SHAPE[:3])
    beside[1, 2, 4] = beside[2, 7, 7] = 1  # in frame 1 a pixel beside the object, in frame 2 far from it
    assert explain.points_at(made_up(beside), mask) == 0.5 and explain.points_at(made_up(beside), mask, within=0) == 0
    assert np.isnan(explain.mass_on(made_up(-1.0 * mask), mask))
    with pytest.raises(ValueError, match="masks"):
        explain.mass_on(made_up(mask), mask[:2])
    with pytest.raises(ValueError, match="no object"):
        explain.mass_on(made_up(mask), np.zeros_like(mask))


def test_deletion_and_insertion_of_a_map_that_is_right_and_one_that_is_not():
    mask = box()
    model, bright = where_it_looks(mask), np.full(SHAPE, 0.9, np.float32)
    right, wrong = made_up(mask), made_up(~mask)
    steps = round(1 / mask.mean())  # after one step all of the region is gone
    gone = explain.deletion(model, bright, right, steps=steps, fill=0.0)
    assert gone[0] == pytest.approx(0.9) and np.allclose(gone[1:], 0, atol=1e-6)
    late = explain.deletion(model, bright, wrong, steps=steps, fill=0.0)
    assert np.allclose(late[:-1], 0.9) and late[-1] == pytest.approx(0, abs=1e-6)
    there = explain.insertion(model, bright, right, steps=steps, fill=0.0)
    assert there[0] == pytest.approx(0, abs=1e-6) and np.allclose(there[1:], 0.9)
    slow = explain.insertion(model, bright, wrong, steps=steps, fill=0.0)
    assert explain.area(there) > explain.area(slow) and explain.area(gone) < explain.area(late)


def test_agreement():
    values = RNG.random(SHAPE[:3])
    assert explain.agreement(made_up(values), made_up(values**3)) == pytest.approx(1)
    assert explain.agreement(made_up(values), made_up(-values)) == pytest.approx(-1)
    assert abs(explain.agreement(made_up(values), made_up(RNG.random(SHAPE[:3])))) < 0.2
    assert np.isnan(explain.agreement(made_up(values), made_up(np.zeros(SHAPE[:3]))))


# --------------------------------------------------------------------------------------------- what is wrong


@pytest.mark.parametrize(
    "method, settings, named",
    [
        ("grad_cam", {"target": 3}, "target=3"),
        ("grad_cam", {"target": True}, "target=True"),
        ("grad_cam", {"layer": "nowhere"}, "nowhere"),
        ("grad_cam", {"layer": "dense"}, "no maps"),
        ("occlusion", {"box": (0, 2, 2)}, "box"),
        ("occlusion", {"fill": "black"}, "fill"),
        ("occlusion", {"fill": np.zeros(5)}, "fill"),
        ("lime", {"blocks": (9, 1, 1)}, "blocks"),
        ("shapley", {"blocks": (4, 4, 4)}, "64 blocks"),
        ("integrated_gradients", {"steps": 0}, "steps"),
        ("smoothgrad", {"noise": -1}, "noise"),
        ("expected_gradients", {"background": CLIP}, "background"),
    ],
)
def test_what_is_wrong_is_named(method, settings, named):
    with pytest.raises(ValueError, match=named):
        getattr(explain, method)(small(), CLIP, **settings)


def test_a_clip_of_another_shape_is_told():
    with pytest.raises(ValueError, match="clip"):
        explain.grad_cam(small(), CLIP[:2])


@pytest.mark.parametrize("name", [n for n in models.CLIP_MODELS if n != "two_stream"])
def test_every_model_can_be_explained(name):
    keras.utils.set_random_seed(0)
    model, clip = models.CLIP_MODELS[name]((4, 16, 16, 3), 3), RNG.random((4, 16, 16, 3)).astype(np.float32)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        for method in (explain.integrated_gradients, explain.occlusion):
            assert np.abs(method(model, clip).values).max() > 0
        assert explain.grad_cam(model, clip, 1).values.shape == (4, 16, 16)


def test_a_model_without_maps_has_no_grad_cam():
    with pytest.raises(ValueError, match="has maps over places"):
        explain.grad_cam(linear(np.ones(SHAPE, np.float32)), CLIP)
