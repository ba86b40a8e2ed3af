"""EfficientNet-Lite0, a network of inverted residuals that learnt from photographs."""

import keras
import numpy as np
from keras import layers

# how often, kernel, stride of the first, how much wider inside, filters
STAGES = (
    (1, 3, 1, 1, 16), (2, 3, 2, 6, 24), (2, 5, 2, 6, 40), (3, 3, 2, 6, 80), (3, 5, 1, 6, 112), (4, 5, 2, 6, 192),
    (1, 3, 1, 6, 320),
)  # fmt: skip
EPSILON = 1e-3  # of its batch normalisation


def efficientnet_lite0(side: int, top: bool = False) -> keras.Model:
    """Frames (side, side, 3) in [-1, 1] to 1,280 features; with `top`, to the logits of ImageNet's 1,000 classes.

    An inverted residual widens the channels by a 1 x 1 convolution, filters each by itself (depthwise), and narrows
    them again without an activation; where the shape stays, the input is added. Convolutions have a bias in place of
    the batch normalisation that they were trained with, folded into them by `tensors`.

    Tan and Le, EfficientNet, ICML 2019; Lite: without squeeze-and-excite, ReLU6 in place of swish.
    Sandler et al., MobileNetV2: Inverted residuals and linear bottlenecks, CVPR 2018.
    """

    def conv(x, filters, kernel, name, stride=1, act=True):
        x = layers.Conv2D(filters, kernel, stride, padding="same", name=name)(x)
        return layers.ReLU(6.0, name=f"{name}_act")(x) if act else x

    frame = keras.Input((side, side, 3), name="frame")
    x, channels, block = conv(frame, 32, 3, "stem", 2), 32, 0
    for repeats, kernel, stride, wider, filters in STAGES:
        for repeat in range(repeats):
            name, before, step = f"block{block}", x, stride if repeat == 0 else 1
            if wider > 1:
                x = conv(x, wider * channels, 1, f"{name}_expand")
            x = layers.DepthwiseConv2D(kernel, step, padding="same", name=f"{name}_depthwise")(x)
            x = layers.ReLU(6.0, name=f"{name}_depthwise_act")(x)
            x = conv(x, filters, 1, f"{name}_project", act=False)
            if step == 1 and channels == filters:
                x = layers.Add(name=f"{name}_add")([x, before])
            channels, block = filters, block + 1
    x = layers.GlobalAveragePooling2D(name="features")(conv(x, 1280, 1, "head"))
    return keras.Model(frame, layers.Dense(1000, name="classes")(x) if top else x, name="efficientnet_lite0")


def tensors(state: dict) -> dict[str, list[np.ndarray]]:
    """{layer: weights} for `efficientnet_lite0`, from PyTorch's tensors."""
    found = {}

    def take(layer, convolution, normalisation, depthwise=False):
        kernel = state[f"{convolution}.weight"]  # (filters, channels, rows, columns)
        scale = state[f"{normalisation}.weight"] / np.sqrt(state[f"{normalisation}.running_var"] + EPSILON)
        bias = state[f"{normalisation}.bias"] - state[f"{normalisation}.running_mean"] * scale
        kernel = np.transpose(kernel * scale[:, None, None, None], (2, 3, 0, 1) if depthwise else (2, 3, 1, 0))
        found[layer] = [kernel, bias]

    take("stem", "_conv_stem", "_bn0")
    take("head", "_conv_head", "_bn1")
    found["classes"] = [state["_fc.weight"].T, state["_fc.bias"]]
    for block in range(sum(repeats for repeats, *_ in STAGES)):
        name, old = f"block{block}", f"_blocks.{block}."
        if f"{old}_expand_conv.weight" in state:
            take(f"{name}_expand", f"{old}_expand_conv", f"{old}_bn0")
        take(f"{name}_depthwise", f"{old}_depthwise_conv", f"{old}_bn1", depthwise=True)
        take(f"{name}_project", f"{old}_project_conv", f"{old}_bn2")
    return found
