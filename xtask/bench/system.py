"""Measures the whole service on this machine: volumes go through the local stack, and a worker is killed.

Nothing here asserts a time: the figures are for people. `cargo xtask bench --system` starts a stack of its own and calls
this script, which speaks to the stack through `quire` alone. What it measures is written to `docs/measurements.json`, from
which `simulation.py` computes volumes of 1,000 pages.
"""

import argparse
import json
import os
import signal
import statistics
import subprocess
import sys
import tempfile
import time
from datetime import datetime
from pathlib import Path

# Long enough for any volume on a busy machine. Whoever waits this long has found a scan that is stuck.
PATIENCE_SECONDS = 1800


class Stack:
    """The local stack, as `quire` sees it."""

    def __init__(self, quire: Path):
        self.quire = quire

    def run(self, *arguments: str) -> str:
        return subprocess.check_output([self.quire, *arguments], text=True)

    def upload(self, *volumes: Path) -> list[int]:
        """Uploads volumes, waits until all are processed, and returns the numbers of their scans."""
        known = self.newest()
        subprocess.run([self.quire, "upload", *volumes], check=True, stdout=subprocess.DEVNULL)
        scans = [scan["id"] for scan in self.scans() if scan["id"] > known]
        self.wait(scans)
        return sorted(scans)

    def scans(self) -> list[dict]:
        return json.loads(self.run("scans", "--json"))["scans"]

    def newest(self) -> int:
        return max((scan["id"] for scan in self.scans()), default=0)

    def wait(self, scans: list[int]) -> None:
        began = time.monotonic()
        while True:
            states = {scan["id"]: scan["status"] for scan in self.scans()}
            open_scans = [scan for scan in scans if states[scan] not in ("PENDING_REVIEW", "FAILED", "CANCELLED")]
            if failed := [scan for scan in scans if states[scan] in ("FAILED", "CANCELLED")]:
                sys.exit(f"bench: scans {failed} failed; `quire show` tells why")
            if not open_scans:
                return
            if time.monotonic() - began > PATIENCE_SECONDS:
                sys.exit(f"bench: scans {open_scans} do not end")
            time.sleep(1)

    def show(self, scan: int) -> dict:
        return json.loads(self.run("show", str(scan), "--json"))


def moments(scan: dict) -> list[tuple[str, int | None, float]]:
    """What happened to a scan: the kind of event, the range, and the time in seconds."""
    return [
        (event["kind"], event["detail"].get("range"), datetime.fromisoformat(event["at"]).timestamp())
        for event in scan["events"]
    ]


def stage_seconds(scan: dict) -> dict:
    """How long each stage worked, and how long messages waited for an idle function. Of an undisturbed scan only."""
    at = {kind: when for kind, number, when in moments(scan) if number is None}
    begun = {number: when for kind, number, when in moments(scan) if kind == "range_scanning"}
    ended = {number: when for kind, number, when in moments(scan) if kind == "range_finished"}
    pages = {entry["number"]: entry["page_count"] for entry in scan["ranges"]}
    return {
        "pages": scan["scan"]["pages"],
        "compress": at["compressed"] - at["compressing"],
        "ranges": [{"pages": pages[number], "seconds": ended[number] - begun[number]} for number in sorted(pages)],
        "split": at["pending_review"] - at["splitting"],
        "pick_up": [at["compressing"] - at["uploaded"], min(begun.values()) - at["compressed"], at["splitting"] - at["scanned"]],
        "whole": at["pending_review"] - at["uploaded"],
    }


def between_messages(scan: dict) -> list[float]:
    """The time from the end of one range to the start of the next: what a message costs beside its work."""
    events = sorted((when, kind) for kind, _, when in moments(scan) if kind in ("range_scanning", "range_finished"))
    pairs = zip(events, events[1:])
    return [later - earlier for (earlier, end), (later, start) in pairs if (end, start) == ("range_finished", "range_scanning")]


def rescue(stack: Stack, volume: Path, processes: Path) -> float:
    """Kills the worker of a range, and returns the seconds until another one begins it again."""
    known = stack.newest()
    subprocess.run([stack.quire, "upload", volume], check=True, stdout=subprocess.DEVNULL)
    scan = next(entry["id"] for entry in stack.scans() if entry["id"] > known)
    while not any(kind == "range_scanning" for kind, _, _ in moments(stack.show(scan))):
        time.sleep(0.2)
    started = [json.loads(file.read_text()) for file in processes.glob("*.json")]
    workers = [process["pid"] for process in started if process["function"] == os.environ["QUIRE_SCAN_FUNCTION"]]
    if not workers:
        sys.exit("bench: there is no worker to kill")
    for worker in workers:
        os.kill(worker, signal.SIGKILL)
    killed = time.time()
    stack.wait([scan])
    return min(when for kind, _, when in moments(stack.show(scan)) if kind == "range_scanning" and when > killed) - killed


def copies(sample: Path, count: int, directory: Path) -> list[Path]:
    """The sample under other names, so that each is a volume of its own."""
    reporter, volume, first, last = sample.name.split(".")[:4]
    made = [directory / f"{reporter}.{int(volume) + 1 + number}.{first}.{last}.original.pdf" for number in range(count)]
    for copy in made:
        copy.write_bytes(sample.read_bytes())
    return made


def thick(sample: Path, times: int, directory: Path) -> Path:
    """One volume with the sample's pages again and again."""
    reporter, volume, first, _ = sample.name.split(".")[:4]
    pages = int(subprocess.check_output(["qpdf", "--show-npages", sample], text=True)) * times
    path = directory / f"{reporter}.{int(volume) + 500}.{first}.{int(first) + pages - 1}.original.pdf"
    # Each copy is a file of its own for qpdf, so that no picture is shared between pages.
    parts = [directory / f"part-{number}.pdf" for number in range(times)]
    for part in parts:
        part.write_bytes(sample.read_bytes())
    subprocess.run(["qpdf", "--empty", "--pages", *parts, "--", path], check=True)
    return path


def main() -> None:
    parser = argparse.ArgumentParser(prog="cargo xtask bench --system", description=__doc__)
    parser.add_argument("--quire", type=Path, required=True)
    parser.add_argument("--sample", type=Path, required=True)
    parser.add_argument("--processes", type=Path, required=True)
    parser.add_argument("--report", type=Path, required=True)
    parser.add_argument("--volumes", type=int, default=4, help="how many copies of the sample are uploaded at once [4]")
    parser.add_argument("--copies", type=int, default=5, help="how often the thick volume repeats the sample [5]")
    options = parser.parse_args()
    stack = Stack(options.quire)
    with tempfile.TemporaryDirectory() as directory:
        volumes = copies(options.sample, options.volumes + 2, Path(directory))
        print("bench: one volume, with cold functions")
        stack.upload(volumes[0])
        print("bench: a thin and a thick volume, each alone")
        single = [stack.show(stack.upload(volume)[0]) for volume in (options.sample, thick(options.sample, options.copies, Path(directory)))]
        print(f"bench: {options.volumes} volumes at once")
        crowd = [stack.show(scan) for scan in stack.upload(*volumes[2:])]
        print("bench: a worker is killed")
        rescued = rescue(stack, volumes[1], options.processes)
    measured = report(single, crowd, rescued)
    options.report.write_text(json.dumps(measured, indent=2) + "\n")
    show(measured)
    print(f"bench: written to {options.report}")


def report(single: list[dict], crowd: list[dict], rescued: float) -> dict:
    times = [moments(scan) for scan in crowd]
    pages = sum(scan["scan"]["pages"] for scan in crowd)
    seconds = max(when for scan in times for _, _, when in scan) - min(when for scan in times for _, _, when in scan)
    stages = [stage_seconds(scan) for scan in single]
    return {
        "date": time.strftime("%Y-%m-%d"),
        "cores": os.cpu_count(),
        "stages": stages,
        "pick_up_seconds": statistics.median(sum((stage["pick_up"] for stage in stages), [])),
        "between_messages_seconds": statistics.median(sum(map(between_messages, single), [])),
        "crowd": {"volumes": len(crowd), "pages": pages, "seconds": seconds},
        "rescue_seconds": rescued,
    }


def show(measured: dict) -> None:
    crowd = measured["crowd"]
    print(f"\n{crowd['volumes']} volumes with {crowd['pages']} pages at once: {crowd['pages'] / crowd['seconds']:.2f} pages a second")
    print(f"a message waits for an idle function: {measured['pick_up_seconds']:.2f} s")
    print(f"from the end of a range to the start of the next: {measured['between_messages_seconds']:.2f} s")
    print(f"after a worker was killed, another one began its range: {measured['rescue_seconds']:.0f} s later")
    for stage in measured["stages"]:
        ranges = [entry["seconds"] for entry in stage["ranges"]]
        print(
            f"{stage['pages']} pages alone: compress {stage['compress']:.1f} s, {len(ranges)} ranges "
            f"{sum(ranges):.1f} s, split {stage['split']:.1f} s, whole {stage['whole']:.1f} s"
        )


if __name__ == "__main__":
    main()
