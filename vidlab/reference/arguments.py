"""What the equations accept: floats stay what they are, and a wrong shape is named."""

import numpy as np


def as_floats(**arrays):
    """The arrays in their common floating type, in the order given; None stays None.

    float32 with float32 stays float32, float64 stays float64; integers, which would overflow, become float64
    unless a float stands beside them.
    """
    arrays = {name: None if a is None else np.asarray(a) for name, a in arrays.items()}
    dtype = np.result_type(*(a for a in arrays.values() if a is not None))
    if dtype.kind in "biu":
        dtype = np.dtype(np.float64)
    elif dtype.kind != "f":
        kinds = ", ".join(f"{name} {a.dtype}" for name, a in arrays.items() if a is not None)
        raise ValueError(f"expected real numbers, got {kinds}")
    floats = [None if a is None else a.astype(dtype, copy=False) for a in arrays.values()]
    return floats[0] if len(floats) == 1 else floats


def expect(name, array, shape, because=""):
    """Raise ValueError unless `array` has `shape`: sizes, or names where any size will do."""
    fits = array.ndim == len(shape) and all(
        isinstance(want, str) or want == have for want, have in zip(shape, array.shape, strict=True)
    )
    if not fits:
        wanted = f"({', '.join(map(str, shape))}{',' if len(shape) == 1 else ''})"
        raise ValueError(f"{name}: expected shape {wanted}{because}, got {array.shape}")


def sizes(name, value, axes=2):
    """`value` as a tuple of `axes` positive integers: one number stands for all axes."""
    values = (value,) * axes if np.ndim(value) == 0 else tuple(value)
    if len(values) != axes or not all(isinstance(v, (int, np.integer)) and v >= 1 for v in values):
        raise ValueError(f"{name}: expected a positive integer or {axes} of them, got {value!r}")
    return tuple(int(v) for v in values)
