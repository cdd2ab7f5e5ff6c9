"""What a share says of a person, field by field, for every kind and form; and that a visit leaves no trace."""

from __future__ import annotations

import logging
import re
from typing import Any

import pytest
from sharing_world import award, consent, opened, share
from watching_shares import watched_visit

from people_world import World
from portfolio.credentials.kinds import ISSUED_KINDS, Field, FieldType
from portfolio.credentials.kinds.minimal_forms import AWARD_YEAR
from portfolio.credentials.values import FieldValue

EXAMPLES: dict[FieldType, FieldValue] = {
    FieldType.INTEGER: 36,
    FieldType.DECIMAL: "36",
    FieldType.DATE: "2026-03-15",
    FieldType.YEAR: "2026",
    FieldType.MARKS: (("алгебра", "5"), ("физика", "4")),
}


def value_of(field: Field) -> FieldValue:
    if field.type is FieldType.CHOICE:
        return field.choices[0].code
    if field.type is FieldType.TEXT:
        return f"М{field.name}"[: field.max_length]
    return EXAMPLES[field.type]


def labels_on(page: str) -> set[str]:
    captions = re.findall(r"<caption>(.*?)</caption>", page)
    return {label.strip() for label in [*re.findall(r"<dt>(.*?)</dt>", page), *captions]}


@pytest.mark.fault(111)
@pytest.mark.parametrize("kind", sorted(ISSUED_KINDS))
@pytest.mark.parametrize("form", ["full", "minimal"])
def test_a_share_says_the_fields_of_its_form_and_no_other(world: World, kind: str, form: str) -> None:
    world.organisation()
    someone = world.someone("Сидорова Анна Олеговна", birth_date="1991-07-23")
    consent(world, someone)
    declared = ISSUED_KINDS[kind]
    values = {field.name: value_of(field) for field in declared.fields}
    made = share(someone, f"{form}:{award(world, someone, kind=kind, **values)}")
    client = opened(world, made)
    kept = {field.en for field in declared.fields if form == "full" or field.name in declared.minimal}
    year = {"Year"} if form == "minimal" else set()
    assert AWARD_YEAR
    page = client.get(made.path).text
    assert labels_on(page) == kept | year | {"Holder", "Issued by"}
    for text in (page, client.get(made.path + "/1").text):
        for field in declared.fields:
            if field.en not in kept and field.type is FieldType.TEXT:
                assert str(values[field.name]) not in text, field.name
        assert ("March 2026" in text) == (form == "full")
        for never in ("1991", "example.ru", someone.account.id, someone.person_id):
            assert never not in text


@pytest.mark.fault(104)
@pytest.mark.browser
def test_a_visit_asks_nobody_else_and_leaves_the_token_in_no_log(
    world: World,
    browser: Any,
    caplog: pytest.LogCaptureFixture,
    capfd: pytest.CaptureFixture[str],
) -> None:
    world.organisation()
    someone = world.someone()
    consent(world, someone)
    made = share(someone, f"full:{award(world, someone)}")
    with caplog.at_level(logging.DEBUG):
        visit = watched_visit(world, browser, made.path)
    assert visit.hosts == {visit.host}
    assert visit.complaints == []
    assert visit.referrers <= {visit.host}
    assert "Сидорова" in visit.text
    logged = "\n".join(
        record.getMessage() for record in caplog.records if not record.name.startswith(("httpx", "asyncio"))
    )
    assert made.token not in logged
    output = capfd.readouterr()
    assert made.token not in output.out + output.err
