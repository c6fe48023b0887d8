"""Computes how long a volume of 1,000 pages takes on AWS and what it costs, from times that `system.py` measured.

It plays through one volume event by event: compress, then the ranges on as many functions as there may be, then split.
Written to `docs/simulation.md` and `docs/simulation.svg`. The same measurements give the same files.
"""

import argparse
import heapq
import json
import math
import random
import re
from dataclasses import dataclass
from pathlib import Path

PAGES = 1000
FUNCTIONS = (1, 2, 5, 10, 20, 50, 100, 200)
RANGE_PAGES = (10, 20, 50)
RUNS = 25

# The functions' memory in the template, and how much of it buys one virtual CPU (AWS, "Configure Lambda function memory").
MEMORY_MEGABYTES = 3008
MEGABYTES_PER_CPU = 1769

# How Lambda reads a queue: five batches at first, and up to 300 more each minute (AWS, "Configuring scaling behavior for
# SQS event source mappings").
FIRST_FUNCTIONS = 5
MORE_FUNCTIONS_PER_SECOND = 300 / 60

# The first call of each function waits for its image and its models. The image was measured to be ready within 1.3 s on a
# busy machine; loading it over Lambda's network was not measured, and is taken to last this much longer.
COLD_START_SECONDS = 1.3 + 4


@dataclass(frozen=True)
class Line:
    """Seconds as a line over pages, from at least two measurements."""

    fixed: float
    per_page: float

    @classmethod
    def fit(cls, points: list[tuple[int, float]]) -> "Line":
        count = len(points)
        mean_pages, mean_seconds = sum(x for x, _ in points) / count, sum(y for _, y in points) / count
        spread = sum((x - mean_pages) ** 2 for x, _ in points)
        per_page = sum((x - mean_pages) * (y - mean_seconds) for x, y in points) / spread
        # A measured line may cut the axis below zero; work never takes negative time.
        return cls(max(0.0, mean_seconds - per_page * mean_pages), per_page)

    def seconds(self, pages: int) -> float:
        return self.fixed + self.per_page * pages


class Model:
    """What was measured, in seconds on Lambda's CPUs."""

    def __init__(self, measured: dict):
        stages = measured["stages"]
        # The programs use all cores, so that fewer CPUs take longer in proportion.
        self.slower = measured["cores"] / (MEMORY_MEGABYTES / MEGABYTES_PER_CPU)
        ranges = [(entry["pages"], entry["seconds"]) for stage in stages for entry in stage["ranges"]]
        self.range = Line.fit(ranges)
        # How much single ranges differ from the line.
        self.spread = [seconds / self.range.seconds(pages) for pages, seconds in ranges]
        self.compress = Line.fit([(stage["pages"], stage["compress"]) for stage in stages])
        self.split = Line.fit([(stage["pages"], stage["split"]) for stage in stages])
        self.pick_up = measured["pick_up_seconds"]
        self.between = measured["between_messages_seconds"]

    def on_lambda(self, line: Line, pages: int) -> float:
        return line.seconds(pages) * self.slower


@dataclass(frozen=True)
class Played:
    wall_seconds: float
    billed_seconds: float
    invocations: int


def play(model: Model, functions: int, range_pages: int, chance: random.Random) -> Played:
    """One volume. Every function is cold at first."""
    compress = COLD_START_SECONDS + model.on_lambda(model.compress, PAGES)
    split = COLD_START_SECONDS + model.on_lambda(model.split, PAGES)
    begin = model.pick_up + compress + model.pick_up
    starts = [begin + max(0.0, number + 1 - FIRST_FUNCTIONS) / MORE_FUNCTIONS_PER_SECOND for number in range(functions)]
    # Each entry: when the function is free, and whether it ran before.
    idle = [(start, False) for start in starts]
    heapq.heapify(idle)
    billed, last, ranges = 0.0, begin, -(-PAGES // range_pages)
    for number in range(ranges):
        pages = min(range_pages, PAGES - number * range_pages)
        free, is_warm = heapq.heappop(idle)
        work = model.on_lambda(model.range, pages) * chance.choice(model.spread) + (0 if is_warm else COLD_START_SECONDS)
        billed, last = billed + work, max(last, free + work)
        heapq.heappush(idle, (free + work + model.between, True))
    return Played(last + model.pick_up + split, billed + compress + split, ranges + 2)


def dollars(played: Played, prices: dict) -> float:
    """Lambda, queues and buckets. Each range is written and read twice, and each message is sent, received and deleted."""
    compute = played.billed_seconds * MEMORY_MEGABYTES / 1024 * prices["LAMBDA_GIGABYTE_SECOND"]
    requests = played.invocations * prices["LAMBDA_REQUEST"]
    queues = 3 * played.invocations * prices["SQS_REQUEST"]
    buckets = 2 * played.invocations * (prices["S3_WRITE_REQUEST"] + prices["S3_READ_REQUEST"])
    return compute + requests + queues + buckets


def read_prices(text: str) -> dict:
    """The constants of the Rust module with the prices: numbers, fractions and text."""
    prices = {}
    for name, value in re.findall(r"^pub const (\w+): [^=]+ = (.+);$", text, re.MULTILINE):
        numbers = [part.replace("_", "") for part in value.split("/")]
        prices[name] = value.strip('"') if value.startswith('"') else float(numbers[0]) / float((numbers[1:] or ["1"])[0])
    return prices


def mean(values: list[float]) -> float:
    return sum(values) / len(values)


def simulate(model: Model, prices: dict) -> dict[int, list[tuple[int, float, float]]]:
    """For each size of the ranges: functions, seconds, dollars."""
    table = {}
    for range_pages in RANGE_PAGES:
        rows = []
        for functions in FUNCTIONS:
            chance = random.Random(1)
            played = [play(model, functions, range_pages, chance) for _ in range(RUNS)]
            rows.append((functions, mean([run.wall_seconds for run in played]), mean([dollars(run, prices) for run in played])))
        table[range_pages] = rows
    return table


def minutes(seconds: float) -> str:
    return f"{int(seconds) // 60}:{int(seconds) % 60:02} min"


def text(model: Model, measured: dict, prices: dict, table: dict) -> str:
    crowd = measured["crowd"]
    head = " | ".join(f"ranges of {pages} pages" for pages in RANGE_PAGES)
    lines = [
        "# A volume of 1,000 pages on AWS",
        "",
        "This was simulated, not run on AWS. `cargo xtask bench --system` measured the stages in the local stack and wrote",
        "this file.",
        "",
        "![Wall time of 1,000 pages by functions at once](simulation.svg)",
        "",
        f"| functions at once | {head} |",
        "| --- | " + " | ".join("---" for _ in RANGE_PAGES) + " |",
    ]
    for row, functions in enumerate(FUNCTIONS):
        cells = [f"{minutes(table[pages][row][1])}, ${table[pages][row][2]:.2f}" for pages in RANGE_PAGES]
        lines.append(f"| {functions} | " + " | ".join(cells) + " |")
    lines += [
        "",
        f"Measured on {measured['date']} on {measured['cores']} cores, with both models and words on every page:",
        "",
        "| what | figure |",
        "| --- | --- |",
        f"| {crowd['volumes']} volumes with {crowd['pages']} pages at once | {crowd['pages'] / crowd['seconds']:.2f} pages a second |",
        f"| a message waits for an idle function | {measured['pick_up_seconds']:.2f} s |",
        f"| from the end of a range to the start of the next | {measured['between_messages_seconds']:.2f} s |",
        f"| after a worker was killed with SIGKILL, another one began its range (`reconcile` every minute, leases stale after 90 s) | {measured['rescue_seconds']:.0f} s later |",
        f"| a range | {model.range.fixed:.1f} s and {model.range.per_page:.2f} s a page |",
        f"| compress | {model.compress.fixed:.1f} s and {model.compress.per_page:.3f} s a page |",
        f"| split | {model.split.fixed:.1f} s and {model.split.per_page:.3f} s a page |",
        "",
        "What the simulation assumes:",
        "",
        f"- {MEMORY_MEGABYTES} MB of memory, which buy {MEMORY_MEGABYTES / MEGABYTES_PER_CPU:.1f} CPUs, each as fast as a core of the machine above.",
        f"- Every function is cold at first and needs {COLD_START_SECONDS:.1f} s to start: 1.3 s as measured in a container, and 4 s",
        "  for an image that Lambda has to load.",
        "- Lambda begins with five functions and adds up to 300 each minute.",
        f"- Prices of {prices['REGION']} as of {prices['NOTED_ON']} (`layers/domain/src/prices.rs`). Storage and the database are not",
        "  included.",
        "- Nothing fails.",
        "",
    ]
    return "\n".join(lines)


def plot(table: dict) -> str:
    """Wall time over functions, both axes logarithmic, as an SVG that follows the reader's colours."""
    left, top, width, height = 64, 20, 560, 300
    longest = max(seconds for rows in table.values() for _, seconds, _ in rows)
    ceiling = 60 * 2 ** math.ceil(math.log2(longest / 60))
    floor = 60

    def x(functions: float) -> float:
        return left + width * math.log(functions) / math.log(FUNCTIONS[-1])

    def y(seconds: float) -> float:
        return top + height * (1 - math.log(seconds / floor) / math.log(ceiling / floor))

    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {left + width + 130} {top + height + 52}" role="img" '
        'aria-label="Wall time of 1,000 pages by functions at once">',
        "<style>text{font:13px system-ui,sans-serif;fill:#222}.grid{stroke:#ccc}.five{stroke:#888;stroke-dasharray:5 4}"
        "path{fill:none;stroke-width:2.5}@media(prefers-color-scheme:dark){text{fill:#ddd}.grid{stroke:#444}}</style>",
    ]
    seconds = floor
    while seconds <= ceiling:
        parts.append(f'<line class="grid" x1="{left}" x2="{left + width}" y1="{y(seconds):.1f}" y2="{y(seconds):.1f}"/>')
        parts.append(f'<text x="{left - 8}" y="{y(seconds) + 4:.1f}" text-anchor="end">{seconds // 60} min</text>')
        seconds *= 2
    parts.append(f'<line class="five" x1="{left}" x2="{left + width}" y1="{y(300):.1f}" y2="{y(300):.1f}"/>')
    parts.append(f'<text x="{left + width}" y="{y(300) - 6:.1f}" text-anchor="end">5 min</text>')
    for functions in FUNCTIONS:
        parts.append(f'<text x="{x(functions):.1f}" y="{top + height + 20}" text-anchor="middle">{functions}</text>')
    parts.append(f'<text x="{left + width / 2}" y="{top + height + 42}" text-anchor="middle">functions at once</text>')
    for order, (range_pages, colour) in enumerate(zip(RANGE_PAGES, ("#0072b2", "#d55e00", "#009e73"))):
        points = " L".join(f"{x(functions):.1f},{max(top, y(wall)):.1f}" for functions, wall, _ in table[range_pages])
        parts.append(f'<path d="M{points}" stroke="{colour}"/>')
        line = top + 14 + 22 * order
        parts.append(f'<path d="M{left + width + 14},{line} h18" stroke="{colour}"/>')
        parts.append(f'<text x="{left + width + 38}" y="{line + 4}">{range_pages} pages</text>')
    return "\n".join([*parts, "</svg>", ""])


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--measurements", type=Path, required=True)
    parser.add_argument("--prices", type=Path, required=True)
    parser.add_argument("--output", type=Path, required=True)
    options = parser.parse_args()
    measured = json.loads(options.measurements.read_text())
    prices = read_prices(options.prices.read_text())
    model = Model(measured)
    table = simulate(model, prices)
    (options.output / "simulation.md").write_text(text(model, measured, prices, table))
    (options.output / "simulation.svg").write_text(plot(table))
    for functions, seconds, cost in table[RANGE_PAGES[1]]:
        print(f"1,000 pages on {functions} functions, in ranges of {RANGE_PAGES[1]} pages: {minutes(seconds)}, ${cost:.2f}")


if __name__ == "__main__":
    main()
