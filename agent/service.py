"""`vigie-agent run`: one kiosk, watched until told to stop."""

import logging
import os
import signal
import sys
import time

from agent.config import Config
from agent.errors import AgentError
from agent.kiosk import Kiosk
from agent.probes import probes
from agent.systemd import Systemd

log = logging.getLogger(__name__)

#: How long a simulated machine stays dark while it "restarts".
DARK_S = 3.0


def watch(config: Config) -> int:
    """Watch; answers the exit status."""
    try:
        kiosk = Kiosk(config, probes(config), Systemd())
    except AgentError as err:
        log.error("%s", err)
        return 1
    try:
        kiosk.run()
    finally:
        kiosk.close()
    if kiosk.is_restarting:
        _begin_anew(DARK_S if kiosk.is_dark else 0.0)
    return 0


def _begin_anew(dark_s: float) -> None:
    """Start as if for the first time; a simulated machine that went down stays dark for a while."""
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, signal.SIG_DFL)
    time.sleep(dark_s)
    os.execv(sys.executable, [sys.executable, *sys.orig_argv[1:]])  # noqa: S606 - ourselves
