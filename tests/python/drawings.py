"""What a chart draws: its texts, and whether every coordinate is a number."""

from __future__ import annotations

from xml.etree import ElementTree

from segmentation.report import theme
from segmentation.report.content import Chart


def drawing(chart: Chart) -> ElementTree.Element:
    return ElementTree.fromstring(theme.drawn(chart, "label"))


def texts(chart: Chart) -> list[str]:
    """Return what is written, lines of a text joined by a blank."""
    svg = "{http://www.w3.org/2000/svg}"
    return [
        " ".join(part for part in (line.text or "" for line in text.iter()) if part)
        for text in drawing(chart).iter(f"{svg}text")
    ]


def is_sound(chart: Chart) -> bool:
    """Return whether a drawing has a size and no coordinate that is no number."""
    svg = theme.drawn(chart, "label")
    root = ElementTree.fromstring(svg)
    size = [float(root.attrib[side]) for side in ("width", "height")]
    return min(size) > 10 and "NaN" not in svg and "Infinity" not in svg and "undefined" not in svg
