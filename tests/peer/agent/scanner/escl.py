"""A network scanner that speaks eSCL: as much of it as sane-airscan wants, in any state."""

import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

_SPACES = (
    'xmlns:pwg="http://www.pwg.org/schemas/2010/12/sm" '
    'xmlns:scan="http://schemas.hp.com/imaging/escl/2011/05/03"'
)
_INPUT = """
    <scan:MinWidth>16</scan:MinWidth><scan:MaxWidth>2550</scan:MaxWidth>
    <scan:MinHeight>16</scan:MinHeight><scan:MaxHeight>3507</scan:MaxHeight>
    <scan:SettingProfiles><scan:SettingProfile>
      <scan:ColorModes><scan:ColorMode>Grayscale8</scan:ColorMode></scan:ColorModes>
      <scan:DocumentFormats><pwg:DocumentFormat>image/jpeg</pwg:DocumentFormat></scan:DocumentFormats>
      <scan:SupportedResolutions><scan:DiscreteResolutions><scan:DiscreteResolution>
        <scan:XResolution>75</scan:XResolution><scan:YResolution>75</scan:YResolution>
      </scan:DiscreteResolution></scan:DiscreteResolutions></scan:SupportedResolutions>
    </scan:SettingProfile></scan:SettingProfiles>"""
_CAPABILITIES = f"""<?xml version="1.0" encoding="UTF-8"?>
<scan:ScannerCapabilities {_SPACES}>
  <pwg:Version>2.63</pwg:Version><pwg:MakeAndModel>Lab Scanner</pwg:MakeAndModel>
  <scan:Platen><scan:PlatenInputCaps>{_INPUT}</scan:PlatenInputCaps></scan:Platen>
  <scan:Adf><scan:AdfSimplexInputCaps>{_INPUT}</scan:AdfSimplexInputCaps></scan:Adf>
</scan:ScannerCapabilities>"""
_STATUS = f"""<?xml version="1.0" encoding="UTF-8"?>
<scan:ScannerStatus {_SPACES}>
  <pwg:Version>2.63</pwg:Version>
  <pwg:State>{{state}}</pwg:State>
  <scan:AdfState>{{adf}}</scan:AdfState>
</scan:ScannerStatus>"""


class Scanner:
    """On a free port; `state` and `adf` are eSCL's State and AdfState.

    `picture` is what it scans, once it has warmed up for one question; None: it refuses to.
    """

    def __init__(self) -> None:
        self.state, self.adf = "Idle", "ScannerAdfEmpty"
        self.picture: bytes | None = None
        self.jobs: list[str] = []  # what became of them: made, fetched, ended
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), self._handler())
        self._server.daemon_threads = False
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.05,))
        self._thread.start()

    @property
    def url(self) -> str:
        """Of its eSCL service."""
        return f"http://127.0.0.1:{self._server.server_address[1]}/eSCL"

    def stop(self) -> None:
        """Switch it off; a second time does nothing."""
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()

    def _page(self, path: str) -> str | None:
        pages = {
            "/eSCL/ScannerCapabilities": _CAPABILITIES,
            "/eSCL/ScannerStatus": _STATUS.format(state=self.state, adf=self.adf),
        }
        return pages.get(path)

    def _handler(self) -> type[BaseHTTPRequestHandler]:
        scanner = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                if not self.path.startswith("/eSCL/ScanJobs/"):
                    self._answer(scanner._page(self.path))
                elif "fetched" in scanner.jobs:
                    self._send(200, scanner.picture or b"")
                else:
                    scanner.jobs.append("fetched")
                    self._answer(None, missing=503)

            def do_POST(self) -> None:
                self.rfile.read(int(self.headers["Content-Length"]))
                if scanner.picture is None:
                    self._answer(None, missing=409)
                    return
                scanner.jobs.append("made")
                self.send_response(201)
                self.send_header("Location", "http://scanner.invalid/eSCL/ScanJobs/7")
                self.send_header("Content-Length", "0")
                self.end_headers()

            def do_DELETE(self) -> None:
                scanner.jobs.append(f"ended {self.path}")
                self._answer("gone")

            def log_message(self, *_: object) -> None:
                pass

            def _answer(self, page: str | None, missing: int = 404) -> None:
                self._send(200 if page else missing, (page or "").encode())

            def _send(self, status: int, body: bytes) -> None:
                self.send_response(status)
                self.send_header("Content-Type", "text/xml")
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

        return Handler
