#!/usr/bin/env python3
"""Draws perf.png, the chart of the talk: run time and energy per language, C = 1.

    pip install pillow; apt-get install fonts-dejavu-core; python3 pics/perf.py

The figures are those of Pereira et al., as quoted in arXiv 2410.05460. Six of the eleven are
drawn, large enough to be read in half blocks at 60 columns; the slide after the chart lists all.
The scale is linear from zero: the point of the picture is the distance.
"""

from pathlib import Path

from PIL import Image, ImageDraw, ImageFont

# language: (run time, energy), both as multiples of C's
FIGURES = {
    "C": (1.00, 1.00),
    "Rust": (1.04, 1.03),
    "C++": (1.56, 1.34),
    "Java": (1.89, 1.98),
    "Go": (2.83, 3.23),
    "C#": (3.14, 3.14),
    "JavaScript": (6.52, 4.45),
    "PHP": (27.64, 29.30),
    "TypeScript": (46.20, 21.50),
    "Python": (71.90, 75.88),
    "Lua": (82.91, 45.98),
}
SHOWN = {"C": "C", "Rust": "Rust", "Java": "Java", "JavaScript": "JS", "PHP": "PHP",
         "Python": "Python"}

WIDTH, ROW = 1300, 117
BASE, TEXT, TIME, ENERGY = "#eff1f5", "#30334a", "#1e66f5", "#fe640b"
FONT = "/usr/share/fonts/truetype/dejavu/DejaVuSans-Bold.ttf"
ORIGIN, LONGEST = 464, 504  # where bars start, and how long the longest is
GAP = 20  # between a bar and a word


def draw() -> Image.Image:
    """The chart, one row per language: its name, two bars, the run time as a number."""
    image = Image.new("RGB", (WIDTH, ROW * len(SHOWN) + 10), BASE)
    pen = ImageDraw.Draw(image)
    large, small = ImageFont.truetype(FONT, 108), ImageFont.truetype(FONT, 92)
    most = max(max(FIGURES[name]) for name in SHOWN)
    for row, (name, label) in enumerate(SHOWN.items()):
        top, middle = row * ROW + 8, row * ROW + ROW // 2
        time, energy = (ORIGIN + round(LONGEST * figure / most) for figure in FIGURES[name])
        pen.text((ORIGIN - GAP, middle), label, TEXT, large, anchor="rm")
        pen.rectangle((ORIGIN, top, time, top + 54), TIME)
        pen.rectangle((ORIGIN, top + 55, energy, top + 99), ENERGY)
        number = f"{FIGURES[name][0]:.3g}"
        pen.text((max(time, energy) + GAP, middle), number, TEXT, large, anchor="lm")
    for line, (word, colour) in enumerate((("time", TIME), ("energy", ENERGY), ("C = 1", TEXT))):
        pen.text((WIDTH - 8, ROW * line + ROW // 2), word, colour, small, anchor="rm")
    return image


if __name__ == "__main__":
    target = Path(__file__).with_name("perf.png")
    draw().quantize(32, dither=Image.Dither.NONE).save(target, optimize=True)
