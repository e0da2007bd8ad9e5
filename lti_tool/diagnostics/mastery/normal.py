"""The standard normal distribution, without dependencies."""

from functools import lru_cache
from math import erfc, exp
from statistics import NormalDist

_ROOT_HALF = 0.7071067811865476
_DENSITY_AT_ZERO = 0.3989422804014327
_STANDARD = NormalDist()


def cdf(t: float) -> float:
    """P(Z <= t)."""
    return 0.5 * erfc(-t * _ROOT_HALF)


def density(t: float) -> float:
    """Height of the bell curve at t."""
    return _DENSITY_AT_ZERO * exp(-0.5 * t * t)


@lru_cache(maxsize=256)
def quantile(p: float) -> float:
    """The t with P(Z <= t) = p, for 0 < p < 1."""
    return _STANDARD.inv_cdf(p)
