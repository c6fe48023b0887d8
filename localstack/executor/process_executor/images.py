"""Which program a container-image function runs.

The map is a JSON file, read for each process that starts, so that a deployment may change it under a running
LocalStack. Its keys are image names as the template has them, with the tag or without::

    {"quire:4f2a": {"directory": "…/functions", "environment": {"QUIRE_HOME": "…"}}}

``environment`` stands for the image's own ENV instructions. The program is the file in ``directory`` that has the name
of the entry point's (or else the command's) first word.
"""

import json
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath


class UnknownImage(Exception):
    """The map does not say where an image's programs lie, or the function does not say which program it is."""


@dataclass(frozen=True)
class Program:
    """A program and what its image would put into its environment."""

    path: Path
    arguments: list[str] = field(default_factory=list)
    environment: dict[str, str] = field(default_factory=dict)


def program_of(uri: str, entry_point: list[str], command: list[str], images: Path | None) -> Program:
    """The program for an image's URI, with the entry point and the command of the function's image configuration."""
    words = [*entry_point, *command]
    if not words:
        raise UnknownImage(f"{uri}: the function's ImageConfig names neither an entry point nor a command")
    image = _entry(uri, images)
    path = Path(image["directory"]) / PurePosixPath(words[0]).name
    return Program(path, words[1:], image.get("environment", {}))


def _entry(uri: str, images: Path | None) -> dict:
    if images is None:
        raise UnknownImage(f"{uri}: PROCESS_EXECUTOR_IMAGES names no file that says where its programs lie")
    known = json.loads(images.read_text())
    # Without the registry; then also without the tag or digest.
    name = uri.rsplit("/", 1)[-1]
    for key in (uri, name, name.split("@")[0].split(":")[0]):
        if key in known:
            return known[key]
    raise UnknownImage(f"{images} does not know the image {uri}; it knows {', '.join(known) or 'none'}")
