"""What ties a launch to the browser that started it, with nothing stored at login.

`browser` is a random value that the browser keeps in a cookie. The `state` names its hash, the registration and
the moment, under a MAC. The nonce is a MAC of the state, so a token of one login cannot be used under the state
of another, and the row that consumes the nonce is the only one ever written.
"""

import hmac
import secrets
from base64 import urlsafe_b64encode
from dataclasses import dataclass
from datetime import datetime, timedelta
from hashlib import blake2b, sha256

STATE_LIFE = timedelta(minutes=10)
"""From the login request to the launch: the LMS may ask for a password in between."""
TICKET_LIFE = timedelta(seconds=60)
CONFIRM_LIFE = timedelta(minutes=10)


@dataclass(frozen=True, slots=True)
class State:
    platform_id: int
    browser_hash: str
    made_at: int


class Stamps:
    """Makes and checks states, nonces and tickets under keys derived from the installation's secret."""

    def __init__(self, secret: str) -> None:
        self._keys = {use: hmac.digest(secret.encode(), f"waymark {use}".encode(), "sha256") for use in _USES}

    def state(self, platform_id: int, browser: str, now: datetime) -> str:
        """A fresh state for one login of this browser at this registration."""
        said = f"{platform_id}.{int(now.timestamp()):x}.{digest(browser)[:22]}.{secrets.token_urlsafe(12)}"
        return f"{said}.{self._mac('state', said)}"

    def read_state(self, state: str, now: datetime) -> State | None:
        """What a state of ours says; None when it is not ours or too old."""
        said, _, mac = state.rpartition(".")
        if not said or not hmac.compare_digest(mac.encode(), self._mac("state", said).encode()):
            return None
        platform, made, browser_hash, _ = said.split(".")
        made_at = int(made, 16)
        age = now.timestamp() - made_at
        if not -60 <= age <= STATE_LIFE.total_seconds():
            return None
        return State(int(platform), browser_hash, made_at)

    def nonce(self, state: str) -> str:
        """The one nonce that belongs to a state."""
        return self._mac("nonce", state)

    def ticket(self, use: str, row: str, browser: str, now: datetime) -> str:
        """A short-lived pass for one launch row (`row`, its nonce), good in this browser only. What makes it
        single-use is the row."""
        said = f"{row}.{int(now.timestamp()):x}"
        return f"{said}.{self._mac(use, f'{said}.{browser}')}"

    def read_ticket(self, use: str, ticket: str, browser: str, now: datetime, life: timedelta) -> str | None:
        """The row that a ticket opens; None when it is not for this, not of this browser, or too old."""
        said, _, mac = ticket.rpartition(".")
        if not said or not hmac.compare_digest(mac.encode(), self._mac(use, f"{said}.{browser}").encode()):
            return None
        row, _, made = said.rpartition(".")
        return row if -5 <= now.timestamp() - int(made, 16) <= life.total_seconds() else None

    def _mac(self, use: str, text: str) -> str:
        # keyed BLAKE2 is a MAC by design, and takes a tenth of what HMAC does here
        return _short(blake2b(text.encode("utf-8", "replace"), key=self._keys[use], digest_size=24).digest())


_USES = ("state", "nonce", "start", "confirm", "window")


def digest(secret: str) -> str:
    """What is kept of a secret that a browser holds: 43 characters from which it cannot be found again."""
    return _short(sha256(secret.encode("utf-8", "replace")).digest())


def same_browser(state: State, browser: str | None) -> bool:
    return browser is not None and hmac.compare_digest(digest(browser)[:22].encode(), state.browser_hash.encode())


def new_secret() -> str:
    """43 characters, 256 bits."""
    return secrets.token_urlsafe(32)


def _short(data: bytes) -> str:
    return urlsafe_b64encode(data).rstrip(b"=").decode()
