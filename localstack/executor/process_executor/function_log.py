"""The output of a function: appended to a file, and the lines of the last invocation for LocalStack."""

import json
import threading
from datetime import UTC, datetime
from pathlib import Path

# Lambda's log tail is 4 KB. This is enough to see what an invocation did, and limits one that never stops writing.
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
        """Adds a line of output, including its line break."""
        with self._lock:
            if self._file is not None:
                self._file.write(line)
            if self._size < _KEPT_CHARACTERS:
                self._kept.append(line.decode(errors="replace"))
                self._size += len(line)

    def note(self, message: str, **details) -> None:
        """Adds a line of the executor, in the format of the functions' lines."""
        record = {"timestamp": datetime.now(UTC).isoformat(), "level": "WARN", "message": message, **details}
        self.line(json.dumps(record).encode() + b"\n")

    def begin(self) -> None:
        """Starts a new invocation and forgets the lines of the last one."""
        with self._lock:
            self._kept, self._size = [], 0

    def lines(self) -> str:
        """The invocation's lines so far."""
        with self._lock:
            return "".join(self._kept)

    def close(self) -> None:
        """Closes the file."""
        with self._lock:
            if self._file is not None:
                self._file.close()
                self._file = None
