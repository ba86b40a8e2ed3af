"""What a model can learn from or be judged on: `datasets.Batches`, or (clips, labels) in memory.

Both become something with an `epoch(k, start, shard)` of batches, `steps` in an epoch, and a `len`.
"""

from contextlib import nullcontext

import keras
import numpy as np

from vidlab.datasets import Batches
from vidlab.datasets.batches import take_shard
from vidlab.models.onnx_file import OnnxModel
from vidlab.tensorflow import tf


class ArrayBatches:
    """Clips and labels in memory as batches, in an order that depends on (seed, k) alone."""

    def __init__(self, clips, labels, batch, shuffle, seed=0):
        self.clips, self.labels = tf.nest.map_structure(tf.constant, clips), tf.constant(labels)
        self.batch, self.shuffle, self.seed = batch, shuffle, seed
        self.steps = -(-len(labels) // batch)

    def __len__(self):
        return len(self.labels)

    def epoch(self, k, start=0, shard=(0, 1), keep_empty=False):
        order = np.arange(len(self))
        if self.shuffle:
            order = np.random.default_rng([1, self.seed, k]).permutation(order)
        order, batch = take_shard(order[start * self.batch :], self.batch, shard)
        order = tf.constant(order)
        places = tf.data.Dataset.range(self.steps - start).map(lambda s: order[s * batch : (s + 1) * batch])
        clips, labels = self.clips, self.labels
        options = tf.data.Options()
        options.autotune.enabled = False  # as in Batches
        data = places.map(lambda at: tf.nest.map_structure(lambda part: tf.gather(part, at), (clips, labels)))
        return data.prefetch(1).with_options(options)

    def errors(self):
        return nullcontext()


def as_batches(name, data, model, batch, shuffle=False, seed=0):
    """`data` as batches that fit the model, or a ValueError that says what does not."""
    if not isinstance(model, keras.Model):
        raise ValueError(f"model: expected a keras.Model, got {type(model).__name__}; call the function that makes it")
    classes = model.output_shape[-1]
    if isinstance(data, Batches):
        return _fitting(name, data, model, classes)
    if not isinstance(data, tuple | list) or len(data) != 2:
        raise ValueError(
            f"{name}: expected datasets.Batches, or (clips, labels) as datasets.load_clips gives them, "
            f"got {type(data).__name__}"
        )
    if isinstance(data[0], dict):
        return ArrayBatches(*_several(name, *data, model, classes), batch, shuffle, seed)
    clips, labels = map(np.asarray, data)
    if not len(clips) or len(clips) != len(labels):
        raise ValueError(f"{name}: {len(clips)} clips and {len(labels)} labels; as many of each are needed, and some")
    if len(model.inputs) > 1:
        raise ValueError(f"{name}: this model takes flow beside the clips; give datasets.Batches with flow=True")
    wanted = model.input_shape[1:]
    if clips.dtype.kind != "f" or clips.shape[1:] != wanted:
        raise ValueError(
            f"{name}: the model takes clips of shape {wanted}, floats from 0 to 1; these are {clips.dtype} of shape "
            f"{clips.shape[1:]}"
        )
    _check_labels(name, labels, classes)
    return ArrayBatches(clips, labels, batch, shuffle, seed)


def _several(name, inputs, labels, model, classes):
    """({input: array}, labels) for a model of several inputs, such as picture and sound."""
    wanted, labels = {x.name: tuple(x.shape[1:]) for x in model.inputs}, np.asarray(labels)
    inputs = {key: np.asarray(value) for key, value in inputs.items()}
    given = {key: value.shape[1:] for key, value in inputs.items()}
    if given != wanted:
        raise ValueError(f"{name}: the model takes {wanted}, but these are {given}")
    if not len(labels) or any(len(value) != len(labels) for value in inputs.values()):
        counts = ", ".join(f"{len(value)} of {key}" for key, value in inputs.items())
        raise ValueError(f"{name}: {counts} and {len(labels)} labels; as many of each are needed, and some")
    _check_labels(name, labels, classes)
    return inputs, labels


def _check_labels(name, labels, classes):
    if labels.ndim != 1 or labels.dtype.kind not in "iu" or labels.min() < 0 or labels.max() >= classes:
        raise ValueError(f"{name}: labels must be a row of whole numbers from 0 to {classes - 1}, one for each clip")


def _fitting(name, batches, model, classes):
    shape = batches.frames.shape
    flow, wanted = clip_input(model)
    if flow != batches.flow:
        raise ValueError(f"{name}: this model {'needs' if flow else 'takes no'} flow; make Batches with flow={flow}")
    if wanted[1:] != shape:
        raise ValueError(f"{name}: the model takes clips of shape {wanted[1:]}; these Batches give {shape}")
    if len(batches.classes) != classes:
        raise ValueError(f"{name}: {len(batches.classes)} classes, but the model tells {classes} apart")
    return batches


def clip_input(model):
    """Whether a model takes flow beside the clip, and the shape of the clips: (batch, frames, height, width, 3)."""
    inputs = getattr(model, "inputs", None) if isinstance(model, keras.Model | OnnxModel) else None
    shapes = {x.name: tuple(x.shape) for x in inputs or ()}
    flow = set(shapes) == {"clip", "flow"}
    shape = shapes["clip"] if flow else next(iter(shapes.values()), ())
    if len(shapes) != 1 + flow or len(shape) != 5:
        raise ValueError("model: expected a keras.Model that takes clips (batch, frames, height, width, channels)")
    return flow, shape
