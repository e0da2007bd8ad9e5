"""The database's schema: brought up, brought down, and compared with the tables in code."""

import importlib
from pathlib import Path
from typing import Any

MIGRATIONS = Path(__file__).resolve().parent.parent / "migrations"


def _config(url: str) -> Any:
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS))
    config.set_main_option("sqlalchemy.url", url.replace("%", "%%"))
    config.attributes["configure_logger"] = False
    return config


def upgrade(url: str, to: str = "head") -> None:
    """Bring the schema up. Safe to run again."""
    from alembic import command

    command.upgrade(_config(url), to)


def downgrade(url: str, to: str = "base") -> None:
    from alembic import command

    command.downgrade(_config(url), to)


def revise(url: str, message: str) -> None:
    """Write a migration for what changed in the models since the last one."""
    from alembic import command

    command.revision(_config(url), message=message, autogenerate=True)


def drift(url: str) -> list[str]:
    """What the models say and the migrated database lacks; empty when they agree. Import the models first."""
    from alembic import autogenerate, migration
    from sqlalchemy import create_engine, pool

    metadata = importlib.import_module("lti_tool.kit.db").Base.metadata
    engine = create_engine(url, poolclass=pool.NullPool)
    with engine.connect() as connection:
        found = autogenerate.compare_metadata(
            migration.MigrationContext.configure(connection, opts={"compare_type": False}), metadata
        )
    engine.dispose()
    return [str(difference) for difference in found]
