"""How fast is a trained model asked? For notebook 14: python bench/inference.py --out data/results/inference.json

model.predict, model(x), tf.function, tf.function(jit_compile=True), an ONNX file in onnxruntime, and the same with
8-bit weights; one clip at a time and 16; one thread and two. For each a median and the 95th percentile of milliseconds
a batch, clips a second, and the largest difference of a probability. Models at 16 x 48 x 48; the two pretrained
networks, a frame of 160 x 160 and a clip of 16 x 48 x 48.
"""

import os
import subprocess
import sys
import tempfile
from pathlib import Path

import numpy as np
from results import milliseconds

WAYS = "predict", "model(x)", "tf.function", "jit_compile", "onnxruntime", "onnxruntime int8"
NAMES = "frame_cnn", "frame_average", "cnn_rnn", "cnn_lstm", "conv3d", "r2plus1d", "conv_lstm", "video_transformer"
NETWORKS = "frames", "video"
COMMAND = "python bench/inference.py --out data/results/inference.json"
BUDGET = 2.0  # seconds of asking for each


def measured(name, threads):
    """Rows of one model, in a process of its own, since TensorFlow takes its threads once."""
    os.environ |= {"TF_NUM_INTRAOP_THREADS": str(threads), "TF_NUM_INTEROP_THREADS": str(threads),
                   "OMP_NUM_THREADS": str(threads)}  # fmt: skip
    from vidlab import models
    from vidlab.models.onnx_file import OnnxModel
    from vidlab.tensorflow import tf

    import keras  # isort: skip

    keras.utils.set_random_seed(0)
    shape = (160, 160, 3) if name == "frames" else (16, 48, 48, 3)
    model = models.backbone(name, shape) if name in NETWORKS else models.CLIP_MODELS[name](shape, 8)
    with tempfile.TemporaryDirectory() as folder:
        file, small = Path(folder) / "m.onnx", Path(folder) / "int8.onnx"
        write(model, file, small)
        sessions = {"onnxruntime": OnnxModel(file, threads), "onnxruntime int8": OnnxModel(small, threads)}
        for batch in (1, 16):
            x = np.random.default_rng(0).random((batch, *shape), np.float32)
            graph = tf.function(lambda x: model(x, training=False))
            compiled = tf.function(lambda x: model(x, training=False), jit_compile=True)
            given = tf.constant(x)
            ways = {
                "predict": lambda x=x: model.predict(x, verbose=0),
                "model(x)": lambda given=given: model(given, training=False).numpy(),
                "tf.function": lambda given=given, graph=graph: graph(given).numpy(),
                "jit_compile": lambda given=given, compiled=compiled: compiled(given).numpy(),
            } | {way: (lambda x=x, session=session: session(x)) for way, session in sessions.items()}
            expected = ways["model(x)"]()
            for way, ask in ways.items():
                yield {"model": name, "threads": threads, "batch": batch, "way": way} | timed(ask, expected, batch)


def write(model, file, small):
    from onnxruntime.quantization import QuantType, quantize_dynamic

    from vidlab import export

    export.write(model, file)
    quantize_dynamic(file, small, weight_type=QuantType.QUInt8)


def timed(ask, expected, batch):
    try:
        found = ask()
    except Exception as error:
        return {"failed": str(error).split("\n")[0][:120]}
    spent = milliseconds(ask, BUDGET)
    return {"ms": round(float(np.median(spent)), 3), "p95": round(float(np.quantile(spent, 0.95)), 3),
            "a second": round(1000 * batch / float(np.median(spent)), 1),
            "difference": float(f"{np.abs(found - expected).max():.2g}")}  # fmt: skip


def main():
    if len(sys.argv) == 4 and sys.argv[1] == "--one":
        import json

        for row in measured(sys.argv[2], int(sys.argv[3])):
            print(json.dumps(row), flush=True)
        return
    import json

    from results import options, save

    arguments = options(__doc__)
    rows = []
    for name in (*NAMES, *NETWORKS):
        for threads in (1, 2):
            command = [sys.executable, __file__, "--one", name, str(threads)]
            done = subprocess.run(
                command, capture_output=True, text=True, env=os.environ | {"TF_CPP_MIN_LOG_LEVEL": "3"}
            )
            if done.returncode:
                raise SystemExit(done.stderr)
            rows += [json.loads(line) for line in done.stdout.splitlines() if line.startswith("{")]
            for row in rows[-12:]:
                print(row, flush=True)
    save(arguments.out, COMMAND, rows=rows)


if __name__ == "__main__":
    main()
