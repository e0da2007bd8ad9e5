"""Typed settings: `configs/default.toml`, then the profile's file, then `LTI_TOOL_*` variables.

A wrong setting stops the boot, and the message names every fault at once.
"""

import os
from pathlib import Path
from typing import Any, Literal, Self
from urllib.parse import urlsplit

from cryptography.fernet import Fernet
from pydantic import AliasChoices, Field, SecretStr, ValidationError, field_validator, model_validator
from pydantic_settings import (
    BaseSettings,
    PydanticBaseSettingsSource,
    SettingsConfigDict,
    TomlConfigSettingsSource,
)

ROOT = Path(__file__).resolve().parent.parent
LOOPBACK = {"localhost", "127.0.0.1", "::1"}


class SettingsWrong(Exception):
    """Boot stops: one line for each faulty setting."""


class Settings(BaseSettings):
    """Every setting of the tool. `docs/settings.md` describes each; a test holds the two together."""

    model_config = SettingsConfigDict(env_prefix="LTI_TOOL_", frozen=True, extra="forbid", populate_by_name=True)

    profile: Literal["development", "production"] = "development"
    base_url: str = "http://localhost:8000"
    database_url: str = ""
    jobs_url: str = ""
    data_dir: Path = ROOT / "var"
    secret_key: SecretStr
    seal_key: SecretStr
    private_networks: Literal["refuse", "allow"] = "refuse"
    worker_threads: int = Field(2, ge=1, le=64)
    max_upload_mb: int = Field(10, ge=1, le=100)
    key_days: int = Field(90, ge=0, le=3650)
    session_hours: int = Field(8, ge=1, le=72)
    log_level: Literal["debug", "info", "warning", "error"] = "info"
    log_json: bool = False
    login_rate: str = "600 per minute"
    trusted_proxies: int = Field(0, ge=0, le=10)
    sample_data: bool = False
    cohere_api_key: SecretStr = Field(SecretStr(""), validation_alias=AliasChoices("cohere_api_key", "COHERE_API_KEY"))
    cohere_base_url: str = Field(
        "https://api.cohere.com", validation_alias=AliasChoices("cohere_base_url", "COHERE_BASE_URL")
    )
    cohere_chat_model: str = "command-a-plus-05-2026"
    cohere_rerank_model: str = "rerank-v5.0-pro"
    cohere_embed_model: str = "embed-v4.0"
    cohere_timeout: float = Field(20.0, gt=0, le=120)

    @field_validator("base_url")
    @classmethod
    def _one_clean_origin(cls, value: str) -> str:
        parts = urlsplit(value)
        if parts.scheme not in ("http", "https") or not parts.hostname or parts.query or parts.fragment:
            raise ValueError("give the tool's own address, such as https://waymark.example.edu")
        if parts.scheme == "http" and parts.hostname not in LOOPBACK:
            raise ValueError("use https; plain http works on localhost only")
        return value.rstrip("/")

    @field_validator("seal_key")
    @classmethod
    def _fernet_keys(cls, value: SecretStr) -> SecretStr:
        for key in value.get_secret_value().split(","):
            Fernet(key.strip())
        return value

    @field_validator("secret_key")
    @classmethod
    def _long_enough(cls, value: SecretStr) -> SecretStr:
        if len(value.get_secret_value()) < 32:
            raise ValueError("at least 32 characters")
        return value

    @model_validator(mode="after")
    def _databases(self) -> Self:
        data = self.data_dir
        if not self.database_url:
            object.__setattr__(self, "database_url", f"sqlite:///{data}/waymark.db")
        elif self.database_url.startswith(("postgres://", "postgresql://")):
            bare = self.database_url.split("://", 1)[1]
            object.__setattr__(self, "database_url", f"postgresql+psycopg://{bare}")
        if not self.jobs_url:
            own = f"sqlite:///{data}/jobs.db" if self.database_url.startswith("sqlite") else self.database_url
            object.__setattr__(self, "jobs_url", own)
        return self

    @property
    def loopback(self) -> bool:
        return urlsplit(self.base_url).hostname in LOOPBACK

    @property
    def allow_private(self) -> bool:
        """May the tool fetch private addresses? On a loopback base URL, or where the settings say so."""
        return self.loopback or self.private_networks == "allow"

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        profile = os.environ.get("LTI_TOOL_PROFILE", "development")
        files = [ROOT / "configs" / "default.toml", ROOT / "configs" / f"{profile}.toml"]
        return init_settings, env_settings, TomlConfigSettingsSource(settings_cls, toml_file=files)


def load(**given: Any) -> Settings:
    """The settings of this process. Development makes its own keys once, in `data_dir/keys.env`; production must
    be given them. Raises SettingsWrong naming every fault."""
    if os.environ.get("LTI_TOOL_PROFILE", "development") == "development":
        data_dir = given.get("data_dir") or os.environ.get("LTI_TOOL_DATA_DIR") or ROOT / "var"
        given = {**_own_keys(Path(str(data_dir))), **given}
    try:
        return Settings(**given)
    except ValidationError as wrong:
        lines = [f"LTI_TOOL_{'_'.join(map(str, e['loc'])).upper()}: {e['msg']}" for e in wrong.errors()]
        raise SettingsWrong("The settings are not right:\n  " + "\n  ".join(lines)) from None


def _own_keys(data_dir: Path) -> dict[str, str]:
    import secrets

    names = {"secret_key": "LTI_TOOL_SECRET_KEY", "seal_key": "LTI_TOOL_SEAL_KEY"}
    missing = {field for field, variable in names.items() if not os.environ.get(variable)}
    if not missing:
        return {}
    kept = data_dir / "keys.env"
    if not kept.exists():
        data_dir.mkdir(parents=True, exist_ok=True)
        made = {"secret_key": secrets.token_urlsafe(48), "seal_key": Fernet.generate_key().decode()}
        descriptor = os.open(kept, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(descriptor, "w") as file:
            file.writelines(f"{names[field]}={value}\n" for field, value in made.items())
    lines = dict(line.split("=", 1) for line in kept.read_text().splitlines() if "=" in line)
    return {field: lines[names[field]] for field in missing}
