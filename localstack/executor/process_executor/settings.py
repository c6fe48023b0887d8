"""What the executor is told by environment variables of LocalStack's process.

==============================  ===============================================================================
``PROCESS_EXECUTOR_IMAGES``     file that says where the programs of container images lie, see ``images``
``PROCESS_EXECUTOR_LOGS``       directory for the functions' output, one file a function; without it there is none
``PROCESS_EXECUTOR_PROCESSES``  directory with one file for each living process, so that whoever started LocalStack
                                can end what it left behind, and tests can find their victim
``PROCESS_EXECUTOR_TEMPORARY``  where the processes' temporary directories are made; default: the system's
``PROCESS_EXECUTOR_MAPPINGS``   ``one`` leaves the mappings one invocation at a time, as stock LocalStack has them
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
        """Read anew each time: LocalStack's process lives long, but this costs nothing."""

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
