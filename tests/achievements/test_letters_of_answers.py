"""Who asked for a confirmation is told of the answer, and no more than that there is one."""

from __future__ import annotations

from pupils import ask, claimed, pupil_with_consent
from sqlmodel import col, select

from people_world import World
from portfolio.notifications.models import OutgoingMail
from portfolio.notifications.service import message_of


def test_the_holder_is_told_of_the_answer_by_letter(world: World) -> None:
    organisation = world.organisation()
    pupil = pupil_with_consent(world)
    claim_id = claimed(pupil)
    ask(pupil, claim_id, organisation)
    staff = world.staff()
    staff.post(f"/org/school/requests/{claim_id}/decline", {"reason": "Такого диплома мы не давали."})
    with world.portfolio.database.read() as session:
        row = session.exec(select(OutgoingMail).order_by(col(OutgoingMail.created_at).desc())).first()
        assert row is not None
        message = message_of(row, vault=world.portfolio.vault, sender="x@example.ru")
    assert message["to"] == pupil.address
    assert f"/p/{pupil.person_id}/claims/{claim_id}" in message.get_content()
    assert "Такого диплома" not in message.get_content()  # a letter holds no more than it must
