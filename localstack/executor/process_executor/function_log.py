"""The output of a function: appended to a file, and the new lines for LocalStack."""

import json
import os
import select
import threading
from datetime import UTC, datetime
from pathlib import Path

# Lambda's log tail is 4 KB. This is enough to see what an invocation did, and limits one that never stops writing.
_KEPT_CHARACTERS = 256 * 1024

# What a pipe of Linux holds. One that is filled again while it is read must not keep its reader for ever.
_PIPE_BYTES = 64 * 1024
_MOST_READS = 4


class FunctionLog:
    """The output of one process. Several processes of a function append to the same file, line by line."""

    def __init__(self, directory: Path | None, function: str) -> None:
        self._file = None
        # Reentrant, because a line is also added while the output is read.
        self._lock = threading.RLock()
        self._output = None
        self._partial = b""
        self._kept: list[str] = []
        self._size = 0
        if directory is not None:
            directory.mkdir(parents=True, exist_ok=True)
            # Unbuffered: a line is one write, which O_APPEND keeps whole.
            self._file = open(directory / f"{function}.log", "ab", buffering=0)

    def follow(self, output) -> None:
        """Adds what comes out of an unbuffered pipe, until its end."""
        os.set_blocking(output.fileno(), False)
        waiting = select.poll()
        waiting.register(output)
        self._output = output
        # Closed here, after nobody waits for it any more.
        with output:
            while self._output is not None:
                waiting.poll()
                self._read()

    def _read(self) -> None:
        """Adds what is in the pipe now."""
        with self._lock:
            for _ in range(_MOST_READS):
                if self._output is None or (chunk := self._output.read(_PIPE_BYTES)) is None:
                    return
                *lines, self._partial = (self._partial + chunk).split(b"\n")
                for line in lines:
                    self.line(line + b"\n")
                if not chunk:
                    self._output = None
                    if self._partial:
                        self.line(self._partial)

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

    def new_lines(self) -> str:
        """The lines since the last call. What a process wrote before it answered is in its pipe by then, so it is among
        them."""
        self._read()
        with self._lock:
            lines = "".join(self._kept)
            self._kept, self._size = [], 0
            return lines

    def close(self) -> None:
        """Closes the file."""
        with self._lock:
            if self._file is not None:
                self._file.close()
                self._file = None
