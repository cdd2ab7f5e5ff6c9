"""Status lists that come with a credential: the registry decides, a list that says otherwise is told of, no more."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

import samples
from scenario_table import DAY, scenario
from worlds import Case, World

from portfolio.credentials.facts import Reason, UnknownCode
from portfolio.credentials.statuslists import OwnList, sign_list

HOUR = 3600

# Written out, for what GZIP makes of the same bits differs between its implementations.
CLEAR = "uH4sIAAAAAAACA-3BMQEAAADCoPVPbQwfoAAAAAAAAAAAAAAAAAAAAIC3AYbSVKsAQAAA"
SET = "uH4sIAAAAAAACA-3QMQEAAAwCIKPZP5XfKuyBCCRwqgAAAAAAAAAAAAAAAAAAAODHACvJYzQAQAAA"
ONE_BYTE_MORE = "uH4sIAAAAAAACA-3BMQEAAADCoPVPbQwfoAAAAAAAAAAAAAAAAAAAAIC7AUqdctYBQAAA"


def signed_list(at: int, encoded: str, *, word: str = "status of school", **changes: Any) -> dict[str, Any]:
    """The school's list as of a moment; it is in force for a day."""
    values = {
        "url": samples.STATUS_LIST,
        "issuer_did": samples.SCHOOL_DID,
        "valid_from": samples.instant(at),
        "valid_until": samples.instant(at + DAY),
        "encoded": encoded,
    }
    document: dict[str, Any] = json.loads(sign_list(OwnList(**{**values, **changes}), samples.signer(word)))
    return document


def _with_list(encoded: str, *, age: int = 60, alter: Mapping[str, Any] | None = None, **changes: Any) -> Case:
    """A registered credential with a list signed `age` seconds before it is checked."""
    world = World()
    signed = world.sign()
    receipt = world.register(signed)
    world.pair.wait(2 * DAY)
    status_list = {**signed_list(world.now - age, encoded, **changes), **(alter or {})}
    return world.case(signed, [receipt], status_list=status_list)


def _revoked_with_list(encoded: str, *, after: int) -> Case:
    """A credential revoked, with a list signed `after` seconds later."""
    world = World()
    signed = world.sign()
    receipt = world.register(signed)
    world.pair.wait(DAY)
    revoked_at = world.pair.revoke(world.school, signed.digest, Reason.WITHDRAWN)
    world.pair.wait(3 * HOUR)
    return world.case(signed, [receipt], status_list=signed_list(revoked_at + after, encoded))


@scenario("VALID", warns="")
def status_list_agrees() -> Case:
    """The list that came with the credential does not revoke it either."""
    return _with_list(CLEAR)


@scenario("VALID", 123, revocation="not_revoked", warns="status_list_disagrees")
def status_list_revokes_what_the_registry_does_not() -> Case:
    """The list says revoked, the registry does not: the registry counts, and the reader is told."""
    return _with_list(SET)


@scenario("VALID", 123, warns="status_list_disagrees")
def status_list_in_its_last_second() -> Case:
    """A list is used up to the very second of its validUntil."""
    return _with_list(SET, age=DAY)


@scenario("VALID", 123, warns="")
def status_list_out_of_date() -> Case:
    """One second later it says nothing."""
    return _with_list(SET, age=DAY + 1)


@scenario("VALID", warns="status_list_disagrees")
def status_list_within_tolerance_of_the_clock() -> Case:
    """A list dated five minutes ahead of the verifier's clock is used."""
    return _with_list(SET, age=-300)


@scenario("VALID", warns="")
def status_list_from_the_future() -> Case:
    """One second further ahead it says nothing."""
    return _with_list(SET, age=-301)


@scenario("VALID", warns="")
def status_list_with_a_wrong_signature() -> Case:
    """The list was altered after signing: it says nothing."""
    return _with_list(CLEAR, alter={"credentialSubject": signed_list(0, SET)["credentialSubject"]})


@scenario("VALID", warns="")
def status_list_of_another_issuer() -> Case:
    """The list is another issuer's."""
    return _with_list(SET, issuer_did="did:web:id.example.org:issuers:school-6")


@scenario("VALID", warns="")
def status_list_at_another_address() -> Case:
    """The list is the issuer's, but not the one that the credential names."""
    return _with_list(SET, url=f"{samples.STATUS_LIST}1")


@scenario("VALID", warns="")
def status_list_of_another_length() -> Case:
    """The list holds more than 131,072 places: not our form, so it is not even looked into."""
    return _with_list(ONE_BYTE_MORE)


@scenario("VALID", warns="")
def status_list_that_is_none() -> Case:
    """In place of the list stands something else."""
    return _with_list(CLEAR, alter={"validUntil": 7, "credentialSubject": []})


@scenario("REVOKED", warns="")
def status_list_from_before_the_revocation() -> Case:
    """The list was signed before the credential was revoked, and cannot know of it."""
    return _revoked_with_list(CLEAR, after=-600)


@scenario("REVOKED", 123, warns="")
def status_list_an_hour_behind() -> Case:
    """The list lags behind by an hour, which a slow chain may make it."""
    return _revoked_with_list(CLEAR, after=HOUR)


@scenario("REVOKED", 123, warns="status_list_disagrees")
def status_list_more_than_an_hour_behind() -> Case:
    """Signed later still it should have said so: the credential is revoked, and the reader is told."""
    return _revoked_with_list(CLEAR, after=HOUR + 1)


@scenario("REVOKED", revocation="revoked_withdrawn", warns="")
def status_list_revokes_as_the_registry_does() -> Case:
    """The list and the registry both say revoked."""
    return _revoked_with_list(SET, after=60)


@scenario("CANNOT_CHECK", revocation="revocation_unanswered", warns="pair_unreachable")
def status_list_while_chain_unreachable() -> Case:
    """A list is no substitute for the registry, and nothing is there to hold it against."""
    world = World()
    signed = world.sign()
    receipt = world.register(signed)
    name = world.pair.trusted.name
    status_list = signed_list(world.now - 60, SET)
    return world.case(signed, [receipt], status_list=status_list, unknown={name: UnknownCode.UNREACHABLE})


@scenario("INVALID", signature="signature_wrong", warns="receipt_digest")
def status_list_with_a_forged_credential() -> Case:
    """Nothing is said of a list that came with a forgery."""
    world = World()
    signed = world.sign()
    receipt = world.register(signed)
    case = world.case(signed, [receipt], status_list=signed_list(world.now - 60, SET))
    bundle = json.loads(case.bundle)
    proof = bundle["credential"]["proof"]
    proof["proofValue"] = json.loads(world.sign(word="other").document)["proof"]["proofValue"]
    return world.case(json.dumps(bundle, ensure_ascii=False).encode())
