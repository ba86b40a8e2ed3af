"""Reads weights that PyTorch wrote, without PyTorch: tensors, and nothing else.

A file of PyTorch holds a pickle, and a pickle may call any function when it is read. This reader knows four names and
refuses all others, so that nothing but tensors can come of a file. Both of its forms are read: the one before version
1.6 (pickles one after the other, then the numbers) and the later one (a zip archive).
"""

import io
import pickle
import struct
import zipfile
from collections import OrderedDict
from pathlib import Path

import numpy as np

OLD = 0x1950A86A20F9469CFC6C  # the number with which a file of the older form begins
KINDS = {"FloatStorage": np.dtype("<f4"), "LongStorage": np.dtype("<i8"), "DoubleStorage": np.dtype("<f8")}


class NotTensors(ValueError):
    """The file is none of PyTorch's, or holds more than tensors."""


def read(path) -> dict[str, np.ndarray]:
    """The tensors of a state dict, by name.

    Raises
    ------
    NotTensors
        It is no such file, is cut short, or asks for something other than tensors.
    """
    path = Path(path)
    try:
        found = _newer(path) if zipfile.is_zipfile(path) else _older(path)
        if not isinstance(found, dict) or not all(isinstance(one, np.ndarray) for one in found.values()):
            raise NotTensors(f"{path}: holds something else than named tensors")
        return dict(found)
    except (pickle.UnpicklingError, EOFError, struct.error, zipfile.BadZipFile, KeyError, IndexError, TypeError,
            AttributeError, UnicodeDecodeError, ValueError) as error:  # fmt: skip
        if isinstance(error, NotTensors):
            raise
        raise NotTensors(f"{path}: no weights file of PyTorch, or cut short") from None


class _Reader(pickle.Unpickler):
    """A pickle of which only tensors can come; `storages` maps a key to its numbers, or to a place for them."""

    def __init__(self, file, path, storages):
        super().__init__(file)
        self.path, self.storages = path, storages

    def find_class(self, module, name):
        if module == "torch" and name in KINDS:
            return KINDS[name]
        if (module, name) == ("torch._utils", "_rebuild_tensor_v2"):
            return _Tensor
        if (module, name) == ("collections", "OrderedDict"):
            return OrderedDict
        raise NotTensors(f"{self.path}: asks for {module}.{name}; weights are tensors and nothing else")

    def persistent_load(self, identity):
        kind, dtype, key, _, length, *_ = identity
        if kind != "storage" or not isinstance(dtype, np.dtype):
            raise NotTensors(f"{self.path}: refers to something else than stored numbers")
        return self.storages(str(key), dtype, int(length))


class _Tensor:
    """A view of stored numbers, which may be read later than it is asked for."""

    def __init__(self, storage, offset, size, stride, *_):
        self.storage, self.offset, self.size, self.stride = storage, int(offset), tuple(size), tuple(stride)

    def array(self):
        numbers = self.storage()
        last = self.offset + sum((n - 1) * s for n, s in zip(self.size, self.stride, strict=True)) if self.size else 0
        if 0 in self.size:
            return np.zeros(self.size, numbers.dtype)
        if min((self.offset, *self.stride, last)) < 0 or last >= len(numbers):
            raise NotTensors("a tensor reaches beyond its numbers")
        step = numbers.dtype.itemsize
        view = np.lib.stride_tricks.as_strided(numbers[self.offset :], self.size, [s * step for s in self.stride])
        return view.copy()


def _newer(path):
    with zipfile.ZipFile(path) as archive:
        [pickled] = [name for name in archive.namelist() if name.endswith("/data.pkl")]
        root = pickled.removesuffix("data.pkl")

        def storage(key, dtype, length):
            def numbers():
                raw = archive.read(f"{root}data/{key}")
                if len(raw) != length * dtype.itemsize:
                    raise NotTensors(f"{path}: numbers are missing")
                return np.frombuffer(raw, dtype)

            return numbers

        found = _Reader(io.BytesIO(archive.read(pickled)), path, storage).load()
        return {str(name): one.array() for name, one in found.items()}


def _older(path):
    data = path.read_bytes()
    file, kept = io.BytesIO(data), {}
    numbers: dict[str, np.ndarray] = {}

    def storage(key, dtype, length):
        kept[key] = dtype, length
        return lambda: numbers[key]

    def load():
        return _Reader(file, path, storage).load()

    if load() != OLD:
        raise NotTensors(f"{path}: no weights file of PyTorch")
    load(), load()  # the protocol's number, facts on the computer
    found, keys = load(), load()
    for key in keys:
        dtype, length = kept[str(key)]
        [stored] = struct.unpack("<q", file.read(8))
        raw = file.read(length * dtype.itemsize)
        if stored != length or len(raw) != length * dtype.itemsize:
            raise NotTensors(f"{path}: numbers are missing")
        numbers[str(key)] = np.frombuffer(raw, dtype)
    return {str(name): one.array() for name, one in found.items()}
