"""What the use of a model cost: model, tokens, prompt and a hash of the input, never the text itself."""

import hashlib
import json
from dataclasses import dataclass
from decimal import Decimal
from typing import Any


@dataclass(frozen=True)
class Use:
    """One call to a model. `operation` is chat, rerank or embed; tokens and searches are what was billed."""

    model: str
    operation: str
    input_hash: str
    prompt_version: str = ""
    input_tokens: int = 0
    output_tokens: int = 0
    searches: int = 0
    seconds: float = 0.0


@dataclass(frozen=True)
class Price:
    """Of one model, in one currency: per million tokens in and out, and per thousand searches."""

    per_million_in: Decimal = Decimal(0)
    per_million_out: Decimal = Decimal(0)
    per_thousand_searches: Decimal = Decimal(0)

    def of(self, use: Use) -> Decimal:
        """The cost of one call, unrounded."""
        tokens = self.per_million_in * use.input_tokens + self.per_million_out * use.output_tokens
        return tokens / 1_000_000 + self.per_thousand_searches * use.searches / 1_000


def input_hash(*parts: Any) -> str:
    """SHA-256 (hex) over JSON-able parts: the same input gives the same hash on every machine."""
    text = json.dumps(parts, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()
