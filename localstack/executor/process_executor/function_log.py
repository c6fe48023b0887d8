"""Where a function's output goes: a file that stays, and the last invocation's lines for LocalStack."""

import json
import threading
from datetime import UTC, datetime
from pathlib import Path

# Lambda's log tail is 4 KB; this is enough to see what an invocation did, and a bound for one that never stops.
_KEPT_CHARACTERS = 256 * 1024


class FunctionLog:
    """The output of one process. Several processes of a function append to the same file, line by line."""

    def __init__(self, directory: Path | None, function: str) -> None:
        self._file = None
        self._lock = threading.Lock()
        self._kept: list[str] = []
        self._size = 0
        if directory is not None:
            directory.mkdir(parents=True, exist_ok=True)
            # Unbuffered: a line is one write, which O_APPEND keeps whole.
            self._file = open(directory / f"{function}.log", "ab", buffering=0)

    def line(self, line: bytes) -> None:
        """One line of output, its end included."""
        with self._lock:
            if self._file is not None:
                self._file.write(line)
            if self._size < _KEPT_CHARACTERS:
                self._kept.append(line.decode(errors="replace"))
                self._size += len(line)

    def note(self, message: str, **details) -> None:
        """A line of the executor's own, in the form of the functions' lines."""
        record = {"timestamp": datetime.now(UTC).isoformat(), "level": "WARN", "message": message, **details}
        self.line(json.dumps(record).encode() + b"\n")

    def begin(self) -> None:
        """A new invocation: forgets the lines of the last one."""
        with self._lock:
            self._kept, self._size = [], 0

    def lines(self) -> str:
        """The invocation's lines so far."""
        with self._lock:
            return "".join(self._kept)

    def close(self) -> None:
        """No line comes any more."""
        with self._lock:
            if self._file is not None:
                self._file.close()
                self._file = None
