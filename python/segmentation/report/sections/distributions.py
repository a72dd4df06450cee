"""What the features are like: how they move together, how they are distributed, what is missing."""

from __future__ import annotations

import pandas as pd

from segmentation.published.read_marts import Marts
from segmentation.report import charts
from segmentation.report.content import Column, Figure, Picture, Section, Table
from segmentation.report.formats import COUNT, NUMBER, SHARE, listed, share
from segmentation.report.rows import largest, with_value
from segmentation.report.segments import feature_label

CORRELATIONS = "rpt_feature_correlations"
DISTRIBUTIONS = "rpt_feature_distributions"
# A wider grid has cells too small for a number.
MOST_FEATURES = 10


def features(marts: Marts) -> Section:
    """Return the correlation heat map and the distributions."""
    return Section(
        name="features",
        title="The features",
        figures=[_correlations(marts), _distributions(marts)],
    )


def _correlations(marts: Marts) -> Figure:
    name = "correlations"
    rows = marts.table(CORRELATIONS)
    pairs = with_value(rows, "correlation")
    pairs = pairs[pairs["feature"] != pairs["other_feature"]] if len(pairs) else pairs
    if pairs.empty:
        return Figure(
            name,
            "Correlations",
            CORRELATIONS,
            absent_because="Fewer than two features have values of the same customers.",
        )
    both = pd.concat(
        [
            pairs,
            pairs.rename(columns={"feature": "other_feature", "other_feature": "feature"}),
        ]
    ).drop_duplicates(["feature", "other_feature"])
    strength = both["correlation"].abs().groupby(both["feature"]).max()
    kept = sorted(
        strength.reset_index()
        .sort_values(["correlation", "feature"], ascending=[False, True])["feature"]
        .head(MOST_FEATURES)
    )
    shown = _cells(both, kept)
    left_out = int(strength.size) - len(kept)
    return Figure(
        name,
        _most_closely(pairs),
        CORRELATIONS,
        [
            Picture(
                charts.heat_map(
                    shown, x="column", y="row", strength="strength", text="text", titles=("", "")
                )
            )
        ],
        Table(
            [
                Column("feature", "feature"),
                Column("other_feature", "other feature"),
                Column("customers", "customers with both", COUNT),
                Column("correlation", "correlation", NUMBER),
            ],
            pairs,
        ),
        note=(
            "1: they rise together; \u22121 (framed): one falls as the other rises."
            + (
                f" The {len(kept)} features with the strongest correlations; the table has all."
                if left_out > 0
                else ""
            )
        ),
    )


def _most_closely(pairs: pd.DataFrame) -> str:
    """Return the title of correlations: which two features move together most closely."""
    # The groups of a feature are made from it: that they go together is no finding.
    own_group = (pairs["other_feature"] == pairs["feature"] + "_group") | (
        pairs["feature"] == pairs["other_feature"] + "_group"
    )
    telling = pairs[~own_group] if not own_group.all() else pairs
    strongest = largest(telling.assign(size=telling["correlation"].abs()), "size")
    return (
        f"{feature_label(strongest['feature']).capitalize()} and "
        f"{feature_label(strongest['other_feature'])} move together most closely: "
        f"correlation {strongest['correlation']:.2f}"
    )


def _cells(both: pd.DataFrame, kept: list[str]) -> pd.DataFrame:
    """Return the cells of the features that are kept, from pairs that stand in both orders."""
    cells = both[both["feature"].isin(kept) & both["other_feature"].isin(kept)]
    # Rows and columns begin with the same feature; a feature beside itself has no number.
    beside_itself = pd.DataFrame({"feature": kept, "other_feature": kept})
    cells = pd.concat([cells, beside_itself]).sort_values(["feature", "other_feature"])
    return pd.DataFrame(
        {
            "row": cells["feature"].map(feature_label),
            "column": cells["other_feature"].map(feature_label),
            "strength": cells["correlation"].astype(float).fillna(0.0),
            "text": [
                "" if pd.isna(value) else f"{value:z.1f}".replace("-", "\u2212")
                for value in cells["correlation"].astype(float)
            ],
        }
    )


def _distributions(marts: Marts) -> Figure:
    name = "distributions"
    rows = marts.table(DISTRIBUTIONS)
    known = with_value(rows, "lower_edge")
    if known.empty:
        return Figure(name, "Distributions", DISTRIBUTIONS, absent_because="No feature has values.")
    per_feature = rows.drop_duplicates("feature").set_index("feature")
    emptiest = per_feature["share_without_value"].astype(float)
    most = float(emptiest.max())
    worst = [feature_label(str(name)) for name in emptiest.index if emptiest[name] == most]
    title = (
        f"{listed(worst).capitalize()} {'is' if len(worst) == 1 else 'are'} missing for"
        f" {share(most)} of the customers"
        if most > 0
        else "Every feature has a value for every customer"
    )
    pictures = []
    for feature, bins in known.groupby("feature", sort=True):
        missing = float(emptiest[feature])
        pictures.append(
            Picture(
                charts.histogram(_with_width(bins), unit=feature_label(str(feature))),
                f"{feature_label(str(feature))}: missing for {share(missing)}",
            )
        )
    return Figure(
        name,
        title,
        DISTRIBUTIONS,
        pictures,
        Table(
            [
                Column("feature", "feature"),
                Column("lower_edge", "from", NUMBER),
                Column("upper_edge", "to", NUMBER),
                Column("customers_in_bin", "customers", COUNT),
                Column("share", "share", SHARE),
                Column("share_without_value", "share without a value", SHARE),
            ],
            known,
        ),
    )


def _with_width(bins: pd.DataFrame) -> pd.DataFrame:
    """Give a bin of a single value a width that can be seen."""
    width = (bins["upper_edge"] - bins["lower_edge"]).max() or 1.0
    narrow = bins["upper_edge"] <= bins["lower_edge"]
    return bins.assign(upper_edge=bins["upper_edge"].where(~narrow, bins["lower_edge"] + width))
