"""Our own signing keys: made on first use, several published at once, the newest signs. The private halves are
sealed at rest and kept parsed in memory (parsing one costs a hundred times what signing does)."""

import json
import secrets
import threading
import time
from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any

from joserfc import jws
from joserfc.jwk import RSAKey
from joserfc.jws import JWSRegistry
from sqlalchemy import Engine, select

from lti_tool.kit.db import Session, writing
from lti_tool.kit.seal import Sealer
from lti_tool.launch.models import ToolKey

ALGORITHM = "RS256"
REGISTRY = JWSRegistry(algorithms=[ALGORITHM], strict_check_header=False)
REREAD_AFTER = 60.0


class KeyRing:
    """Shared by the threads of a process. `engine` gives the database (in an app context); every method works in a
    session of its own, so that no caller's transaction stays open while an LMS is being asked."""

    def __init__(self, sealer: Sealer, engine: Callable[[], Engine]) -> None:
        self._sealer, self._engine = sealer, engine
        self._lock = threading.Lock()
        self._signing: tuple[float, RSAKey] | None = None

    def sign(self, claims: Mapping[str, Any], now: datetime) -> str:
        """A compact JWT of these claims under our newest key. The first call ever makes that key, in a transaction:
        call it outside one."""
        key = self._key(now)
        header = {"alg": ALGORITHM, "kid": key.kid, "typ": "JWT"}
        return jws.serialize_compact(header, json.dumps(claims, separators=(",", ":")), key, registry=REGISTRY)

    def published(self, now: datetime) -> dict[str, Any]:
        """Our key set, newest first, for `/lti/jwks.json`."""
        self._key(now)
        with Session(self._engine()) as own:
            rows = own.scalars(select(ToolKey).where(ToolKey.retired_at.is_(None)).order_by(ToolKey.id.desc()))
            return {"keys": [row.public_jwk for row in rows]}

    def rotate(self, now: datetime) -> str:
        """Make a new signing key, in its own transaction; the earlier ones stay published. Returns its id."""
        kid = secrets.token_hex(10)
        key = RSAKey.generate_key(2048, {"kid": kid, "alg": ALGORITHM, "use": "sig"}, private=True)
        row = ToolKey(
            kid=kid,
            private_sealed=self._sealer.seal(json.dumps(key.as_dict(private=True))),
            public_jwk=key.as_dict(private=False),
            created_at=now,
        )
        with Session(self._engine()) as own, writing(own):
            own.add(row)
        self._signing = None
        return kid

    def _key(self, now: datetime) -> RSAKey:
        kept = self._signing
        if kept is not None and kept[0] > time.monotonic():
            return kept[1]
        with self._lock:
            sealed = self._newest()
            if sealed is None:
                self.rotate(now)
                sealed = self._newest()
            key = RSAKey.import_key(json.loads(self._sealer.unseal(str(sealed))))
            self._signing = (time.monotonic() + REREAD_AFTER, key)
            return key

    def _newest(self) -> str | None:
        with Session(self._engine()) as own:
            query = select(ToolKey.private_sealed).where(ToolKey.retired_at.is_(None))
            return own.scalar(query.order_by(ToolKey.id.desc()).limit(1))
