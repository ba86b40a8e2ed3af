"""The trunk of TransNetV2, a network that learnt from video where one shot ends and the next begins."""

import keras
import numpy as np
from keras import layers, ops

SIZE = 27, 48  # rows and columns of its frames
FILTERS = 16, 32, 64  # of each branch, in the three stacks
DILATIONS = 1, 2, 4, 8
EPSILON = 1e-3


def transnet(frames: int | None = None) -> keras.Model:
    """Clips (frames, 27, 48, 3) in [0, 1] to features (frames, 448) of every frame.

    A block looks at four spans of time at once: four (2+1)D convolutions side by side, whose frames stand 1, 2, 4 and 8
    apart. Two blocks and a shortcut make a stack; three stacks, each at half the size of the one before. The features
    are the means over the picture of all three stacks' outputs: 64 + 128 + 256.

    Soucek and Lokoc, TransNet V2: An effective deep network architecture for fast shot transition detection, 2020,
    arXiv:2008.04838.
    """

    def block(x, filters, name):
        branches = []
        for d in DILATIONS:
            y = layers.Conv3D(2 * filters, (1, 3, 3), padding="same", use_bias=False, name=f"{name}_space{d}")(x)
            branches.append(
                layers.Conv3D(filters, (3, 1, 1), dilation_rate=(d, 1, 1), padding="same", name=f"{name}_time{d}")(y)
            )
        return layers.Concatenate(name=f"{name}_all")(branches)

    clip = keras.Input((frames, *SIZE, 3), name="clip")
    x, means = clip, []
    for stack, filters in enumerate(FILTERS):
        first = layers.ReLU(name=f"stack{stack}_first")(block(x, filters, f"stack{stack}_block0"))
        second = layers.ReLU(name=f"stack{stack}_second")(block(first, filters, f"stack{stack}_block1"))
        x = layers.Add(name=f"stack{stack}_add")([first, second])
        x = layers.AveragePooling3D((1, 2, 2), name=f"stack{stack}")(x)
        means.append(ops.mean(x, axis=(2, 3)))
    return keras.Model(clip, layers.Concatenate(name="features")(means), name="transnet")


def tensors(state: dict) -> dict[str, list[np.ndarray]]:
    """{layer: weights} for `transnet`, from PyTorch's tensors; batch normalisation is folded into the convolutions."""
    found = {}
    for stack, filters in enumerate(FILTERS):
        for block in range(2):
            old, name = f"SDDCNN.{stack}.DDCNN.{block}.", f"stack{stack}_block{block}"
            scale = state[f"{old}bn.weight"] / np.sqrt(state[f"{old}bn.running_var"] + EPSILON)
            bias = state[f"{old}bn.bias"] - state[f"{old}bn.running_mean"] * scale
            for k, d in enumerate(DILATIONS):
                space, time = (state[f"{old}Conv3D_{d}.layers.{n}.weight"] for n in (0, 1))
                own = slice(k * filters, (k + 1) * filters)
                found[f"{name}_space{d}"] = [np.transpose(space, (2, 3, 4, 1, 0))]
                found[f"{name}_time{d}"] = [
                    np.transpose(time * scale[own, None, None, None, None], (2, 3, 4, 1, 0)),
                    bias[own],
                ]
    return found
