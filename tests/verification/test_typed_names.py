"""Family names as people type them."""

from __future__ import annotations

import pytest

from portfolio.verification.names import is_named


@pytest.mark.parametrize(
    ("holder", "typed"),
    [
        ("Иванов Иван Иванович", "иванов"),
        ("Иванов Иван Иванович", "Иванов, Иван"),
        ("Иванов Иван Иванович", "  ИВАНОВ   ИВАН ИВАНОВИЧ "),
        ("Королёва Анна", "Королева"),
        ("Салтыков-Щедрин Михаил", "Салтыков‑Щедрин"),
        ("Салтыков-Щедрин Михаил", "Щедрин"),
        ("Д'Арк Жанна", "Д’Арк"),
        ("О’Коннор Анна", "ОКоннор"),
        ("Ғабдуллина Әлфия", "Габдуллина"),
        ("Мөхәммәтйәнова Һылыу", "Мохамматйанова Хылыу"),
        ("Ӏумаров Дауд", "Умаров"),
        ("О Чжан", "О"),
    ],
)
def test_what_is_on_the_paper_is_recognised(holder: str, typed: str) -> None:
    assert is_named(holder, typed)


@pytest.mark.parametrize("typed", ["", " ", "-", "И", "Петров", "Иванов Пётр", "Ива", "Иванова"])
def test_anything_else_is_not(typed: str) -> None:
    assert not is_named("Иванов Иван И", typed)
