"""Maximum likelihood by Newton steps from several starts, with a weak penalty as a last resort.

Parameters are positive, so the search runs over their logarithms. A likelihood may have no maximum
inside: if nobody ever leaves, or all customers buy at the same rate, it rises for ever as a
parameter goes to nought or to infinity. Such a search leaves the box of
:data:`FURTHEST_LOGARITHM`, or ends where the likelihood is flat. It is then repeated with a
penalty, and the result says so.
"""

from __future__ import annotations

import dataclasses
import logging
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from segmentation.lifetime_value.repeat_purchases import Numbers

logger = logging.getLogger(__name__)

# e⁹ is 8,103: beyond it, gamma and beta mixtures cannot be told from a single rate.
FURTHEST_LOGARITHM = 9.0

# A standard error of so much in the logarithm, a factor of 150, means that the data say nothing.
LARGEST_ERROR = 5.0

# Standard deviation of the penalty's normal in logarithms: a factor of 20 costs half a unit of the
# log-likelihood, which is less than what a single customer can say.
PENALTY_WIDTH = 3.0
_WALL = FURTHEST_LOGARITHM - 1.0

# Starts agree if their log-likelihoods do, relatively, or their difference is far below what a
# likelihood ratio could notice.
_AGREEMENT = 1e-9
_UNNOTICEABLE = 1e-4

# Logarithms closer than this are one place to begin a search.
_SAME_PLACE = 1e-4

# Log-likelihood, gradient and Hessian at logarithms of the parameters.
Surface = Callable[[Numbers], tuple[float, Numbers, Numbers]]


@dataclass(frozen=True)
class Maximum:
    """Where a log-likelihood is largest.

    Attributes
    ----------
    logarithms : ndarray of shape (p,)
        Of the parameters.
    covariance : ndarray of shape (p, p)
        Of the logarithms: the inverse of the observed information.
    log_likelihood : float
        Without the penalty.
    penalised : bool
        Whether a weak penalty was needed.
    starts, agreeing_starts : int
        Searches, and those that ended at the same height.
    """

    logarithms: Numbers
    covariance: Numbers
    log_likelihood: float
    penalised: bool
    starts: int
    agreeing_starts: int


@dataclass(frozen=True, kw_only=True)
class LikelihoodFit:
    """What every model that was fitted by maximum likelihood knows of its fit.

    Attributes
    ----------
    covariance : ndarray of shape (p, p)
        Of the logarithms of the parameters.
    log_likelihood : float
        Of all customers, without a penalty.
    customers : int
        That it was fitted to.
    penalised : bool
        Whether the likelihood had no maximum inside, and a weak penalty was added.
    starts, agreeing_starts : int
        Searches, and those that ended at the same log-likelihood.
    """

    covariance: Numbers
    log_likelihood: float
    customers: int
    penalised: bool
    starts: int
    agreeing_starts: int

    def likelihood_record(self) -> dict[str, Any]:
        """Return these fields as plain numbers and lists."""
        fields = {f.name: getattr(self, f.name) for f in dataclasses.fields(LikelihoodFit)}
        return fields | {"covariance": self.covariance.tolist()}

    @staticmethod
    def read_likelihood(record: Mapping[str, Any]) -> dict[str, Any]:
        """Return the fields that :meth:`likelihood_record` wrote."""
        return {
            "covariance": np.array(record["covariance"], dtype=np.float64),
            "log_likelihood": float(record["log_likelihood"]),
            "customers": int(record["customers"]),
            "penalised": bool(record["penalised"]),
            "starts": int(record["starts"]),
            "agreeing_starts": int(record["agreeing_starts"]),
        }

    @staticmethod
    def at_maximum(found: Maximum, customers: int) -> dict[str, Any]:
        """Return the fields of a fit that ended at a maximum."""
        return {
            "covariance": found.covariance,
            "log_likelihood": found.log_likelihood,
            "customers": customers,
            "penalised": found.penalised,
            "starts": found.starts,
            "agreeing_starts": found.agreeing_starts,
        }


class NoMaximumError(ValueError):
    """No search ended at a maximum, not even with the penalty."""


def inner(one: NDArray[Any], other: NDArray[Any]) -> float:
    """Return the inner product of two long vectors, the same on every machine.

    BLAS divides long vectors between threads: sums would depend on their number, and on a busy
    machine threads wait for one another.
    """
    return float(np.sum(one * other))


def maximise(
    surface: Surface,
    starts: Sequence[Numbers],
    centre: Numbers,
    size: float,
    rough: tuple[Surface, float] | None = None,
) -> Maximum:
    """Return the maximum of a log-likelihood.

    Parameters
    ----------
    surface : callable
        Takes logarithms of the parameters, shape (p,); returns the log-likelihood, its gradient,
        shape (p,), and its Hessian, shape (p, p), with respect to the logarithms.
    starts : sequence of ndarray of shape (p,)
        Where searches begin. The highest end wins; of equal ones the earlier.
    centre : ndarray of shape (p,)
        The middle of the box, and where a penalty is nil.
    size : float
        Number of customers: what is searched is the mean.
    rough : pair of callable and float, optional
        The surface and the number of some of the customers. Searches begin on it, and are
        continued on all customers from where they end; from one place, one search.

    Raises
    ------
    NoMaximumError
        If the likelihood cannot be computed anywhere near the starts.
    """
    if rough is not None:
        starts = [_nearer(rough[0], start, centre, rough[1]) for start in starts]
    ends = _ends(surface, starts, size)
    best = _highest(ends)
    if best is not None and _is_inside(surface, best[1], centre):
        return _described(surface, best, ends, penalised=False)
    penalised = _penalised(surface, centre, size)
    ends = _ends(penalised, starts, size)
    best = _highest(ends)
    if best is None:
        raise NoMaximumError(
            f"The likelihood has no maximum: none of {len(starts)} searches ended. "
            "Look for impossible values among the customers."
        )
    return _described(surface, best, ends, penalised=True, curved=penalised)


def _nearer(rough: Surface, start: Numbers, centre: Numbers, size: float) -> Numbers:
    """Return where a search on some customers ends, or the start if that is nowhere near."""
    end = _climb(rough, start, size)
    if end is None or np.abs(end[1] - centre).max() > FURTHEST_LOGARITHM:
        return start
    return end[1]


def _ends(
    surface: Surface, starts: Sequence[Numbers], size: float
) -> list[tuple[float, Numbers] | None]:
    ends: list[tuple[float, Numbers] | None] = []
    for i, start in enumerate(starts):
        same = [j for j in range(i) if np.abs(starts[j] - start).max() < _SAME_PLACE]
        ends.append(ends[same[0]] if same else _climb(surface, start, size))
    return ends


def _penalised(surface: Surface, centre: Numbers, size: float) -> Surface:
    """Return the surface less a wide parabola, and less walls at the sides of the box.

    The parabola decides where the likelihood is flat. Walls, of a height that grows with the
    customers, hold a likelihood that rises without bound, as that of equal spends does.
    """

    def lowered(logarithms: Numbers) -> tuple[float, Numbers, Numbers]:
        value, gradient, hessian = surface(logarithms)
        away = logarithms - centre
        beyond = away - np.clip(away, -_WALL, _WALL)
        return (
            value
            - 0.5 * float(away @ away) / PENALTY_WIDTH**2
            - 0.5 * size * float(beyond @ beyond),
            gradient - away / PENALTY_WIDTH**2 - size * beyond,
            hessian - np.diag(1.0 / PENALTY_WIDTH**2 + size * (beyond != 0.0)),
        )

    return lowered


def _climb(surface: Surface, start: Numbers, size: float) -> tuple[float, Numbers] | None:
    """Return the height and the place where a search ends, or none."""
    known: dict[bytes, tuple[float, Numbers, Numbers]] = {}

    def at(logarithms: Numbers) -> tuple[float, Numbers, Numbers]:
        key = logarithms.tobytes()
        if key not in known:
            # The search asks for the height, the slope and the curvature of a place separately.
            known.clear()
            known[key] = _finite(surface, logarithms)
        return known[key]

    # Takes half a second to load: what applies a model does not wait for it.
    from scipy import optimize

    found = optimize.minimize(
        lambda place: -at(place)[0] / size,
        np.asarray(start, dtype=np.float64),
        jac=lambda place: -at(place)[1] / size,
        hess=lambda place: -at(place)[2] / size,
        method="trust-exact",
        options={"gtol": 1e-9, "maxiter": 200, "max_trust_radius": 4.0},
    )
    height, slope, _ = at(found.x)
    if not np.isfinite(height) or np.abs(slope).max() / size > 1e-5:
        return None
    logger.debug("search from %s: %d steps, %.6f", start.tolist(), found.nit, height)
    return height, found.x


def _finite(surface: Surface, logarithms: Numbers) -> tuple[float, Numbers, Numbers]:
    """Return the surface, or a pit where it cannot be computed."""
    p = len(logarithms)
    if np.abs(logarithms).max() < 40.0:
        value, gradient, hessian = surface(logarithms)
        if np.isfinite(value) and np.isfinite(gradient).all() and np.isfinite(hessian).all():
            return value, gradient, hessian
    return -1e300, np.zeros(p), -np.eye(p)


def _highest(ends: Sequence[tuple[float, Numbers] | None]) -> tuple[float, Numbers] | None:
    found = [end for end in ends if end is not None and end[0] > -1e299]
    if not found:
        return None
    top = max(height for height, _ in found)
    return next(end for end in found if end[0] >= top - _tolerance(top))


def _tolerance(height: float) -> float:
    return max(_UNNOTICEABLE, _AGREEMENT * abs(height))


def _is_inside(surface: Surface, place: Numbers, centre: Numbers) -> bool:
    if np.abs(place - centre).max() > FURTHEST_LOGARITHM:
        return False
    covariance = _inverse(-surface(place)[2])
    return covariance is not None and bool(np.sqrt(np.diag(covariance)).max() < LARGEST_ERROR)


def _inverse(information: Numbers) -> Numbers | None:
    """Return the inverse of a positive definite matrix, or none."""
    try:
        root = np.linalg.inv(np.linalg.cholesky(information))
    except np.linalg.LinAlgError:
        return None
    covariance: Numbers = root.T @ root
    return covariance if np.isfinite(covariance).all() else None


def _described(
    surface: Surface,
    best: tuple[float, Numbers],
    ends: Sequence[tuple[float, Numbers] | None],
    *,
    penalised: bool,
    curved: Surface | None = None,
) -> Maximum:
    height, place = best
    covariance = _inverse(-(curved or surface)(place)[2])
    if covariance is None:
        raise NoMaximumError("The likelihood is flat at its highest place: it has no maximum.")
    agreeing = sum(end is not None and abs(end[0] - height) <= _tolerance(height) for end in ends)
    return Maximum(place, covariance, float(surface(place)[0]), penalised, len(ends), int(agreeing))
