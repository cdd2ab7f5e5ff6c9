"""Steps of families in tests: letters read, invitations sent and taken up, sessions opened anew after a long time."""

from __future__ import annotations

import re

from sqlmodel import select

from people_world import Someone, World
from portfolio.notifications.models import OutgoingMail
from portfolio.notifications.service import message_of
from portfolio.people.models import Account
from portfolio.people.sign_ins import open_sign_in


def letters(world: World, letter: str) -> list[str]:
    """The text of every letter of a kind that waits to be sent, the oldest first."""
    with world.portfolio.database.read() as session:
        rows = session.exec(select(OutgoingMail).where(OutgoingMail.letter == letter).order_by(OutgoingMail.created_at))
        return [
            message_of(row, vault=world.portfolio.vault, sender="portfolio@example.ru").get_content() for row in rows
        ]


def invited(world: World, child: Someone, address: str = "mother@example.ru") -> str:
    """Invite somebody; return the path of the link in the letter."""
    answer = child.post(f"/p/{child.person_id}/guardians", {"address": address})
    assert answer.status_code == 303
    found = re.findall(r"/guardian/[\w-]{40,}", letters(world, "guardian_invitation")[-1])
    return found[0]


def accepted(world: World, child: Someone, guardian: Someone) -> str:
    """Invite and accept; return the path of the page where the proof is given."""
    answer = guardian.post(invited(world, child), {"is_guardian": "yes"})
    assert answer.status_code == 303
    return answer.headers["location"].partition("?")[0]


def shown_code(child: Someone, proof_path: str) -> str:
    row = proof_path.rpartition("/")[2]
    page = child.post(f"/p/{child.person_id}/guardians/{row}/code")
    assert page.status_code == 200
    return re.findall(r"<code>(\w{4}-\w{4})</code>", page.text)[0]


def sign_in_again(world: World, *people: Someone) -> None:
    """Open a new session: the old one ended while the clock was moved."""
    for someone in people:
        with world.portfolio.database.write() as session:
            account = session.get_one(Account, someone.account.id)
            token = open_sign_in(session, account=account, device="Test", strong=False, clock=world.clock)
        someone.client.cookies.clear()
        someone.client.cookies.set("session", token)
