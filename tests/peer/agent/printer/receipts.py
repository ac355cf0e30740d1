"""A receipt printer on a serial line: a pseudo-terminal that answers as Epson's manual has it.

python-escpos, another's library, takes it for one (docs/adr/0021).
"""

import os
import pty
import select
import threading
import tty


class ReceiptPrinter:
    """At `path`, from its creation on. `answers` are its bytes by question; None: it is silent.

    `printed` is all it heard beside questions.
    """

    def __init__(self) -> None:
        self.answers: dict[int, int | None] = dict.fromkeys((1, 2, 3, 4), 0x12)
        self.printed = b""
        self._ours, self._theirs = pty.openpty()
        tty.setraw(self._theirs)
        self.path = os.ttyname(self._theirs)
        # Held open by us it would count as in use: the other end keeps it alive, when wanted.
        self._is_closing = False
        os.close(self._theirs)
        self._thread = threading.Thread(target=self._serve)
        self._thread.start()

    def close(self) -> None:
        """Switch it off: its line is gone."""
        self._is_closing = True
        self._thread.join()
        os.close(self._ours)

    def _serve(self) -> None:
        heard = b""
        while not self._is_closing:
            try:
                ready, _, _ = select.select([self._ours], [], [], 0.02)
                heard += os.read(self._ours, 64) if ready else b""
            except OSError:  # nobody has the other end open just now
                self._pause()
                continue
            heard = self._take(heard)

    def _take(self, heard: bytes) -> bytes:
        """Answer each question, print the rest; what may be the beginning of one is left."""
        while heard:
            text, begins, rest = heard.partition(b"\x10")
            self.printed += text
            if not begins or len(rest) < 2:
                return begins + rest
            answer = self.answers.get(rest[1]) if rest[:1] == b"\x04" else None
            if answer is not None:
                os.write(self._ours, bytes((answer,)))
            heard = rest[2:]
        return heard

    def _pause(self) -> None:
        select.select([], [], [], 0.01)
