"""The minimal form beside each credential, short codes of papers, and decisions to revoke that cover both forms.

Revision ID: 0003
Revises: 0002
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from portfolio.credentials.links import short_code

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    with op.batch_alter_table("credential", schema=None) as batch_op:
        batch_op.add_column(sa.Column("minimal_of", sa.String(), nullable=True))
        batch_op.add_column(sa.Column("short_code", sa.String(length=14), nullable=True))
        batch_op.create_index(
            "ix_credential_minimal_of",
            ["minimal_of"],
            sqlite_where=sa.text("minimal_of IS NOT NULL"),
            postgresql_where=sa.text("minimal_of IS NOT NULL"),
        )
        batch_op.create_index("ix_credential_short_code", ["short_code"])
    with op.batch_alter_table("revocation", schema=None) as batch_op:
        batch_op.add_column(sa.Column("decision_id", sa.String(), nullable=True))
    op.execute(sa.text("UPDATE revocation SET decision_id = id"))
    with op.batch_alter_table("revocation", schema=None) as batch_op:
        batch_op.alter_column("decision_id", existing_type=sa.String(), nullable=False)
        batch_op.create_index("ix_revocation_decision_id", ["decision_id"])
    _give_short_codes()


def _give_short_codes() -> None:
    """Signed credentials of before get the code that follows from their digest, a thousand at a time."""
    connection = op.get_bind()
    credential = sa.table("credential", sa.column("id"), sa.column("digest"), sa.column("short_code"))
    lacking = sa.select(credential.c.id, credential.c.digest).where(
        credential.c.digest.is_not(None), credential.c.short_code.is_(None)
    )
    update = (
        sa.update(credential).where(credential.c.id == sa.bindparam("this")).values(short_code=sa.bindparam("code"))
    )
    while rows := connection.execute(lacking.limit(1000)).all():
        connection.execute(update, [{"this": row.id, "code": short_code(row.digest)} for row in rows])


def downgrade() -> None:
    with op.batch_alter_table("revocation", schema=None) as batch_op:
        batch_op.drop_index("ix_revocation_decision_id")
        batch_op.drop_column("decision_id")
    with op.batch_alter_table("credential", schema=None) as batch_op:
        batch_op.drop_index("ix_credential_short_code")
        batch_op.drop_index("ix_credential_minimal_of")
        batch_op.drop_column("short_code")
        batch_op.drop_column("minimal_of")
