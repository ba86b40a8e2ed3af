"""The `vidlab` command. Each file holds some of its subcommands.

lab               open the course in JupyterLab, in the learner's own copy
lab --reset 04    bring one notebook back as it was; what was there is kept beside it
doctor            say what is right and wrong with this computer's set-up
weights           fetch the weights of the pretrained networks, once
download          fetch a data set and unpack it
check-videos      name the files in a folder that cannot be read
shard             decode a folder of clips once, into large files
world             make clips whose every property is known
train, predict    from a folder of clips to a model, and from a file to its class
export            a trained model as an ONNX file, which runs without TensorFlow
class, grade      exercises for nbgrader; a folder of handed-in notebooks, graded
"""

import argparse
import sys

from vidlab.cli import classify, data, doctor, export, lab, teach, weights
from vidlab.cli.course import CommandError


def make_parser():
    """All subcommands and their options."""
    parser = argparse.ArgumentParser(prog="vidlab", description="A hands-on course on video understanding.")
    commands = parser.add_subparsers(dest="command", required=True, metavar="command")
    for file in (lab, doctor, weights, data, classify, export, teach):
        file.add_to(commands)
    return parser


def main(argv=None):
    """Run the `vidlab` command; gives its exit code."""
    arguments = make_parser().parse_args(argv)
    arguments.argv = sys.argv[1:] if argv is None else list(argv)
    for stream in (sys.stdout, sys.stderr):  # a file's name may hold what the terminal cannot show
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="backslashreplace")
    try:
        return arguments.run(arguments)
    except CommandError as error:
        print(f"vidlab: {error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return 130
