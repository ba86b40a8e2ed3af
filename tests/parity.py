"""The proof that `vidlab.reference` computes what Keras computes: forward and every gradient.

    python -m tests.parity

draws shapes from a fixed seed, runs each layer in NumPy and in TensorFlow, and prints the largest relative
error, max|a - b| / max|b|, of the output and of each gradient (against `tf.GradientTape`). The tests use the
same LAYERS, so the table and the tests are one proof.
"""

import argparse
import sys
from collections.abc import Callable
from functools import partial
from typing import NamedTuple

import numpy as np

from vidlab import reference
from vidlab.tensorflow import tf

keras = tf.keras  # `import keras` would be sorted above the line that keeps TensorFlow quiet
SEED, SHAPES = 0, 50
TOLERANCE = {"float32": 1e-4, "float64": 1e-10}


class Layer(NamedTuple):
    """A layer of `reference` beside its counterpart."""

    name: str
    draw: Callable  # (rng) -> arrays by name (float64, or integers for labels), options
    forward: Callable  # (arrays, options) -> y in NumPy
    gradients: Callable  # (arrays, dy, options) -> gradients by name in NumPy
    counterpart: Callable  # (tensors, options) -> y in TensorFlow or Keras
    counterpart_name: str


def relative_error(a, b):
    """max|a - b| / max|b|, or max|a| where b is 0."""
    a, b = np.asarray(a), np.asarray(b)
    if a.shape != b.shape:
        raise AssertionError(f"shapes differ: {a.shape} and {b.shape}")
    difference, size = np.abs(a - b).max(initial=0), np.abs(b).max(initial=0)
    return float(difference / size) if size > 0 else float(difference)


def draws(layer, shapes=SHAPES, seed=SEED):
    """So many random (arrays, options), no two alike in shapes and options."""
    rng = np.random.default_rng(seed)
    seen = set()
    while len(seen) < shapes:
        arrays, options = layer.draw(rng)
        described = describe(arrays, options)
        if described not in seen:
            seen.add(described)
            yield arrays, options


def describe(arrays, options):
    """The shapes and options of a draw on one line: `x (2, 5, 6, 1)  kernel (3, 3, 1, 2)  stride (2, 2)`."""
    shapes = {name: a.shape for name, a in arrays.items()}
    return "  ".join(f"{name} {value}" for name, value in (shapes | options).items())


def compare(layer, arrays, options, dtype="float32", seed=SEED):
    """Relative errors of the output and of each gradient, NumPy against TensorFlow."""
    arrays = {name: a.astype(dtype) if a.dtype.kind == "f" else a for name, a in arrays.items()}
    tensors = {name: tf.constant(a) for name, a in arrays.items()}
    learnt = {name: t for name, t in tensors.items() if t.dtype.is_floating}
    with tf.GradientTape() as tape:
        tape.watch(list(learnt.values()))
        wanted = layer.counterpart(tensors, options)
    rng = np.random.default_rng(seed)
    dy = np.asarray(rng.standard_normal(wanted.shape) if wanted.shape.rank else 1, dtype)
    slopes = tape.gradient(wanted, learnt, output_gradients=tf.constant(dy), unconnected_gradients="zero")

    y = layer.forward(arrays, options)
    found = layer.gradients(arrays, dy, options)
    if set(found) != set(learnt):
        raise AssertionError(f"{layer.name}: gradients of {sorted(found)}, expected {sorted(learnt)}")
    for name, value in {"y": y, **found}.items():
        if value.dtype != dtype:
            raise AssertionError(f"{layer.name}: {name} is {value.dtype}, not {dtype}")
    errors = {name: relative_error(found[name], slopes[name].numpy()) for name in learnt}
    return {"forward": relative_error(y, wanted.numpy()), **errors}


# ---------------------------------------------------------------- what is drawn


def _arrays(rng, **shapes):
    return {name: rng.standard_normal(shape) for name, shape in shapes.items()}


def _windows(rng, axes, equal_strides=False):
    """Sizes of an image and of a window that fits into it, and options of all kinds."""
    kind = rng.choice(["plain", "stride", "dilation"])
    steps = rng.integers(1, 4, 1 if equal_strides else axes) * np.ones(axes, int)
    size = rng.integers(1, 4, axes)
    if equal_strides and kind == "stride":
        size = np.maximum(size, steps)
    padding = str(rng.choice(["valid", "same"]))
    span = (size - 1) * (steps if kind == "dilation" else 1) + 1
    image = rng.integers(span, span + 6) if padding == "valid" else rng.integers(1, 9, axes)
    options = {"padding": padding}
    if kind != "plain":
        options[str(kind)] = tuple(int(step) for step in steps)
    return tuple(image), tuple(size), options


def _draw_convolution(rng, axes=2, depthwise=False):
    # TensorFlow refuses unequal strides in depthwise convolutions. In 3-D it accepts them, and strides beyond
    # the window, but is then sometimes wrong: there the tests compare with conv3d_loops.
    image, size, options = _windows(rng, axes, equal_strides=depthwise or axes == 3)
    batch, channels, filters = rng.integers(1, 4, 3)
    biases = channels * filters if depthwise else filters
    shapes = {"x": (batch, *image, channels), "kernel": (*size, channels, filters), "bias": (biases,)}
    return _arrays(rng, **shapes), options


def _draw_position_dependent(rng):
    size, outputs = rng.integers(1, 4, 2), rng.integers(1, 7, 2)
    return _arrays(rng, image=tuple(size + outputs - 1), kernels=(*outputs, *size)), {}


def _draw_pooling(rng):
    image, size, options = _windows(rng, 2)
    options.pop("dilation", None)
    x = rng.standard_normal((rng.integers(1, 4), *image, rng.integers(1, 4)))
    return {"x": x}, {"size": tuple(int(n) for n in size), **options}


def _draw_tied_pooling(rng):
    arrays, options = _draw_pooling(rng)
    return {"x": np.round(arrays["x"])}, options  # few values, many ties


def _draw_map(rng):
    return _arrays(rng, x=tuple(rng.integers(1, 6, rng.integers(3, 6)))), {}


def _draw_elementwise(rng):
    x = rng.standard_normal(rng.integers(1, 6, rng.integers(1, 5))) * 3
    return {"x": x + 0.01 * np.sign(x)}, {}  # away from ReLU's kink


def _draw_dense(rng):
    *rows, features, units = rng.integers(1, 7, rng.integers(3, 5))
    return _arrays(rng, x=(*rows, features), W=(features, units), b=(units,)), {}


def _draw_logits(rng):
    shape = rng.integers((1, 2), 12)  # two classes at least: of one the gradient is 0, and only rounding is left of it
    return {"logits": rng.standard_normal(shape) * 5}, {}


def _draw_labelled(rng):
    arrays, options = _draw_logits(rng)
    batch, classes = arrays["logits"].shape
    return arrays | {"labels": rng.integers(0, classes, batch)}, options


def _draw_cnn(rng):
    height, width = (int(n) for n in rng.integers(4, 13, 2))
    channels, classes, batch, first, second = (int(n) for n in rng.integers(1, 5, 5))
    weights = reference.initial_cnn((height, width, channels), classes, (first, second), rng, np.float64)
    weights = {name: w + 0.1 * rng.standard_normal(w.shape) for name, w in weights.items()}
    x = rng.standard_normal((batch, height, width, channels))
    return {"x": x, **weights, "labels": rng.integers(0, classes, batch)}, {}


def _draw_rnn(rng, truncated=False):
    batch, time, features, units = rng.integers(1, 6, 4)
    time += rng.integers(0, 6)
    shapes = {"x": (batch, time, features), "W": (features, units), "U": (units, units), "b": (units,)}
    options = {"activation": str(rng.choice(["tanh", "relu", "sigmoid", "linear"]))}
    if truncated:
        options["truncate"] = int(rng.integers(1, time + 2))
    arrays = _arrays(rng, **shapes, h0=(batch, units))
    arrays["U"] /= np.sqrt(units)
    return arrays, options


def _draw_lstm(rng, peephole=None):
    batch, time, features, units = rng.integers(1, 6, 4)
    shapes = {
        "x": (batch, time, features),
        "kernel": (features, 4 * units),
        "recurrent_kernel": (units, 4 * units),
        "bias": (4 * units,),
    }
    for gate in "ifo" if peephole else "":
        shapes[f"peephole_{gate}"] = (units,) if peephole == "diagonal" else (units, units)
    return _arrays(rng, **shapes, h0=(batch, units), c0=(batch, units)), {}


# ---------------------------------------------------------------- the counterparts


def _with_weights(layer, weights, *args, **kwargs):
    """Call a Keras layer with these tensors in place of its weights, so that gradients reach them."""
    layer.build(args[0].shape)
    pairs = list(zip(layer.weights, weights, strict=True))
    with keras.StatelessScope(state_mapping=pairs):
        return layer(*args, **kwargs)


def _keras_convolution(kind):
    def run(tensors, options):
        x, kernel, bias = tensors["x"], tensors["kernel"], tensors["bias"]
        size, last = kernel.shape[:-2], kernel.shape[-1]
        names = {"stride": "strides", "dilation": "dilation_rate"}
        settings = {names.get(name, name): value for name, value in options.items()}
        layer = getattr(keras.layers, kind)(
            **({"depth_multiplier": last} if kind == "DepthwiseConv2D" else {"filters": last}),
            kernel_size=tuple(size),
            dtype=x.dtype.name,
            **settings,
        )
        return _with_weights(layer, (kernel, bias), x)

    return run


def _flipped_convolution(tensors, options):
    flipped = tf.reverse(tensors["kernel"], axis=(0, 1))
    return _keras_convolution("Conv2D")(tensors | {"kernel": flipped}, options)


def _patches_times_kernels(tensors, options):
    rows, columns = tensors["kernels"].shape[2:]
    patches = tf.image.extract_patches(
        tensors["image"][None, :, :, None], (1, rows, columns, 1), (1, 1, 1, 1), (1, 1, 1, 1), "VALID"
    )
    kernels = tensors["kernels"]
    return tf.reduce_sum(tf.reshape(patches, kernels.shape) * kernels, axis=(2, 3))


def _keras_pooling(kind):
    def run(tensors, options):
        size, stride, padding = options["size"], options.get("stride"), options["padding"]
        return getattr(keras.layers, kind)(size, stride, padding, dtype=tensors["x"].dtype.name)(tensors["x"])

    return run


def _keras_global_average(tensors, options):
    x = tensors["x"]
    return getattr(keras.layers, f"GlobalAveragePooling{x.shape.rank - 2}D")(dtype=x.dtype.name)(x)


def _keras_dense(tensors, options):
    layer = keras.layers.Dense(tensors["W"].shape[1], dtype=tensors["x"].dtype.name)
    return _with_weights(layer, (tensors["W"], tensors["b"]), tensors["x"])


def _softmax(tensors, options):
    return tf.nn.softmax(tensors["logits"])


def _keras_cross_entropy(tensors, options):
    logits = tensors["logits"]
    loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True, dtype=logits.dtype.name)
    return loss(tensors["labels"], logits)


def _draw_pairs(rng):
    n, width = rng.integers(2, 7), rng.integers(1, 9)
    return {name: rng.normal(size=(n, width)) for name in "uv"}, {"temperature": float(rng.choice([0.2, 0.5, 1.0]))}


def _keras_contrastive(tensors, options):
    s = tf.matmul(tensors["u"], tensors["v"], transpose_b=True) / options["temperature"]
    own = tf.range(s.shape[0])
    return sum(_keras_cross_entropy({"logits": one, "labels": own}, {}) for one in (s, tf.transpose(s))) / 2


def _keras_cnn(tensors, options):
    with_bias = {"padding": "same", "activation": "relu", "dtype": tensors["x"].dtype.name}
    x = tensors["x"]
    for k in "12":
        kernel, bias = tensors[f"kernel{k}"], tensors[f"bias{k}"]
        x = _with_weights(keras.layers.Conv2D(kernel.shape[-1], 3, **with_bias), (kernel, bias), x)
        x = keras.layers.MaxPooling2D(dtype=x.dtype.name)(x)
    logits = _keras_dense({"x": tf.reshape(x, (x.shape[0], -1)), "W": tensors["W"], "b": tensors["b"]}, {})
    return _keras_cross_entropy({"logits": logits, "labels": tensors["labels"]}, {})


def _keras_rnn(tensors, options):
    x, h = tensors["x"], tensors["h0"]
    weights = tensors["W"], tensors["U"], tensors["b"]
    units, piece = h.shape[1], options.get("truncate", x.shape[1])
    states = []
    for start in range(0, x.shape[1], piece):  # one piece, unless truncated
        layer = keras.layers.SimpleRNN(
            units, options["activation"], return_sequences=True, unroll=True, dtype=x.dtype.name
        )
        states.append(_with_weights(layer, weights, x[:, start : start + piece], initial_state=h))
        h = tf.stop_gradient(states[-1][:, -1])
    return tf.concat(states, axis=1)


def _keras_lstm(tensors, options, peephole=None):
    from vidlab.models.peephole import PeepholeLSTM

    x, h0, c0 = tensors["x"], tensors["h0"], tensors["c0"]
    settings = {"return_sequences": True, "unroll": True, "dtype": x.dtype.name}
    if peephole:
        layer = PeepholeLSTM(h0.shape[1], peephole, **settings)
    else:
        layer = keras.layers.LSTM(h0.shape[1], **settings)
    weights = [t for name, t in tensors.items() if name not in ("x", "h0", "c0")]
    return _with_weights(layer, weights, x, initial_state=[h0, c0])


# ---------------------------------------------------------------- NumPy, called by name


def _activation(name):
    return {"tanh": np.tanh, **{n: getattr(reference, n) for n in ("relu", "sigmoid", "linear")}}[name]


def _rnn(arrays, options):
    return reference.rnn(**arrays, activation=_activation(options["activation"]))


def _rnn_gradients(arrays, dy, options):
    options = options | {"activation": _activation(options["activation"])}
    return reference.rnn_gradients(**arrays, dy=dy, **options)


def _lstm_arguments(arrays):
    given = {name: arrays[name] for name in ("x", "h0", "c0")}
    weights = {name: a for name, a in arrays.items() if name not in given}
    return given | {"weights": reference.LSTMWeights(**weights)}


def _lstm(arrays, options):
    return reference.lstm(**_lstm_arguments(arrays)).h


def _lstm_gradients(arrays, dy, options):
    return reference.lstm_gradients(**_lstm_arguments(arrays), dy=dy)


def _cnn(arrays, options):
    weights = {name: a for name, a in arrays.items() if name not in ("x", "labels")}
    return reference.cross_entropy(reference.cnn_forward(weights, arrays["x"])["logits"], arrays["labels"])


def _cnn_gradients(arrays, dy, options):
    weights = {name: a for name, a in arrays.items() if name not in ("x", "labels")}
    return reference.cnn_gradients(weights, reference.cnn_forward(weights, arrays["x"]), arrays["labels"])


def _cross_entropy_gradients(arrays, dy, options):
    return reference.cross_entropy_gradients(**arrays)


def _contrastive_loss_gradients(arrays, dy, options):
    return reference.contrastive_loss_gradients(**arrays, **options)


# ---------------------------------------------------------------- the layers


def _layer(name, draw, counterpart, counterpart_name, forward=None, gradients=None, note=""):
    """A Layer; unless given, forward and gradients take the arrays in the order drawn (but for the bias)."""
    run, back = getattr(reference, name), getattr(reference, f"{name}_gradients", None)

    def default_forward(arrays, options):
        return run(*arrays.values(), **options)

    def default_gradients(arrays, dy, options):
        return back(*(a for key, a in arrays.items() if key not in ("bias", "b")), dy, **options)

    forward, gradients = forward or default_forward, gradients or default_gradients
    return Layer(name + note, draw, forward, gradients, counterpart, counterpart_name)


def _elementwise(name):
    def counterpart(tensors, options):
        return getattr(keras.activations, name)(tensors["x"])

    return _layer(name, _draw_elementwise, counterpart, f"activations.{name}")


def _peephole_lstm(kind):
    return _layer("lstm", partial(_draw_lstm, peephole=kind), partial(_keras_lstm, peephole=kind),
                  "models.PeepholeLSTM", _lstm, _lstm_gradients, f", {kind} peepholes")  # fmt: skip


LAYERS = {
    layer.name: layer
    for layer in (
        _layer("conv2d_position_dependent", _draw_position_dependent, _patches_times_kernels,
               "extract_patches"),
        _layer("conv2d", _draw_convolution, _keras_convolution("Conv2D"), "Conv2D"),
        _layer("true_convolution2d", _draw_convolution, _flipped_convolution, "reverse, Conv2D"),
        _layer("depthwise_conv2d", partial(_draw_convolution, depthwise=True),
               _keras_convolution("DepthwiseConv2D"), "DepthwiseConv2D"),
        _layer("conv3d", partial(_draw_convolution, axes=3), _keras_convolution("Conv3D"), "Conv3D"),
        _layer("max_pool2d", _draw_pooling, _keras_pooling("MaxPooling2D"), "MaxPooling2D"),
        _layer("max_pool2d", _draw_tied_pooling, _keras_pooling("MaxPooling2D"), "MaxPooling2D",
               note=", ties"),
        _layer("average_pool2d", _draw_pooling, _keras_pooling("AveragePooling2D"), "AveragePooling2D"),
        _layer("global_average_pool", _draw_map, _keras_global_average, "GlobalAveragePooling"),
        *map(_elementwise, ("relu", "sigmoid", "tanh", "linear")),
        _layer("dense", _draw_dense, _keras_dense, "Dense"),
        _layer("softmax", _draw_logits, _softmax, "tf.nn.softmax"),
        _layer("cross_entropy", _draw_labelled, _keras_cross_entropy, "SparseCategoricalCrossentropy",
               gradients=_cross_entropy_gradients),
        _layer("contrastive_loss", _draw_pairs, _keras_contrastive, "SparseCategoricalCrossentropy, both ways",
               gradients=_contrastive_loss_gradients),
        Layer("cnn", _draw_cnn, _cnn, _cnn_gradients, _keras_cnn, "Conv2D, MaxPooling2D, Dense"),
        _layer("rnn", _draw_rnn, _keras_rnn, "SimpleRNN", _rnn, _rnn_gradients),
        _layer("rnn", partial(_draw_rnn, truncated=True), _keras_rnn, "SimpleRNN, stop_gradient", _rnn,
               _rnn_gradients, note=", truncated"),
        _layer("lstm", _draw_lstm, _keras_lstm, "LSTM", _lstm, _lstm_gradients),
        _peephole_lstm("diagonal"),
        _peephole_lstm("full"),
    )
}  # fmt: skip


def largest_errors(layer, shapes=SHAPES, seed=SEED, dtype="float32"):
    """The largest error over so many random shapes: of the output ("forward") and of each gradient."""
    errors = [compare(layer, arrays, options, dtype) for arrays, options in draws(layer, shapes, seed)]
    return {name: max(e[name] for e in errors) for name in errors[0]}


def main(arguments=None):
    parser = argparse.ArgumentParser(prog="python -m tests.parity", description=__doc__.split("\n")[0])
    parser.add_argument("--shapes", type=int, default=SHAPES, help="a layer (%(default)s)")
    parser.add_argument("--seed", type=int, default=SEED)
    parser.add_argument("--dtype", choices=TOLERANCE, default="float32")
    given = parser.parse_args(arguments)

    limit = TOLERANCE[given.dtype]
    print(f"NumPy against Keras {keras.__version__}, {given.dtype}: max|a - b| / max|b|, at most {limit:g}\n")
    print(f"{'layer':26} {'counterpart':30} {'shapes':>6} {'forward':>8}  gradients")
    passed = True
    for name, layer in LAYERS.items():
        errors = largest_errors(layer, given.shapes, given.seed, given.dtype)
        passed &= max(errors.values()) <= limit
        mark = "" if max(errors.values()) <= limit else "   TOO LARGE"
        forward = errors.pop("forward")
        gradients = "  ".join(f"{key} {error:.0e}" for key, error in errors.items())
        print(f"{name:26} {layer.counterpart_name:30} {given.shapes:>6} {forward:8.0e}  {gradients}{mark}")
    return 0 if passed else 1


if __name__ == "__main__":
    sys.exit(main())
