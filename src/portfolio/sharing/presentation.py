"""A share as a file: a ZIP of bundles that verifies without this service (docs/spec/presentation.md)."""

from __future__ import annotations

import io
import zipfile
from datetime import datetime
from typing import Final

import orjson
from sqlmodel import Session

from portfolio.credentials.signing import read_credential
from portfolio.documents.vault import Vault
from portfolio.sharing.gathered import year_of
from portfolio.sharing.models import ShareLink
from portfolio.sharing.showing import credentials_shown
from portfolio.verification.service import bundles_of

README_NAME: Final = "README.txt"
MEDIA_TYPE: Final = "application/zip"


def presentation(session: Session, *, vault: Vault, link: ShareLink, readme: str, now: datetime) -> bytes:
    """Return the file of what a link shows at this moment. Its names tell the kind and the year, never a person."""
    rows = credentials_shown(session, link=link)
    bundles = bundles_of(
        session,
        vault=vault,
        credentials=[credential for _, credential, _, _ in rows],
        organisations={organisation.id: organisation for _, _, organisation, _ in rows},
    )
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        _add(archive, README_NAME, readme.encode("utf-8-sig"), now)  # the mark tells Notepad the encoding
        for number, (_, credential, _, _) in enumerate(rows, start=1):
            bundle = bundles[credential.id]
            year = year_of(read_credential(orjson.loads(bundle)["credential"]).statement)
            _add(archive, f"{number:03}-{credential.kind.replace('_', '-')}-{year}.json", bundle, now)
    return packed.getvalue()


def _add(archive: zipfile.ZipFile, name: str, data: bytes, now: datetime) -> None:
    entry = zipfile.ZipInfo(name, date_time=now.timetuple()[:6])
    entry.compress_type = zipfile.ZIP_DEFLATED
    archive.writestr(entry, data)
