"""A whole small CNN for one frame, made of this room's functions: the article's five steps (section 3.1).

    1  convolve    2  ReLU    3  pool    4  do it again    5  a dense layer classifies

Forward gives every tensor by name; backward walks the same steps from the last to the first.
"""

import numpy as np

from vidlab.reference.activation import relu, relu_gradients
from vidlab.reference.arguments import as_floats, expect
from vidlab.reference.classifier import cross_entropy_gradients, dense, dense_gradients, softmax
from vidlab.reference.convolution import conv2d, conv2d_gradients
from vidlab.reference.pooling import max_pool2d, max_pool2d_gradients


def initial_cnn(image_shape, classes, filters=(8, 16), seed=0, dtype=np.float32):
    """Random weights for images of `image_shape` (height, width, channels), as a dict of arrays.

    Kernels are 3 x 3, with "same" padding; each pooling halves height and width, rounded down. Weights are
    normal with variance 2 / inputs (He et al. 2015, arXiv:1502.01852), biases 0.

    >>> {name: w.shape for name, w in initial_cnn((8, 8, 3), classes=2).items() if name[0] == "k"}
    {'kernel1': (3, 3, 3, 8), 'kernel2': (3, 3, 8, 16)}
    """
    rng = np.random.default_rng(seed)
    height, width, channels = image_shape
    features = (height // 4) * (width // 4) * filters[1]
    if features == 0:
        raise ValueError(f"image_shape: expected at least (4, 4, channels), got {tuple(image_shape)}")

    def he(*shape):
        return (rng.standard_normal(shape) * np.sqrt(2 / np.prod(shape[:-1]))).astype(dtype)

    return {
        "kernel1": he(3, 3, channels, filters[0]),
        "bias1": np.zeros(filters[0], dtype),
        "kernel2": he(3, 3, filters[0], filters[1]),
        "bias2": np.zeros(filters[1], dtype),
        "W": he(features, classes),
        "b": np.zeros(classes, dtype),
    }


def cnn_forward(weights, x):
    """All tensors from x (batch, height, width, channels) to the probabilities, by name, in order.

    >>> weights = initial_cnn((8, 8, 3), classes=2)
    >>> cnn_forward(weights, np.ones((1, 8, 8, 3), np.float32))["probabilities"].sum().round(6)
    np.float32(1.0)
    """
    x = as_floats(x=x)
    expect("x", x, ("batch", "height", "width", weights["kernel1"].shape[2]))
    conv1 = conv2d(x, weights["kernel1"], weights["bias1"], padding="same")
    relu1 = relu(conv1)
    pool1 = max_pool2d(relu1)
    conv2 = conv2d(pool1, weights["kernel2"], weights["bias2"], padding="same")
    relu2 = relu(conv2)
    pool2 = max_pool2d(relu2)
    flat = pool2.reshape(len(x), -1)
    logits = dense(flat, weights["W"], weights["b"])
    return {
        "x": x, "conv1": conv1, "relu1": relu1, "pool1": pool1,
        "conv2": conv2, "relu2": relu2, "pool2": pool2,
        "flat": flat, "logits": logits, "probabilities": softmax(logits),
    }  # fmt: skip


def cnn_gradients(weights, tensors, labels):
    """Gradients of the mean cross-entropy for every weight and for the image `x`.

    `tensors` is what `cnn_forward` gave, `labels` (batch,) are integers.

    >>> weights = initial_cnn((8, 8, 3), classes=2)
    >>> tensors = cnn_forward(weights, np.ones((1, 8, 8, 3), np.float32))
    >>> cnn_gradients(weights, tensors, [0])["kernel1"].shape
    (3, 3, 3, 8)
    """
    dlogits = cross_entropy_gradients(tensors["logits"], labels)["logits"]
    end = dense_gradients(tensors["flat"], weights["W"], dlogits)
    dpool2 = end["x"].reshape(tensors["pool2"].shape)
    drelu2 = max_pool2d_gradients(tensors["relu2"], dpool2)["x"]
    dconv2 = relu_gradients(tensors["conv2"], drelu2)["x"]
    second = conv2d_gradients(tensors["pool1"], weights["kernel2"], dconv2, padding="same")
    drelu1 = max_pool2d_gradients(tensors["relu1"], second["x"])["x"]
    dconv1 = relu_gradients(tensors["conv1"], drelu1)["x"]
    first = conv2d_gradients(tensors["x"], weights["kernel1"], dconv1, padding="same")
    return {
        "x": first["x"],
        "kernel1": first["kernel"], "bias1": first["bias"],
        "kernel2": second["kernel"], "bias2": second["bias"],
        "W": end["W"], "b": end["b"],
    }  # fmt: skip


def sgd_step(weights, gradients, learning_rate=0.1):
    """One step of gradient descent: w <- w - learning_rate * dL/dw, as a new dict.

    >>> sgd_step({"W": np.array([1.0])}, {"W": np.array([2.0])}, learning_rate=0.1)["W"]
    array([0.8])
    """
    return {name: w - w.dtype.type(learning_rate) * gradients[name] for name, w in weights.items()}
