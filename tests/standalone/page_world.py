"""An issuer with a key on a real chain, credentials of it, and short ways to act on the page."""

from __future__ import annotations

import io
import json
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from functools import cached_property
from pathlib import Path
from typing import Any

import pikepdf
from credential_examples import EXAMPLES, SIGNER, SeedSigner
from playwright.sync_api import Page, expect
from tiny_keccak import keccak256

from chain_world import ALL_KINDS, World
from portfolio.anchoring.leaf import TAG_CREDENTIAL
from portfolio.chain.calls import Purpose
from portfolio.chain.local import LocalChain
from portfolio.credentials.bundles import bundle_json
from portfolio.credentials.facts import Custody, Reason, TrustedPair, TrustRoots
from portfolio.credentials.signing import Signed, issue
from portfolio.credentials.statement import Statement
from portfolio.verification.standalone.page import verifier_file
from watching import Watched

ISSUER_NAME = "МБОУ «Лицей № 7»"


class PageWorld:
    """One admitted issuer; every credential is signed by `SIGNER` and anchored alone or not at all."""

    def __init__(self, chain: LocalChain, folder: Path) -> None:
        self.chain = chain
        self.world = World(chain.rpc_url, folder / "deployment.json")
        self.admit(EXAMPLES["olympiad_award"].issuer_did, SIGNER)

    def admit(self, did: str, signer: SeedSigner) -> None:
        world = self.world
        self.issuer_id = keccak256(did.encode())
        world.send(world.registrar, world.calls.admit(did, world.controller.address, ISSUER_NAME, ALL_KINDS))
        key = world.calls.add_key(self.issuer_id, signer.public_key, Purpose.CREDENTIAL, Custody.OWN)
        world.send(world.controller, key)

    @cached_property
    def now(self) -> datetime:
        return datetime.now(UTC).replace(microsecond=0)

    def statement(self, example: str = "olympiad_award", **changes: Any) -> Statement:
        """An example as of today, with an id of its own."""
        number = len(self.__dict__.setdefault("_ids", []))
        self.__dict__["_ids"].append(number)
        base = EXAMPLES[example]
        days = {field: self.now.date().isoformat() for field in ("award_date",) if field in base.fields}
        fields = {**base.fields, **days, **changes.pop("fields", {})}
        identity = f"urn:uuid:{number:08x}-{base.id[-27:]}"
        values = {"id": identity, "valid_from": _instant(self.now), "valid_until": None, "fields": fields, **changes}
        return replace(base, **values)

    def sign(self, **changes: Any) -> Signed:
        return issue(self.statement(**changes), SIGNER)

    def bundle(self, signed: Signed | None = None, *, anchored: bool = True, **changes: Any) -> bytes:
        signed = signed or self.sign(**changes)
        receipts = []
        if anchored:
            tree, mined = self.world.anchor([signed.digest, keccak256(signed.digest)])
            receipt = self.world.receipt(signed.digest, tree, mined)
            receipts.append(replace(receipt, tag="0x" + TAG_CREDENTIAL.hex()))
        composed = bundle_json(credential=json.loads(signed.document), receipts=receipts)
        return json.dumps(composed, ensure_ascii=False).encode()

    def expired(self) -> bytes:
        signed_on, until = self.now - timedelta(days=9), self.now - timedelta(days=1)
        did = EXAMPLES["olympiad_award"].issuer_did
        return self.bundle(example="cpd_certificate", issuer_did=did, valid_from=_instant(signed_on), **_until(until))

    def revoke(self, signed: Signed, reason: Reason = Reason.ISSUED_IN_ERROR) -> None:
        call = self.world.calls.revoke(self.issuer_id, [signed.digest], reason)
        self.world.send(self.world.controller, call)

    def pair(self, *urls: str, **changes: Any) -> TrustedPair:
        return self.world.pair(rpc_urls=urls or (self.chain.rpc_url,), **changes)

    def trust(self, *urls: str, **changes: Any) -> TrustRoots:
        return TrustRoots((self.pair(*urls, **changes),))


def _until(moment: datetime) -> dict[str, str]:
    return {"valid_until": _instant(moment)}


def _instant(moment: datetime) -> str:
    return moment.strftime("%Y-%m-%dT%H:%M:%SZ")


def pdf_with(*attachments: tuple[str, bytes], **options: Any) -> bytes:
    """A one-page PDF written by pikepdf with files inside; `options` are those of its `save`."""
    with pikepdf.new() as pdf:
        pdf.add_blank_page()
        for name, content in attachments:
            spec = pikepdf.AttachedFileSpec(pdf, content, filename=name, mime_type="application/json")
            pdf.attachments[name] = spec
        written = io.BytesIO()
        pdf.save(written, **options)
    return written.getvalue()


@dataclass(frozen=True)
class Dropped:
    name: str
    content: bytes
    type: str = "application/octet-stream"


_DROP = """(files) => {
  const transfer = new DataTransfer();
  for (const { name, type, base64 } of files) {
    const bytes = Uint8Array.from(atob(base64), (sign) => sign.charCodeAt(0));
    transfer.items.add(new File([bytes], name, { type }));
  }
  document.body.dispatchEvent(new DragEvent("drop", { dataTransfer: transfer, bubbles: true, cancelable: true }));
}"""


class VerifierPage:
    """The open page."""

    def __init__(self, watched: Watched) -> None:
        self.watched = watched
        self.page: Page = watched.page

    @classmethod
    def open(cls, watched: Watched, folder: Path, *, trust: TrustRoots | None, hosts: Sequence[str]) -> VerifierPage:
        path = folder / "verifier.html"
        path.write_bytes(verifier_file(trust=trust or TrustRoots(), hosts=hosts))
        watched.page.goto(path.as_uri())
        return cls(watched)

    def drop(self, *contents: bytes | Dropped) -> VerifierPage:
        """Drop files as a person does and wait until all are judged."""
        from base64 import b64encode

        files = [one if isinstance(one, Dropped) else Dropped("bundle.json", one) for one in contents]
        told = [{"name": one.name, "type": one.type, "base64": b64encode(one.content).decode()} for one in files]
        self.page.evaluate(_DROP, told)
        return self.settled()

    def settled(self) -> VerifierPage:
        expect(self.page.locator("#status.busy")).to_have_count(0, timeout=30_000)
        return self

    @property
    def verdict(self) -> str:
        (only,) = self.verdicts
        return only

    @property
    def verdicts(self) -> list[str]:
        return [str(one.get_attribute("data-verdict")) for one in self.page.locator("article.result").all()]

    def outcomes(self) -> dict[str, str]:
        lines = self.page.locator("li.check[data-check]").all()
        return {str(line.get_attribute("data-check")): str(line.get_attribute("data-outcome")) for line in lines}

    def nodes(self) -> list[str]:
        return [str(line.get_attribute("data-node")) for line in self.page.locator("li.node").all()]

    @property
    def text(self) -> str:
        return self.page.locator("body").inner_text()
