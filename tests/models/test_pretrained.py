"""The pretrained network: its range of pixels, and its weights from a file, from a server, and from none."""

import time
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from socket import create_server
from threading import Thread

import numpy as np
import pytest

from vidlab import models
from vidlab.models import pretrained

import keras  # isort: skip

NAME = "mobilenet_v2_weights_tf_dim_ordering_tf_kernels_0.35_96_no_top.h5"
FRAMES = np.random.default_rng(0).random((2, 32, 40, 3), np.float32)


def network():
    return keras.applications.MobileNetV2((96, 96, 3), 0.35, include_top=False, weights=None, pooling="avg")


@pytest.fixture(scope="module")
def file(tmp_path_factory):
    """Weights, drawn by chance, in the form of the file that Keras offers."""
    folder = tmp_path_factory.mktemp("www")
    keras.utils.set_random_seed(1)
    made = network()
    made.set_weights([3 * w if w.ndim == 4 else w for w in made.get_weights()])  # or its features are about 1e-11
    made.save(folder / NAME)  # the whole model in HDF5, of which load_weights takes the weights
    return folder / NAME


class Quiet(SimpleHTTPRequestHandler):
    def log_message(self, *arguments):
        pass


@pytest.fixture
def served(file, tmp_path, monkeypatch):
    server = ThreadingHTTPServer(("127.0.0.1", 0), partial(Quiet, directory=file.parent))
    Thread(target=server.serve_forever, daemon=True).start()
    monkeypatch.setattr(pretrained, "ADDRESS", f"http://127.0.0.1:{server.server_port}/")
    monkeypatch.setenv("KERAS_HOME", str(tmp_path / "keras"))
    yield tmp_path / "keras/models"
    server.shutdown()
    server.server_close()


@pytest.mark.slow
def test_sees_to_size_and_range(file):
    model, plain = models.backbone((32, 40, 3), weights=file), network()
    plain.load_weights(file)
    large = keras.ops.image.resize(FRAMES, (96, 96))
    wanted = plain(2 * large - 1, training=False)
    assert np.allclose(model(FRAMES), wanted, atol=1e-4) and wanted.shape == (2, 1280)
    assert np.abs(model(FRAMES) - plain(large, training=False)).max() > 0.01
    assert not model.trainable_variables and model.count_params() == 410_208


def test_is_frozen_with_its_statistics(file):
    model = models.backbone((32, 40, 3), weights=file)
    before = model(FRAMES)
    said = model(10 * FRAMES, training=True)
    assert np.array_equal(said, model(10 * FRAMES)) and np.array_equal(before, model(FRAMES))


@pytest.mark.slow
def test_fetches_once(served, file, monkeypatch, capfd):
    model = models.backbone((32, 40, 3))
    assert np.array_equal(model(FRAMES), models.backbone((32, 40, 3), weights=file)(FRAMES))
    assert [f.name for f in served.iterdir()] == [NAME]
    monkeypatch.setattr(pretrained, "ADDRESS", "http://127.0.0.1:1/")
    assert np.array_equal(model(FRAMES), models.backbone((32, 40, 3))(FRAMES))
    assert capfd.readouterr() == ("", "")


def refused(**arguments):
    start = time.monotonic()
    with pytest.raises(pretrained.WeightsError) as caught:
        models.backbone((32, 40, 3), **arguments)
    assert time.monotonic() - start < 10
    message = str(caught.value)
    assert "\n" not in message and message.endswith(".") and not caught.value.__cause__
    return message


def test_no_network_is_one_sentence(served, monkeypatch, capfd):
    monkeypatch.setattr(pretrained, "ADDRESS", "http://127.0.0.1:1/")
    assert "refused" in refused() and NAME in refused()
    monkeypatch.setattr(pretrained, "ADDRESS", "http://no-such-host.invalid/")
    refused()
    assert capfd.readouterr() == ("", "") and not served.exists()


def test_a_server_that_never_answers_is_waited_for_in_vain(served, monkeypatch):
    with create_server(("127.0.0.1", 0)) as silent:
        monkeypatch.setattr(pretrained, "ADDRESS", f"http://127.0.0.1:{silent.getsockname()[1]}/")
        refused(timeout=0.3)


def test_what_is_not_the_file_is_not_kept(served, monkeypatch):
    monkeypatch.setattr(Quiet, "do_GET", lambda self: answer(self, b"<html>Log in</html>", 19))
    assert "web page" in refused() and not list(served.iterdir())
    monkeypatch.setattr(Quiet, "do_GET", lambda self: answer(self, pretrained.HDF5, 1000))
    assert "broke" in refused() and not list(served.iterdir())
    monkeypatch.setattr(Quiet, "do_GET", lambda self: self.send_error(404))
    assert "Not Found" in refused()


def answer(handler, body, length):
    handler.send_response(200)
    handler.send_header("Content-Length", str(length))
    handler.end_headers()
    handler.wfile.write(body)


@pytest.mark.slow
def test_a_file_that_is_none_or_of_another_network(file, tmp_path):
    assert "cannot be read" in refused(weights=tmp_path / "none.h5")
    (tmp_path / "page.h5").write_text("<html>")
    assert "no weights file" in refused(weights=tmp_path / "page.h5")
    assert "does not belong" in refused(weights=file, width=0.5)
    keras.Sequential([keras.Input((3,)), keras.layers.Dense(2)]).save_weights(tmp_path / "small.weights.h5")
    assert "does not belong" in refused(weights=tmp_path / "small.weights.h5")


def test_no_imagenet_weights_for_other_sizes():
    with pytest.raises(ValueError, match="side=100"):
        models.backbone((32, 40, 3), side=100)
