"""What is drawn rather than set: the key, the divider, the picture. Lengths as in typesetter.py."""

import numpy as np
from PIL import Image, ImageDraw

INK = 18


def pen(draw, scale):
    """Functions that draw in points."""
    def box(x0, y0, x1, y1):
        return [x0 * scale, y0 * scale, x1 * scale, y1 * scale]

    def rectangle(*edges, **style):
        draw.rectangle(box(*edges), **(style or {"fill": INK}))

    def ellipse(*edges, **style):
        draw.ellipse(box(*edges), **(style or {"fill": INK}))

    return rectangle, ellipse


def key_glyph(draw, scale, x, baseline, size):
    """The small key between a headnote's topic and its number; returns its width."""
    rectangle, ellipse = pen(draw, scale)
    radius, middle = size * 0.25, baseline - size * 0.30
    line = max(2, round(0.9 * scale))
    ellipse(x, middle - radius, x + 2 * radius, middle + radius, outline=INK, width=line)
    shank, length = x + 2 * radius, size * 0.66
    rectangle(shank - 0.2, middle - 0.5, shank + length, middle + 0.5)
    for part in (0.55, 0.85):
        rectangle(shank + length * part, middle, shank + length * part + 0.9, middle + size * 0.23)
    return 2 * radius + length


def divider(draw, scale, centre, y):
    """Two rules that meet in a lozenge; returns the box."""
    rectangle, ellipse = pen(draw, scale)
    for side in (-1, 1):
        inner, outer = centre + side * 4, centre + side * 25
        rectangle(min(inner, outer), y - 0.4, max(inner, outer), y + 0.4)
        ellipse(outer - 1.5, y - 1.5, outer + 1.5, y + 1.5)
    lozenge = [(centre - 3.2, y), (centre, y - 3.2), (centre + 3.2, y), (centre, y + 3.2)]
    draw.polygon([(a * scale, b * scale) for a, b in lozenge], fill=INK)
    return [centre - 26.5, y - 3.5, centre + 26.5, y + 3.5]


def key_icon(draw, scale, centre, y, font):
    """A key on its side with words in the shank, which closes an opinion; returns the box."""
    rectangle, ellipse = pen(draw, scale)
    width, x = 66.0, centre - 33.0
    line = max(2, round(0.9 * scale))
    ellipse(x, y + 1, x + 21, y + 22, outline=INK, width=2 * line)
    ellipse(x + 6.5, y + 7.5, x + 14.5, y + 15.5, outline=INK, width=line)
    rectangle(x + 20, y + 6.5, x + width, y + 16.5, outline=INK, width=line)
    face = font("bold", 5.8)
    draw.text(((x + 43) * scale, (y + 11.6) * scale), "END OF CASE", font=face, fill=INK, anchor="mm")
    for tooth in (15.0, 8.0):
        rectangle(x + width - tooth, y + 16.5, x + width - tooth + 4, y + 22.5)
    return [x, y + 1, x + width, y + 22.5]


def picture(width, height):
    """A clock over a harbor, and two gears, printed as a half-tone."""
    big = 3
    art = Image.new("L", (width * big, height * big), 210)
    draw = ImageDraw.Draw(art)
    paint_harbor(draw, width * big, height * big)
    grey = np.asarray(art.resize((width, height), Image.LANCZOS), np.float32)
    grey += np.linspace(25, -45, height)[:, None]
    printed = Image.fromarray(half_tone(grey))
    ImageDraw.Draw(printed).rectangle([0, 0, width - 1, height - 1], outline=INK, width=4)
    return printed


def paint_harbor(draw, w, h):
    """Sky, water, the tower with its clock, the gears of thirteen teeth and of twelve."""
    draw.rectangle([0, h * 0.72, w, h], fill=96)
    for row in range(8):
        y, shift = h * (0.75 + row * 0.03), (row * 37 % 11) / 11
        for step in range(9):
            x = w * ((step + shift) / 9)
            draw.line([x, y, x + w * 0.05, y], fill=150, width=max(1, h // 160))
    draw.polygon([(0, h * 0.72), (w * 0.16, h * 0.60), (w * 0.38, h * 0.66), (w, h * 0.72)], fill=120)
    draw.rectangle([w * 0.17, h * 0.20, w * 0.37, h * 0.74], fill=70)
    draw.rectangle([w * 0.17, h * 0.20, w * 0.22, h * 0.74], fill=110)
    draw.polygon([(w * 0.15, h * 0.20), (w * 0.27, h * 0.03), (w * 0.39, h * 0.20)], fill=45)
    clock_face(draw, w * 0.27, h * 0.36, w * 0.085)
    for x, y, radius, teeth in ((0.60, 0.36, 0.135, 13), (0.84, 0.55, 0.115, 12)):
        gear(draw, w * x, h * y, w * radius, teeth)


def clock_face(draw, x, y, r):
    """A white dial a little after noon."""
    draw.ellipse([x - r, y - r, x + r, y + r], fill=245, outline=30, width=int(r / 9))
    for hour in range(12):
        angle = hour * np.pi / 6
        sin, cos = np.sin(angle), np.cos(angle)
        draw.line([x + sin * r * 0.75, y - cos * r * 0.75, x + sin * r * 0.88, y - cos * r * 0.88], fill=30, width=int(r / 10))
    draw.line([x, y, x + r * 0.04, y - r * 0.72], fill=20, width=int(r / 9))
    draw.line([x, y, x + r * 0.16, y - r * 0.46], fill=20, width=int(r / 6))


def gear(draw, x, y, r, teeth):
    """A toothed wheel with a lit rim."""
    points = []
    for tooth in range(teeth):
        for part, reach in ((0.0, 0.82), (0.22, 1.0), (0.5, 1.0), (0.72, 0.82)):
            angle = 2 * np.pi * (tooth + part) / teeth
            points.append((x + np.sin(angle) * r * reach, y - np.cos(angle) * r * reach))
    draw.polygon(points, fill=88)
    for reach, shade in ((0.72, 130), (0.62, 165), (0.26, 60), (0.12, 225)):
        draw.ellipse([x - r * reach, y - r * reach, x + r * reach, y + r * reach], fill=shade)


def half_tone(grey, cell=3.9):
    """Black dots on a grid at 45 degrees, the larger the darker the picture there."""
    y, x = np.mgrid[: grey.shape[0], : grey.shape[1]].astype(np.float32)
    turn = 2 * np.pi / cell / np.sqrt(2)
    screen = 127 + 62 * (np.cos((x + y) * turn) + np.cos((x - y) * turn))
    return np.clip(127 + (grey - screen) * 3.0, INK, 250).astype(np.uint8)
