"""A fitted numeric column: how a raw value becomes a scaled one."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from segmentation.features.arrays import Matrix

OUTLIER_RULES = ("none", "clip", "winsorize", "drop")
TRANSFORMS = ("none", "log", "yeo_johnson")
SCALINGS = ("none", "standard", "min_max")

# Larger values count as this value. It is the largest amount of one order; only totals of several
# such orders exceed it. Its square and its Yeo-Johnson powers are finite.
MAX_ABSOLUTE_VALUE = 1e15

# On a few unusual columns the likelihood is flat, and the estimated Yeo-Johnson power diverges.
LARGEST_POWER = 5.0


@dataclass(frozen=True)
class PreparedFeature:
    """The fitted numbers that turn a raw column into a scaled column.

    Attributes
    ----------
    name : str
        Column of the feature table.
    fill : float
        Fill value for null, NaN and infinities, in the column's own unit.
    lower, upper : float
        Bounds that values are clipped to, in the column's own unit.
    transform : str
        ``"none"``, ``"log"`` or ``"yeo_johnson"``.
    power : float
        The Yeo-Johnson lambda; 1 for other transforms.
    center, scale : float
        The scaled value is ``(transformed - center) / scale``.
    factor : float
        What a value is multiplied by before the transform. It is 1 of every model that is stored,
        see :mod:`segmentation.clustering.days_covered`.
    """

    name: str
    fill: float
    lower: float
    upper: float
    transform: str
    power: float
    center: float
    scale: float
    factor: float = 1.0

    def scaled(self, values: Matrix) -> Matrix:
        """Return raw values, shape (n,), as scaled values, shape (n,)."""
        x = np.where(np.isfinite(values), values, self.fill)
        x = np.clip(x, self.lower, self.upper) * self.factor
        return (transformed(x, self.transform, self.power) - self.center) / self.scale

    def unscaled(self, values: Matrix) -> Matrix:
        """Return scaled values, shape (n,), in the column's own unit, shape (n,)."""
        t = np.asarray(values, dtype=float) * self.scale + self.center
        return restored(t, self.transform, self.power) / self.factor

    def in_proportion(self, ratio: float) -> PreparedFeature:
        """Return the preparation that does to ``ratio * x`` what this one does to ``x``."""
        return replace(
            self,
            fill=self.fill * ratio,
            lower=self.lower * ratio,
            upper=self.upper * ratio,
            factor=self.factor / ratio,
        )


def transformed(x: Matrix, transform: str, power: float = 1.0) -> Matrix:
    """Return finite values after a transform.

    ``"log"`` is ``sign(x) * ln(1 + |x|)``; ``"yeo_johnson"`` is that of Yeo and Johnson (2000),
    Biometrika 87(4). Both are defined for every number and keep the order.
    """
    if transform == "none":
        return x
    if transform == "log":
        return np.where(x >= 0, np.log(1 + np.abs(x)), -np.log(1 + np.abs(x)))
    if transform == "yeo_johnson":
        return np.where(
            x >= 0,
            _box_cox(1 + np.abs(x), power),
            -_box_cox(1 + np.abs(x), 2 - power),
        )
    raise ValueError(f"There is no transform {transform!r}.")


def restored(t: Matrix, transform: str, power: float = 1.0) -> Matrix:
    """Return the values that :func:`transformed` turns into `t` (its inverse)."""
    if transform == "none":
        return t
    if transform == "log":
        return np.where(t >= 0, np.expm1(np.abs(t)), -np.expm1(np.abs(t)))
    if transform == "yeo_johnson":
        from scipy import special

        with np.errstate(invalid="ignore", over="ignore"):
            return np.where(
                t >= 0,
                special.inv_boxcox(np.abs(t), power) - 1,
                1 - special.inv_boxcox(np.abs(t), 2 - power),
            )
    raise ValueError(f"There is no transform {transform!r}.")


def _box_cox(x: Matrix, power: float) -> Matrix:
    # Same order of operations as the scoring expression, so that engine and NumPy round alike.
    if power == 0.0:
        return np.log(x)
    return (np.power(x, power) - 1) / power
