"""Networks that predict the next frame, simple forecasts to beat, and the roll-out on a network's own predictions.

A network takes clips (batch, frames, height, width, channels), float32 in [0, 1], of any number of frames, and gives
as many: its answer at frame t is its forecast of frame t + 1, made from frames up to t and no later one. A forecast of
what comes behind a clip has one form: (given clips, steps) to (batch, steps, height, width, channels).
"""

import numbers

import cv2
import keras
import numpy as np
from keras import layers

from vidlab.datasets import optical_flow
from vidlab.tensorflow import tf

AROUND = 8  # pixels of the other side that are laid around a picture whose sides are joined


def next_frame_unet(frame_shape, filters=(16, 32, 48), stacked=4):
    """A small U-Net over the last `stacked` frames, laid on each other as channels; it gives the change.

        forecast_t = x_t + U(x_{t-3}, ..., x_t)

    Before a clip begins, its first frame stands. 82,000 weights. Ronneberger, Fischer and Brox, U-Net: convolutional
    networks for biomedical image segmentation, MICCAI 2015, made small.

    >>> next_frame_unet((16, 16, 1)).output_shape
    (None, None, 16, 16, 1)
    """
    if not filters or stacked < 1:
        raise ValueError(f"filters={filters} must hold one number or more, and stacked={stacked} be 1 or more")
    x = clip = _clip_input(frame_shape, 2 ** (len(filters) - 1))
    if stacked > 1:
        padded = layers.Concatenate(axis=1)([clip[:, :1]] * (stacked - 1) + [clip])
        x = layers.Concatenate()([padded[:, k : k + 1 - stacked or None] for k in range(stacked)])
    skips = []
    for n in filters:
        if skips:
            x = layers.MaxPooling3D((1, 2, 2))(x)
        for _ in range(2):
            x = layers.Conv3D(n, (1, 3, 3), padding="same", activation="relu")(x)
        skips.append(x)
    for skip in skips[-2::-1]:
        x = layers.Concatenate()([layers.UpSampling3D((1, 2, 2))(x), skip])
        x = layers.Conv3D(skip.shape[-1], (1, 3, 3), padding="same", activation="relu")(x)
    change = layers.Conv3D(frame_shape[-1], (1, 3, 3), padding="same")(x)
    return keras.Model(clip, layers.add([clip, change]), name="next_frame_unet")


def next_frame_conv_lstm(frame_shape, units=24, kernel=5):
    """A convolutional LSTM that reads frame after frame, between a convolution and its way back; it gives the change.

    118,000 weights. Shi et al., Convolutional LSTM network: A machine learning approach for precipitation nowcasting,
    NeurIPS 2015; Keras's layer leaves out their peepholes.

    >>> next_frame_conv_lstm((16, 16, 1)).output_shape
    (None, None, 16, 16, 1)
    """
    clip = _clip_input(frame_shape, 2)
    x = layers.Conv3D(units, (1, 3, 3), strides=(1, 2, 2), padding="same", activation="relu")(clip)
    x = layers.ConvLSTM2D(units, kernel, padding="same", return_sequences=True)(x)
    x = layers.Concatenate()([layers.UpSampling3D((1, 2, 2))(x), clip])
    x = layers.Conv3D(units, (1, 3, 3), padding="same", activation="relu")(x)
    change = layers.Conv3D(frame_shape[-1], (1, 3, 3), padding="same")(x)
    return keras.Model(clip, layers.add([clip, change]), name="next_frame_conv_lstm")


def coded_frame(frame_shape, codes, filters=24, kernel=5, joined=False):
    """A frame and the number of a code go in, another frame comes out: each code is one way in which it may go on.

    `codes` may be classes that are known, or futures that `training.fit_codes` finds. `joined` sides: beyond the border
    its kernels see what is on the other side, not zeros. 30,000 weights.

    >>> net = coded_frame((16, 16, 1), codes=2)
    >>> [x.shape for x in net.inputs], net.output_shape
    ([(None, 16, 16, 1), (None,)], (None, 16, 16, 1))
    """
    if codes < 1:
        raise ValueError(f"codes={codes} must be 1 or more: in how many ways a frame may go on")
    if kernel < 3 or kernel % 2 == 0:
        raise ValueError(f"kernel={kernel} must be an odd number from 3 up")
    beyond, frame_shape = kernel // 2, _clip_input(frame_shape, 1).shape[2:]
    frame, code = keras.Input(frame_shape, name="frame"), keras.Input((), dtype="int32", name="code")

    def conv(x, n):
        if joined:
            x = layers.Concatenate(axis=1)([x[:, -beyond:], x, x[:, :beyond]])
            x = layers.Concatenate(axis=2)([x[:, :, -beyond:], x, x[:, :, :beyond]])
        return layers.Conv2D(n, kernel, padding="valid" if joined else "same")(x)

    x = frame
    for _ in range(3):
        told = layers.Reshape((1, 1, filters))(layers.Embedding(codes, filters)(code))
        x = layers.ReLU()(layers.add([conv(x, filters), told]))
    return keras.Model([frame, code], conv(x, frame_shape[-1]), name="coded_frame")


def roll_out(network, given, steps):
    """Forecast `steps` frames: each forecast is laid behind the clip, and the next is made from that.

        x_{T+1} = f(x_1, ..., x_T),   x_{T+2} = f(x_1, ..., x_T, x_{T+1}),   ...

    Parameters
    ----------
    network
        Of the next frame, see above.
    given
        (batch, frames, height, width, channels) in [0, 1]. Forecasts are clipped to that range.
    steps
        How many frames.

    Returns
    -------
    (batch, steps, height, width, channels) float32

    Raises
    ------
    ValueError
        `given` are no clips, or `steps` is less than 1.

    Examples
    --------
    >>> roll_out(next_frame_unet((8, 8, 1)), np.zeros((2, 3, 8, 8, 1)), steps=4).shape
    (2, 4, 8, 8, 1)
    """
    clip = _checked(given, steps)
    form = [tf.TensorSpec((None, None, *clip.shape[2:]), tf.float32)]
    answer = tf.function(lambda x: network(x, training=False)[:, -1:], input_signature=form)
    for _ in range(steps):
        clip = np.concatenate([clip, np.clip(answer(clip), 0, 1)], axis=1)
    return clip[:, -steps:]


def copy_last(given, steps):
    """Nothing will change: the last frame, again and again.

    >>> copy_last(np.ones((2, 3, 8, 8, 1)), steps=4).shape
    (2, 4, 8, 8, 1)
    """
    return _checked(given, steps)[:, -1:].repeat(steps, axis=1)


def constant_velocity(given, steps, joined=False):
    """What moved goes on moving as it did: the last frame, carried along the optical flow of the last two.

    A pixel takes its value from where the flow says that it came from, once more for each step; the flow, which belongs
    to the last frame but one, is carried along with it. Compare Germann and Zawadzki, Scale-dependence of the
    predictability of precipitation from continental radar images, Monthly Weather Review 130, 2002.

    Parameters
    ----------
    given
        (batch, 2 or more frames, height, width, 1 or 3) in [0, 1].
    steps
        How many frames to forecast.
    joined
        Whether what leaves the picture on one side comes back on the other. Otherwise the border's pixels are repeated.

    Returns
    -------
    (batch, steps, height, width, channels) float32

    Raises
    ------
    ValueError
        There are fewer than two frames, or `steps` is less than 1.

    Examples
    --------
    >>> constant_velocity(np.zeros((2, 3, 16, 16, 1)), steps=4).shape
    (2, 4, 16, 16, 1)
    """
    given = _checked(given, steps)
    if given.shape[1] < 2:
        raise ValueError(f"given: a velocity needs 2 frames or more, not {given.shape[1]}")
    if given.shape[-1] not in (1, 3):
        raise ValueError(f"given: flow needs 1 channel or 3, not {given.shape[-1]}")
    around, border = (AROUND, cv2.BORDER_WRAP) if joined else (0, cv2.BORDER_REPLICATE)
    height, width, channels = given.shape[2:]
    found = np.empty((len(given), steps, height, width, channels), np.float32)
    for clip, frames in zip(given, found, strict=True):
        pair = np.round(255 * np.broadcast_to(clip[-2:], (2, height, width, 3))).astype(np.uint8)
        pair = np.pad(pair, ((0, 0), (around, around), (around, around), (0, 0)), mode="wrap")
        flow = optical_flow(pair)[0, around : around + height, around : around + width]
        x, y = np.meshgrid(np.arange(width, dtype=np.float32), np.arange(height, dtype=np.float32))
        for frame in frames:
            move = cv2.remap(flow, x, y, cv2.INTER_LINEAR, borderMode=border)
            for _ in range(2):  # the flow of where the pixel came from, which is found by it
                move = cv2.remap(flow, x - move[..., 0], y - move[..., 1], cv2.INTER_LINEAR, borderMode=border)
            x, y = x - move[..., 0], y - move[..., 1]
            if joined:
                x, y = x % width, y % height
            frame[:] = cv2.remap(clip[-1], x, y, cv2.INTER_LINEAR, borderMode=border).reshape(frame.shape)
    return found


def linear_forecast(clips, past=4, reach=0):
    """Fit a linear forecast by least squares, and give it: the same weights for all pixels.

        x_{t+1}(p) = b + sum_{k, d} w_{k, d} x_{t-k}(p + d),   k < past,  |d| <= reach in both directions

    Parameters
    ----------
    clips
        (n, frames, height, width, channels) to learn from.
    past
        How many frames it looks back.
    reach
        0: a pixel's own past alone. 1: its neighbours, too; and so on.

    Returns
    -------
    A function (given, steps) -> (batch, steps, height, width, channels).

    Raises
    ------
    ValueError
        The clips are not longer than `past`, or `reach` is negative.

    Examples
    --------
    >>> fading = 0.5 ** np.arange(6)[None, :, None, None, None] * np.ones((1, 6, 8, 8, 1))
    >>> linear_forecast(fading, past=1)(fading[:, :2], steps=2)[0, :, 0, 0, 0].round(3).tolist()
    [0.25, 0.125]
    """
    clips = _checked(clips, 1)
    if not 1 <= past < clips.shape[1] or reach < 0:
        raise ValueError(f"past={past} must be from 1 to {clips.shape[1] - 1}, reach={reach} from 0")

    def rows(clip):  # (batch, past, height, width, channels) -> (batch, height, width, channels, 1 + weights)
        side = [(0, 0), (0, 0), (reach, reach), (reach, reach), (0, 0)]
        wide = np.pad(clip, side, mode="edge")
        h, w = clip.shape[2:4]
        moves = [(i, j) for i in range(2 * reach + 1) for j in range(2 * reach + 1)]
        parts = [wide[:, k, i : i + h, j : j + w] for k in range(past) for i, j in moves]
        return np.stack([np.ones_like(parts[0]), *parts], axis=-1)

    left, right = 0, 0
    for t in range(past, clips.shape[1]):
        seen = rows(clips[:, t - past : t]).reshape(-1, 1 + past * (2 * reach + 1) ** 2).astype(np.float64)
        left, right = left + seen.T @ seen, right + seen.T @ clips[:, t].reshape(-1)
    weights = np.linalg.lstsq(left, right, rcond=None)[0].astype(np.float32)

    def forecast(given, steps):
        clip = _checked(given, steps)
        if clip.shape[1] < past:
            raise ValueError(f"given: this forecast looks back {past} frames, but there are {clip.shape[1]}")
        for _ in range(steps):
            clip = np.concatenate([clip, np.clip(rows(clip[:, -past:]) @ weights, 0, 1)[:, None]], axis=1)
        return clip[:, -steps:]

    return forecast


def _checked(clips, steps):
    clips = np.asarray(clips, np.float32)
    if clips.ndim != 5 or 0 in clips.shape[1:]:
        raise ValueError(f"given: expected clips (batch, frames, height, width, channels), got {clips.shape}")
    if clips.size and not (clips.min() > -0.01 and clips.max() < 1.01):
        raise ValueError("given: expected values from 0 to 1; divide pixels of uint8 by 255")
    if not isinstance(steps, numbers.Integral) or steps < 1:
        raise ValueError(f"steps={steps} must be a whole number of frames, 1 or more")
    return clips


def _clip_input(frame_shape, multiple):
    shape = tuple(frame_shape)
    if len(shape) != 3 or min(shape) < 1 or shape[0] % multiple or shape[1] % multiple:
        raise ValueError(
            f"frame_shape={shape} must be (height, width, channels), with sides that can be divided by {multiple}"
        )
    return keras.Input((None, *shape), name="clip")
