"""`python -m vidlab` is the `vidlab` command."""

import sys

from vidlab.cli import main

sys.exit(main())
