"""Alembic's environment: one connection, batch mode (SQLite cannot alter in place), one file for both databases."""

from typing import Any, Literal

from alembic import context
from sqlalchemy import create_engine, pool

from lti_tool.kit.db import Base, Utc, install
from lti_tool.kit.row_security import EVERYWHERE, SETTING


def render(kind: str, thing: Any, autogen_context: Any) -> str | Literal[False]:
    if kind == "type" and isinstance(thing, Utc):
        return "sa.DateTime(timezone=True)"
    return False


def run() -> None:
    engine = create_engine(context.config.get_main_option("sqlalchemy.url") or "", poolclass=pool.NullPool)
    install(engine)
    with engine.connect().execution_options(write=True) as connection:
        if connection.dialect.name == "postgresql":  # what a migration does to rows, it does to everybody's
            connection.exec_driver_sql(f"SELECT set_config('{SETTING}', '{EVERYWHERE}', false)")
        context.configure(
            connection=connection,
            target_metadata=Base.metadata,
            render_as_batch=True,
            render_item=render,
            compare_type=True,
        )
        with context.begin_transaction():
            context.run_migrations()
        connection.commit()
    engine.dispose()


run()
