import sys

from vidlab.cli import main

sys.exit(main())
