"""What drifted since the models were fitted: the alarms of rpt_drift."""

from __future__ import annotations

from dataclasses import dataclass

from segmentation.engine.duckdb import DuckDBEngine
from segmentation.published.read_marts import Marts

DRIFT = "rpt_drift"

# Number of figures that a sentence names.
NAMED = 3

# The figures that chance explains least come first; drift by construction comes last.
ALARMS = """
    where is_alarm
    order by
        expected_to_drift, p_value nulls last, psi desc nulls last,
        segmentation, subject_kind, feature
"""


@dataclass(frozen=True)
class DriftFigure:
    """A figure that drifted.

    Attributes
    ----------
    segmentation, subject_kind, feature : str
        What is compared.
    psi, forecast_error : float or None
        The population stability index, or the share by which a forecast was too high.
    index_in_words : str
        The same, beside its threshold.
    expected_to_drift : bool
        Whether it drifts by construction.
    moved_most : str or None
        Which group of customers grew or shrank most.
    """

    segmentation: str
    subject_kind: str
    feature: str
    psi: float | None
    forecast_error: float | None
    index_in_words: str
    expected_to_drift: bool
    moved_most: str | None

    @property
    def subject(self) -> str:
        """What drifted, in words."""
        if self.subject_kind in {"missing values", "unseen categories"}:
            return f"{self.subject_kind} of {self.feature} ({self.segmentation})"
        if self.subject_kind == "forecast error":
            return f"forecast of {self.feature}"
        return f"{self.feature} ({self.segmentation})"


@dataclass(frozen=True)
class Drift:
    """What drifted of all that was measured.

    Attributes
    ----------
    measured : int
        Figures; 0 where the current models have nothing to compare with.
    drifted : tuple of DriftFigure
        The figures that chance explains least come first; drift by construction comes last.
    """

    measured: int
    drifted: tuple[DriftFigure, ...] = ()

    @property
    def unexpected(self) -> tuple[DriftFigure, ...]:
        """What drifted other than by construction."""
        return tuple(figure for figure in self.drifted if not figure.expected_to_drift)

    @property
    def sentence(self) -> str:
        """What drifted, without a full stop."""
        if not self.measured:
            return "Drift was not measured: the current models have nothing to compare with"
        all_of_them = f"{self.measured:,} figure{'' if self.measured == 1 else 's'}"
        expected = len(self.drifted) - len(self.unexpected)
        if not self.drifted:
            return f"Nothing drifted: {all_of_them} measured, none beyond chance"
        if not self.unexpected:
            return (
                f"Nothing drifted but what does by construction: {expected:,} of {all_of_them},"
                f" most of all {self.drifted[0].subject}"
            )
        named = ", ".join(figure.subject for figure in self.unexpected[:NAMED])
        most = ", most of all " if len(self.unexpected) > NAMED else ": "
        others = f"; {expected:,} more by construction" if expected else ""
        return f"{len(self.unexpected):,} of {all_of_them} drifted{most}{named}{others}"


def read_drift(marts: Marts) -> Drift | None:
    """Return what drifted, or None where an earlier version built the file.

    Parameters
    ----------
    marts : Marts
        Of a published file or a warehouse.
    """
    if DRIFT not in marts.descriptions:
        return None
    engine = DuckDBEngine(marts.connection)
    ((measured,),) = engine.rows(f"select count(*) from {DRIFT}")
    rows = engine.rows(
        f"""
        select
            segmentation, subject_kind, feature, psi, forecast_error, index_in_words,
            expected_to_drift, moved_most
        from {DRIFT}
        {ALARMS}
        """
    )
    return Drift(int(measured), tuple(DriftFigure(*row) for row in rows))
