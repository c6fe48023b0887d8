"""Sets the words of volume.txt in two columns and remembers where everything went.

A developer tool, used only by make_sample.py. Lengths are PDF points, origin top left.
"""

import re
from dataclasses import dataclass, field

from PIL import Image, ImageDraw, ImageFont

import ornaments

FONT_FOLDER = "/usr/share/texmf/fonts/opentype/public/tex-gyre/texgyre"
FACES = {"roman": "schola-regular", "bold": "schola-bold", "italic": "schola-italic", "bold-italic": "schola-bolditalic"}

PAGE_WIDTH, PAGE_HEIGHT = 432.0, 684.0
COLUMN_WIDTH, COLUMN_LEFT = 183.0, (27.5, 222.0)
COLUMN_TOP, COLUMN_BOTTOM = 60.0, 646.0
INK, PAPER = 18, 255
WIDEST_GAP = 9.0  # a line that would need more between its words is left ragged
BODY, MATTER, NOTE = 9.8, 9.0, 7.6
STATE = "Lant."
REPORTER, CITE = "ARCHIPELAGO REPORTER", "Arc."

# Where a word may be divided: after a hyphen of its own, before a common ending, after a common beginning.
DIVISION = re.compile(
    r"(?<=[a-z]-)(?=[a-z]{3})|(?<=[a-z]{3})(?=(?:tion|sion|ment|ness|able)s?[a-z]{0,2}\b)"
    r"|(?<=\b[Cc]on)(?=[bcdflqstv][a-z]{4})|(?<=\b[Cc]om)(?=[mp][a-z]{3})|(?<=\bdis)(?=[a-z]{5})|(?<=\bunder)(?=[a-z]{3})"
    r"|(?<=\bper)(?=[fms][a-z]{2})|(?<=\bpas)(?=sen)|(?<=\bhar)(?=bor)|(?<=\bumbrel)(?=las?)|(?<=\bfol)(?=low)"
)


@dataclass
class Page:
    """A page of type, and what is on it."""

    image: Image.Image
    draw: ImageDraw.ImageDraw
    objects: list = field(default_factory=list)
    lines: list = field(default_factory=list)


@dataclass
class Word:
    """A word, or a bracket, with the face it is set in."""

    text: str
    face: str
    note: str = ""

    @property
    def is_bracket(self):
        return self.text.startswith("[") and self.text.endswith("]")


def words_of(text, face="roman", mark=""):
    """Splits running text: _italics_, brackets in bold, ^ as the mark of the next footnote."""
    text = re.sub(r"\[(\d+), (\d+)\]", "[\\1,\u00a0\\2]", text).replace("'", "\u2019")
    out, current = [], face
    for token in text.split(" "):
        if token.startswith("_"):
            current, token = "italic", token[1:]
        closing = re.search(r"_([.,]?)$", token)
        token = re.sub(r"_([.,]?)$", r"\1", token)
        note = mark if "^" in token else ""
        token = token.replace("^", "")
        bracket = re.fullmatch(r"\[[\d,\u00a0]+\]", token)
        out.append(Word(token, "bold" if bracket else current, note))
        if closing:
            current = face
    return out


class Typesetter:
    """Fills column after column; `pages` is the result."""

    def __init__(self, dots_per_inch, volume, first_page):
        self.scale = dots_per_inch / 72
        self.volume, self.first_page = volume, first_page
        self.fonts, self.pages, self.opinions = {}, [], []
        self.role, self.short_title, self.year = "body", "", ""
        self.held_picture, self.note_number, self.notes, self.pending_note = None, 0, [], None
        self.new_page()

    # ---- type ---------------------------------------------------------------

    def font(self, face, size):
        """The font of a face at a size in points."""
        key = face, size
        if key not in self.fonts:
            self.fonts[key] = ImageFont.truetype(f"{FONT_FOLDER}{FACES[face]}.otf", round(size * self.scale * 4) / 4)
        return self.fonts[key]

    def width(self, text, face, size):
        return self.font(face, size).getlength(text) / self.scale

    def put(self, x, baseline, text, face, size):
        """Draws text on a baseline and returns its ink as a rectangle."""
        font, at = self.font(face, size), (x * self.scale, baseline * self.scale)
        self.page.draw.text(at, text, font=font, fill=INK, anchor="ls")
        left, top, right, bottom = font.getbbox(text, anchor="ls")
        return [x + left / self.scale, baseline + top / self.scale, x + right / self.scale, baseline + bottom / self.scale]

    def mark(self, label, box, pad=2.0, page=None, **more):
        x0, y0, x1, y1 = box
        (page or self.page).objects.append({"label": label, "bbox": [x0 - pad, y0 - pad, x1 + pad, y1 + pad], **more})

    def note_line(self, boxes, text, role=None):
        box = [min(b[0] for b in boxes), min(b[1] for b in boxes), max(b[2] for b in boxes), max(b[3] for b in boxes)]
        self.page.lines.append({"role": role or self.role, "bbox": box, "text": text})
        return box

    # ---- columns and pages --------------------------------------------------

    @property
    def page(self):
        return self.pages[-1]

    @property
    def left(self):
        return COLUMN_LEFT[self.column]

    @property
    def number(self):
        return self.first_page + len(self.pages) - 1

    def new_page(self):
        size = round(PAGE_WIDTH * self.scale), round(PAGE_HEIGHT * self.scale)
        image = Image.new("L", size, PAPER)
        self.pages.append(Page(image, ImageDraw.Draw(image)))
        self.start_column(0)

    def start_column(self, column):
        self.column, self.y, self.bottom = column, COLUMN_TOP, COLUMN_BOTTOM

    def next_column(self):
        self.set_notes()
        if self.column == 0:
            self.start_column(1)
        else:
            self.finish_page()
            self.new_page()

    def need(self, height):
        """Moves on unless so much room is left in this column."""
        if self.y + height > self.bottom:
            self.next_column()

    def finish_page(self):
        """Running head, page number, state abbreviation: outside on odd pages and even ones alike."""
        odd, number = self.number % 2 == 1, str(self.number)
        width = self.width(number, "bold", 14)
        x = COLUMN_LEFT[1] + COLUMN_WIDTH - width if odd else COLUMN_LEFT[0]
        self.mark("PAGE_NUMBER", self.put(x, 44, number, "bold", 14), 3, value=self.number)
        state_width = self.width(STATE, "bold", 9.6)
        state_x = x - state_width - 15 if odd else x + width + 15
        self.mark("STATE_ABBREVIATION", self.put(state_x, 44, STATE, "bold", 9.6))
        title = self.short_title if odd else f"{self.volume} {REPORTER}"
        boxes = [self.centred_at(PAGE_WIDTH / 2, 43, title, "bold", 9.4)]
        if odd:
            cite = f"Cite as {self.volume} {CITE} {self.opinions[-1]['first_page_number']} ({STATE} {self.year})"
            boxes.append(self.centred_at(PAGE_WIDTH / 2, 52.5, cite, "roman", 7.4))
        self.mark("PAGE_HEADER", self.note_line(boxes, title, "head"))

    def centred_at(self, centre, baseline, text, face, size):
        return self.put(centre - self.width(text, face, size) / 2, baseline, text, face, size)

    # ---- paragraphs ---------------------------------------------------------

    def break_lines(self, words, size, width, indent):
        """Lines of words, each with the width they fill and the words' own widths."""
        space, lines, line, filled, room = self.width(" ", "roman", size), [], [], 0.0, width - indent
        for word in words:
            wide = self.word_width(word, size)
            if line and filled + space + wide > room:
                head, tail = self.divided(word, size, room - filled - space)
                if head:
                    filled += space + self.word_width(head, size)
                    line.append((head, self.word_width(head, size)))
                    word, wide = tail, self.word_width(tail, size)
                lines.append((line, filled))
                line, filled, room = [], 0.0, width
            filled += (space if line else 0) + wide
            line.append((word, wide))
        return [*lines, (line, filled)]

    def word_width(self, word, size):
        wide = self.width(word.text, word.face, size) + (7 if word.is_bracket else 0)
        return wide + (self.width(word.note, "roman", size * 0.65) + 0.5 if word.note else 0)

    def divided(self, word, size, room):
        """The word in two, the first part with its hyphen no wider than the room; or nothing and the word."""
        for at in sorted((m.start() for m in DIVISION.finditer(word.text)), reverse=True):
            head = Word(word.text[:at].rstrip("-") + "-", word.face)
            if word.face in ("roman", "italic") and self.word_width(head, size) <= room:
                return head, Word(word.text[at:], word.face, word.note)
        return None, word

    def paragraph(self, words, size=BODY, lead=11.7, indent=10.0, label=None, after=1.6):
        """Sets justified text; marks its brackets and lines and, under a label, its box in each column."""
        lines, box = self.break_lines(words, size, COLUMN_WIDTH, indent), None
        self.need(min(2, len(lines)) * lead)
        for index, (line, filled) in enumerate(lines):
            self.reserve_note(line, lead)
            if self.y + lead > self.bottom:
                self.close_box(label, box)
                self.next_column()
                box = None
            inset, last = (indent if index == 0 else 0.0), index + 1 == len(lines)
            gap = 0.0 if last or len(line) < 2 else (COLUMN_WIDTH - inset - filled) / (len(line) - 1)
            gap = 0.0 if gap > WIDEST_GAP else gap
            drawn = self.set_line(line, size, self.left + inset, gap, lead)
            box = drawn if box is None else [*map(min, box[:2], drawn[:2]), *map(max, box[2:], drawn[2:])]
        self.close_box(label, box)
        self.y += after
        if self.held_picture and self.column == 0 and self.y < 200:
            self.set_picture()

    def close_box(self, label, box):
        if label and box:
            self.mark(label, box)

    def set_line(self, line, size, x, gap, lead):
        """One line on the next baseline."""
        baseline, boxes = self.y + lead * 0.78, []
        space = self.width(" ", "roman", size) + gap
        for word, wide in line:
            boxes.append(self.put(x, baseline, word.text, word.face, size))
            if word.is_bracket:
                self.mark("HEADNOTE_BRACKET", boxes[-1])
            if word.note:
                self.put(x + self.width(word.text, word.face, size) + 0.5, baseline - size * 0.33, word.note, "roman", size * 0.65)
            x += wide + space
        self.y += lead
        return self.note_line(boxes, " ".join(word.text + word.note for word, _ in line))

    def reserve_note(self, line, lead):
        """Keeps room at the column's foot for the footnote that this line calls."""
        if not any(word.note for word, _ in line) or not self.pending_note:
            return
        note = words_of(f"{self.note_number}. {self.pending_note}")
        lines = self.break_lines(note, NOTE, COLUMN_WIDTH, 8)
        height = len(lines) * 9.0 + 10
        if self.y + lead > self.bottom - height:
            self.next_column()
        self.bottom -= height
        self.notes.append(note)
        self.pending_note = None

    def set_notes(self):
        """The column's footnotes, below its text and a rule."""
        notes, self.notes = self.notes, []
        if notes:
            rule = [(x * self.scale, (self.bottom + 5) * self.scale) for x in (self.left, self.left + COLUMN_WIDTH)]
            self.page.draw.line(rule, fill=INK, width=max(1, round(0.5 * self.scale)))
            self.y, self.bottom = self.bottom + 10, COLUMN_BOTTOM + 1
            role, self.role = self.role, "body"
            for note in notes:
                self.paragraph(note, NOTE, 9.0, 8, "FOOTNOTES", 0)
            self.role = role

    def centred(self, text, face, size, lead, after, label=None):
        """Centred lines; a bar in the text breaks the line."""
        boxes = []
        for part in text.replace("'", "\u2019").split(" | "):
            for line, _ in self.break_lines(words_of(part, face), size, COLUMN_WIDTH - 10, 0):
                words = " ".join(word.text for word, _ in line)
                self.need(lead)
                boxes.append(self.centred_at(self.left + COLUMN_WIDTH / 2, self.y + lead * 0.78, words, face, size))
                self.note_line(boxes[-1:], words)
                self.y += lead
        self.y += after
        box = [*(min(b[i] for b in boxes) for i in (0, 1)), *(max(b[i] for b in boxes) for i in (2, 3))]
        if label:
            self.mark(label, box)
        return box

    # ---- the parts of an opinion --------------------------------------------

    def headnote(self, number, topic, key, text):
        """Topic, key glyph and key number on a heading line of its own; then the note."""
        self.need(12.8 + 2 * 10.6 + 1)
        size, baseline = 9.3, self.y + 9
        head = f"{number}. {topic}"
        box = self.put(self.left, baseline, head, "bold", size)
        x = self.left + self.width(head + " ", "bold", size) + 1
        x += ornaments.key_glyph(self.page.draw, self.scale, x, baseline, size) + 2.5
        number_box = self.put(x, baseline, key, "bold", size)
        self.mark("HEADNOTE", self.note_line([box, number_box], f"{head} {key}"))
        self.y += 12.8
        self.paragraph(words_of(text), MATTER, 10.6, after=7)

    def divider(self):
        self.need(30)
        self.y += 11
        self.mark("DIVIDER", ornaments.divider(self.page.draw, self.scale, self.left + COLUMN_WIDTH / 2, self.y), 2.5)
        self.y += 16

    def key_icon(self):
        self.need(44)
        self.y += 9
        box = ornaments.key_icon(self.page.draw, self.scale, self.left + COLUMN_WIDTH / 2, self.y, self.font)
        self.mark("KEY_ICON", box, 1)
        self.opinions[-1] |= {"key_page": len(self.pages) - 1, "key_column": self.column}
        self.y = box[3] + 16

    def picture(self, caption):
        """A half-tone with its caption, which waits for the upper left of the next page."""
        self.held_picture = caption

    def set_picture(self):
        width, height, caption, self.held_picture = 178.0, 132.0, self.held_picture, None
        x, self.y = self.left + (COLUMN_WIDTH - width) / 2, self.y + 9
        pixels = round(width * self.scale), round(height * self.scale)
        self.page.image.paste(ornaments.picture(*pixels), (round(x * self.scale), round(self.y * self.scale)))
        self.mark("IMAGE", [x, self.y, x + width, self.y + height], 1)
        self.y += height + 4
        self.centred(caption, "italic", 7.8, 9.4, 8)
