"""`vidlab export`: a trained model as a file that runs without TensorFlow."""

import os
from pathlib import Path

from vidlab.cli.course import CommandError


def add_to(commands):
    """Add `export` to the command line."""
    export = commands.add_parser("export", help="write a trained model as ONNX, which runs without TensorFlow")
    export.add_argument("model", nargs="?", default="model.keras", metavar="MODEL", help="file that vidlab train wrote "
                        "(default: %(default)s)")  # fmt: skip
    export.add_argument("--to", default="onnx", choices=("onnx",), help="form of the file (default: %(default)s)")
    export.add_argument("--out", help="file (default: MODEL with the ending .onnx)")
    export.set_defaults(run=run_export)


def run_export(a):
    """Write the file, and say how far its answers are from the model's."""
    from vidlab import export, training

    out = Path(a.out or Path(a.model).with_suffix(".onnx").name)
    if out.suffix != ".onnx" or not os.access(out.absolute().parent, os.W_OK):
        raise CommandError(f"--out {out} must end in .onnx and lie in a folder that exists and may be written to")
    try:
        saved = training.load(a.model)
        difference = export.to_onnx(saved, out)
    except (training.NotAModel, export.ExportError, ValueError) as error:
        raise CommandError(str(error)) from None
    except OSError as error:
        raise CommandError(f"{out} cannot be written ({error.strerror or error})") from None
    size = out.stat().st_size / 1e6
    print(f"{out}: {size:.1f} MB; compared with {a.model} on {export.CLIPS} clips, no probability differs by more than "
          f"{difference:.1g}")  # fmt: skip
    print(f"Try it: vidlab predict FILE --model {out}")
    return 0
