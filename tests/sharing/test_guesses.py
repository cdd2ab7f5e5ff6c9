"""Random secrets at the doors that a secret opens: none fits, and the store has nothing that would help to guess."""

from __future__ import annotations

import secrets

import pytest
from sharing_world import award, consent, share

from campaign import GUESSES
from people_world import World
from portfolio.errors import NotFoundError
from portfolio.sharing.openings import live_link


@pytest.mark.fault(107)
def test_no_guess_opens_a_link(world: World) -> None:
    world.organisation()
    anna = world.someone("Сидорова Анна Олеговна")
    consent(world, anna)
    shown = f"full:{award(world, anna)}"
    tokens = [share(anna, shown).token for _ in range(10)]
    assert [opens(world, token) for token in tokens] == [True] * len(tokens)
    assert sum(opens(world, secrets.token_urlsafe(24)) for _ in range(GUESSES)) == 0
    near = [token[:-1] for token in tokens] + [token + "A" for token in tokens] + [token.swapcase() for token in tokens]
    assert not any(opens(world, token) for token in near)


def opens(world: World, token: str) -> bool:
    with world.portfolio.database.read() as session:
        try:
            live_link(session, vault=world.portfolio.vault, token=token, proof=None, now=world.clock())
        except NotFoundError:
            return False
    return True
