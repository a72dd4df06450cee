"""What charts encode, in which order, and what they do with one row, zeros, nulls, long names."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest
from drawings import drawing, is_sound, texts
from segmentation.report import charts, theme
from segmentation.report.charts import chart_names, map_names
from segmentation.report.content import Chart

LONG = "Customers who come back every week for bread and milk and sometimes for a newspaper"


def table(values: list[Any], names: list[str] | None = None) -> pd.DataFrame:
    names = names or [f"S{place}" for place in range(len(values))]
    return pd.DataFrame(
        {"name": names, "value": values, "text": [f"<{value}>" for value in values]}
    )


def bars(rows: pd.DataFrame) -> Chart:
    return charts.bars(rows, label="name", value="value", text="text", unit="pieces")


def box_rows(**values: float) -> pd.DataFrame:
    names = ("minimum", "first_quartile", "median", "third_quartile", "maximum")
    return pd.DataFrame(
        [
            {"name": "S0"}
            | {
                name: values.get(name, value)
                for name, value in zip(names, (0.0, 1.0, 2.0, 3.0, 9.0), strict=True)
            }
        ]
    )


def data_of(spec: dict[str, Any]) -> list[dict[str, Any]]:
    """Return the rows of a chart, of all its layers."""
    return [row for rows in spec["datasets"].values() for row in rows]


class TestBars:
    """Horizontal bars, each with its number."""

    def test_what_is_encoded(self) -> None:
        spec = bars(table([3.0, 1.0])).to_dict()
        bar, words = spec["layer"]
        assert bar["encoding"]["x"]["field"] == "value"
        assert bar["encoding"]["x"]["title"] == ["pieces"]
        assert bar["encoding"]["y"]["field"] == "name"
        assert bar["encoding"]["y"]["sort"] is None
        assert words["encoding"]["text"]["field"] == "text"
        assert [row["value"] for row in data_of(spec)] == [3.0, 1.0]

    def test_bars_begin_at_zero(self) -> None:
        for values in ([5.0, 7.0], [0.0, 0.0], [-5.0, 7.0], [-5.0, -7.0]):
            low, high = bars(table(values)).to_dict()["layer"][0]["encoding"]["x"]["scale"][
                "domain"
            ]
            assert low <= min(0, *values) <= max(0, *values) <= high
            assert low < high

    def test_equal_values_stay_in_the_order_of_the_rows(self) -> None:
        names = ["b", "c", "a"]
        shown = texts(bars(table([1.0, 1.0, 1.0], names)))
        assert [text for text in shown if text in names] == names

    @pytest.mark.parametrize(
        "values",
        [[1.0], [0.0], [0.0, 0.0], [-1.0], [-3.0, 2.0], [7.0] * 4, [1e12, 1e-12], [1.0, np.nan]],
    )
    def test_any_values(self, values: list[float]) -> None:
        assert is_sound(bars(table(values)))

    @pytest.mark.parametrize("values", [[-1e-6, -2e-6], [-0.03], [-5e6]])
    def test_bars_of_negative_values_can_be_seen(self, values: list[float]) -> None:
        """The axis is no longer than what it shows needs."""
        low, high = bars(table(values)).to_dict()["layer"][0]["encoding"]["x"]["scale"]["domain"]
        assert high - low < 10 * abs(min(values))

    def test_thirty_bars(self) -> None:
        chart = bars(table([float(place) for place in range(30)]))
        assert float(drawing(chart).attrib["height"]) > 30 * 14
        assert {f"S{place}" for place in range(30)} <= set(texts(chart))


class TestLongNames:
    """Names that do not fit beside a chart on one line."""

    def test_a_name_is_broken_into_lines(self) -> None:
        lines = chart_names.wrapped("Weekend bulk buyers of the northern shops").split("\n")
        assert len(lines) > 1
        assert max(map(len, lines)) <= chart_names.LINE
        assert chart_names.wrapped("Loyal") == "Loyal"
        assert chart_names.wrapped("") == ""

    def test_what_is_left_out_is_marked(self) -> None:
        """Three lines have room; an ellipsis says that the name goes on."""
        lines = chart_names.wrapped(LONG).split("\n")
        assert len(lines) == 3
        assert lines[-1].endswith("…")
        assert chart_names.wrapped("x" * 200).endswith("…")

    def test_names_of_the_same_beginning_keep_bars_of_their_own(self) -> None:
        rows = table([3.0, 2.0], [f"{LONG} one", f"{LONG} two"])
        assert len({row["name"] for row in data_of(bars(rows).to_dict())}) == 2
        shown = texts(bars(rows))
        assert {"<3.0>", "<2.0>"} <= set(shown)
        assert is_sound(bars(rows))

    def test_lines_of_neighbours_do_not_overlap(self) -> None:
        """A bar is as high as its name: a line takes 14 pixels."""
        rows = table([1.0] * 8, [f"{place} {LONG}" for place in range(8)])
        for chart in (
            bars(rows),
            charts.intervals(
                rows.assign(low=0.0, high=2.0),
                label="name",
                value="value",
                ends=("low", "high"),
                text="text",
                unit="u",
            ),
            charts.grouped_bars(
                rows.assign(of="all"),
                charts.BarColumns("name", group="of", value="value", text="text"),
                unit="u",
                axis="~s",
            ),
        ):
            assert float(drawing(chart).attrib["height"]) > 8 * 3 * 14

    def test_bars_keep_room(self) -> None:
        """However long names and numbers are, the longest bar has a length."""
        rows = table([3.0], [LONG]).assign(text="a very long text of a very large number")
        low, high = bars(rows).to_dict()["layer"][0]["encoding"]["x"]["scale"]["domain"]
        assert low == 0
        assert 3 / high >= chart_names.LEAST_BAR / theme.WIDTH

    @pytest.mark.parametrize(
        "name", ['"quoted"', "it's", "<b>bold</b>", "a\\nb", "🙂 smile", "a/b"]
    )
    def test_any_name(self, name: str) -> None:
        chart = bars(table([1.0, 2.0], [name, "Other"]))
        assert is_sound(chart)
        assert name in texts(chart)


class TestGroupedBars:
    """Bars of several groups for each name."""

    @staticmethod
    def chart(values: list[float], groups: list[str], *, named: bool = False) -> Chart:
        rows = pd.DataFrame(
            {
                "name": [f"S{place // len(groups)}" for place in range(len(values))],
                "of": (groups * len(values))[: len(values)],
                "value": values,
                "text": "t",
            }
        )
        return charts.grouped_bars(
            rows,
            charts.BarColumns("name", group="of", value="value", text="text"),
            unit="u",
            axis="~s",
            named=named,
        )

    def test_groups_have_colours_and_a_legend(self) -> None:
        spec = self.chart([1.0, 2.0, 3.0, 4.0], ["new", "old"]).to_dict()
        encoding = spec["layer"][0]["encoding"]
        assert encoding["yOffset"]["sort"] == ["new", "old"]
        assert encoding["color"]["scale"] == {
            "domain": ["new", "old"],
            "range": [theme.MAIN, theme.OTHER],
        }
        assert encoding["color"]["legend"] is not None

    def test_no_legend_where_texts_name_the_groups(self) -> None:
        spec = self.chart([1.0, 2.0], ["new", "old"], named=True).to_dict()
        assert spec["layer"][0]["encoding"]["color"]["legend"] is None

    @pytest.mark.parametrize("groups", [["only"], ["a", "b"], [f"g{place}" for place in range(14)]])
    def test_one_group_or_many(self, groups: list[str]) -> None:
        assert is_sound(self.chart([1.0] * len(groups), groups))
        assert is_sound(self.chart([0.0] * len(groups), groups))


class TestBoxes:
    """Box plots from quartiles."""

    def test_lines_end_at_the_box_and_a_half(self) -> None:
        (row,) = data_of(charts.boxes(box_rows(), label="name", unit="u").to_dict())
        assert (row["line_from"], row["line_to"]) == (0.0, 6.0)

    def test_lines_end_at_the_extremes_where_those_are_nearer(self) -> None:
        rows = box_rows(minimum=0.5, maximum=4.0)
        (row,) = data_of(charts.boxes(rows, label="name", unit="u").to_dict())
        assert (row["line_from"], row["line_to"]) == (0.5, 4.0)

    @pytest.mark.parametrize("value", [0.0, 5.0, -5.0])
    def test_a_constant(self, value: float) -> None:
        names = ("minimum", "first_quartile", "median", "third_quartile", "maximum")
        assert is_sound(
            charts.boxes(box_rows(**dict.fromkeys(names, value)), label="name", unit="u")
        )

    def test_negative_values(self) -> None:
        rows = box_rows(minimum=-9.0, first_quartile=-3.0, median=-2.0, third_quartile=-1.0)
        spec = charts.boxes(rows, label="name", unit="u").to_dict()
        low, high = spec["layer"][0]["encoding"]["x"]["scale"]["domain"]
        assert low <= -6.0
        assert high >= 0.0


class TestLines:
    """A line over numbers of segments."""

    @staticmethod
    def chart(ks: list[int], values: list[float], marked: list[float]) -> Chart:
        rows = pd.DataFrame({"k": ks, "value": values})
        return charts.lines(rows, x="k", y="value", units=("segments", "inertia"), marked=marked)

    def test_marks(self) -> None:
        spec = self.chart([2, 3, 4], [9.0, 5.0, 4.0], [3]).to_dict()
        filters = [
            step["filter"]
            for layer in spec["layer"]
            for step in layer.get("transform", [])
            if "filter" in step
        ]
        assert filters == [{"field": "k", "oneOf": [3]}] * 2
        assert spec["layer"][1]["encoding"]["x"]["axis"]["values"] == [2, 3, 4]

    @pytest.mark.parametrize(
        ("ks", "values", "marked"),
        [
            ([2], [1.0], [2]),
            ([2, 3], [1.0, 1.0], []),
            ([2, 3], [0.0, 0.0], [9]),
            ([2, 3], [-1.0, -2.0], [2]),
        ],
    )
    def test_any_values(self, ks: list[int], values: list[float], marked: list[float]) -> None:
        assert is_sound(self.chart(ks, values, marked))


class TestHeatMap:
    """Cells with numbers."""

    @staticmethod
    def chart(strengths: list[float], columns: int = 2) -> Chart:
        rows = pd.DataFrame(
            {
                "row": [f"r{place // columns}" for place in range(len(strengths))],
                "column": [f"c{place % columns}" for place in range(len(strengths))],
                "strength": strengths,
                "text": [f"{strength:.1f}" for strength in strengths],
            }
        )
        return charts.heat_map(
            rows, x="column", y="row", strength="strength", text="text", titles=("x title", "")
        )

    def test_every_cell_has_its_number(self) -> None:
        shown = texts(self.chart([0.5, -0.5, 1.0, 0.0]))
        assert {"0.5", "-0.5", "1.0", "0.0", "x title", "r0", "c1"} <= set(shown)

    @pytest.mark.parametrize("strengths", [[0.0], [1.0], [-1.0], [0.5] * 4, [-0.5] * 4])
    def test_any_strengths(self, strengths: list[float]) -> None:
        assert is_sound(self.chart(strengths))

    def test_thirty_columns(self) -> None:
        assert is_sound(self.chart([0.1] * 90, columns=30))


class TestHistogram:
    """Bars between edges."""

    @pytest.mark.parametrize("shares", [[1.0], [0.5, 0.5], [0.0, 1.0]])
    def test_bars_between_edges(self, shares: list[float]) -> None:
        rows = pd.DataFrame(
            {
                "lower_edge": [float(place) - 1 for place in range(len(shares))],
                "upper_edge": [float(place) for place in range(len(shares))],
                "share": shares,
            }
        )
        chart = charts.histogram(rows, unit="age")
        encoding = chart.to_dict()["encoding"]
        assert (encoding["x"]["field"], encoding["x2"]["field"]) == ("lower_edge", "upper_edge")
        assert encoding["y2"]["datum"] == 0
        assert is_sound(chart)


class TestPointMap:
    """Customers as points, segments as names."""

    @staticmethod
    def chart(count: int, *, without_centre: int = 0) -> Chart:
        names = [f"Segment {place}" for place in range(count)]
        points = pd.DataFrame(
            {"segment_name": names * 2, "x": range(2 * count), "y": range(2 * count)}
        )
        centres = pd.DataFrame(
            {"segment_name": names, "x": 1.0, "y": 1.0, "place": range(len(names))}
        ).astype({"x": float})
        centres.loc[count - without_centre :, ["x", "y"]] = np.nan
        return charts.point_map(points, centres, ("first", "second"))

    @pytest.mark.parametrize("count", [1, 2, 6, 7, 12, 30])
    def test_each_segment_has_a_colour_and_a_shape(self, count: int) -> None:
        chart = self.chart(count)
        encoding = chart.to_dict()["layer"][0]["encoding"]
        for channel in ("color", "shape"):
            scale = encoding[channel]["scale"]
            assert len(scale["domain"]) == len(scale["range"]) == count
        assert is_sound(chart)
        assert {f"Segment {place}" for place in range(count)} <= set(texts(chart))

    def test_a_segment_without_centroid_is_in_the_legend(self) -> None:
        chart = self.chart(3, without_centre=1)
        assert is_sound(chart)
        assert texts(chart).count("Segment 2") == 1

    def test_customers_who_are_all_the_same(self) -> None:
        points = pd.DataFrame({"segment_name": ["a"] * 3, "x": 0.0, "y": 0.0})
        assert is_sound(charts.point_map(points, points[:1].assign(place=0), ("first", "second")))


class TestIntervals:
    """Points with lines between two ends."""

    @staticmethod
    def chart(values: list[float], lows: list[Any], highs: list[Any]) -> Chart:
        rows = table(values).assign(low=lows, high=highs)
        return charts.intervals(
            rows, label="name", value="value", ends=("low", "high"), text="text", unit="customers"
        )

    @pytest.mark.parametrize(
        ("values", "lows", "highs"),
        [
            ([5.0], [3.0], [9.0]),
            ([5.0, 2.0], [np.nan, 1.0], [np.nan, 3.0]),
            ([5.0, 2.0], [np.nan, np.nan], [np.nan, np.nan]),
            ([5.0, 2.0], [None, None], [None, None]),
            ([0.0], [0.0], [0.0]),
            ([-2.0, -1.0], [-3.0, -2.0], [-1.0, -0.5]),
        ],
    )
    def test_any_values(self, values: list[float], lows: list[Any], highs: list[Any]) -> None:
        chart = self.chart(values, lows, highs)
        assert is_sound(chart)
        assert {f"<{value}>" for value in values} <= set(texts(chart))
        low, high = chart.to_dict()["layer"][0]["encoding"]["x"]["scale"]["domain"]
        assert low < high
        known = [number for number in [*values, *lows, *highs] if pd.notna(number)]
        assert low <= min(known)
        assert high >= max(known)


class TestCalibration:
    """Stated probabilities against what came true."""

    @pytest.mark.parametrize("stages", [["before", "after"], ["before"]])
    def test_stages_have_colours_and_shapes(self, stages: list[str]) -> None:
        rows = pd.DataFrame(
            {
                "mean_probability": [0.1, 0.9] * len(stages),
                "accuracy": [0.0, 1.0] * len(stages),
                "predictions": [1, 100] * len(stages),
                "stage": [stage for stage in stages for _ in range(2)],
            }
        )
        chart = charts.calibration(rows)
        encoding = chart.to_dict()["layer"][1]["encoding"]
        for channel in ("color", "shape"):
            assert encoding[channel]["scale"]["domain"] == stages
            assert len(encoding[channel]["scale"]["range"]) == len(stages)
        assert is_sound(chart)


@pytest.mark.parametrize(
    ("longest", "ticks"),
    [
        (0.434, [0, 0.2, 0.4, 0.6]),
        (1.0, [0, 0.25, 0.5, 0.75, 1.0]),
        (0.96, [0, 0.25, 0.5, 0.75, 1.0]),
        (0.016, [0, 0.005, 0.01, 0.015, 0.02]),
        (0.0, [0]),
    ],
)
def test_no_share_is_promised_beyond_the_bars(longest: float, ticks: list[float]) -> None:
    chart = charts.bars(
        table([longest / 2, longest]), label="name", value="value", text="text", unit="", axis=".1%"
    )
    x = chart.to_dict()["layer"][0]["encoding"]["x"]
    assert x["axis"]["values"] == pytest.approx(ticks)


@pytest.mark.parametrize(
    ("values", "written", "shown"),
    [
        ([0.78, 0.3], ".1f", ["0.0", "0.2", "0.4", "0.6", "0.8"]),
        ([367_663.0], "~s", ["0", "100k", "200k", "300k", "400k"]),
        ([1.0], "~s", ["0", "0.5", "1"]),
    ],
)
def test_ticks_of_amounts(values: list[float], written: str, shown: list[str]) -> None:
    """The last one is the first that no bar reaches."""
    chart = charts.bars(
        table(values), label="name", value="value", text="text", unit="", axis=written
    )
    assert [text for text in texts(chart) if text[0].isdigit()] == shown


class TestRoom:
    """Texts have room in a font that is wider than the one that they are measured in."""

    def test_thousands_and_millions_are_written_in_short(self) -> None:
        rows = table([1_100_000.0]).assign(low=900_000.0, high=2_000_000.0)
        shown = texts(
            charts.intervals(
                rows, label="name", value="value", ends=("low", "high"), text="text", unit="u"
            )
        )
        assert "1M" in shown
        assert not [text for text in shown if "000,000" in text]

    def test_small_numbers_are_written_out(self) -> None:
        rows = table([6.0]).assign(low=1.0, high=11.0)
        shown = texts(
            charts.intervals(
                rows, label="name", value="value", ends=("low", "high"), text="text", unit="u"
            )
        )
        assert "10" in shown

    def test_a_title_is_as_wide_as_the_chart(self) -> None:
        names = pd.Series(["A name of 20 letters"])
        assert chart_names.title_of("customers, by number of repeat purchases", names) == [
            "customers, by number of",
            "repeat purchases",
        ]
        assert chart_names.title_of("customers", names) == ["customers"]

    def test_names_make_room_for_long_texts(self) -> None:
        assert chart_names.line_beside(pd.Series(["1.2%"])) == chart_names.LINE
        assert chart_names.line_beside(pd.Series(["x" * 26])) < chart_names.LINE
        assert chart_names.line_beside(pd.Series(["x" * 200])) == chart_names.LEAST_LINE

    @pytest.mark.parametrize(
        ("names", "columns"),
        [(["new", "old"], 2), (["Occasional: longer history", "Occasional: shorter history"], 1)],
    )
    def test_a_legend_is_no_wider_than_a_chart(self, names: list[str], columns: int) -> None:
        assert chart_names.legend_of(names).to_dict()["columns"] == columns

    def test_many_columns_have_small_numbers(self) -> None:
        for columns, size in ((2, 11), (30, 6)):
            chart = TestHeatMap.chart([-0.1] * columns, columns)
            mark = chart.to_dict()["layer"][2]["mark"]
            assert mark["fontSize"] == size


class TestNamesOnAMap:
    """Names of segments beside their centres."""

    SIZE = (300.0, 200.0)

    def boxes(self, x: list[float], y: list[float], names: list[str]) -> list[tuple[float, ...]]:
        centres = pd.DataFrame({"segment_name": names, "x": x, "y": y})
        spans = [[0.0, self.SIZE[0]], [0.0, self.SIZE[1]]]
        found = map_names.beside_centres(centres, spans, self.SIZE)
        return [
            (at - map_names.BOLD * len(name) / 2, up, at + map_names.BOLD * len(name) / 2, up)
            for name, at, up in found.itertuples(index=False, name=None)
        ]

    def test_a_name_is_above_its_centre(self) -> None:
        ((left, up, right, _),) = self.boxes([150.0], [100.0], ["Loyal"])
        assert (left + right) / 2 == pytest.approx(150.0)
        assert up == pytest.approx(100.0 + map_names.HIGH)

    @pytest.mark.parametrize("centre", [(0.0, 0.0), (300.0, 200.0), (0.0, 200.0), (300.0, 0.0)])
    def test_a_name_is_within_the_map(self, centre: tuple[float, float]) -> None:
        ((left, up, right, _),) = self.boxes([centre[0]], [centre[1]], ["Potential Loyalist"])
        assert left >= -1e-9
        assert right <= self.SIZE[0] + 1e-9
        assert map_names.HIGH / 2 <= up <= self.SIZE[1] - map_names.HIGH / 2

    @pytest.mark.parametrize("count", [2, 5, 30])
    def test_no_name_lies_on_another(self, count: int) -> None:
        """Where there is no room for all, some are left out: the legend has them."""
        names = [f"Segment {place}" for place in range(count)]
        found = self.boxes([150.0] * count, [100.0] * count, names)
        assert len(found) == min(count, len(found)) >= 2
        for place, one in enumerate(found):
            for other in found[place + 1 :]:
                aside = one[2] <= other[0] + 1e-9 or other[2] <= one[0] + 1e-9
                assert aside or abs(one[1] - other[1]) >= map_names.HIGH - 1e-9
