"""The synthetic world: what is asked for is what is rendered, and no frame gives the motion away."""

import numpy as np
import pytest

from vidlab import world
from vidlab.world import picture, sprite, tracks
from vidlab.world.draws import Draws
from vidlab.world.factors import choose

OLD = "motion", "shape", "texture", "colour", "digit", "background", "sound"
SMALL = {"frames": 6, "size": (24, 32)}


def test_same_seed_same_pixels():
    first, again, other = (world.render(6, seed=seed, **SMALL) for seed in (1, 1, 2))
    assert np.array_equal(first.clips, again.clips) and first.factors == again.factors
    assert not np.array_equal(first.clips, other.clips)


def test_shapes_and_types():
    rendered = world.render(5, sound=True, **SMALL)
    assert rendered.clips.shape == (5, 6, 24, 32, 3) and rendered.clips.dtype == np.uint8
    assert rendered.sound.shape == (5, round(6 / 12 * world.RATE)) and rendered.sound.dtype == np.float32
    assert len(rendered.labels) == 5 and rendered.labels == rendered.factors["motion"]
    assert rendered.factors.keys() == world.FACTORS.keys()


@pytest.mark.parametrize("label", [name for name in OLD if name != "sound"])
def test_the_label_is_balanced_and_others_tell_nothing_of_it(label):
    values = world.FACTORS[label].values
    chosen = choose(OLD, 40 * len(values), label, Draws(0))
    labels = chosen[label]
    assert {v: labels.count(v) for v in values} == dict.fromkeys(values, 40)
    for name in OLD:
        if name != label:
            factor = world.FACTORS[name]
            other = chosen[name]
            table = np.array(
                [
                    [sum(a == x and b == y for a, b in zip(labels, other, strict=True)) for y in factor.values]
                    for x in values
                ]
            )
            expected = table.sum(1, keepdims=True) * table.sum(0) / table.sum()
            freedom = (table.shape[0] - 1) * (table.shape[1] - 1)
            chi2 = ((table - expected) ** 2 / expected).sum()
            assert chi2 < freedom + 4.5 * np.sqrt(2 * freedom), name


def test_what_is_not_asked_for_stays_plain():
    rendered = world.render(8, factors={"motion": ["left", "right"], "shape": "star"}, **SMALL)
    assert set(rendered.labels) == {"left", "right"}
    assert set(rendered.factors["shape"]) == {"star"}
    assert set(rendered.factors["background"]) == {"grey"} and set(rendered.factors["digit"]) == {"none"}


@pytest.mark.parametrize(("arguments", "message"), [
    ({"factors": ("shpae",)}, "'shpae' is not a factor; the factors are motion"),
    ({"factors": {"shape": "blob"}}, "shape cannot be 'blob'; it can be disc"),
    ({"factors": {"shape": []}}, "shape needs at least one value"),
    ({"label": "pace"}, "label='pace' is not a factor"),
    ({"n": 0}, "n=0"),
    ({"size": (4, 4)}, r"size=\(4, 4\)"),
])  # fmt: skip
def test_mistakes_are_named(arguments, message):
    with pytest.raises(ValueError, match=message):
        world.render(**{"n": 2, **arguments})


@pytest.mark.parametrize("motion", world.FACTORS["motion"].values)
def test_every_phase_is_uniform_in_every_frame(motion):
    phases = np.stack([tracks.phases(motion, 8, Draws(seed)) for seed in range(4000)])
    for frame in range(8):
        for phase in range(4):
            counts = np.histogram(phases[:, frame, phase], 10, (0, 1))[0]
            assert np.abs(counts - 400).max() < 5 * np.sqrt(400), (frame, phase)


def brightest_path(motion, frames=9):
    """Where the object's middle is, and how many pixels it has, on a grey ground."""
    rendered = world.render(12, factors={"motion": motion}, frames=frames, size=(64, 64), seed=4)
    bright = rendered.clips.mean(-1) > 110
    angle = 2 * np.pi * np.arange(64) / 64  # the mean on a circle, for what leaves the picture comes back
    middle = [np.angle((bright.sum(axis) * np.exp(1j * angle)).sum(-1)) for axis in (2, 3)]
    steps = [np.angle(np.exp(1j * np.diff(m, axis=1))) for m in middle]
    return steps[0], steps[1], bright.sum((2, 3))


@pytest.mark.parametrize(
    ("motion", "across", "down"), [("left", -1, 0), ("right", 1, 0), ("up", 0, -1), ("down", 0, 1)]
)
def test_translations_go_where_they_say(motion, across, down):
    x, y, _ = brightest_path(motion)
    assert (np.sign(np.median(x, 1).round(2)) == across).all()
    assert (np.sign(np.median(y, 1).round(2)) == down).all()


@pytest.mark.parametrize(("motion", "sign"), [("growing", 1), ("shrinking", -1)])
def test_growing_grows(motion, sign):
    _, _, area = brightest_path(motion)
    assert (np.sign(np.median(np.diff(area, axis=1), 1)) == sign).all()


@pytest.mark.parametrize(("motion", "quarter"), [("clockwise", -1), ("counterclockwise", 1)])
def test_rotations_turn_the_way_of_a_clock(motion, quarter):
    pictures = sprite.make(sprite.plain(shape="triangle", digit="7"), Draws(0))
    quarter_turn = 0.25 if motion == "clockwise" else 0.75
    phase = np.array([[0.5, 0.5, 0, 1], [0.5, 0.5, quarter_turn, 1]])
    view = picture.View(*np.zeros((2, 2)), np.ones(2))
    clip = np.zeros((2, 64, 64, 3), np.float32)
    thing = picture.Thing(pictures, phase, np.ones(2, bool), np.zeros(2), np.ones(2), np.zeros(2, int), 0.5)
    picture.draw(clip, [thing], view)
    still, turned = np.round(clip * 255)
    assert np.abs(turned - np.rot90(still, quarter)).max() <= 2


@pytest.mark.parametrize("shape", world.FACTORS["shape"].values)
def test_every_shape_fits_its_square_and_differs_from_the_others(shape):
    opacity = sprite.make(sprite.plain(shape=shape), Draws(0))[0, ..., 3]
    assert 0.2 < opacity.mean() < 0.85
    assert max(opacity[0].max(), opacity[-1].max(), opacity[:, 0].max(), opacity[:, -1].max()) < 1
    others = [
        sprite.make(sprite.plain(shape=s), Draws(0))[0, ..., 3] for s in world.FACTORS["shape"].values if s != shape
    ]
    assert min(np.abs(opacity - other).mean() for other in others) > 0.05


def test_the_sound_has_its_pitch():
    rendered = world.render(2, factors={"sound": ["low", "high"]}, label="sound", sound=True, frames=24, size=(8, 8))
    for pitch, wave in zip(rendered.labels, rendered.sound, strict=True):
        peak = np.abs(np.fft.rfft(wave)).argmax() * world.RATE / len(wave)
        assert abs(peak - {"low": 330, "high": 660}[pitch]) < 2


def test_a_data_set_is_never_written_over(tmp_path):
    (tmp_path / "motions.csv").write_text("mine")
    with pytest.raises(FileExistsError, match="holds a data set already"):
        world.write_dataset(tmp_path, world.render(8, **SMALL), (1, 0, 0))
    assert (tmp_path / "motions.csv").read_text() == "mine"


def test_counts_that_do_not_fit_are_refused_before_anything_is_written(tmp_path):
    with pytest.raises(ValueError, match=r"shares out 1 clips a class; there are"):
        world.write_dataset(tmp_path, world.render(16, **SMALL), (1, 0, 0))
    assert not list(tmp_path.iterdir())


def test_the_list_has_a_column_for_each_factor_that_is_not_plain(tmp_path):
    rendered = world.render(4, {"motion": ["left", "up"], "colour": "red", "pattern": None}, **SMALL)
    world.write_dataset(tmp_path, rendered, (1, 0, 1))
    columns = (tmp_path / "motions.csv").read_text().split("\n")[0]
    assert columns == "label,youtube_id,time_start,time_end,split,colour,pattern"
