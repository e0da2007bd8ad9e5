"""Secrets at rest: sealed with a key from the environment, readable under older keys while they are listed.

`LTI_TOOL_SEAL_KEY` holds one or more Fernet keys, comma-separated, the newest first. Sealing uses the first;
unsealing tries each, so a key is rotated by putting a new one in front.
"""

from cryptography.fernet import Fernet, InvalidToken, MultiFernet

from lti_tool.kit.errors import Fault


class SealBroken(Fault):
    reason = "seal_broken"
    status = 500


class Sealer:
    def __init__(self, keys: str) -> None:
        """Raises ValueError when a key is not 32 bytes in URL-safe base64."""
        parts = [key.strip() for key in keys.split(",") if key.strip()]
        if not parts:
            raise ValueError("no seal key")
        self._fernet = MultiFernet([Fernet(part) for part in parts])

    def seal(self, text: str) -> str:
        return self._fernet.encrypt(text.encode()).decode()

    def unseal(self, sealed: str) -> str:
        try:
            return self._fernet.decrypt(sealed.encode()).decode()
        except InvalidToken as broken:
            raise SealBroken(
                "A stored secret cannot be read with the present seal key.",
                "Add the earlier key to LTI_TOOL_SEAL_KEY, after the present one and a comma.",
            ) from broken


def new_key() -> str:
    """A fresh seal key, ready for LTI_TOOL_SEAL_KEY."""
    return Fernet.generate_key().decode()
