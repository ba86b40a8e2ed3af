"""Chance, apart for each factor."""

import zlib

import numpy as np


class Draws:
    """A random generator for each name, seeded by it: `draws["camera"]`.

    So what one factor draws moves no other, and a new factor changes no clip that does without it.
    """

    def __init__(self, *key):
        """`key`: whole numbers from 0 up; another key gives other numbers."""
        self.key, self.made = key, {}

    def __getitem__(self, name):
        if name not in self.made:
            self.made[name] = np.random.default_rng([*self.key, zlib.crc32(name.encode())])
        return self.made[name]

    def apart(self, name):
        """`Draws` that have nothing to do with these."""
        return Draws(*self.key, zlib.crc32(name.encode()))
