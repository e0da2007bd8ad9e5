"""The public keys of the LMSs, kept parsed. The last good set lives in the platform's row and serves through an
outage; an unknown key id asks the LMS again, one process at a time and not too often."""

import threading
import time
from base64 import urlsafe_b64decode
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from joserfc.errors import JoseError
from joserfc.jwk import RSAKey
from sqlalchemy import or_, select, update

from lti_tool.kit.db import Session, everywhere, writing
from lti_tool.kit.errors import Unavailable
from lti_tool.kit.http import Http
from lti_tool.kit.log import get_logger
from lti_tool.launch.directory import OpenSession
from lti_tool.launch.domain.refusals import Refused
from lti_tool.launch.models import Platform
from lti_tool.launch.queries import PlatformInfo

log = get_logger(__name__)

GAP = timedelta(seconds=3)
"""At least this long between two fetches of one LMS's keys, over all processes."""
RENEW_AFTER = timedelta(hours=12)
"""A set this old is fetched again although it has the key, so that a key the LMS withdrew ends to be good here."""
UNKNOWN_FOR = 10.0
REREAD_AFTER = 60.0
TIMEOUT = (3.0, 5.0)
MAX_BYTES = 256 * 1024
SHORTEST, LONGEST = 2048, 8192
"""Bits. Shorter keys are not safe, much longer ones only cost time."""


@dataclass
class _Set:
    keys: dict[str, RSAKey]
    weak: set[str]
    fetched_at: datetime | None
    read_at: float = field(default_factory=time.monotonic)


class PlatformKeys:
    """Shared by the threads of a process."""

    def __init__(self, http: Http) -> None:
        self._http = http
        self._sets: dict[int, _Set] = {}
        self._unknown: dict[tuple[int, str], float] = {}
        self._locks: dict[int, threading.Lock] = {}
        self._waiting = threading.Semaphore(2)  # unknown key ids must not hold up every thread

    def find(self, opened: OpenSession, platform: PlatformInfo, kid: str, now: datetime) -> RSAKey:
        """The LMS's key with this id. Raises Refused: `unknown_key`, `weak_key`, `keys_unavailable`."""
        known = self._sets.get(platform.id)
        if known is None or known.read_at < time.monotonic() - REREAD_AFTER:
            known = self._read(opened(), platform.id)
        key = known.keys.get(kid)
        if key is not None and known.fetched_at is not None and known.fetched_at > now - RENEW_AFTER:
            return key
        if key is None and self._unknown.get((platform.id, kid), 0.0) > time.monotonic():
            raise Refused("unknown_key")
        with self._locks.setdefault(platform.id, threading.Lock()):
            known = self._asked(opened(), platform, kid, now)
        if kid in known.keys:
            return known.keys[kid]
        if kid in known.weak:
            raise Refused("weak_key")
        if known.fetched_at is None or known.fetched_at < now - GAP:
            raise Refused("keys_unavailable")  # the LMS did not answer just now: whether it has the key is not known
        if len(self._unknown) > 1000:
            self._unknown.clear()
        self._unknown[platform.id, kid] = time.monotonic() + UNKNOWN_FOR
        raise Refused("unknown_key")

    def _asked(self, session: Session, platform: PlatformInfo, kid: str, now: datetime) -> _Set:
        """The set after asking the LMS once, or after waiting for whoever is asking now."""
        known = self._read(session, platform.id)  # another process may have been quicker
        if kid in known.keys and known.fetched_at is not None and known.fetched_at > now - RENEW_AFTER:
            return known
        steps = range(int(GAP.total_seconds() * 10) + 2)
        may_wait = self._waiting.acquire(blocking=False)
        try:
            for step in steps if may_wait else range(1):
                if self._claimed(session, platform.id, now + timedelta(seconds=step / 10)):
                    self._fetch(session, platform, now)
                    return self._read(session, platform.id)
                known = self._read(session, platform.id)
                if kid in known.keys or not may_wait:
                    break
                time.sleep(0.1)
        finally:
            if may_wait:
                self._waiting.release()
        return known

    def _claimed(self, session: Session, platform_id: int, now: datetime) -> bool:
        with everywhere(session), writing(session):
            claim = (
                update(Platform)
                .where(
                    Platform.id == platform_id,
                    or_(Platform.jwks_tried_at.is_(None), Platform.jwks_tried_at <= now - GAP),
                )
                .values(jwks_tried_at=now)
                .returning(Platform.id)
            )
            return session.execute(claim, execution_options={"synchronize_session": False}).first() is not None

    def _fetch(self, session: Session, platform: PlatformInfo, now: datetime) -> None:
        try:
            answer = self._http.get(
                platform.jwks_url, headers={"Accept": "application/json"}, timeout=TIMEOUT, max_bytes=MAX_BYTES
            )
            usable = _usable(answer.json()) if answer.ok else []
        except Unavailable as trouble:
            log.warning("keys.fetch_failed", platform=platform.id, reason=trouble.reason)
            return
        if not usable:
            log.warning("keys.none_usable", platform=platform.id, status=answer.status)
            return
        with everywhere(session), writing(session):
            session.execute(
                update(Platform).where(Platform.id == platform.id).values(jwks={"keys": usable}, jwks_fetched_at=now),
                execution_options={"synchronize_session": False},
            )
        log.info("keys.fetched", platform=platform.id, keys=len(usable))

    def _read(self, session: Session, platform_id: int) -> _Set:
        with everywhere(session):
            row = session.execute(
                select(Platform.jwks, Platform.jwks_fetched_at).where(Platform.id == platform_id)
            ).one_or_none()
            session.rollback()
        known = _parsed(row.jwks if row else None, row.jwks_fetched_at if row else None)
        self._sets[platform_id] = known
        return known


def _usable(said: Any) -> list[dict[str, Any]]:
    """What can sign a launch in an LMS's answer: RSA keys for signatures, with an id."""
    keys = said.get("keys") if isinstance(said, dict) else None
    found: list[dict[str, Any]] = []
    for key in keys if isinstance(keys, list) else []:
        if not isinstance(key, dict) or key.get("kty") != "RSA":
            continue
        if key.get("use", "sig") != "sig" or key.get("alg", "RS256") != "RS256":
            continue
        parts = {"kty": "RSA", **{name: key.get(name) for name in ("kid", "n", "e")}}
        if all(isinstance(value, str) and value for value in parts.values()) and (_is_weak(parts) or _rsa(parts)):
            found.append(parts)
    return found


def _parsed(jwks: dict[str, Any] | None, fetched_at: datetime | None) -> _Set:
    keys: dict[str, RSAKey] = {}
    weak: set[str] = set()
    for parts in (jwks or {}).get("keys", ()):
        if _is_weak(parts):
            weak.add(parts["kid"])
        elif key := _rsa(parts):
            keys.setdefault(parts["kid"], key)
    return _Set(keys, weak, fetched_at)


def _bits(parts: dict[str, Any]) -> int:
    """The length of the modulus; 0 when it is no number."""
    try:
        return int.from_bytes(urlsafe_b64decode(parts["n"] + "==")).bit_length()
    except ValueError:
        return 0


def _is_weak(parts: dict[str, Any]) -> bool:
    return 0 < _bits(parts) < SHORTEST


def _rsa(parts: dict[str, Any]) -> RSAKey | None:
    try:
        return RSAKey.import_key(parts) if SHORTEST <= _bits(parts) <= LONGEST else None
    except (JoseError, ValueError, TypeError):
        return None
