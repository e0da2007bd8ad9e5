"""The platform's signing keys, and signing and checking of JWTs (RS256, as every LTI 1.3 platform does)."""

import base64
import json
from dataclasses import dataclass, field
from typing import Any

from joserfc import jws, jwt
from joserfc.errors import JoseError
from joserfc.jwk import KeySet, RSAKey

LAX_HEADERS = jws.JWSRegistry(algorithms=["RS256"], strict_check_header=False)


class NotAToken(ValueError):
    """The text is not a JWT with an object inside."""


def new_key(kid: str) -> RSAKey:
    return RSAKey.generate_key(2048, {"kid": kid, "alg": "RS256", "use": "sig"}, private=True)


@dataclass
class KeyRing:
    """Signs with the newest key and publishes the newest two, so that a rotation overlaps."""

    keys: list[RSAKey] = field(default_factory=lambda: [new_key("sandbox-key-1"), new_key("sandbox-key-2")])

    @property
    def current(self) -> RSAKey:
        return self.keys[-1]

    def rotate(self, *, drop_old: bool = False) -> str:
        """A new key signs from now on; returns its kid. With `drop_old` the former ones vanish at once,
        as after a key that leaked."""
        number = int(str(self.current.kid).rsplit("-", 1)[-1]) + 1
        self.keys = [] if drop_old else self.keys[-1:]
        self.keys.append(new_key(f"sandbox-key-{number}"))
        return str(self.current.kid)

    def public(self) -> dict[str, Any]:
        """The JWKS document."""
        return {"keys": [dict(key.as_dict(private=False)) for key in self.keys]}

    def sign(self, claims: dict[str, Any], header: dict[str, Any] | None = None) -> str:
        return sign(claims, self.current, header)


def sign(claims: dict[str, Any], key: RSAKey, header: dict[str, Any] | None = None) -> str:
    """A compact JWS. `header` is merged over typ, alg and kid; a value of None leaves that member out."""
    merged = {"typ": "JWT", "alg": "RS256", "kid": key.kid} | (header or {})
    wanted = {name: each for name, each in merged.items() if each is not None}
    return jwt.encode(wanted, claims, key, registry=LAX_HEADERS)


def unverified(token: str) -> tuple[dict[str, Any], dict[str, Any]]:
    """Header and payload of a JWT, nothing checked."""
    try:
        header, payload = (
            json.loads(base64.urlsafe_b64decode(part + "=" * (-len(part) % 4))) for part in token.split(".")[:2]
        )
    except ValueError as broken:
        raise NotAToken("Wrong number of segments") from broken
    if not isinstance(header, dict) or not isinstance(payload, dict) or token.count(".") != 2:
        raise NotAToken("Wrong number of segments")
    return header, payload


def verifies(token: str, keys: dict[str, Any]) -> bool:
    """Is the token signed RS256 by one of `keys`, a JWKS document? Times and claims are the caller's business."""
    try:
        jwt.decode(token, KeySet.import_key_set(keys), algorithms=["RS256"], registry=LAX_HEADERS)  # type: ignore[arg-type]
    except (JoseError, ValueError):
        return False
    return True
