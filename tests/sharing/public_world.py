"""Short ways to act on public pages in tests: somebody of an age with whoever decides, a choice by the form."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

from fastapi.testclient import TestClient
from sharing_world import award, consent
from sqlmodel import col, select

from people_world import Someone, World
from portfolio.people.consent import Age, Capacity, Purpose, deciders
from portfolio.sharing.public.models import PublicPage
from portfolio.sharing.public.service import code_of

NAME: Final = "Канарейкина Злата Птицевна"
BIRTH_DATES: Final = {
    Age.CHILD: "2015-07-23",
    Age.MINOR: "2011-07-23",
    Age.ADULT: "2001-07-23",
    Age.UNKNOWN: None,
}


@dataclass(slots=True)
class Family:
    """A person of some age, those who may decide by capacity, the awards `base` and `award`, and a stranger."""

    world: World
    age: Age
    person: Someone
    guardian: Someone | None
    base: str
    award: str
    visitor: TestClient

    @property
    def path(self) -> str:
        return f"/p/{self.person.person_id}/public"

    @property
    def deciders(self) -> list[Capacity]:
        return sorted(deciders(self.age))

    def who(self, capacity: Capacity) -> Someone:
        found = self.person if capacity is Capacity.SELF else self.guardian
        assert found is not None
        return found

    def agree(self, *capacities: Capacity) -> None:
        for capacity in capacities:
            someone = self.who(capacity)
            of = None if capacity is Capacity.SELF else self.person
            consent(self.world, someone, of, purpose=Purpose.PUBLISH)

    def choose(self, capacity: Capacity, *, act: str = "save", **form: Any) -> Any:
        return self.who(capacity).post(self.path, {"act": act, **form})

    def publish(self, **form: Any) -> str:
        """Let everybody who decides agree and choose the same; returns the path of the page."""
        self.agree(*self.deciders)
        for capacity in self.deciders:
            assert self.choose(capacity, **(form or {"name": "full"})).status_code == 303
        return self.address()

    def address(self) -> str:
        """The path of the page that stands, seen or not."""
        with self.world.portfolio.database.read() as session:
            page = session.exec(select(PublicPage).where(col(PublicPage.down_at).is_(None))).one()
            return f"/u/{code_of(self.world.portfolio.vault, page)}"


def family(world: World, age: Age) -> Family:
    """Make somebody of an age, with a school that knows him and two awards of an organiser."""
    world.organisation("organiser", name="Организатор")
    world.organisation("yard", name="Школа «Канареечный двор»")
    person = world.someone(NAME, birth_date=BIRTH_DATES[age])
    guardian = None if age is Age.ADULT else world.guardian_of(person, "Иванова Мария Ивановна")
    award(world, person, slug="yard", title="Не выбранная", name=NAME)
    base = award(world, person, slug="organiser", title="Основа", name=NAME, grade="11Ж", score="64")
    other = award(world, person, slug="organiser", title="Жёлтое перо", name=NAME, grade="10К", score="87")
    return Family(world, age, person, guardian, base, other, world.visitor())
