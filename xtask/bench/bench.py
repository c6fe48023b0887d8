"""Measures `quire process` beside the programs that it is compared with, on one machine in one run.

Nothing here asserts a time: the figures are for people. Every program runs once, then every program again, so that a
disturbance of the machine affects all of them. `cargo xtask bench` builds quire and calls this script.
"""

import argparse
import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
import zipfile
from dataclasses import asdict, dataclass, field
from pathlib import Path

WITHOUT_DOCTR = Path(__file__).with_name("blackletter_without_doctr.py")
# From this load on, the machine counts as busy.
BUSY = 0.5


@dataclass(frozen=True)
class Volume:
    """The volume, and what every program is told about it, so that all do the same work."""

    path: Path
    pages: int
    bytes: int
    reporter: str
    volume: str
    first: int
    last: int

    @classmethod
    def read(cls, path: Path) -> "Volume":
        """From `reporter.volume.first.last…`. A file with another kind of name gets an invented identity."""
        pages = int(subprocess.check_output(["qpdf", "--show-npages", path], text=True))
        parts = path.name.split(".")
        named = len(parts) > 4 and parts[2].isdecimal() and parts[3].isdecimal()
        reporter, volume, first, last = parts[:4] if named else ("bench", "1", 1, pages)
        return cls(path, pages, path.stat().st_size, reporter, volume, int(first), int(last))

    def options(self) -> list[str]:
        """Quire and blackletter share these options."""
        return ["--reporter", self.reporter, "--volume", self.volume, "--first-page", str(self.first)]

    def output(self) -> str:
        """Where both write the whole volume, below the output directory."""
        name = f"{self.reporter}.{self.volume}.{self.first}.{self.last}.pdf"
        return f"{self.reporter}/{self.volume}/{self.first}/{name}"


@dataclass
class Contestant:
    """A program with one set of options."""

    name: str
    command: list[str]
    # Where the volume appears in the output directory. None: the last argument is the output file.
    output: str | None
    is_quire: bool = False
    # The name of the program that does comparable work.
    rival: str | None = None
    rounds: list[dict] = field(default_factory=list)

    def run(self, volume: Volume) -> None:
        with tempfile.TemporaryDirectory() as scratch:
            directory = Path(scratch, "output")
            directory.mkdir()
            written = directory / (self.output or "volume.pdf")
            arguments = ["-o", directory] if self.output else [written]
            usage, output, error = measure([*self.command, *arguments], scratch)
            if "failure" not in usage and self.is_quire:
                result = json.loads(output)
                usage |= {"stages": result["stages"], "compression": result["input_bytes"] / result["output_bytes"]}
            elif "failure" not in usage and written.is_file():
                usage["compression"] = volume.bytes / written.stat().st_size
            else:
                lines = [line for line in error.splitlines() if line.strip()]
                usage["failure"] = lines[-1] if lines else "it wrote no volume"
                print(f"bench: {self.name} failed: {usage['failure']}", file=sys.stderr)
        self.rounds.append(usage)

    def median(self) -> dict | None:
        """The run with the median time; of an even number, the slower one."""
        rounds = sorted((r for r in self.rounds if "failure" not in r), key=lambda r: r["wall_seconds"])
        return rounds[len(rounds) // 2] if rounds else None

    def peak(self) -> int:
        return max(r["peak_bytes"] for r in self.rounds)


def measure(command: list, scratch: str) -> tuple[dict, str, str]:
    """Runs a program. The system adds up the resources of the program and of all that it ran and waited for; the peak is
    that of the largest single process."""
    # A limit on threads would slow torch down. Nothing may install packages during a measurement.
    environment = {**os.environ, "YOLO_AUTOINSTALL": "false", "TMPDIR": scratch}
    environment.pop("OMP_THREAD_LIMIT", None)
    output, error = Path(scratch, "stdout"), Path(scratch, "stderr")
    with output.open("wb") as stdout, error.open("wb") as stderr:
        begun = time.monotonic()
        program = subprocess.Popen(
            command, stdin=subprocess.DEVNULL, stdout=stdout, stderr=stderr, env=environment
        )
        _, status, used = os.wait4(program.pid, 0)
        wall = time.monotonic() - begun
        program.returncode = os.waitstatus_to_exitcode(status)
    usage = {"wall_seconds": wall, "cpu_seconds": used.ru_utime + used.ru_stime, "peak_bytes": used.ru_maxrss * 1024}
    if program.returncode != 0:
        usage["failure"] = f"exit status {program.returncode}"
    return usage, output.read_text(errors="replace"), error.read_text(errors="replace")


def contestants(options: argparse.Namespace, volume: Volume) -> list[Contestant]:
    modes = [
        ("small", False, "blackletter 0.4 small"),
        ("both", False, "blackletter 0.4 medium"),
        ("small", True, "blackletter 0.0.12 small"),
        ("both", True, None),
    ]
    found = []
    for model, ocr, rival in modes:
        command = [options.quire, "process", volume.path, "--json", "--model", model, *volume.options()]
        name = f"quire {model}" + ("" if ocr else " --no-ocr")
        found.append(Contestant(name, command + ([] if ocr else ["--no-ocr"]), volume.output(), True, rival))
    blackletters = [
        (options.blackletter04, "blackletter 0.4", "small"),
        (options.blackletter04, "blackletter 0.4", "medium"),
        (options.blackletter00, "blackletter 0.0.12", "small"),
    ]
    for program, label, model in blackletters:
        if program:
            # The medium model also comes by --model: --medium only chooses the file.
            weights = options.scratch / f"{model}.pt"
            python = Path(program).with_name("python")
            command = [python, WITHOUT_DOCTR, "process", volume.path, "--cpu", "--model", weights, *volume.options()]
            found.append(Contestant(f"{label} {model}", command, volume.output()))
    if options.ocrmypdf:
        for label, arguments in (("-O0", ["-O0", "--output-type", "pdf"]), ("default", [])):
            found.append(Contestant(f"ocrmypdf {label}", [options.ocrmypdf, *arguments, volume.path], None))
    # One process, one thread: more threads cost five times the processor time. It adds `.pdf` itself.
    script = 'OMP_THREAD_LIMIT=1 exec tesseract -l eng -c tessedit_create_pdf=1 "$1" "${2%.pdf}"'
    found.append(Contestant("tesseract", ["sh", "-c", script, "sh", options.scratch / "pages"], None))
    return [c for c in found if not options.only or any(part in c.name for part in options.only.split(","))]


def draw_pages(volume: Volume, directory: Path) -> None:
    """Draws the pages for Tesseract, which reads no PDF, and lists them in the file `pages`. This is not measured."""
    subprocess.check_call(["pdftoppm", "-r", "300", "-gray", volume.path, directory / "page"])
    pages = sorted(directory.glob("page*.pgm"))
    (directory / "pages").write_text("".join(f"{page}\n" for page in pages))


def print_results(found: list[Contestant], volume: Volume, machine: dict) -> None:
    print(f"\n{volume.path.name}: {volume.pages} pages, {volume.bytes / 1e6:.1f} MB")
    print(f"{machine['cores']} cores of {machine['processor']}")
    if machine["load_before"] > BUSY:
        print(f"The machine was busy (load {machine['load_before']:.2f}). Compare the ratios, not the times.")
    heads = ("wall s", "s/page", "CPU s", "CPU/page", "peak MB", "smaller")
    print("\n" + " " * 26 + "".join(f"{head:>10}" for head in heads))
    for contestant in found:
        if (run := contestant.median()) is None:
            print(f"{contestant.name:<26} failed")
            continue
        wall, cpu = run["wall_seconds"], run["cpu_seconds"]
        columns = (wall, wall / volume.pages, cpu, cpu / volume.pages, contestant.peak() / 1e6, run["compression"])
        print(f"{contestant.name:<26}" + "".join(f"{column:>10.2f}" for column in columns))
    print("(the run with the median time; the peak of the largest single process of any run, in 10^6 bytes)")
    for contestant in found:
        if (run := contestant.median()) and contestant.is_quire:
            print(f"\n{contestant.name:<26}" + "".join(f"{head:>10}" for head in (*heads[:4], "pages")))
            for stage in run["stages"]:
                wall, cpu, pages = stage["wall_seconds"], stage["cpu_seconds"], stage["pages"]
                columns = (wall, wall / max(pages, 1), cpu, cpu / max(pages, 1))
                print(f"  {stage['name']:<24}" + "".join(f"{column:>10.3f}" for column in columns) + f"{pages:>10}")
    print()
    for contestant in found:
        rival = next((other for other in found if other.name == contestant.rival), None)
        if rival and (ours := contestant.median()) and (theirs := rival.median()):
            faster, leaner = theirs["wall_seconds"] / ours["wall_seconds"], rival.peak() / contestant.peak()
            print(f"{contestant.name} against {rival.name}: {faster:.1f} times faster, {leaner:.1f} times less memory")


def this_machine() -> dict:
    processors = Path("/proc/cpuinfo").read_text()
    names = [line.split(": ", 1)[1] for line in processors.splitlines() if line.startswith("model name")]
    return {
        "cores": len(os.sched_getaffinity(0)),
        "processor": names[0] if names else "an unknown processor",
        "load_before": os.getloadavg()[0],
    }


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="cargo xtask bench", description="Measures `quire process` beside others.")
    parser.add_argument("--volume", type=Path, metavar="PDF", help="the volume [default: the sample]")
    parser.add_argument("--runs", type=int, default=3, help="runs of every program; the median counts [default: 3]")
    parser.add_argument("--only", metavar="NAMES", help="parts of names, separated by commas; leaves the others out")
    for name, what in (
        ("blackletter04", "blackletter 0.4.x, installed with its extra `detect`"),
        ("blackletter00", "blackletter 0.0.12"),
        ("ocrmypdf", "ocrmypdf"),
    ):
        variable = f"QUIRE_BENCH_{name.upper()}"
        parser.add_argument(
            f"--{name}", metavar="PATH", default=os.environ.get(variable), help=f"the command of {what} [{variable}]"
        )
    # What `cargo xtask bench` says.
    for name in ("quire", "weights", "sample", "report"):
        parser.add_argument(f"--{name}", type=Path, required=True, help=argparse.SUPPRESS)
    return parser.parse_args()


def main() -> None:
    options = arguments()
    machine = this_machine()
    volume = Volume.read((options.volume or options.sample).resolve())
    options.scratch = Path(tempfile.mkdtemp())
    try:
        if options.blackletter04 or options.blackletter00:
            # blackletter's later wheels carry no weights.
            with zipfile.ZipFile(options.weights) as wheel:
                for model in ("small", "medium"):
                    (options.scratch / f"{model}.pt").write_bytes(wheel.read(f"blackletter/weights/{model}.pt"))
        found = contestants(options, volume)
        if any(c.name == "tesseract" for c in found):
            draw_pages(volume, options.scratch)
        for run in range(1, options.runs + 1):
            for contestant in found:
                print(f"bench: run {run} of {options.runs}, {contestant.name}", flush=True)
                contestant.run(volume)
    finally:
        shutil.rmtree(options.scratch)
    print_results(found, volume, machine)
    report = {"machine": machine, "volume": asdict(volume), "contestants": [asdict(c) for c in found]}
    options.report.write_text(json.dumps(report, indent=2, default=str) + "\n")
    print(f"\nEvery run, as JSON: {options.report}")
    failed = [c.name for c in found if any("failure" in r for r in c.rounds)]
    if failed:
        sys.exit(f"bench: these programs failed: {', '.join(failed)}")


if __name__ == "__main__":
    main()
