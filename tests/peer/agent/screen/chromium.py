"""A kiosk's browser without a screen, on a page that says it lives as the manual tells it to."""

import os
import signal
import subprocess
from collections.abc import Iterator
from pathlib import Path

CHROMIUM = Path("/usr/bin/chromium")
_OPTIONS = (
    "--headless=new",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
)
_PAGE = """<!doctype html><title>Kiosk</title><h1>Bonjour</h1>
<script>
let frames = 0;
setInterval(() => {
  requestAnimationFrame(() => frames++);
  const visible = Number(document.visibilityState === "visible");
  fetch(`http://127.0.0.1:%d/?frames=${frames}&visible=${visible}`, {mode: "no-cors"})
    .catch(() => {});
}, 500);
</script>
"""
_SILENT_PAGE = "<!doctype html><title>Kiosk</title><h1>ERR_INTERNET_DISCONNECTED</h1>"


class Browser:
    """Runs from its creation on. With `port` 0 its page says nothing."""

    def __init__(self, folder: Path, port: int) -> None:
        self.profile = folder / "profile"
        page = folder / "page.html"
        page.write_text(_PAGE % port if port else _SILENT_PAGE)
        null = subprocess.DEVNULL
        self._process = subprocess.Popen(
            [str(CHROMIUM), *_OPTIONS, f"--user-data-dir={self.profile}", page.as_uri()],
            stdin=null,
            stdout=null,
            stderr=null,
            start_new_session=True,
        )

    def freeze(self, kind: str) -> None:
        """Stop its processes of a kind: `renderer` runs the page, `gpu-process` paints it."""
        found = list(self._children(kind))
        assert found, f"chromium has no {kind}"
        for pid in found:
            os.kill(pid, signal.SIGSTOP)

    def close(self) -> None:
        """End it all."""
        if self._process.poll() is None:
            os.killpg(self._process.pid, signal.SIGKILL)
        self._process.wait(30)

    def _children(self, kind: str) -> Iterator[int]:
        for path in Path("/proc").glob("[0-9]*/cmdline"):
            try:
                words = path.read_text(errors="replace")
            except OSError:
                continue
            if f"--type={kind}" in words and str(self.profile) in words:
                yield int(path.parent.name)
