"""How charts look, and how they become SVG that a page can colour.

Charts are drawn in the colours of light paper; in the SVG each of them becomes a variable of the
page's style sheet, so that one drawing serves light, dark and print.
"""

from __future__ import annotations

import re
from typing import Any

import vl_convert

from segmentation.report.content import Chart

# A chart is as wide as a telephone; on a wide page several stand side by side.
WIDTH = 360
FONT_SIZE = 12
# Texts are measured in Arial when the page is made, and drawn in what the reader has: charts give
# them so many times the room, because DejaVu Sans, the usual font of Linux, is wider by a seventh.
ROOM = 1.17
_SIZES = frozenset({"fontSize", "labelFontSize", "titleFontSize", "labelLimit", "titleLimit"})

INK = "#1c1d22"
QUIET = "#5d6069"
GRID = "#e2e3e8"
PAPER = "#fffffd"
# What one series is drawn in, and what it is compared with.
MAIN = "#0b5fa5"
OTHER = "#a86500"
# Segments, by their place: after Okabe and Ito's palette for all kinds of colour vision, darkened
# until each stands out from white paper by 3 : 1.
SEGMENTS = (
    "#0072b2",
    "#c85200",
    "#00855f",
    "#a64d8c",
    "#8a7200",
    "#3b8ac4",
    "#6b4fa0",
    "#9c3d3d",
    "#4f6b28",
    "#70757f",
)
# Beside the colour, for those who cannot tell it.
SHAPES = ("circle", "square", "triangle-up", "diamond", "cross", "triangle-down")

_VARIABLES = {
    INK: "currentColor",
    QUIET: "var(--quiet)",
    GRID: "var(--grid)",
    PAPER: "var(--paper)",
    MAIN: "var(--main)",
    OTHER: "var(--other)",
    **{colour: f"var(--segment-{place})" for place, colour in enumerate(SEGMENTS)},
}

# A tag with its attributes, whose values may hold a bracket.
_TAG = re.compile(r'<(?:"[^"]*"|[^">])*>')

_CONFIG: dict[str, Any] = {
    "aria": False,
    "background": "transparent",
    "font": "Arial, Helvetica, sans-serif",
    "view": {"stroke": None},
    "axis": {
        "labelColor": INK,
        "titleColor": QUIET,
        "titleFontWeight": "normal",
        "domainColor": QUIET,
        "tickColor": QUIET,
        "gridColor": GRID,
        "labelFontSize": FONT_SIZE,
        "titleFontSize": FONT_SIZE,
        "labelLimit": 150,
        "labelLineHeight": FONT_SIZE + 2,
        "titleLineHeight": FONT_SIZE + 2,
    },
    "axisY": {"domain": False, "ticks": False},
    "legend": {
        "labelColor": INK,
        "titleColor": QUIET,
        "labelFontSize": FONT_SIZE,
        "titleFontSize": FONT_SIZE,
        "orient": "top",
        "labelLimit": 150,
        "columns": 2,
    },
    "text": {"color": INK, "fontSize": FONT_SIZE},
}


def segment_colour(place: int) -> str:
    """Return the colour of a segment: of the last place for all that come after it."""
    return SEGMENTS[min(place, len(SEGMENTS) - 1)]


def segment_shape(place: int) -> str:
    """Return the shape of a segment's points."""
    return SHAPES[place % len(SHAPES)]


def drawn(chart: Chart, label: str) -> str:
    """Return a chart as an SVG element, for the inside of an HTML page.

    Parameters
    ----------
    chart : Chart
    label : str
        What screen readers say of it: the figure's table has its numbers.
    """
    # Altair checks each part as it is made: again would take as long as all the rest.
    spec = chart.to_dict(validate=False)
    spec["config"] = _CONFIG
    spec = _measured(spec)
    spec["autosize"] = {"type": "fit", "contains": "padding"}
    spec["width"] = WIDTH
    spec["padding"] = 4
    svg = vl_convert.vegalite_to_svg(spec)
    svg = re.sub(r'<path class="(?:background|foreground)"[^>]*/>', "", svg)
    svg = _without_bare_groups(_TAG.sub(lambda found: _cleaned(found.group()), svg))
    said = f'role="img" aria-label="{_escaped(label)}" font-size="{FONT_SIZE}px"'
    return svg.replace("<svg ", f"<svg {said} ", 1)


def _measured(part: Any) -> Any:
    """Return a part of a chart whose texts are larger than they are drawn, by :data:`ROOM`."""
    if isinstance(part, list):
        return [_measured(one) for one in part]
    if not isinstance(part, dict):
        return part
    return {
        name: value
        if name == "datasets"
        else round(value * ROOM, 2)
        if name in _SIZES and isinstance(value, int | float)
        else _measured(value)
        for name, value in part.items()
    }


def _drawn_size(found: re.Match[str]) -> str:
    """Return the size in which a text is drawn: nothing where it is that of nearly all texts."""
    size = round(float(found[1]) / ROOM, 1)
    return "" if size == FONT_SIZE else f' font-size="{size:g}px"'


def _cleaned(tag: str) -> str:
    """Return a tag of an SVG with the attributes that the page needs.

    Only tags come here: what is written between them may look like an attribute.
    """
    # One role, one label: the parts of a drawing say nothing by themselves.
    tag = re.sub(r' (?:aria-[a-z]+|role|pointer-events|xmlns:xlink|font-family)="[^"]*"', "", tag)
    tag = re.sub(r' class="mark-[^"]*"', "", tag)
    # What an SVG takes without being told, and the size of nearly all texts.
    tag = re.sub(r' (?:(?:opacity|stroke-width)="1"|text-anchor="start")', "", tag)
    tag = tag.replace(' transform="translate(0,0)"', "")
    tag = re.sub(r' font-size="([\d.]+)px"', _drawn_size, tag)
    # Hundredths of a pixel are enough.
    tag = re.sub(r'="[^"]*"', lambda found: re.sub(r"(\.\d\d)\d+", r"\1", found.group()), tag)
    tag = re.sub(r'"(#[0-9a-f]{6})"', lambda found: f'"{_VARIABLES.get(found[1], found[1])}"', tag)
    # The style sheet colours texts that have no colour of their own.
    return tag.replace(' fill="currentColor"', "") if tag.startswith("<text") else tag


def _without_bare_groups(svg: str) -> str:
    """Return an SVG without empty groups, which are half of those that Vega writes."""
    is_kept: list[bool] = []

    def kept(found: re.Match[str]) -> str:
        tag = found.group()
        if tag == "</g>":
            return tag if is_kept.pop() else ""
        if tag.startswith("<g") and tag[2] in "> ":
            is_kept.append(tag != "<g>")
            return tag if is_kept[-1] else ""
        return tag

    return _TAG.sub(kept, svg)


def _escaped(text: str) -> str:
    return (
        text.replace("&", "&amp;").replace('"', "&quot;").replace("<", "&lt;").replace(">", "&gt;")
    )
