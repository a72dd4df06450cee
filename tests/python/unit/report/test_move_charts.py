"""Pictures of moves and of sizes over time: what is where, with odd numbers and names."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from drawings import is_sound, texts
from hypothesis import given, settings
from hypothesis import strategies as st
from segmentation.report import charts, theme
from segmentation.report.charts import FlowEnd
from segmentation.report.charts.band_charts import spread
from segmentation.report.charts.chart_names import LINE_HEIGHT
from segmentation.report.charts.flow_layout import (
    CUSTOMERS_HEIGHT,
    PLACES,
    FlowLayout,
    flow_layout,
    node_label,
)
from segmentation.report.content import Chart

KEYS = [f"s{place}" for place in range(5)]


def flows(*rows: tuple[str, str, int]) -> pd.DataFrame:
    return pd.DataFrame(rows, columns=["from_key", "to_key", "customers"])


def laid_out(rows: pd.DataFrame) -> FlowLayout:
    return flow_layout(rows, KEYS, {key: key.upper() for key in KEYS})


def some_flows() -> st.SearchStrategy[pd.DataFrame]:
    pair = st.tuples(st.sampled_from(KEYS), st.sampled_from(KEYS))
    found = st.dictionaries(pair, st.integers(1, 10_000), min_size=1)
    return found.map(lambda many: flows(*((a, b, n) for (a, b), n in many.items())))


class TestLayout:
    """Segments as high as their customers, and ribbons that fill them."""

    @pytest.mark.long
    @settings(max_examples=settings().max_examples // 4)
    @given(some_flows())
    def test_ribbons_fill_segments_and_nothing_overlaps(self, rows: pd.DataFrame) -> None:
        layout = laid_out(rows)
        scale = CUSTOMERS_HEIGHT / rows["customers"].sum()
        assert len(layout.ribbons) == PLACES * len(rows)
        at_ends = layout.ribbons[layout.ribbons["across"].isin([0.0, 1.0])].merge(
            rows.reset_index(names="flow"), on="flow"
        )
        for side, key, across in ((0, "from_key", 0.0), (1, "to_key", 1.0)):
            nodes = layout.nodes[layout.nodes["side"] == side].set_index("key")
            assert nodes["customers"].to_dict() == rows.groupby(key)["customers"].sum().to_dict()
            heights = nodes["bottom"] - nodes["top"]
            assert np.allclose(heights, nodes["customers"] * scale)
            # In the order of the keys, one below the other, with their labels.
            assert list(nodes.index) == [name for name in KEYS if name in nodes.index]
            tops = nodes["top"].to_numpy()[1:]
            assert (nodes["bottom"].to_numpy()[:-1] < tops + 1e-9).all()
            assert (np.diff(nodes["label_y"]) >= LINE_HEIGHT - 1e-9).all()
            ends = at_ends[at_ends["across"] == across].sort_values("upper")
            for name, of in ends.groupby(key):
                assert of["upper"].iloc[0] == pytest.approx(nodes["top"][name])
                assert of["lower"].iloc[-1] == pytest.approx(nodes["bottom"][name])
                touching = of["upper"].to_numpy()[1:] - of["lower"].to_numpy()[:-1]
                assert np.allclose(touching, 0.0, atol=1e-6)
        assert layout.nodes["bottom"].max() <= layout.height + 1e-9

    def test_ribbons_of_neighbours_do_not_cross(self) -> None:
        rows = flows(("s0", "s1", 2), ("s0", "s0", 3), ("s1", "s1", 4))
        ribbons = laid_out(rows).ribbons
        upper = ribbons.pivot_table(index="across", columns="flow", values="upper")
        assert (upper[1] < upper[0]).all()
        assert (upper[0] < upper[2]).all()

    def test_labels_have_the_name_and_the_customers(self) -> None:
        assert node_label("Loyal", 1234) == "Loyal 1,234"
        assert node_label("Loyal customers", 1234) == "Loyal\ncustomers\n1,234"


class TestAlluvial:
    """Segments on two sides."""

    @staticmethod
    def chart(rows: pd.DataFrame, names: list[str]) -> Chart:
        ends = [
            FlowEnd(key, name, theme.segment_colour(place))
            for place, (key, name) in enumerate(zip(KEYS, names, strict=False))
        ]
        moved = rows["from_key"] != rows["to_key"]
        return charts.alluvial(
            rows.assign(is_moved=moved, is_drawn=True), ends, ("2025-10-31", "2025-12-31")
        )

    def test_both_days_and_all_segments_are_written(self) -> None:
        chart = self.chart(flows(("s0", "s0", 60), ("s0", "s1", 5)), ["Loyal", "At Risk"])
        assert set(texts(chart)) == {
            "2025-10-31", "2025-12-31", "Loyal 65", "Loyal 60", "At Risk 5"
        }  # fmt: skip

    def test_colours_are_those_of_the_page(self) -> None:
        svg = theme.drawn(self.chart(flows(("s0", "s1", 5)), ["a", "b"]), "label")
        assert "var(--segment-0)" in svg
        assert "var(--segment-1)" in svg
        assert "#" not in svg.replace("href=", "")

    @pytest.mark.parametrize(
        "names", [["a", "a"], ['<b>"x"', "it's"], ["x" * 90, "a name of very many words " * 4]]
    )
    def test_any_names(self, names: list[str]) -> None:
        assert is_sound(self.chart(flows(("s0", "s1", 5), ("s1", "s0", 1)), names))

    @pytest.mark.parametrize("customers", [1, 10_000_000])
    def test_any_numbers(self, customers: int) -> None:
        rows = flows(("s0", "s1", customers), ("s1", "s1", 1))
        assert is_sound(self.chart(rows, ["a", "b"]))


class TestBands:
    """Shares on observed days."""

    @staticmethod
    def chart(days: list[str], shares: list[list[float]], names: list[str]) -> Chart:
        rows = pd.DataFrame(
            [
                {"as_of": pd.Timestamp(day), "segment": place, "share": share}
                for day, of_day in zip(days, shares, strict=True)
                for place, share in enumerate(of_day)
            ]
        )
        return charts.bands(rows, names, [theme.segment_colour(p) for p in range(len(names))])

    @pytest.mark.long
    def test_days_and_names_are_written(self) -> None:
        days = ["2025-06-30", "2025-10-31", "2025-12-31"]
        chart = self.chart(days, [[0.5, 0.5], [1.0], [0.25, 0.75]], ["Loyal", "New"])
        assert {"Loyal", "New", "0%", "100%", "2025-06-30", "2025-12-31"} <= set(texts(chart))

    @pytest.mark.parametrize("count", [2, 24])
    @pytest.mark.parametrize("segments", [1, 12, 30])
    def test_many_days_and_segments(self, count: int, segments: int) -> None:
        days = [f"2025-{1 + place // 28:02d}-{1 + place % 28:02d}" for place in range(count)]
        shares = [[1 / segments] * segments] * count
        chart = self.chart(days, shares, [f"S{place}" for place in range(segments)])
        assert is_sound(chart)
        assert {f"S{place}" for place in range(segments)} <= set(texts(chart))

    @given(
        st.lists(
            st.tuples(st.floats(0, 100), st.sampled_from([15.0, 30.0])), min_size=1, max_size=9
        )
    )
    def test_labels_are_moved_apart(self, labels: list[tuple[float, float]]) -> None:
        centres = np.array(sorted(centre for centre, _ in labels))
        sizes = np.array([size for _, size in labels])
        height = max(100.0, float(sizes.sum()))
        placed = spread(centres, sizes, height)
        assert placed[0] - sizes[0] / 2 >= -1e-9
        assert placed[-1] + sizes[-1] / 2 <= height + 1e-9
        assert (np.diff(placed) >= (sizes[1:] + sizes[:-1]) / 2 - 1e-9).all()

    def test_labels_with_room_stay_where_they_are(self) -> None:
        centres = np.array([20.0, 60.0])
        assert spread(centres, np.array([15.0, 15.0]), 100.0).tolist() == [20.0, 60.0]
