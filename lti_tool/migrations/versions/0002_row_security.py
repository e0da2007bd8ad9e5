"""Row-level security: on PostgreSQL every table with an institution shows one institution's rows at a time

Revision ID: 0002
Revises: 0001
"""

from alembic import op
from sqlalchemy import inspect

from lti_tool.kit.row_security import lock, unlock

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    for table, nullable in _tables():
        for statement in lock(table, nullable=nullable):
            op.execute(statement)


def downgrade() -> None:
    for table, _ in _tables():
        for statement in unlock(table):
            op.execute(statement)


def _tables() -> list[tuple[str, bool]]:
    """Those with `institution_id`, and whether it may be empty. SQLite has no such lock."""
    bind = op.get_bind()
    if bind.dialect.name != "postgresql":
        return []
    known = inspect(bind)
    return [
        (table, bool(column["nullable"]))
        for table in sorted(known.get_table_names())
        for column in known.get_columns(table)
        if column["name"] == "institution_id"
    ]
