"""`vidlab weights`: fetch what somebody else's networks learnt, once."""

from vidlab.cli.course import CommandError


def add_to(commands):
    """Add `weights` to the command line."""
    weights = commands.add_parser("weights", help="fetch the weights of the pretrained networks (50 MB), once")
    weights.set_defaults(run=lambda a: run_weights())


def run_weights():
    """Fetch what is missing."""
    from vidlab import fetch

    if failed := fetch.fetch_weights(say=print):
        raise CommandError("; ".join(failed))
    return 0
