"""Gradients of a class's score by the clip: which pixels would move it."""

from functools import lru_cache

import keras
import numpy as np

from vidlab.clips import require
from vidlab.explain.explanation import KEPT, filling, method, scores
from vidlab.tensorflow import tf

AT_A_TIME = 8  # clips: a gradient needs more memory than an answer


@lru_cache(KEPT)
def _graph(model):
    network = scores(model)

    @tf.function(reduce_retracing=True)
    def gradient(x, target):
        with tf.GradientTape() as tape:
            tape.watch(x)
            score = network(x, training=False)[:, target]
        return tape.gradient(score, x)

    return gradient


def _gradient(model, target, clips):
    """The gradient of the logit of a class by each clip, of the same shape."""
    gradient, target = _graph(model), tf.constant(target)
    parts = [gradient(tf.constant(clips[i : i + AT_A_TIME]), target) for i in range(0, len(clips), AT_A_TIME)]
    return np.concatenate([part.numpy() for part in parts])


@lru_cache(KEPT)
def _explainer(model, target):
    """What shap makes of a class of a model; its clips to compare with come later."""
    import shap

    # it takes the output of the last layer for that of the model: so there is a layer for the class alone
    network = scores(model)
    score = keras.layers.Identity()(network.output[:, target : target + 1])
    nothing = np.zeros((1, *network.input_shape[1:]), np.float32)
    return shap.GradientExplainer(keras.Model([network.input], score), nothing).explainer  # TensorFlow's, inside


@method
def smoothgrad(model, clip, target, *, samples=16, noise=0.1, seed=0):
    r"""The size of the gradient, as a mean over clips with a little noise.

        M = 1/n sum_k sum_c |d s(x + e_k) / d x_c|,  e_k from N(0, noise^2)

    with s the logit of the class, c the channels. It has no sign: it says where, not for or against.

    Source: Smilkov et al., SmoothGrad: removing noise by adding noise, 2017, arXiv:1706.03825.

    Parameters
    ----------
    samples
        n; 1 and no noise give the plain gradient (Simonyan et al., 2014).
    noise
        Deviation of the noise, of pixels from 0 to 1.
    """
    require(samples >= 1 and noise >= 0, f"samples={samples} must be from 1 up, noise={noise} from 0 up")
    drawn = np.random.default_rng(seed).normal(0, noise, (samples, *clip.shape)).astype(np.float32)
    return np.abs(_gradient(model, target, clip + drawn)).mean(axis=0).sum(axis=-1)


@method
def integrated_gradients(model, clip, target, *, steps=32, fill="mean"):
    r"""The gradient along the way from a clip without content to this one, times the way.

        A = sum_c (x - x')_c * 1/m sum_k d s(x' + (k - 1/2)/m (x - x')) / d x_c

    with s the logit of the class and x' what `fill` makes of the clip. It is complete: the sum of all values is
    s(x) - s(x'), up to the error of the sum over m steps.

    Source: Sundararajan, Taly and Yan, Axiomatic attribution for deep networks, ICML 2017, arXiv:1703.01365.

    Parameters
    ----------
    steps
        m.
    fill
        See `explanation.filling`.
    """
    require(steps >= 1, f"steps={steps} must be from 1 up")
    start = np.broadcast_to(filling(clip, fill), clip.shape).astype(np.float32)
    at = ((np.arange(steps) + 0.5) / steps).astype(np.float32)[:, None, None, None, None]
    mean = _gradient(model, target, start + at * (clip - start)).mean(axis=0)
    return ((clip - start) * mean).sum(axis=-1)


@method
def expected_gradients(model, clip, target, *, background=None, samples=32, seed=0):
    r"""Integrated gradients from many starts: the mean over clips of a background, each with a step drawn by chance.

        A = E_{x' from the background, a from U(0, 1)} sum_c (x - x')_c * d s(x' + a (x - x')) / d x_c

    An estimate of Shapley values, by `shap.GradientExplainer`.

    Source: Erion et al., Improving performance of deep learning models with axiomatic attribution priors and expected
    gradients, Nature Machine Intelligence 3, 2021; Lundberg and Lee, NeurIPS 2017.

    Parameters
    ----------
    background
        Clips (n, frames, height, width, channels) to compare with; None: grey, and the clip's own frames shuffled.
    samples
        How many pairs (x', a).
    """
    rng = np.random.default_rng(seed)
    if background is None:
        mixed = [clip[rng.permutation(len(clip))] for _ in range(4)]
        background = np.stack([np.full_like(clip, 0.5), *mixed])
    background = np.asarray(background, np.float32)
    require(background.shape[1:] == clip.shape, f"background: clips of {clip.shape} are needed, not {background.shape}")
    explainer = _explainer(model, target)
    explainer.data = [background]
    found = explainer.shap_values(clip[None], nsamples=samples, rseed=seed)
    return np.asarray(found).reshape(clip.shape).sum(axis=-1)
