"""The pretrained networks: their weights' file, their numbers beside PyTorch's and NumPy's, what they know."""

import collections
import pickle
import struct
import zipfile
from pathlib import Path

import numpy as np
import pytest
from scipy.signal import correlate2d
from skimage import data, transform

from vidlab import fetch, models
from vidlab.models import efficientnet, pretrained, torch_file, transnet

import keras  # isort: skip

HERE = Path(__file__).parent
needs = {
    kind: pytest.mark.skipif(not fetch.whole(kind), reason=f"no weights for {kind}: run `vidlab weights`")
    for kind in fetch.SHIPPED
}
FRAMES = np.random.default_rng(0).random((2, 32, 40, 3), np.float32)


# ----------------------------------------------------------------------------------------------- the networks


@needs["frames"]
def test_it_names_photographs():
    """Classes of ImageNet: 285 Egyptian cat (or 281 tabby), 967 espresso, 657 missile."""
    network = efficientnet.efficientnet_lite0(224, top=True)
    pretrained._fill(network, "frames", "shipped")
    photographs = []
    for picture in (data.chelsea(), data.coffee(), data.rocket()):
        side = min(picture.shape[:2])
        top, left = ((n - side) // 2 for n in picture.shape[:2])
        square = picture[top : top + side, left : left + side] / 255
        photographs.append(transform.resize(square, (224, 224), anti_aliasing=True))
    named = np.asarray(network(2 * np.float32(photographs) - 1)).argmax(axis=1).tolist()
    assert named == [285, 967, 657]


@needs["frames"]
def test_its_first_block_is_what_numpy_says():
    """Stem, depthwise and projection, with the batch normalisation apart as it was trained, not folded."""
    state = torch_file.read(fetch.SHIPPED["frames"].path)
    image = np.random.default_rng(1).uniform(-1, 1, (9, 9, 3))

    def normalised(x, name):
        w, b, m, v = (state[f"{name}.{part}"] for part in ("weight", "bias", "running_mean", "running_var"))
        return (x - m) / np.sqrt(v + 1e-3) * w + b

    padded = np.pad(image, ((1, 1), (1, 1), (0, 0)))  # 9 places, stride 2, kernel 3: one zero on each side
    stem = np.stack([sum(correlate2d(padded[..., c], kernel[c], "valid")[::2, ::2] for c in range(3))
                     for kernel in state["_conv_stem.weight"]], axis=-1)  # fmt: skip
    stem = np.clip(normalised(stem, "_bn0"), 0, 6)
    kernels = state["_blocks.0._depthwise_conv.weight"][:, 0]
    deep = np.stack([correlate2d(stem[..., c], kernels[c], "same") for c in range(32)], axis=-1)
    deep = np.clip(normalised(deep, "_blocks.0._bn1"), 0, 6)
    wanted = normalised(deep @ state["_blocks.0._project_conv.weight"][:, :, 0, 0].T, "_blocks.0._bn2")
    network = efficientnet.efficientnet_lite0(9)
    pretrained._fill(network, "frames", "shipped")
    block = keras.Model(network.input, network.get_layer("block0_project").output)
    assert np.abs(np.asarray(block(np.float32(image[None])))[0] - wanted).max() < 1e-4


@needs["video"]
def test_the_trunk_is_pytorchs_layer_by_layer():
    """The numbers in the file came from PyTorch 2.13 and the package's own code, on a clip of noise."""
    stored = np.load(HERE / "transnet_pytorch.npz")
    network = transnet.transnet(12)
    pretrained._fill(network, "video", "shipped")
    names = [f"stack{k}{part}" for k in range(3) for part in ("_first", "_block1_all", "")]
    layers = [network.get_layer(name).output for name in names]
    said = keras.Model(network.input, [*layers, network.output])(stored["clip"].astype(np.float32) / 255)
    *said, features = (np.asarray(one)[0] for one in said)
    for stack in range(3):
        first, second, whole = said[3 * stack : 3 * stack + 3]
        assert np.abs(first[:, 0, 0] - stored[f"stack{stack}_block0"]).max() < 1e-4
        assert np.abs(second[:, 1, 2] - stored[f"stack{stack}_block1"]).max() < 1e-4
        assert np.abs(whole.mean(axis=(1, 2)) - stored[f"stack{stack}"]).max() < 1e-4
    assert np.abs(features - np.concatenate([stored[f"stack{k}"] for k in range(3)], axis=-1)).max() < 1e-4


@pytest.mark.parametrize("kind", [pytest.param(kind, marks=mark) for kind, mark in needs.items()])
def test_sees_to_size_and_range_and_is_frozen(kind):
    """Frames in [0, 1] of any size; what is within is the plain network at its own size and range."""
    given = FRAMES if kind == "frames" else np.repeat(FRAMES[:, None], 4, axis=1)
    model = models.backbone(kind, given.shape[1:], **({"side": 64} if kind == "frames" else {}))
    if kind == "frames":
        plain = efficientnet.efficientnet_lite0(64)
        pretrained._fill(plain, kind, "shipped")
        wanted = plain(2 * keras.ops.image.resize(given, (64, 64)) - 1)
    else:
        plain = transnet.transnet(4)
        pretrained._fill(plain, kind, "shipped")
        wanted = plain(
            keras.ops.reshape(keras.ops.image.resize(given.reshape(-1, 32, 40, 3), (27, 48)), (2, 4, 27, 48, 3))
        )
    assert np.allclose(model(given), wanted, atol=1e-4)
    assert not model.trainable_variables and np.array_equal(model(given), model(given, training=True))
    assert not any(isinstance(layer, keras.layers.BatchNormalization) for layer in plain.layers)


@needs["video"]
def test_a_saved_model_holds_all_it_needs(tmp_path, monkeypatch):
    model = models.backbone("video", (4, 32, 40, 3))
    model.save(tmp_path / "trunk.keras")
    monkeypatch.setenv("VIDLAB_WEIGHTS", str(tmp_path / "nowhere"))
    clip = np.repeat(FRAMES[:, None], 4, axis=1)
    assert np.array_equal(keras.models.load_model(tmp_path / "trunk.keras")(clip), model(clip))


# ---------------------------------------------------------------------------------------------- what goes wrong


def test_no_weights_are_one_sentence(tmp_path, monkeypatch):
    monkeypatch.setenv("VIDLAB_WEIGHTS", str(tmp_path))
    with pytest.raises(models.WeightsError, match="run `vidlab weights` once") as caught:
        models.backbone("frames", (32, 32, 3))
    assert "\n" not in str(caught.value)
    fetch.SHIPPED["frames"].path.write_bytes(b"cut short")
    with pytest.raises(models.WeightsError, match="damaged"):
        models.backbone("frames", (32, 32, 3))
    assert models.backbone("frames", (32, 32, 3), weights=None, side=32).count_params() == 3_350_000


def test_wrong_words_are_told():
    with pytest.raises(ValueError, match="kind 'sound' must be one of 'frames', 'video'"):
        models.backbone("sound", (32, 32, 3))
    with pytest.raises(ValueError, match=r"must be \(frames, height, width, 3\)"):
        models.backbone("video", (32, 32, 3))


def test_a_file_that_is_none_or_of_another_network(tmp_path):
    with pytest.raises(models.WeightsError, match="cannot be read"):
        models.backbone("frames", (32, 32, 3), weights=tmp_path / "none.pth", side=32)
    write_zip(tmp_path / "other.pth", {"_conv_stem.weight": np.zeros((2, 3, 3, 3), np.float32)})
    with pytest.raises(models.WeightsError, match="does not belong to this network"):
        models.backbone("frames", (32, 32, 3), weights=tmp_path / "other.pth", side=32)
    (tmp_path / "page.pth").write_text("<html>")
    with pytest.raises(models.WeightsError, match="no weights file of PyTorch"):
        models.backbone("video", (4, 32, 32, 3), weights=tmp_path / "page.pth")


# ------------------------------------------------------------------------------------- the reader of PyTorch's files


class Name:
    """Pickled as a function of a module that need not be there."""

    def __init__(self, module, name):
        self.module, self.name = module, name


class Storage:
    def __init__(self, kind, key, length):
        self.identity = ("storage", Name("torch", kind), key, "cpu", length)


class Tensor:
    def __init__(self, storage, offset, size, stride):
        self.arguments = (storage, offset, size, stride, False, collections.OrderedDict())


class Writer(pickle._Pickler):
    """Writes what PyTorch would, without PyTorch."""

    def save(self, one, save_persistent_id=True):
        if isinstance(one, Name):
            self.write(pickle.GLOBAL + f"{one.module}\n{one.name}\n".encode())
        elif isinstance(one, Storage):
            self.save(one.identity)
            self.write(pickle.BINPERSID)
        elif isinstance(one, Tensor):
            self.save(Name("torch._utils", "_rebuild_tensor_v2"))
            self.save(one.arguments)
            self.write(pickle.REDUCE)
        else:
            super().save(one, save_persistent_id)


def pickled(one, protocol=2):
    import io

    file = io.BytesIO()
    Writer(file, protocol).dump(one)
    return file.getvalue()


def state(arrays):
    found = collections.OrderedDict()
    for key, (name, array) in enumerate(arrays.items()):
        kind = {"f": "FloatStorage", "i": "LongStorage"}[array.dtype.kind]
        stride = tuple(s // array.itemsize for s in array.strides)
        found[name] = Tensor(Storage(kind, str(key), array.size), 0, array.shape, stride)
    return found


def write_zip(path, arrays, content=None):
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("weights/data.pkl", pickled(content or state(arrays)))
        for key, array in enumerate(arrays.values()):
            archive.writestr(f"weights/data/{key}", np.ascontiguousarray(array).tobytes())


def write_old(path, arrays):
    parts = [pickled(torch_file.OLD), pickled(1001), pickled({"little_endian": True}), pickled(state(arrays))]
    parts.append(pickled([str(k) for k in range(len(arrays))]))
    for array in arrays.values():
        parts.append(struct.pack("<q", array.size) + np.ascontiguousarray(array).tobytes())
    path.write_bytes(b"".join(parts))


ARRAYS = {"a.weight": np.arange(24, dtype=np.float32).reshape(2, 3, 4), "a.count": np.array(7), "b": np.float32([1.5])}


@pytest.mark.parametrize("write", [write_zip, write_old])
def test_tensors_come_back(write, tmp_path):
    write(tmp_path / "some.pth", ARRAYS)
    found = torch_file.read(tmp_path / "some.pth")
    assert found.keys() == ARRAYS.keys()
    for name, array in ARRAYS.items():
        assert (
            found[name].dtype == array.dtype and np.array_equal(found[name], array) and found[name].shape == array.shape
        )


def test_a_view_is_read_with_its_strides(tmp_path):
    numbers = np.arange(6, dtype=np.float32)
    turned = collections.OrderedDict(w=Tensor(Storage("FloatStorage", "0", 6), 0, (3, 2), (1, 3)))
    write_zip(tmp_path / "turned.pth", {"x": numbers}, turned)
    assert np.array_equal(torch_file.read(tmp_path / "turned.pth")["w"], numbers.reshape(2, 3).T)


@pytest.mark.parametrize(
    "bad",
    [
        collections.OrderedDict(w=Name("os", "system")),
        collections.OrderedDict(w=Name("builtins", "eval")),
        collections.OrderedDict(w=Name("torch", "load")),
        collections.OrderedDict(w=3),
        [1, 2],
        collections.OrderedDict(w=Tensor(Storage("FloatStorage", "0", 6), 4, (3,), (1,))),  # beyond its end
        collections.OrderedDict(w=Tensor(Storage("FloatStorage", "0", 6), 3, (3,), (-1,))),
        collections.OrderedDict(w=Tensor(Storage("FloatStorage", "9", 6), 0, (6,), (1,))),  # no such numbers
        collections.OrderedDict(w=Tensor(Storage("FloatStorage", "0", 8), 0, (8,), (1,))),  # fewer than it says
    ],
    ids=["system", "eval", "load", "number", "list", "beyond the end", "backwards", "no numbers", "too few"],
)
def test_anything_but_tensors_is_refused(bad, tmp_path):
    path = tmp_path / "bad.pth"
    write_zip(path, {"x": np.arange(6, dtype=np.float32)}, bad)
    with pytest.raises(torch_file.NotTensors, match="bad.pth|beyond"):
        torch_file.read(path)


def test_a_call_in_the_pickle_is_never_made(tmp_path):
    class Evil:
        def __reduce__(self):
            return (Path(tmp_path / "made").touch, ())

    with zipfile.ZipFile(tmp_path / "evil.pth", "w") as archive:
        archive.writestr("weights/data.pkl", pickle.dumps(Evil(), 2))
    (tmp_path / "evil_old.pth").write_bytes(pickle.dumps(Evil(), 2))
    for name in ("evil.pth", "evil_old.pth"):
        with pytest.raises(torch_file.NotTensors):
            torch_file.read(tmp_path / name)
    assert not (tmp_path / "made").exists()


@pytest.mark.parametrize("write", [write_zip, write_old])
def test_every_cut_is_noticed(write, tmp_path):
    write(tmp_path / "whole.pth", ARRAYS)
    whole = (tmp_path / "whole.pth").read_bytes()
    for end in {*range(0, len(whole), max(len(whole) // 60, 1)), len(whole) - 1}:
        (tmp_path / "cut.pth").write_bytes(whole[:end])
        with pytest.raises(torch_file.NotTensors):
            torch_file.read(tmp_path / "cut.pth")
