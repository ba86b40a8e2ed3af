"""Train networks of the next frame: on true frames, partly on their own predictions, or with a code for each future."""

import keras
import numpy as np

from vidlab.tensorflow import tf


def fit_next_frame(network, clips, steps, *, own=0.0, passes=2, window=8, skip=2, batch=16, learning_rate=4e-3, seed=0):
    """Train a network of the next frame by the mean squared error.

    With own = 0 it always sees true frames: teacher forcing. Otherwise **scheduled sampling** (Bengio et al., Scheduled
    sampling for sequence prediction with recurrent neural networks, NeurIPS 2015): a true frame is replaced by what the
    network predicted for it, with a chance that grows from 0 towards `own`. All frames of a clip are predicted at once,
    and `passes` times, so that predictions rest on predictions (Duckworth et al., Parallel scheduled sampling, 2019,
    arXiv:1906.04331).

    Parameters
    ----------
    network
        From `models.next_frame_unet` or the like.
    clips
        (n, frames, height, width, channels) float32 in [0, 1].
    steps, batch, learning_rate
        Batches to learn from, clips in each, and Adam's rate, which falls to 0 along a cosine.
    own, passes
        See above.
    window
        So many frames of a clip are learnt from at once; where they begin is chosen by chance.
    skip
        So many first frames are always true, and what is predicted from fewer does not count.
    seed
        Of all chance.

    Returns
    -------
    The loss of each step.

    Raises
    ------
    ValueError
        `own` is no share, `clips` are none, `steps` or `passes` is below 1, the clips are shorter than `window`, or it
        leaves nothing behind `skip`.

    Examples
    --------
    >>> from vidlab import models
    >>> clips = np.zeros((4, 6, 8, 8, 1), np.float32)
    >>> len(fit_next_frame(models.next_frame_unet((8, 8, 1)), clips, steps=2, own=0.5, window=5))
    2
    """
    if not 0 <= own <= 1:
        raise ValueError(f"own={own} must be a share from 0 to 1")
    clips = np.asarray(clips)
    if clips.ndim != 5 or clips.dtype.kind != "f" or not len(clips):
        raise ValueError(
            "clips: expected (n, frames, height, width, channels), floats from 0 to 1, got "
            f"{clips.dtype} of shape {clips.shape}"
        )
    if steps < 1 or passes < 1:
        raise ValueError(f"steps={steps} and passes={passes} must be 1 or more")
    if not 1 <= skip < window - 1 or window > clips.shape[1]:
        raise ValueError(
            f"window={window} must be at most {clips.shape[1]} frames, and skip={skip} from 1 to window - 2"
        )
    rng, draw = np.random.default_rng(seed), tf.random.Generator.from_seed(seed)
    apply = _adam(network, learning_rate, steps)

    @tf.function
    def step(x, share):
        seen = mixed = x[:, :-1]
        late = tf.range(window - 1)[:, None, None, None] >= skip
        for _ in range(passes if own else 0):
            guess = tf.clip_by_value(network(mixed, training=False), 0.0, 1.0)
            guess = tf.concat([seen[:, :1], guess[:, :-1]], axis=1)  # the answer at t - 1 stands for frame t
            coin = draw.uniform((batch, window - 1, 1, 1, 1)) < share
            mixed = tf.where(coin & late, guess, seen)
        with tf.GradientTape() as tape:
            wrong = network(mixed, training=True) - x[:, 1:]
            loss = tf.reduce_mean(wrong[:, skip - 1 :] ** 2)
        return apply(tape, loss)

    losses = []
    for k in range(steps):
        start, chosen = rng.integers(clips.shape[1] - window + 1), rng.choice(len(clips), batch)
        x = tf.constant(clips[chosen, start : start + window], tf.float32)
        losses.append(step(x, tf.constant(own * k / steps, tf.float32)))
    return [float(loss) for loss in losses]


def fit_codes(network, frames, futures, steps, *, codes=2, even=0.05, batch=32, learning_rate=3e-3, seed=0):
    """Train a `models.coded_frame` where a frame may go on in several ways: of each clip, the best code learns.

        loss = mean over clips of   min_k e_k + even * mean_k e_k,   e_k = mean |f(frame, k) - future|^2

    So each code comes to stand for one way, instead of all for their mean. The small second part keeps a code alive
    that never wins. Guzman-Rivera, Batra and Kohli, Multiple choice learning, NeurIPS 2012.

    Parameters
    ----------
    network
        A `models.coded_frame` with so many `codes`.
    frames, futures
        (n, height, width, channels) float32: what is seen, and how it went on.
    steps, batch, learning_rate, seed
        As for `fit_next_frame`.

    Returns
    -------
    (n,) the code that fits each clip best.

    Raises
    ------
    ValueError
        There are not as many futures as frames, or the network has fewer codes.

    Examples
    --------
    >>> from vidlab import models
    >>> frames = np.zeros((4, 8, 8, 1), np.float32)
    >>> fit_codes(models.coded_frame((8, 8, 1), 2), frames, frames, steps=2, batch=2).shape
    (4,)
    """
    if not len(frames) or np.shape(frames) != np.shape(futures):
        raise ValueError(f"futures: expected {np.shape(frames)}, one for each frame, got {np.shape(futures)}")
    known = next((layer.input_dim for layer in network.layers if isinstance(layer, keras.layers.Embedding)), 0)
    if not 1 <= codes <= known:
        raise ValueError(f"codes={codes} must be from 1 to {known}, as many as the network has")
    rng = np.random.default_rng(seed)
    apply = _adam(network, learning_rate, steps)

    def errors(x, y, training):
        n = tf.shape(x)[0]
        said = [network([x, tf.fill([n], k)], training=training) for k in range(codes)]
        return tf.stack([tf.reduce_mean((one - y) ** 2, axis=(1, 2, 3)) for one in said], axis=1)

    @tf.function
    def step(x, y):
        with tf.GradientTape() as tape:
            e = errors(x, y, True)
            loss = tf.reduce_mean(tf.reduce_min(e, axis=1)) + even * tf.reduce_mean(e)
        return apply(tape, loss)

    for _ in range(steps):
        chosen = rng.choice(len(frames), batch)
        step(tf.constant(frames[chosen], tf.float32), tf.constant(futures[chosen], tf.float32))
    ask = tf.function(lambda x, y: tf.argmin(errors(x, y, False), axis=1))
    return ask(tf.constant(frames, tf.float32), tf.constant(futures, tf.float32)).numpy()


def _adam(network, learning_rate, steps):
    optimizer = keras.optimizers.Adam(keras.optimizers.schedules.CosineDecay(learning_rate, steps), clipnorm=1.0)

    def apply(tape, loss):
        gradients = tape.gradient(loss, network.trainable_variables)
        optimizer.apply_gradients(zip(gradients, network.trainable_variables, strict=True))
        return loss

    return apply
