"""Our own signing keys. One signs, one more is published in reserve, and one that was replaced stays
published until nothing that it signed can still be under way. The private halves are sealed at rest and kept parsed in
memory (parsing one costs a hundred times what signing does)."""

import json
import secrets
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from joserfc import jws
from joserfc.jwk import RSAKey
from joserfc.jws import JWSRegistry
from sqlalchemy import ColumnElement, Engine, delete, or_, select, update

from lti_tool.kit.db import Session, writing
from lti_tool.kit.seal import Sealer
from lti_tool.launch.models import ToolKey

ALGORITHM = "RS256"
REGISTRY = JWSRegistry(algorithms=[ALGORITHM], strict_check_header=False)
# An LMS may send its certificates along (x5c). They are passed over; at joserfc's own 512 the launch would be refused.
REGISTRY.max_header_length = 16 * 1024
REREAD_AFTER = 60.0
LEAD = timedelta(hours=1)
"""A key is published at least this long before it signs: an LMS that keeps our key set for a while has it by then."""
OVERLAP = timedelta(hours=24)
"""A key stays published this long after it signed last. What it signs lives minutes."""


@dataclass(frozen=True, slots=True)
class KeyInfo:
    """One published key, for administrators."""

    kid: str
    state: str
    """`signs`, `next` (published, signs later) or `leaving` (signs no more, still published)."""
    published_at: datetime
    signs_from: datetime | None
    """None for the key in reserve."""
    published_until: datetime | None
    """None while nothing has replaced it."""


def keys(session: Session, now: datetime) -> list[KeyInfo]:
    """Every published key, newest first."""
    signing = _signing(session, now)
    rows = session.scalars(select(ToolKey).where(_published(now)).order_by(ToolKey.id.desc()))
    return [KeyInfo(row.kid, _state(row, signing, now), row.created_at, row.signs_from, row.retired_at) for row in rows]


def rotate(session: Session, sealer: Sealer, now: datetime, *, compromised: bool = False) -> KeyInfo:
    """Let another key sign, in the caller's transaction: the one in reserve, as soon as it has been published for
    `LEAD`; the present one stays published for `OVERLAP` after that. A new reserve is made. Processes notice within a
    minute. `compromised` withdraws every key at once and signs with a new one; an LMS that keeps our key set for a
    while refuses our calls until it looks again."""
    if compromised:
        session.execute(update(ToolKey).where(_published(now)).values(retired_at=now))
    reserve = session.scalar(
        select(ToolKey).where(_published(now), ToolKey.signs_from.is_(None)).order_by(ToolKey.id).limit(1)
    )
    chosen = reserve or _make(session, sealer, now)
    at = now if _signing(session, now) is None else max(now, chosen.created_at + LEAD)
    others = _published(now) & ToolKey.signs_from.is_not(None) & ToolKey.retired_at.is_(None)
    session.execute(update(ToolKey).where(others, ToolKey.id != chosen.id).values(retired_at=at + OVERLAP))
    chosen.signs_from = at
    _make(session, sealer, now)
    session.flush()
    return KeyInfo(chosen.kid, "signs" if at <= now else "next", chosen.created_at, at, None)


def look_after(session: Session, sealer: Sealer, now: datetime, longest: timedelta | None) -> KeyInfo | None:
    """What a day asks for: a reserve where there is none, another key to sign once the present one has signed for
    `longest` (None: never by age), and none that are published no more. The key that takes over, if one does."""
    session.execute(delete(ToolKey).where(ToolKey.retired_at <= now))
    signing = _signing(session, now)
    if signing is None or signing.signs_from is None:
        return None  # nothing was ever signed: the first use makes the first key
    replaced = signing.retired_at is not None
    if longest is not None and not replaced and signing.signs_from <= now - longest:
        return rotate(session, sealer, now)
    if session.scalar(select(ToolKey.id).where(_published(now), ToolKey.signs_from.is_(None)).limit(1)) is None:
        _make(session, sealer, now)
    return None


class KeyRing:
    """Shared by the threads of a process. `engine` gives the database (in an app context); every method works in a
    session of its own, so that no caller's transaction stays open while an LMS is being asked."""

    def __init__(self, sealer: Sealer, engine: Callable[[], Engine]) -> None:
        self._sealer, self._engine = sealer, engine
        self._lock = threading.Lock()
        self._kept: tuple[float, RSAKey] | None = None

    def sign(self, claims: Mapping[str, Any], now: datetime) -> str:
        """A compact JWT of these claims under the key that signs now. The first call ever makes that key, in a
        transaction: call it outside one."""
        key = self._key(now)
        header = {"alg": ALGORITHM, "kid": key.kid, "typ": "JWT"}
        return jws.serialize_compact(header, json.dumps(claims, separators=(",", ":")), key, registry=REGISTRY)

    def published(self, now: datetime) -> dict[str, Any]:
        """Our key set, newest first, for `/lti/jwks.json`."""
        self._key(now)
        with Session(self._engine()) as own:
            rows = own.scalars(select(ToolKey).where(_published(now)).order_by(ToolKey.id.desc()))
            return {"keys": [row.public_jwk for row in rows]}

    def rotate(self, now: datetime, *, compromised: bool = False) -> KeyInfo:
        """`rotate` in a transaction of its own; this process signs with the new key at once where it may."""
        with Session(self._engine()) as own, writing(own):
            turned = rotate(own, self._sealer, now, compromised=compromised)
        self._kept = None
        return turned

    def _key(self, now: datetime) -> RSAKey:
        kept = self._kept
        if kept is not None and kept[0] > time.monotonic():
            return kept[1]
        with self._lock, Session(self._engine()) as own:
            row = _signing(own, now)
            if row is None:
                with writing(own):
                    row = _signing(own, now) or _make(own, self._sealer, now, signs_from=now)
            key = RSAKey.import_key(json.loads(self._sealer.unseal(row.private_sealed)))
            self._kept = (time.monotonic() + REREAD_AFTER, key)
            return key


def _published(now: datetime) -> ColumnElement[bool]:
    return or_(ToolKey.retired_at.is_(None), ToolKey.retired_at > now)


def _signing(session: Session, now: datetime) -> ToolKey | None:
    """The key whose turn came last."""
    due = select(ToolKey).where(_published(now), ToolKey.signs_from <= now)
    return session.scalar(due.order_by(ToolKey.signs_from.desc(), ToolKey.id.desc()).limit(1))


def _state(row: ToolKey, signing: ToolKey | None, now: datetime) -> str:
    if signing is not None and row.id == signing.id:
        return "signs"
    return "next" if row.signs_from is None or row.signs_from > now else "leaving"


def _make(session: Session, sealer: Sealer, now: datetime, *, signs_from: datetime | None = None) -> ToolKey:
    kid = secrets.token_hex(10)
    key = RSAKey.generate_key(2048, {"kid": kid, "alg": ALGORITHM, "use": "sig"}, private=True)
    row = ToolKey(
        kid=kid,
        private_sealed=sealer.seal(json.dumps(key.as_dict(private=True))),
        public_jwk=key.as_dict(private=False),
        created_at=now,
        signs_from=signs_from,
    )
    session.add(row)
    session.flush()
    return row
