"""From a chart to SVG: texts stay as they are, colours become variables, one label."""

from __future__ import annotations

import re
from pathlib import Path
from xml.etree import ElementTree

import altair as alt
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from segmentation.report import theme

STYLES = Path(theme.__file__).parent / "templates" / "page.css"
SVG = "{http://www.w3.org/2000/svg}"

# What the clean-up of an SVG looks for, as a text of the data.
TRICKY = (
    "1.23456789",
    '="1.23456789"',
    ' role="img"',
    ' aria-label="x"',
    ' xmlns:xlink="x"',
    ' font-family="Comic"',
    ' class="mark-text"',
    '<path class="background" d="x"/>',
    '"#0072b2"',
    f'fill="{theme.INK}"',
    "<svg onload=alert(1)>",
    "</text></svg><script>alert(1)</script>",
    "a & b &amp; c",
    "it's 🙂 Ωé",
)


def chart_of(texts: list[str], size: float = 1.0) -> alt.Chart:
    rows = pd.DataFrame({"text": texts, "place": [size * place for place in range(len(texts))]})
    return alt.Chart(rows).mark_text(color=theme.INK, limit=0).encode(y="place:Q", text="text:N")


def texts_of(svg: str) -> list[str]:
    return ["".join(text.itertext()) for text in ElementTree.fromstring(svg).iter(f"{SVG}text")]


def test_texts_are_not_changed() -> None:
    written = texts_of(theme.drawn(chart_of(list(TRICKY)), "label"))
    assert [text for text in TRICKY if text.strip() not in written] == []


@settings(max_examples=10)
@given(st.lists(st.text(st.sampled_from('="<>&#01.5 a'), min_size=1), min_size=8, max_size=8))
def test_no_text_breaks_the_drawing(texts: list[str]) -> None:
    written = texts_of(theme.drawn(chart_of(texts), "".join(texts)))
    # A text of nothing but blanks may be left out, and blanks at the ends are not drawn.
    missing = [text for text in texts if text.strip() and text.strip() not in written]
    assert missing == []


def test_attributes_have_two_decimals() -> None:
    svg = theme.drawn(chart_of(["a", "b", "c"], size=1 / 3), "label")
    attributes = [
        value for element in ElementTree.fromstring(svg).iter() for value in element.attrib.values()
    ]
    assert any(re.search(r"\.\d", value) for value in attributes)
    assert [value for value in attributes if re.search(r"\.\d{3}", value)] == []


@pytest.mark.parametrize("label", ["plain", 'a "b" & <c>', "it's", "<script>", "🙂"])
def test_one_role_and_one_label(label: str) -> None:
    root = ElementTree.fromstring(theme.drawn(chart_of(["a"]), label))
    assert (root.get("role"), root.get("aria-label")) == ("img", label)
    others = [
        name
        for element in list(root.iter())[1:]
        for name in element.attrib
        if name == "role" or name.startswith("aria-")
    ]
    assert others == []


def test_every_colour_is_a_variable() -> None:
    """A colour that is none would look the same on dark paper."""
    places = range(len(theme.SEGMENTS))
    colours = [theme.segment_colour(place) for place in places]
    named = {"INK": theme.INK, "QUIET": theme.QUIET, "GRID": theme.GRID, "PAPER": theme.PAPER}
    rows = pd.DataFrame({"name": [*map(str, places), *named], "x": 1})
    chart = (
        alt.Chart(rows)
        .mark_bar()
        .encode(
            x="x:Q",
            y="name:N",
            color=alt.Color(
                "name:N",
                scale=alt.Scale(domain=list(rows["name"]), range=[*colours, *named.values()]),
            ),
        )
    )
    svg = theme.drawn(chart, "label")
    for place in places:
        assert f'"var(--segment-{place})"' in svg
    for variable in ("currentColor", "var(--quiet)", "var(--grid)", "var(--paper)"):
        assert f'"{variable}"' in svg
    assert re.findall(r'"#[0-9a-f]{3,8}"', svg) == []


def test_colours_and_shapes_of_many_segments() -> None:
    """Those after the last colour share it; shapes begin anew."""
    assert theme.segment_colour(9) == theme.segment_colour(29) == theme.SEGMENTS[-1]
    assert len({theme.segment_colour(place) for place in range(10)}) == 10
    assert theme.segment_shape(0) == theme.segment_shape(6) != theme.segment_shape(1)


def contrast(one: str, other: str) -> float:
    """Return the contrast of two colours (WCAG 2.2, 1.4.3)."""
    lights = []
    for colour in (one, other):
        parts = [int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]
        linear = [p / 12.92 if p <= 0.04045 else ((p + 0.055) / 1.055) ** 2.4 for p in parts]
        lights.append(0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2])
    return (max(lights) + 0.05) / (min(lights) + 0.05)


def test_contrast_on_light_and_dark_paper() -> None:
    """What is drawn stands out by 3 : 1, what is written by 4.5 : 1."""
    css = STYLES.read_text(encoding="utf-8")
    light, dark = re.findall(r":root \{(.*?)\}", css, flags=re.S)
    for block in (light, light + dark):
        variables = dict(re.findall(r"--([\w-]+): (#\w{6})", block))
        drawn = {name for name in variables if name.startswith("segment-")} | {"main", "other"}
        for name in drawn:
            assert contrast(variables[name], variables["paper"]) >= 3, name
        for paper in (variables["paper"], variables["page"]):
            for name in ("ink", "quiet", "main"):
                assert contrast(variables[name], paper) >= 4.5, name
        assert contrast(variables["ink"], variables["warning"]) >= 4.5


def test_the_style_sheet_has_the_colours_of_the_drawings() -> None:
    css = STYLES.read_text(encoding="utf-8")
    light = dict(re.findall(r"--([\w-]+): (#\w{6})", css.split("}")[0]))
    for place, colour in enumerate(theme.SEGMENTS):
        assert light[f"segment-{place}"] == colour
    names = {"ink": theme.INK, "quiet": theme.QUIET, "grid": theme.GRID, "main": theme.MAIN}
    assert {name: light[name] for name in names} == names


def test_groups_that_say_nothing_are_left_out() -> None:
    svg = theme.drawn(chart_of(["a", "b"]), "label")
    assert "<g>" not in svg
    assert svg.count("<g ") == svg.count("</g>")


def test_texts_are_measured_wider_than_they_are_drawn(monkeypatch: pytest.MonkeyPatch) -> None:
    """A reader's font can be wider than Arial: DejaVu Sans is, by a seventh."""
    chart = (
        alt.Chart(pd.DataFrame({"name": ["A name of many letters"], "x": 1.0}))
        .mark_bar()
        .encode(x="x:Q", y=alt.Y("name:N", title=None))
    )

    def beside_the_name() -> float:
        place = re.search(r"translate\(([\d.]+)", theme.drawn(chart, "label"))
        assert place is not None
        return float(place[1])

    assert set(re.findall(r'font-size="([^"]*)"', theme.drawn(chart, "label"))) == {"12px"}
    room = beside_the_name()
    monkeypatch.setattr(theme, "ROOM", 1.0)
    assert room > 1.14 * beside_the_name()


def test_texts_have_the_size_that_a_chart_asks_for() -> None:
    words = alt.Chart(pd.DataFrame({"text": ["a"]})).mark_text(fontSize=9).encode(text="text:N")
    assert 'font-size="9px"' in theme.drawn(words, "label")
