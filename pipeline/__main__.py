"""``python -m pipeline`` is ``wirewatch``."""

import sys

from pipeline.cli import main

sys.exit(main())
