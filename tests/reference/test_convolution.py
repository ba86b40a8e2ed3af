import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.testing import assert_allclose

from vidlab import reference


def normal(*shape, seed=0):
    return np.random.default_rng(seed).standard_normal(shape)


@st.composite
def convolutions(draw, axes=2):
    """x, kernel, bias and options that fit together."""
    small = st.integers(1, 3)
    size = [draw(small) for _ in range(axes)]
    steps = tuple(draw(small) for _ in range(axes))
    kind = draw(st.sampled_from(["stride", "dilation"]))
    padding = draw(st.sampled_from(["valid", "same"]))
    spans = [(k - 1) * (d if kind == "dilation" else 1) + 1 for k, d in zip(size, steps, strict=True)]
    image = [draw(st.integers(span if padding == "valid" else 1, span + 4)) for span in spans]
    batch, channels, filters = draw(st.integers(1, 2)), draw(small), draw(small)
    if axes == 2 and draw(st.booleans()):
        channels += 15  # where conv2d lays out its numbers in another way
    x = normal(batch, *image, channels, seed=1)
    return x, normal(*size, channels, filters, seed=2), normal(filters), {kind: steps, "padding": padding}


# ---------------------------------------------------------------- the fast form is the loop, is the formula


@settings(max_examples=80, deadline=None)
@given(convolutions())
def test_conv2d_is_the_loop(drawn):
    x, kernel, bias, options = drawn
    slow = reference.conv2d_loops(x, kernel, bias, **options)
    assert_allclose(reference.conv2d(x, kernel, bias, **options), slow, atol=1e-12)


@settings(max_examples=60, deadline=None)
@given(convolutions(axes=3))
def test_conv3d_is_the_loop(drawn):  # unequal strides too, which TensorFlow gets wrong at times
    x, kernel, bias, options = drawn
    slow = reference.conv3d_loops(x, kernel, bias, **options)
    assert_allclose(reference.conv3d(x, kernel, bias, **options), slow, atol=1e-12)


@pytest.mark.parametrize(("channels", "image"), [(1, (90, 700)), (20, (70, 90))])
def test_conv2d_is_the_sum_of_its_taps_where_it_works_in_several_bands(channels, image):
    x, kernel = normal(1, *image, channels), normal(5, 3, channels, 2, seed=1)
    height, width = image[0] - 4, image[1] - 2
    taps = sum(x[:, i : i + height, j : j + width] @ kernel[i, j] for i in range(5) for j in range(3))
    assert_allclose(reference.conv2d(x, kernel), taps, atol=1e-10)


def test_conv2d_by_hand():
    x = np.arange(12.0).reshape(1, 3, 4, 1)
    kernel = np.array([[1.0, 0], [0, -2]]).reshape(2, 2, 1, 1)
    expected = [[0 - 2 * 5, 1 - 2 * 6, 2 - 2 * 7], [4 - 2 * 9, 5 - 2 * 10, 6 - 2 * 11]]
    assert_allclose(reference.conv2d(x, kernel)[0, ..., 0], expected)
    assert_allclose(reference.conv2d_loops(x, kernel, bias=[3.0])[0, ..., 0], np.add(expected, 3))


def test_an_odd_zero_of_same_padding_goes_below_and_to_the_right():
    assert reference.same_padding(4, 2) == (0, 1)
    assert reference.same_padding(5, 3, stride=2) == (1, 1)
    assert reference.same_padding(4, 3, stride=2) == (0, 1)
    assert reference.same_padding(7, 1, stride=3) == (0, 0)
    x = np.ones((1, 2, 2, 1))
    y = reference.conv2d(x, np.ones((2, 2, 1, 1)), padding="same")
    assert_allclose(y[0, ..., 0], [[4, 2], [2, 1]])


@given(st.integers(1, 20), st.integers(1, 5), st.integers(1, 4), st.integers(1, 3))
def test_output_size_counts_the_windows(n, k, stride, dilation):
    span = (k - 1) * dilation + 1
    begins = [first for first in range(0, n, stride) if first + span <= n]
    if begins:
        assert reference.output_size(n, k, stride, "valid", dilation) == len(begins)
    else:
        assert reference.output_size(n, k, stride, "valid", dilation) < 1
    before, after = reference.same_padding(n, k, stride, dilation)
    assert after - before in (0, 1)
    padded = n + before + after
    if padded >= span:
        assert reference.output_size(padded, k, stride, "valid", dilation) == -(-n // stride)


# ---------------------------------------------------------------- gradients: y is linear in x and in kernel


@pytest.mark.parametrize("name", ["conv2d", "true_convolution2d"])
@settings(max_examples=60, deadline=None)
@given(convolutions())
def test_gradients_are_the_adjoint(name, drawn):
    assert_adjoint(name, *drawn)


@settings(max_examples=60, deadline=None)
@given(convolutions(axes=3))
def test_gradients_of_conv3d_are_the_adjoint(drawn):
    assert_adjoint("conv3d", *drawn)


def assert_adjoint(name, x, kernel, bias, options):
    y = getattr(reference, name)(x, kernel, **options)
    dy = normal(*y.shape, seed=3)
    gradients = getattr(reference, f"{name}_gradients")(x, kernel, dy, **options)
    assert_allclose(np.sum(gradients["x"] * x), np.sum(dy * y), rtol=1e-9, atol=1e-9)
    assert_allclose(np.sum(gradients["kernel"] * kernel), np.sum(dy * y), rtol=1e-9, atol=1e-9)
    assert_allclose(np.sum(gradients["bias"] * bias), np.sum(dy * bias), rtol=1e-9, atol=1e-9)
    assert (gradients["x"].shape, gradients["kernel"].shape) == (x.shape, kernel.shape)


# ---------------------------------------------------------------- a kernel a position, sharing, flipping


def test_a_shared_kernel_is_a_position_dependent_one_that_repeats():
    image, kernel = normal(7, 6), normal(3, 2, seed=1)
    repeated = np.broadcast_to(kernel, (5, 5, 3, 2))
    shared = reference.conv2d(image[None, :, :, None], kernel[:, :, None, None])[0, ..., 0]
    assert_allclose(reference.conv2d_position_dependent(image, repeated), shared)


def test_position_dependent_is_a_dense_layer():
    image, kernels = normal(5, 7), normal(4, 5, 2, 3, seed=1)
    matrix = reference.position_dependent_matrix(kernels)
    y = reference.conv2d_position_dependent(image, kernels)
    assert_allclose(reference.dense(image.ravel(), matrix, np.zeros(20)), y.ravel())
    assert np.count_nonzero(matrix) == kernels.size


def test_true_convolution_is_numpys():
    signal, kernel = normal(9), normal(4, seed=1)
    y = reference.true_convolution2d(signal.reshape(1, 1, 9, 1), kernel.reshape(1, 4, 1, 1))
    assert_allclose(y.ravel(), np.convolve(signal, kernel, "valid"))
    assert not np.allclose(reference.conv2d(signal.reshape(1, 1, 9, 1), kernel.reshape(1, 4, 1, 1)), y)


def test_flipping_turns_by_half_a_turn():
    assert_allclose(reference.flip_kernel(np.arange(6).reshape(2, 3, 1, 1)).ravel(), [5, 4, 3, 2, 1, 0])


def test_depthwise_channels_do_not_mix():
    x, kernel = normal(2, 6, 5, 3), normal(3, 2, 3, 2, seed=1)
    y = reference.depthwise_conv2d(x, kernel)
    for c in range(3):
        alone = reference.conv2d(x[..., c : c + 1], kernel[:, :, c : c + 1])
        assert_allclose(y[..., 2 * c : 2 * c + 2], alone)


def test_motion_is_seen_by_a_kernel_through_time():
    clip = np.zeros((1, 4, 1, 6, 1))
    for t in range(4):
        clip[0, t, 0, 1 + t] = 1  # a dot that moves right by one pixel a frame
    right = np.zeros((2, 1, 2, 1, 1))
    right[0, 0, 0] = right[1, 0, 1] = 1
    left = right[:, :, ::-1]
    assert reference.conv3d(clip, right).max() == 2
    assert reference.conv3d(clip, left).max() == 1


# ---------------------------------------------------------------- degenerate sizes, types, errors


@pytest.mark.parametrize("padding", ["valid", "same"])
def test_one_pixel(padding):
    y = reference.conv2d([[[[2.0]]]], [[[[3.0]]]], padding=padding)
    assert y.shape == (1, 1, 1, 1) and y.item() == 6


def test_a_kernel_as_large_as_the_image_is_a_dense_layer():
    x, kernel = normal(2, 4, 5, 3), normal(4, 5, 3, 6, seed=1)
    assert_allclose(reference.conv2d(x, kernel)[:, 0, 0], x.reshape(2, -1) @ kernel.reshape(-1, 6))


def test_a_kernel_larger_than_the_image_fits_with_same_padding():
    assert reference.conv2d(normal(1, 2, 2, 1), normal(5, 5, 1, 1), padding="same").shape == (1, 2, 2, 1)


def test_conv3d_of_one_frame_is_conv2d():
    x, kernel = normal(2, 1, 5, 4, 3), normal(1, 3, 2, 3, 2)
    assert_allclose(reference.conv3d(x, kernel)[:, 0], reference.conv2d(x[:, 0], kernel[0]))


def test_arguments_are_not_changed():
    x, kernel = normal(1, 5, 5, 2), normal(3, 3, 2, 2)
    x.flags.writeable = kernel.flags.writeable = False
    dy = np.ones((1, 5, 5, 2))
    dy.flags.writeable = False
    reference.conv2d(x, kernel, padding="same")
    reference.conv2d_gradients(x, kernel, dy, padding="same")


def test_any_memory_order():
    x, kernel = normal(2, 6, 5, 3), normal(3, 2, 3, 4)
    turned = np.asfortranarray(x)[:, ::-1]
    assert_allclose(reference.conv2d(turned, kernel), reference.conv2d(turned.copy(), kernel))


@pytest.mark.parametrize(
    ("x", "kernel", "y"),
    [
        (np.float32, np.float32, np.float32),
        (np.float64, np.float64, np.float64),
        (np.uint8, np.float32, np.float32),
        (np.uint8, np.uint8, np.float64),
    ],
)
def test_types(x, kernel, y):
    images, weights = np.full((1, 3, 3, 1), 200, x), np.full((2, 2, 1, 1), 2, kernel)
    for convolve in (reference.conv2d, reference.conv2d_loops):
        result = convolve(images, weights)
        assert result.dtype == y
        assert result[0, 0, 0, 0] == 1600  # not what is left of it in eight bits


X, K = np.ones((2, 5, 6, 3)), np.ones((3, 3, 3, 4))


@pytest.mark.parametrize("convolve", [reference.conv2d, reference.conv2d_loops])
@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        ((X[0], K), r"x: expected shape \(batch, height, width, channels\), got \(5, 6, 3\)"),
        (
            (X, K[:, :, :2]),
            r"kernel: .*\(rows, columns, 3, filters\) for x \(2, 5, 6, 3\), got \(3, 3, 2, 4\)",
        ),
        ((X, K, np.ones(3)), r"bias: expected shape \(4,\) for kernel \(3, 3, 3, 4\), got \(3,\)"),
        ((X[..., :0], K[:, :, :0]), r"kernel: \(3, 3, 0, 4\) is empty, for x \(2, 5, 6, 0\)"),
        ((X, K[:0]), r"kernel: \(0, 3, 3, 4\) is empty"),
        ((X, K, None, -1), "stride: expected a positive integer or 2 of them, got -1"),
        ((X, K, None, (1, 2, 3)), r"stride: .*got \(1, 2, 3\)"),
        ((X, K, None, 1.5), "stride: .*got 1.5"),
        ((X, K, None, 1, "full"), "padding: expected 'valid' or 'same', got 'full'"),
        ((X, K, None, 1, "valid", 0), "dilation: .*got 0"),
        ((X, K, None, 2, "valid", 2), r"stride \(2, 2\) and dilation \(2, 2\)"),
        ((X[:, :2], K), r"kernel: a window of \(3, 3\) does not fit into x \(2, 2, 6, 3\)"),
        ((X, K, None, 1, "valid", 3), r"window of \(3, 3\) with dilation \(3, 3\) does not fit"),
        ((X, K.astype(complex)), "expected real numbers, got .*kernel complex128"),
    ],
)
def test_errors_name_the_argument_and_the_shapes(convolve, arguments, says):
    with pytest.raises(ValueError, match=says):
        convolve(*arguments)


def test_errors_of_the_others():
    with pytest.raises(ValueError, match=r"dy: expected shape \(2, 3, 4, 4\) for x .*, got \(2, 3, 4, 3\)"):
        reference.conv2d_gradients(X, K, np.ones((2, 3, 4, 3)))
    with pytest.raises(ValueError, match=r"x: expected shape \(batch, frames, height, width, channels\)"):
        reference.conv3d(X, K)
    with pytest.raises(ValueError, match=r"kernels: expected shape \(3, 4, 3, 3\), one for each window of image"):
        reference.conv2d_position_dependent(np.ones((5, 6)), np.ones((3, 3, 3, 3)))
    with pytest.raises(ValueError, match=r"bias: expected shape \(12,\)"):
        reference.depthwise_conv2d(X, K, np.ones(4))
    with pytest.raises(ValueError, match="padding"):
        reference.output_size(5, 3, padding="reflect")
