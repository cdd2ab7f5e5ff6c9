"""What a stranger sees of a selection: words in plain text, and documents to be judged, without what was not chosen."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from sqlmodel import Session

from portfolio.documents.vault import Vault
from portfolio.organisations.models import Organisation
from portfolio.people.models import Person
from portfolio.people.service import profile_in
from portfolio.sharing.gathered import Gathered
from portfolio.sharing.public.selections import NameShown, Selection, name_as
from portfolio.sharing.showing import Exhibit, exhibits_in_form
from portfolio.verification.page import ResultView


@dataclass(frozen=True, slots=True)
class Sight:
    """What is seen; a field that was not chosen is blank. `exhibits` are in the order of the portfolio."""

    name: str
    signed_names: bool
    school: str
    birth_year: str
    words: str
    indexed: bool
    exhibits: tuple[Exhibit, ...]

    @property
    def is_blank(self) -> bool:
        """Whether nothing of what was chosen is there (any more)."""
        return not (self.name or self.school or self.birth_year or self.words or self.exhibits)

    def veiled(self, view: ResultView) -> ResultView:
        """Return a check with the holder's name as it is shown here: as signed, in short, or not at all.

        Without the whole name there is no code and no digest either: with one of them a family name could be tried out.
        """
        if view.paper is None or self.signed_names:
            return view
        return replace(view, technical=(), paper=replace(view.paper, holder=self.name, code=None))


def sight_of(
    session: Session,
    *,
    vault: Vault,
    person: Person,
    selection: Selection,
    gathered: Sequence[Gathered],
    schools: Sequence[Organisation],
) -> Sight:
    """Return what a stranger sees, in one query.

    `gathered` and `schools` are the person's of this moment: what is no longer among them is not shown.
    """
    profile = profile_in(person, vault=vault)
    chosen = [(item, selection.documents[item.full.id]) for item in gathered if item.full.id in selection.documents]
    return Sight(
        name=name_as(profile.name, selection.name),
        signed_names=selection.name is NameShown.FULL,
        school=next((school.name for school in schools if school.id == selection.school), ""),
        birth_year=(profile.birth_date or "")[:4] if selection.birth_year else "",
        words=selection.words,
        indexed=selection.indexed,
        exhibits=tuple(exhibits_in_form(session, vault=vault, chosen=chosen)),
    )
