"""The settings of the executor: environment variables of LocalStack's process.

==============================  ===============================================================================
``PROCESS_EXECUTOR_IMAGES``     file that maps container images to directories of programs, see ``images``
``PROCESS_EXECUTOR_LOGS``       directory for the functions' logs, one file for each function; without it there are none
``PROCESS_EXECUTOR_PROCESSES``  directory with one file for each running process, so that `cargo xtask down` can stop
                                what LocalStack left behind, and tests can find a process to kill
``PROCESS_EXECUTOR_TEMPORARY``  parent of the processes' temporary directories; default: the system's
``PROCESS_EXECUTOR_MAPPINGS``   ``one`` keeps LocalStack's own mappings, with one invocation at a time
==============================  ===============================================================================
"""

import os
import tempfile
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Settings:
    """The environment variables, read."""

    images: Path | None
    logs: Path | None
    processes: Path | None
    temporary: Path
    concurrent_mappings: bool

    @classmethod
    def read(cls) -> "Settings":
        """Reads the variables. Call it each time, because it is cheap."""

        def path(name: str) -> Path | None:
            value = os.environ.get(f"PROCESS_EXECUTOR_{name}")
            return Path(value) if value else None

        return cls(
            images=path("IMAGES"),
            logs=path("LOGS"),
            processes=path("PROCESSES"),
            temporary=path("TEMPORARY") or Path(tempfile.gettempdir()),
            concurrent_mappings=os.environ.get("PROCESS_EXECUTOR_MAPPINGS") != "one",
        )
