"""Which program a container-image function runs.

The map is a JSON file. It is read whenever a process starts, so a deployment can change it while LocalStack runs. Its
keys are image names as in the template, with or without the tag::

    {"quire:4f2a": {"directory": "…/functions", "environment": {"QUIRE_HOME": "…"}}}

``environment`` replaces the image's ENV instructions. The program is the file in ``directory`` that is named by the
first word of the entry point, or of the command if there is no entry point.
"""

import json
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath


class UnknownImage(Exception):
    """The map does not contain the image, or the function does not name a program."""


@dataclass(frozen=True)
class Program:
    """A program, and the variables that its image sets."""

    path: Path
    arguments: list[str] = field(default_factory=list)
    environment: dict[str, str] = field(default_factory=dict)


def program_of(uri: str, entry_point: list[str], command: list[str], images: Path | None) -> Program:
    """The program for an image's URI, with the entry point and the command of the function's image configuration."""
    words = [*entry_point, *command]
    if not words:
        raise UnknownImage(f"{uri}: The function's ImageConfig has neither an entry point nor a command.")
    image = _entry(uri, images)
    path = Path(image["directory"]) / PurePosixPath(words[0]).name
    return Program(path, words[1:], image.get("environment", {}))


def _entry(uri: str, images: Path | None) -> dict:
    if images is None:
        raise UnknownImage(f"{uri}: PROCESS_EXECUTOR_IMAGES is not set, so the programs of the image are unknown")
    known = json.loads(images.read_text())
    # Without the registry; then also without the tag or digest.
    name = uri.rsplit("/", 1)[-1]
    for key in (uri, name, name.split("@")[0].split(":")[0]):
        if key in known:
            return known[key]
    raise UnknownImage(f"{images} does not contain the image {uri}. It contains {', '.join(known) or 'none'}.")
