"""Where the course is, and how a command says that it cannot be done."""

from pathlib import Path

COURSE = Path(__file__).parents[2]  # the checkout: notebooks/, data/, requirements.txt


class CommandError(Exception):
    """What the user asked for cannot be done. The message says why and what to do, in one sentence."""
