"""Choosing a few items out of many: near to what is wanted, unlike what is chosen already."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from lti_tool.llm.ports import Floats


def mmr(
    vectors: Floats,
    relevance: Floats,
    most: int,
    *,
    taken: Sequence[Floats] = (),
    weight: float = 0.7,
    ban: float = 0.60,
) -> list[int]:
    """Places by maximal marginal relevance (Carbonell and Goldstein 1998): `weight` times relevance less the rest times
    the nearest of what is chosen; nothing nearer than `ban` to it."""
    chosen: list[int] = []
    seen = list(taken)
    while len(chosen) < most:
        best: tuple[float, int] | None = None
        for place in range(len(vectors)):
            if place in chosen:
                continue
            near = max((float(vectors[place] @ other) for other in seen), default=0.0)
            value = weight * float(relevance[place]) - (1 - weight) * near
            if near < ban and (best is None or value > best[0]):
                best = (value, place)
        if best is None:
            break
        chosen.append(best[1])
        seen.append(vectors[best[1]])
    return chosen
