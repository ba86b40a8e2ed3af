"""Inputs of exercises that are more than arrays. They stand here, as this file holds no solution."""

import numpy as np


class Linear:
    """A model with one layer: x to x W."""

    def __init__(self, weights):
        self.weights = weights

    def __repr__(self):
        return "predict"

    def __call__(self, x):
        """The scores (batch, classes) of x (batch, features)."""
        return x @ self.weights


class Batches:
    """Batches of (x, y) that come in a new order each time they are gone through, as `Dataset.shuffle` gives them."""

    def __init__(self, x, y, size):
        self.x, self.y, self.size, self.passes = x, y, size, 0

    def __repr__(self):
        return f"batches of {self.size} of {len(self.x)} clips"

    def __iter__(self):
        self.passes += 1
        order = np.random.default_rng(self.passes).permutation(len(self.x))
        for at in range(0, len(order), self.size):
            yield self.x[order[at : at + self.size]], self.y[order[at : at + self.size]]
