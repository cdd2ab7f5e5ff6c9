"""Signed status lists, and where in them a revoked credential stands.

Revision ID: 0002
Revises: 0001
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

UNLISTED = sa.text("revoked_at IS NOT NULL AND list_id IS NULL")


def upgrade() -> None:
    op.create_table(
        "publishedlist",
        sa.Column("list_id", sa.String(), nullable=False),
        sa.Column("organisation_id", sa.String(), nullable=False),
        sa.Column("url", sa.String(length=400), nullable=False),
        sa.Column("document", sa.LargeBinary(), nullable=True),
        sa.Column("public_key", sa.LargeBinary(), nullable=True),
        sa.Column("signed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("valid_until", sa.DateTime(timezone=True), nullable=True),
        sa.Column("renew_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("outdated", sa.Boolean(), nullable=False),
        sa.ForeignKeyConstraint(["list_id"], ["statuslist.id"]),
        sa.ForeignKeyConstraint(["organisation_id"], ["organisation.id"]),
        sa.PrimaryKeyConstraint("list_id"),
        sa.UniqueConstraint("url"),
    )
    op.create_index("ix_publishedlist_organisation_id", "publishedlist", ["organisation_id"])
    op.create_index("ix_publishedlist_renew_at", "publishedlist", ["renew_at"])
    with op.batch_alter_table("credential", schema=None) as batch_op:
        batch_op.add_column(sa.Column("status_list", sa.Integer(), nullable=True))
        batch_op.add_column(sa.Column("status_index", sa.Integer(), nullable=True))
    with op.batch_alter_table("revocation", schema=None) as batch_op:
        batch_op.add_column(sa.Column("list_id", sa.String(), nullable=True))
        batch_op.add_column(sa.Column("place", sa.Integer(), nullable=True))
        batch_op.create_index("ix_revocation_list_id", ["list_id"])
        batch_op.create_index("ix_revocation_unlisted", ["id"], sqlite_where=UNLISTED, postgresql_where=UNLISTED)
    _publish_lists_made_before()


def _publish_lists_made_before() -> None:
    """Every list gets its row; the worker signs it and enters the revocations that are final already."""
    op.execute(
        sa.text(
            "INSERT INTO publishedlist (list_id, organisation_id, url, renew_at, outdated) "
            "SELECT l.id, l.organisation_id, "
            "'https://' || replace(replace(substr(o.did, 9), ':', '/'), '%3A', ':') || '/status/' || l.number, "
            "'1970-01-01 00:00:00', :due "
            "FROM statuslist l JOIN organisation o ON o.id = l.organisation_id"
        ).bindparams(due=True)
    )


def downgrade() -> None:
    with op.batch_alter_table("revocation", schema=None) as batch_op:
        batch_op.drop_index("ix_revocation_unlisted", sqlite_where=UNLISTED, postgresql_where=UNLISTED)
        batch_op.drop_index("ix_revocation_list_id")
        batch_op.drop_column("place")
        batch_op.drop_column("list_id")
    with op.batch_alter_table("credential", schema=None) as batch_op:
        batch_op.drop_column("status_index")
        batch_op.drop_column("status_list")
    op.drop_index("ix_publishedlist_renew_at", table_name="publishedlist")
    op.drop_index("ix_publishedlist_organisation_id", table_name="publishedlist")
    op.drop_table("publishedlist")
