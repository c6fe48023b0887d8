#!/usr/bin/env python3
"""Makes the project's own sample volume: seven pages of an invented law reporter, as a scanner would deliver them.

A developer tool: nothing in the build or in the tests runs it, its two outputs are committed beside it. To run it:

    apt install fonts-texgyre python3-numpy python3-pil
    python3 tests/sample/make_sample.py [--dpi 250] [--quality 62] [--seed 5] [--png FOLDER]

It sets volume.txt in type (typesetter.py, ornaments.py), scans the pages, and writes next to itself

    arc.12.201.207.original.pdf   one grey JPEG a page and nothing else, no text layer
    truth.json                    where everything is, in pixels at 200 dpi: `opinions` (pages from 0), `objects` (labels as the
                                  models name them), `lines` with the role caption, matter (what redaction removes), body (what
                                  it must keep) or head

The same seed, fonts and versions of pillow and numpy give the same bytes. Every word is invented.
"""

import argparse
import io
import json
from pathlib import Path

import numpy as np
from PIL import Image, ImageFilter

from typesetter import PAGE_HEIGHT, PAGE_WIDTH, Typesetter, words_of

HERE = Path(__file__).resolve().parent
VOLUME, FIRST_PAGE = 12, 201
TRUTH_DPI = 200


def tagged_paragraphs():
    """The (tag, text) pairs of volume.txt."""
    source = "\n".join(line for line in (HERE / "volume.txt").read_text().splitlines() if not line.startswith("#"))
    for block in source.split("\n\n"):
        tag, _, text = " ".join(block.split()).partition(":")
        if tag:
            yield tag, text.strip()


class Composer:
    """Sets tagged paragraphs, one method a tag."""

    def __init__(self, dots_per_inch):
        self.type = Typesetter(dots_per_inch, VOLUME, FIRST_PAGE)
        self.caption, self.headnotes = [], 0

    def set(self, paragraphs):
        """Sets everything; a footnote is handed over before the paragraph that calls it."""
        for index, (tag, text) in enumerate(paragraphs):
            follows = paragraphs[index + 1] if index + 1 < len(paragraphs) else ("", "")
            if "^" in text:
                self.type.note_number += 1
                self.type.pending_note = follows[1]
            getattr(self, tag)(text)
        self.type.set_notes()
        self.type.finish_page()

    def opinion(self, text):
        title, year = text.split(" | ")
        page = self.type
        page.need(168)
        page.short_title, page.year, page.note_number = title, year, 0
        page.opinions.append({"caption_page": len(page.pages) - 1, "column": page.column, "first_page_number": page.number})
        page.role, self.caption, self.headnotes = "caption", [], 0
        page.y += 3

    def caption_line(self, *arguments, **named):
        self.caption.append(self.type.centred(*arguments, **named))

    def name(self, text):
        self.caption_line(text, "bold", 10.4, 13, 1)

    def role(self, text):
        self.caption_line(text, "roman", 9.6, 12, 5)

    def versus(self, text):
        self.caption_line(text, "bold", 10, 12, 5)

    def docket(self, text):
        self.type.y += 3
        self.caption_line(text, "bold", 9.6, 12, 8, "DOCKET")

    def court(self, text):
        self.caption_line(text, "roman", 9.6, 12, 8, "COURT")

    def date(self, text):
        self.caption_line(text, "roman", 9.6, 12, 8, "DATE")
        left = self.type.left
        top, bottom = min(b[1] for b in self.caption), max(b[3] for b in self.caption)
        self.type.mark("CASE_CAPTION", [min(b[0] for b in self.caption), top, max(b[2] for b in self.caption), bottom])
        self.type.role = "matter"

    def background(self, text):
        self.type.paragraph(words_of("Background:", "bold") + words_of(text), 8.9, 10.6, label="BACKGROUND")

    def holdings(self, text):
        self.type.paragraph(words_of("Holdings:", "bold") + words_of(text), 8.9, 10.6)

    def holding(self, text):
        self.type.paragraph(words_of(text), 8.9, 10.6)

    def headnote(self, text):
        self.type.y += 8 if self.headnotes == 0 else 0
        self.headnotes += 1
        self.type.headnote(self.headnotes, *text.replace("'", "\u2019").split(" | "))

    def divider(self, _):
        self.type.divider()
        self.type.role = "body"

    def counsel(self, text):
        self.type.paragraph(words_of(text), label="CASE_METADATA")

    def judges(self, text):
        self.type.paragraph(words_of(text), label="JUDGES", after=6)

    def heading(self, text):
        self.type.need(46)
        self.type.y += 4
        self.type.centred(text, "bold", 9.6, 12, 3)

    def author(self, text):
        self.type.paragraph(words_of(text), after=3)

    def text(self, text):
        self.type.paragraph(words_of(text, mark=str(self.type.note_number)))

    def picture(self, text):
        self.type.picture(text)

    def footnote(self, _):
        """Set already, at the foot of the column that calls it."""

    def end(self, _):
        self.type.key_icon()


def scan(page, index, scale, random):
    """Ink that spreads, paper that is not white, the shade of the binding, dust, and a page laid a little askew.

    Returns the image and the function that maps a box of points to pixels at 200 dpi on it.
    """
    image = page.image
    width, height = image.size
    angle, shift = float(np.clip(random.normal(0, 0.16), -0.3, 0.3)), random.uniform(-2, 2, 2)
    cos, sin = np.cos(np.radians(angle)), np.sin(np.radians(angle))
    middle = np.array([width / 2, height / 2])
    turn = np.array([[cos, sin], [-sin, cos]])  # page to scan; its transpose goes back
    back = turn.T @ (-middle - shift) + middle
    matrix = (cos, -sin, back[0], sin, cos, back[1])
    turned = image.transform(image.size, Image.AFFINE, matrix, Image.BICUBIC, fillcolor=255)
    grey = np.asarray(turned.filter(ImageFilter.GaussianBlur(0.55)), np.float32)
    ink = np.clip((255 - grey) * 1.12 / 255, 0, 1) * (0.93 + 0.07 * texture(random, height, width, 5))
    paper = 243 + 3.5 * texture(random, height, width, 60)
    paper = paper * binding_shade(width, (FIRST_PAGE + index) % 2 == 1)[None, :]
    out = paper * (1 - ink) + 24 * ink
    dust(out, random)
    out += random.normal(0, 1.5, out.shape)

    def to_pixels(box):
        corners = np.array([[x, y] for x in box[0::2] for y in box[1::2]]) * scale
        placed = ((corners - middle) @ turn.T + middle + shift) * (TRUTH_DPI / 72 / scale)
        return [round(float(v), 1) for v in (*placed.min(0), *placed.max(0))]

    return Image.fromarray(np.clip(out, 0, 255).astype(np.uint8)), to_pixels


def texture(random, height, width, grain):
    """Smooth noise between about -1 and 1, its spots `grain` pixels wide."""
    small = random.normal(0, 0.5, (height // grain + 2, width // grain + 2)).astype(np.float32)
    return np.clip(np.asarray(Image.fromarray(small).resize((width, height), Image.BICUBIC)), -1, 1)


def binding_shade(width, odd):
    """Darkening towards the binding: left on odd pages, right on even ones."""
    across = np.linspace(0, 1, width)
    across = across if odd else across[::-1]
    return 1 - 0.13 * np.exp(-across / 0.035) - 0.02 * across**4


def dust(out, random):
    """A few specks."""
    height, width = out.shape
    for _ in range(18):
        x, y, size = random.integers(20, width - 20), random.integers(20, height - 20), random.integers(1, 3)
        out[y : y + size, x : x + size] *= random.uniform(0.45, 0.8)


def write_pdf(path, images, dpi, quality):
    """One JPEG a page, by hand: no library leaves its name, a date or an identifier in the file."""
    bodies, pages_id = [], 2 + 3 * len(images)
    kids = " ".join(f"{3 + 3 * index} 0 R" for index in range(len(images)))
    for index, image in enumerate(images):
        encoded = io.BytesIO()
        image.save(encoded, "JPEG", quality=quality, optimize=True, dpi=(dpi, dpi))
        drawing = f"q {PAGE_WIDTH:g} 0 0 {PAGE_HEIGHT:g} 0 0 cm /Scan Do Q".encode()
        entries = f"/Type/XObject/Subtype/Image/Width {image.width}/Height {image.height}/ColorSpace/DeviceGray/BitsPerComponent 8/Filter/DCTDecode"
        bodies.append(stream(entries, encoded.getvalue()))
        bodies.append(stream("", drawing))
        resources = f"/Resources<</XObject<</Scan {1 + 3 * index} 0 R>>>>"
        page = f"<</Type/Page/Parent {pages_id - 1} 0 R/MediaBox[0 0 {PAGE_WIDTH:g} {PAGE_HEIGHT:g}]{resources}/Contents {2 + 3 * index} 0 R>>"
        bodies.append(page.encode())
    bodies.append(f"<</Type/Pages/Count {len(images)}/Kids[{kids}]>>".encode())
    bodies.append(f"<</Type/Catalog/Pages {pages_id - 1} 0 R>>".encode())
    path.write_bytes(assemble(bodies))


def stream(entries, data):
    return f"<<{entries}/Length {len(data)}>>\nstream\n".encode() + data + b"\nendstream"


def assemble(bodies):
    """Objects 1 to n, the last of them the catalog, with their table."""
    out, offsets = bytearray(b"%PDF-1.4\n%\xe2\xe3\xcf\xd3\n"), []
    for number, body in enumerate(bodies, 1):
        offsets.append(len(out))
        out += f"{number} 0 obj\n".encode() + body + b"\nendobj\n"
    table = len(out)
    out += f"xref\n0 {len(bodies) + 1}\n0000000000 65535 f \n".encode()
    out += b"".join(f"{offset:010d} 00000 n \n".encode() for offset in offsets)
    out += f"trailer\n<</Size {len(bodies) + 1}/Root {len(bodies)} 0 R>>\nstartxref\n{table}\n%%EOF\n".encode()
    return bytes(out)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--dpi", type=int, default=250)
    parser.add_argument("--quality", type=int, default=62)
    parser.add_argument("--seed", type=int, default=5)
    parser.add_argument("--png", type=Path)
    options = parser.parse_args()
    composer = Composer(options.dpi)
    composer.set(list(tagged_paragraphs()))
    typeset, random = composer.type, np.random.default_rng(options.seed)
    images, objects, lines = [], [], []
    for index, page in enumerate(typeset.pages):
        image, to_pixels = scan(page, index, typeset.scale, random)
        images.append(image)
        objects += [{"page_index": index, **entry, "bbox": to_pixels(entry["bbox"])} for entry in page.objects]
        lines += [{"page_index": index, **entry, "bbox": to_pixels(entry["bbox"])} for entry in page.lines]
        if options.png:
            options.png.mkdir(parents=True, exist_ok=True)
            image.save(options.png / f"page-{FIRST_PAGE + index}.png")
    truth = {"pages": len(images), "first_page": FIRST_PAGE, "opinions": typeset.opinions, "objects": objects, "lines": lines}
    name = f"arc.{VOLUME}.{FIRST_PAGE}.{FIRST_PAGE + len(images) - 1}.original.pdf"
    write_pdf(HERE / name, images, options.dpi, options.quality)
    (HERE / "truth.json").write_text(json.dumps(truth, ensure_ascii=False, indent=1) + "\n")
    print(name, (HERE / name).stat().st_size, "bytes;", typeset.opinions)


if __name__ == "__main__":
    main()
