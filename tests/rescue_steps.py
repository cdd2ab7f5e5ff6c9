"""Steps of whoever lost telephone and codes, in tests: set up, asked for, vouched for, carried out."""

from __future__ import annotations

import re
from typing import Any

import pyotp
from sqlmodel import col, select

from people_world import Someone, World
from portfolio.notifications.models import OutgoingMail
from portfolio.notifications.service import message_of
from portfolio.people.models import Account, AuditRecord, Passkey, Rescue
from portfolio.people.rescue.service import carry_out_due
from portfolio.people.second_factors import new_recovery_codes, new_totp_secret, set_totp

REASON = {"reason": "Был в приёмной 20 ноября, паспорт видели"}


def letters(world: World, letter: str = "") -> list[tuple[str, str]]:
    """To whom each letter went, and what it says; the oldest first."""
    with world.portfolio.database.read() as session:
        rows = session.exec(select(OutgoingMail).order_by(col(OutgoingMail.created_at))).all()
    made = [
        message_of(row, vault=world.portfolio.vault, sender="portfolio@example.ru")
        for row in rows
        if letter in {"", row.letter}
    ]
    return [(message["to"], message.get_content()) for message in made]


def acts(world: World) -> list[str]:
    with world.portfolio.database.read() as session:
        return [act for act in session.exec(select(AuditRecord.act)) if act.startswith("rescue.")]


def secured(world: World, who: Someone) -> str:
    """Give somebody codes of a telephone, a passkey and codes on paper; return the telephone's secret."""
    secret = new_totp_secret()
    with world.portfolio.database.write() as session:
        account = session.get_one(Account, who.account.id)
        code = pyotp.TOTP(secret).at(int(world.clock().timestamp()))
        assert set_totp(
            session, vault=world.portfolio.vault, account=account, secret=secret, code=code, clock=world.clock
        )
        new_recovery_codes(session, account=account)
        session.add(
            Passkey(
                account_id=account.id,
                credential_id=account.id.encode(),
                public_key=b"2",
                label="Телефон",
                created_at=world.clock(),
            )
        )
    return secret


def asked(world: World, who: Someone) -> str:
    """Ask by the letter's link, as whoever reads the mail does; return the number."""
    visitor = world.visitor()
    assert visitor.post("/rescue", data={"address": who.address}).status_code == 200
    link = re.findall(r"/rescue/[\w-]{40,}", letters(world, "lost_factors")[-1][1])[0]
    assert visitor.get(link).status_code == 200
    answer = visitor.post(link)
    assert answer.status_code == 200, answer.text
    assert visitor.post(link).status_code == 410, "the link is used up"
    return str(re.findall(r"<code>([0-9a-f]{8}-[0-9a-f]{4})</code>", answer.text)[0])


def found(who: Someone, number: str, base: str = "/registrar/rescues") -> str:
    answer = who.post(base, {"number": number})
    assert answer.status_code == 303, answer.text
    return str(answer.headers["location"])


def vouch(who: Someone, number: str, base: str = "/registrar/rescues") -> Any:
    return who.post(f"{found(who, number, base)}/vouch", REASON)


def carried_out(world: World) -> int:
    here = world.portfolio
    return carry_out_due(here.database, vault=here.vault, public_url="http://testserver", clock=world.clock)


def stop_link(world: World, letter: str = "rescue_granted") -> str:
    return str(re.findall(r"/rescue/[\w-]{36}/stop/\w+", letters(world, letter)[-1][1])[0])


def rescue(world: World) -> Rescue:
    with world.portfolio.database.read() as session:
        return session.exec(select(Rescue)).one()


def rescues(world: World) -> list[Rescue]:
    with world.portfolio.database.read() as session:
        return list(session.exec(select(Rescue)))
