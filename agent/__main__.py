"""`python -m agent` is `vigie-agent`."""

import sys

from agent.cli import main

sys.exit(main())
