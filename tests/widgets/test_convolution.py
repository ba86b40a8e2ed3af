"""The convolution lab: the page's arithmetic (run by node, where it is) against `reference.conv2d`, presets, input."""

import json
import re
import shutil
import subprocess

import numpy as np
import pytest

from vidlab import reference
from vidlab.widgets import convolve, lab
from vidlab.widgets.convolution import LARGEST, PRESETS, around_zero, preset

PAGE = ("vlConvolve", "vlFormula", "vlReason", "vlResized", "vlShade", "vlShort", "vlFactor")


@pytest.fixture(scope="module")
def page(tmp_path_factory):
    """page(name, cases): a function of the page, called with each list of arguments; {"error": ...} where it throws."""
    node = shutil.which("node")
    if node is None:
        pytest.skip("node is not installed; the browser tests run the same arithmetic in the page")
    folder = tmp_path_factory.mktemp("page")
    module = lab.browser("controls.js", "panels.js", "convolution.js") + f"\nexport {{ {', '.join(PAGE)} }};\n"
    (folder / "page.mjs").write_text(module, encoding="utf8")
    (folder / "call.mjs").write_text(
        'import * as page from "./page.mjs";\nimport { readFileSync } from "node:fs";\n'
        "const [name, cases] = JSON.parse(readFileSync(0, 'utf8'));\n"
        "const call = (given) => {\n"
        "  try { return page[name](...given); } catch (error) { return { error: error.message }; }\n};\n"
        "const plain = (key, value) => (value instanceof Float32Array ? Array.from(value) : value);\n"
        "console.log(JSON.stringify(cases.map(call), plain));\n",
        encoding="utf8",
    )

    def call(name, cases):
        done = subprocess.run(
            [node, folder / "call.mjs"],
            input=json.dumps([name, cases]),
            capture_output=True,
            text=True,
            encoding="utf8",
            timeout=60,
        )
        assert done.returncode == 0, done.stderr
        return json.loads(done.stdout)

    return call


def settings(seed, many, refused=False):
    """`many` random settings, as (input, kernel, what the page takes); with `refused`, some of them do not work."""
    rng = np.random.default_rng(seed)
    made = []
    while len(made) < many:
        rows, columns = rng.integers(1, 40, 2)
        k, padding = int(rng.integers(1, LARGEST + 1)), str(rng.choice(["valid", "same"]))
        stride, dilation = int(rng.integers(1, 5)), int(rng.integers(1, 4))
        if not refused and stride > 1 and dilation > 1:
            stride, dilation = (stride, 1) if rng.random() < 0.5 else (1, dilation)
        smallest = reference.output_size(min(rows, columns), k, stride, padding, dilation)
        if refused or smallest >= 1:
            chosen = {"stride": stride, "padding": padding, "dilation": dilation, "flip": bool(rng.random() < 0.5)}
            image = rng.random((rows, columns), np.float32)
            made.append((image, rng.normal(size=(k, k)).astype(np.float32), chosen))
    return made


def arguments(image, kernel, chosen):
    return [image.ravel().tolist(), *image.shape, kernel.ravel().tolist(), len(kernel), chosen]


def by_reference(image, kernel, chosen):
    convolution = reference.true_convolution2d if chosen["flip"] else reference.conv2d
    rest = {key: value for key, value in chosen.items() if key != "flip"}
    x, weights = image.astype(np.float64)[None, ..., None], kernel.astype(np.float64)[..., None, None]
    return convolution(x, weights, **rest)[0, ..., 0]


def test_the_page_computes_what_the_reference_does(page):
    cases = settings(seed=0, many=60)
    for (image, kernel, chosen), found in zip(cases, page("vlConvolve", [arguments(*c) for c in cases]), strict=True):
        expected = by_reference(image, kernel, chosen)
        assert (found["rows"], found["columns"]) == expected.shape, chosen
        values = np.reshape(found["values"], expected.shape)
        assert np.abs(values - expected).max() <= 1e-6 * max(np.abs(expected).max(), 1), chosen


def test_the_page_refuses_what_the_reference_refuses(page):
    cases = settings(seed=1, many=200, refused=True)
    refused = 0
    for case, found in zip(cases, page("vlConvolve", [arguments(*c) for c in cases]), strict=True):
        try:
            by_reference(*case)
        except ValueError as error:
            refused += 1
            said = "only one of the two may be above 1" if "only one may be" in str(error) else "does not fit"
            assert said in found["error"]
        else:
            assert "error" not in found, case[2]
    assert 20 < refused < 180


def test_the_page_counts_the_pixels_that_are_never_used(page):
    """A pixel that no output depends on has gradient zero."""
    cases = settings(seed=2, many=120)
    said = page("vlReason", [[*image.shape, len(kernel), chosen] for image, kernel, chosen in cases])
    outcomes = set()
    for (image, kernel, chosen), words in zip(cases, said, strict=True):
        rest = {key: value for key, value in chosen.items() if key != "flip"}
        x, ones = image[None, ..., None], np.ones((*kernel.shape, 1, 1))
        dy = np.ones_like(reference.conv2d(x, ones, **rest))
        dx = reference.conv2d_gradients(x, ones, dy, **rest)["x"][0, ..., 0]
        never = int((dx == 0).sum())
        assert (f"{never} of {image.size} input pixels are never used" in words) if never else words == "", chosen
        if chosen["padding"] == "valid":
            left = [np.argmax(lines[::-1]) for lines in (dx.any(1), dx.any(0))]  # after the last window
            for n, where in zip(left, ("at the bottom", "on the right"), strict=True):
                found = re.search(rf"(\d+) (row|column)s? {where}", words)
                assert (int(found[1]) if found else 0) == n, chosen
            divides = all((n - len(kernel)) % chosen["stride"] == 0 for n in image.shape)
            assert divides == ("does not divide" not in words), chosen
            outcomes.add((divides, never > 0))
    assert outcomes == {(True, False), (True, True), (False, True)}


def test_the_formula_has_the_numbers_filled_in(page):
    formulas = page(
        "vlFormula",
        [
            ["rows", 24, 3, {"stride": 2, "padding": "valid", "dilation": 1}],
            ["rows", 24, 5, {"stride": 3, "padding": "same", "dilation": 1}],
            ["rows", 4, 5, {"stride": 1, "padding": "valid", "dilation": 3}],
        ],
    )
    assert formulas == [
        "rows: floor((24 - (3-1)*1 - 1)/2) + 1 = 11",
        "rows: ceil(24/3) = 8",
        "rows: floor((4 - (5-1)*3 - 1)/1) + 1 = -8",
    ]


def test_the_page_shades_as_python_does(page):
    values = np.random.default_rng(3).normal(0, 1.5, 200).astype(np.float32)
    for low, high in ((-2, 2), (0, 1), (-0.25, 0.25)):
        found = page("vlShade", [[float(v), low, high] for v in values])
        assert found == lab.shades(values, low, high).tolist()


def test_a_kernel_of_ones_own_keeps_its_middle(page):
    rng = np.random.default_rng(4)
    for k, size in ((3, 5), (5, 2), (2, 7), (4, 4), (9, 1), (1, 8)):
        kernel = rng.normal(size=(k, k)).astype(np.float32)
        (found,) = page("vlResized", [[kernel.ravel().tolist(), k, size]])
        found = np.reshape(found, (size, size)).astype(np.float32)
        assert found[(size - 1) // 2, (size - 1) // 2] == kernel[(k - 1) // 2, (k - 1) // 2]
        inside = np.sort(kernel.ravel()) if size >= k else np.sort(found.ravel())
        assert np.isin(inside, found if size >= k else kernel).all()


def test_numbers_fit_their_cells(page):
    assert page("vlShort", [[-1 / 12, 9], [-1 / 12, 3], [10.5, 9], [-1.4872, 7], [0, 9], [-0.0001, 9]]) == [
        "-.083", "-0.083", "10.5", "-1.49", "0", "0",
    ]  # fmt: skip
    assert page("vlFactor", [[-2, 3], [0.25, 3]]) == ["(-2)", "0.25"]


def test_presets_have_the_well_known_numbers():
    known = {
        "vertical edges": [[-1, 0, 1]] * 3,
        "horizontal edges": [[-1] * 3, [0] * 3, [1] * 3],
        "Sobel": [[-1, 0, 1], [-2, 0, 2], [-1, 0, 1]],
        "Laplace": [[0, 1, 0], [1, -4, 1], [0, 1, 0]],
        "sharpen": [[0, -1, 0], [-1, 5, -1], [0, -1, 0]],
        "emboss": [[-2, -1, 0], [-1, 1, 1], [0, 1, 2]],
        "Gaussian blur": np.outer([1, 2, 1], [1, 2, 1]) / 16,
        "box blur": np.full((3, 3), 1 / 9),
        "motion blur": [[0] * 3, [1 / 3] * 3, [0] * 3],
        "identity": [[0, 0, 0], [0, 1, 0], [0, 0, 0]],
    }
    assert set(known) == set(PRESETS)
    for name, numbers in known.items():
        assert np.allclose(preset(name, 3), numbers, atol=1e-7), name


@pytest.mark.parametrize("size", range(1, LARGEST + 1))
def test_presets_scale_to_every_size(size):
    image = np.random.default_rng(size).random((12, 15))
    for name in PRESETS:
        weights = preset(name, size)
        assert weights.shape == (size, size) and weights.dtype == np.float32
        assert weights.sum() == pytest.approx(preset(name, 3).sum(), abs=1e-5), name
        assert around_zero(weights) == (size > 1 and name in ("vertical edges", "horizontal edges", "Sobel", "Laplace"))
        if size > 1 and name.endswith(("edges", "Sobel", "Laplace")):
            assert weights[weights > 0].sum() == pytest.approx(preset(name, 3).clip(0).sum(), abs=1e-5)
    same = by_reference(image, preset("identity", size), {"padding": "same", "flip": False})
    assert np.array_equal(same, image)


def test_the_lab_holds_the_picture_the_presets_and_the_start():
    made = convolve(kernel="Laplace", size=5, padding="same", flip=True)
    pixels = np.frombuffer(made.pixels, np.float32).reshape(made.shape)
    assert made.shape == [1, 32, 32] and 0 <= pixels.min() < 0.1 and 0.8 < pixels.max() <= 1
    for name in PRESETS:
        for k in range(1, LARGEST + 1):
            assert np.array_equal(np.float32(made.presets[name][k - 1]).reshape(k, k), preset(name, k))
    weights = np.float32(made.start["weights"]).reshape(5, 5)
    assert np.array_equal(weights, preset("Laplace", 5)) and made.start["preset"] == "Laplace"
    assert (made.start["padding"], made.start["flip"], made.start["range"]) == ("same", True, 2)
    assert made.start["stride"] == made.start["dilation"] == 1 and convolve(kernel="box blur").start["range"] == 1


@pytest.mark.parametrize("seed", range(6))
def test_the_figure_shows_the_input_the_kernel_and_the_output(seed):
    image, kernel, chosen = settings(seed=10 + seed, many=1)[0]
    made = convolve(image, kernel, **chosen)
    shown = [ax.get_images()[0].get_array() for ax in made.figure.axes[:3]]
    assert np.allclose(shown[0], image) and np.allclose(shown[1], kernel)
    expected = by_reference(image, kernel, chosen)
    assert np.allclose(shown[2], expected, atol=1e-4)
    assert f"output of {expected.shape[0]} by {expected.shape[1]}" in made.figure.alt
    assert made.start["preset"] == "my own" and made.start["size"] == len(kernel)


def test_colours_and_clips_become_grey():
    rng = np.random.default_rng(5)
    colour = rng.integers(0, 256, (10, 12, 3), np.uint8)
    made = convolve(colour)
    grey = np.frombuffer(made.pixels, np.float32).reshape(made.shape)
    assert np.allclose(grey, colour.mean(-1)[None] / 255, atol=1e-6)
    assert "mean of the colours" in made.note
    clip = rng.integers(0, 256, (4, 10, 12, 1), np.uint8)
    made = convolve(clip)
    assert made.shape == [4, 10, 12] and made.note == ""
    assert np.allclose(np.frombuffer(made.pixels, np.float32).reshape(made.shape), clip[..., 0] / 255, atol=1e-6)


@pytest.mark.parametrize(
    "given, message",
    [
        ({"image": np.zeros((4, 5, 2))}, r"image: expected .*got \(4, 5, 2\)"),
        ({"image": np.zeros(4)}, "image: expected"),
        ({"image": np.zeros((0, 5))}, "image: expected"),
        ({"image": np.full((4, 4), 7.0)}, "image: .*0 to 1"),
        ({"image": np.full((4, 4), np.nan)}, "image: .*0 to 1"),
        ({"image": np.zeros((4, 4), int)}, "image: expected uint8"),
        ({"image": np.zeros((200, 20))}, "image: .*crop"),
        ({"image": np.zeros((100, 120, 120, 3), np.uint8)}, "image: .*crop"),
        ({"kernel": "sobel"}, "kernel: expected one of identity, .*Sobel"),
        ({"kernel": np.zeros((2, 3))}, r"kernel: expected a square array.*\(2, 3\)"),
        ({"kernel": np.zeros((11, 11))}, "kernel: expected a square array"),
        ({"kernel": [[np.inf]]}, "kernel: expected finite numbers"),
        ({"size": 10}, "size: expected a whole number from 1 to 9, got 10"),
        ({"size": 2.5}, "size: expected"),
        ({"stride": 5}, "stride: expected a whole number from 1 to 4"),
        ({"dilation": 0}, "dilation: expected a whole number from 1 to 3"),
        ({"stride": 2, "dilation": 2}, "only one may be above 1, as in Keras"),
        ({"padding": "full"}, "padding: expected 'valid' or 'same'"),
        ({"image": np.zeros((5, 5)), "size": 9}, "does not fit"),
    ],
)
def test_what_is_wrong_is_named(given, message):
    with pytest.raises(ValueError, match=message):
        convolve(**given)
