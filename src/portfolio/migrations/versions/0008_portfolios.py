"""Portfolios: claims, badges from elsewhere, links, grants.

Revision ID: 0008
Revises: 0007
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "accessgrant",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("person_id", sa.String(), nullable=False),
        sa.Column("organisation_id", sa.String(), nullable=False),
        sa.Column("purpose", sa.String(length=40), nullable=False),
        sa.Column("granted_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("granted_by", sa.String(), nullable=False),
        sa.Column("until", sa.DateTime(timezone=True), nullable=False),
        sa.Column("withdrawn_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("withdrawn_by", sa.String(), nullable=True),
        sa.ForeignKeyConstraint(
            ["organisation_id"],
            ["organisation.id"],
        ),
        sa.ForeignKeyConstraint(
            ["person_id"],
            ["person.id"],
        ),
        sa.PrimaryKeyConstraint("id"),
    )
    with op.batch_alter_table("accessgrant", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_accessgrant_organisation_id"), ["organisation_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_accessgrant_person_id"), ["person_id"], unique=False)
        batch_op.create_index(
            "ix_accessgrant_standing",
            ["person_id", "organisation_id"],
            unique=True,
            sqlite_where=sa.text("withdrawn_at IS NULL"),
            postgresql_where=sa.text("withdrawn_at IS NULL"),
        )

    op.create_table(
        "importedbadge",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("person_id", sa.String(), nullable=False),
        sa.Column("sealed_file", sa.LargeBinary(), nullable=False),
        sa.Column("sealed_report", sa.LargeBinary(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("checked_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["person_id"],
            ["person.id"],
        ),
        sa.PrimaryKeyConstraint("id"),
    )
    with op.batch_alter_table("importedbadge", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_importedbadge_person_id"), ["person_id"], unique=False)

    op.create_table(
        "portfolioitem",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("person_id", sa.String(), nullable=False),
        sa.Column("thing_id", sa.String(), nullable=False),
        sa.Column("hidden", sa.Boolean(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("sealed_words", sa.LargeBinary(), nullable=True),
        sa.ForeignKeyConstraint(
            ["person_id"],
            ["person.id"],
        ),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("person_id", "thing_id"),
    )
    with op.batch_alter_table("portfolioitem", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_portfolioitem_person_id"), ["person_id"], unique=False)

    op.create_table(
        "publicpage",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("person_id", sa.String(), nullable=False),
        sa.Column("code_hash", sa.LargeBinary(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("created_by", sa.String(), nullable=False),
        sa.Column("looks", sa.Integer(), nullable=False),
        sa.Column("down_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["person_id"],
            ["person.id"],
        ),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("code_hash"),
    )
    with op.batch_alter_table("publicpage", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_publicpage_person_id"), ["person_id"], unique=False)
        batch_op.create_index(
            "ix_publicpage_standing",
            ["person_id"],
            unique=True,
            sqlite_where=sa.text("down_at IS NULL"),
            postgresql_where=sa.text("down_at IS NULL"),
        )

    op.create_table(
        "sharelink",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("person_id", sa.String(), nullable=False),
        sa.Column("token_hash", sa.LargeBinary(), nullable=False),
        sa.Column("sealed_label", sa.LargeBinary(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("created_by", sa.String(), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("password_hash", sa.String(length=200), nullable=True),
        sa.Column("max_views", sa.Integer(), nullable=True),
        sa.Column("views", sa.Integer(), nullable=False),
        sa.Column("killed_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["person_id"],
            ["person.id"],
        ),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("token_hash"),
    )
    with op.batch_alter_table("sharelink", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_sharelink_person_id"), ["person_id"], unique=False)

    op.create_table(
        "claim",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("person_id", sa.String(), nullable=False),
        sa.Column("document_id", sa.String(), nullable=False),
        sa.Column("sealed_fields", sa.LargeBinary(), nullable=False),
        sa.Column("digest", sa.LargeBinary(), nullable=False),
        sa.Column("state", sa.String(length=40), nullable=False),
        sa.Column("wish", sa.String(length=40), nullable=True),
        sa.Column("organisation_id", sa.String(), nullable=True),
        sa.Column("credential_id", sa.String(), nullable=True),
        sa.Column("sealed_reason", sa.LargeBinary(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("asked_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("reminded_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("decided_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("invited_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["document_id"],
            ["document.id"],
        ),
        sa.ForeignKeyConstraint(
            ["organisation_id"],
            ["organisation.id"],
        ),
        sa.ForeignKeyConstraint(
            ["person_id"],
            ["person.id"],
        ),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("digest"),
    )
    with op.batch_alter_table("claim", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_claim_credential_id"), ["credential_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_claim_organisation_id"), ["organisation_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_claim_person_id"), ["person_id"], unique=False)

    op.create_table(
        "claimcode",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("organisation_id", sa.String(), nullable=False),
        sa.Column("credential_id", sa.String(), nullable=False),
        sa.Column("code_hash", sa.LargeBinary(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("used_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["credential_id"],
            ["credential.id"],
        ),
        sa.ForeignKeyConstraint(
            ["organisation_id"],
            ["organisation.id"],
        ),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("code_hash"),
    )
    with op.batch_alter_table("claimcode", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_claimcode_credential_id"), ["credential_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_claimcode_organisation_id"), ["organisation_id"], unique=False)

    op.create_table(
        "dispute",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("organisation_id", sa.String(), nullable=False),
        sa.Column("credential_id", sa.String(), nullable=False),
        sa.Column("holder_id", sa.String(), nullable=False),
        sa.Column("owner_id", sa.String(), nullable=False),
        sa.Column("claimant_id", sa.String(), nullable=False),
        sa.Column("winner_id", sa.String(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("decided_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("warned_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("escalated_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["credential_id"],
            ["credential.id"],
        ),
        sa.ForeignKeyConstraint(
            ["holder_id"],
            ["person.id"],
        ),
        sa.ForeignKeyConstraint(
            ["organisation_id"],
            ["organisation.id"],
        ),
        sa.PrimaryKeyConstraint("id"),
    )
    with op.batch_alter_table("dispute", schema=None) as batch_op:
        batch_op.create_index(
            "ix_dispute_open",
            ["holder_id", "claimant_id"],
            unique=True,
            sqlite_where=sa.text("decided_at IS NULL"),
            postgresql_where=sa.text("decided_at IS NULL"),
        )
        batch_op.create_index(batch_op.f("ix_dispute_organisation_id"), ["organisation_id"], unique=False)

    op.create_table(
        "objection",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("organisation_id", sa.String(), nullable=False),
        sa.Column("credential_id", sa.String(), nullable=False),
        sa.Column("person_id", sa.String(), nullable=False),
        sa.Column("kind", sa.String(length=40), nullable=False),
        sa.Column("sealed_words", sa.LargeBinary(), nullable=False),
        sa.Column("sealed_answer", sa.LargeBinary(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("answered_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("warned_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("escalated_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["credential_id"],
            ["credential.id"],
        ),
        sa.ForeignKeyConstraint(
            ["organisation_id"],
            ["organisation.id"],
        ),
        sa.ForeignKeyConstraint(
            ["person_id"],
            ["person.id"],
        ),
        sa.PrimaryKeyConstraint("id"),
    )
    with op.batch_alter_table("objection", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_objection_credential_id"), ["credential_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_objection_organisation_id"), ["organisation_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_objection_person_id"), ["person_id"], unique=False)

    op.create_table(
        "shareitem",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("link_id", sa.String(), nullable=False),
        sa.Column("credential_id", sa.String(), nullable=False),
        sa.Column("form", sa.String(length=40), nullable=False),
        sa.Column("place", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["link_id"],
            ["sharelink.id"],
        ),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("link_id", "credential_id"),
    )
    with op.batch_alter_table("shareitem", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_shareitem_credential_id"), ["credential_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_shareitem_link_id"), ["link_id"], unique=False)

    op.create_table(
        "shareview",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("link_id", sa.String(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["link_id"],
            ["sharelink.id"],
        ),
        sa.PrimaryKeyConstraint("id"),
    )
    with op.batch_alter_table("shareview", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_shareview_link_id"), ["link_id"], unique=False)

    op.create_table(
        "publicselection",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("page_id", sa.String(), nullable=False),
        sa.Column("capacity", sa.String(length=40), nullable=False),
        sa.Column("account_id", sa.String(), nullable=False),
        sa.Column("consent_id", sa.String(), nullable=False),
        sa.Column("selection", sa.JSON(), nullable=False),
        sa.Column("sealed_words", sa.LargeBinary(), nullable=True),
        sa.Column("chosen_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["account_id"],
            ["account.id"],
        ),
        sa.ForeignKeyConstraint(
            ["consent_id"],
            ["consent.id"],
        ),
        sa.ForeignKeyConstraint(
            ["page_id"],
            ["publicpage.id"],
        ),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("page_id", "capacity"),
    )
    with op.batch_alter_table("publicselection", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_publicselection_account_id"), ["account_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_publicselection_page_id"), ["page_id"], unique=False)


def downgrade() -> None:
    with op.batch_alter_table("publicselection", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_publicselection_page_id"))
        batch_op.drop_index(batch_op.f("ix_publicselection_account_id"))

    op.drop_table("publicselection")
    with op.batch_alter_table("shareview", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_shareview_link_id"))

    op.drop_table("shareview")
    with op.batch_alter_table("shareitem", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_shareitem_link_id"))
        batch_op.drop_index(batch_op.f("ix_shareitem_credential_id"))

    op.drop_table("shareitem")
    with op.batch_alter_table("objection", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_objection_person_id"))
        batch_op.drop_index(batch_op.f("ix_objection_organisation_id"))
        batch_op.drop_index(batch_op.f("ix_objection_credential_id"))

    op.drop_table("objection")
    with op.batch_alter_table("dispute", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_dispute_organisation_id"))
        batch_op.drop_index(
            "ix_dispute_open",
            sqlite_where=sa.text("decided_at IS NULL"),
            postgresql_where=sa.text("decided_at IS NULL"),
        )

    op.drop_table("dispute")
    with op.batch_alter_table("claimcode", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_claimcode_organisation_id"))
        batch_op.drop_index(batch_op.f("ix_claimcode_credential_id"))

    op.drop_table("claimcode")
    with op.batch_alter_table("claim", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_claim_person_id"))
        batch_op.drop_index(batch_op.f("ix_claim_organisation_id"))
        batch_op.drop_index(batch_op.f("ix_claim_credential_id"))

    op.drop_table("claim")
    with op.batch_alter_table("sharelink", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_sharelink_person_id"))

    op.drop_table("sharelink")
    with op.batch_alter_table("publicpage", schema=None) as batch_op:
        batch_op.drop_index(
            "ix_publicpage_standing",
            sqlite_where=sa.text("down_at IS NULL"),
            postgresql_where=sa.text("down_at IS NULL"),
        )
        batch_op.drop_index(batch_op.f("ix_publicpage_person_id"))

    op.drop_table("publicpage")
    with op.batch_alter_table("portfolioitem", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_portfolioitem_person_id"))

    op.drop_table("portfolioitem")
    with op.batch_alter_table("importedbadge", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_importedbadge_person_id"))

    op.drop_table("importedbadge")
    with op.batch_alter_table("accessgrant", schema=None) as batch_op:
        batch_op.drop_index(
            "ix_accessgrant_standing",
            sqlite_where=sa.text("withdrawn_at IS NULL"),
            postgresql_where=sa.text("withdrawn_at IS NULL"),
        )
        batch_op.drop_index(batch_op.f("ix_accessgrant_person_id"))
        batch_op.drop_index(batch_op.f("ix_accessgrant_organisation_id"))

    op.drop_table("accessgrant")
