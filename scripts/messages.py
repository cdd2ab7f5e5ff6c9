"""Bring the catalogues up to date with the sentences of the code and the templates; then translate what is empty.

python scripts/messages.py
"""

from __future__ import annotations

from pathlib import Path

from babel.messages.catalog import Catalog
from babel.messages.extract import extract_from_dir
from babel.messages.frontend import parse_mapping_cfg
from babel.messages.pofile import read_po, write_po

ROOT = Path(__file__).resolve().parent.parent
SOURCE = ROOT / "src" / "portfolio"
LOCALES = SOURCE / "locale"


def extracted() -> Catalog:
    """Return all sentences that the package says, without translations."""
    with (ROOT / "babel.cfg").open() as file:
        methods, options = parse_mapping_cfg(file)
    catalogue = Catalog(project="portfolio", charset="utf-8", fuzzy=False)
    found = extract_from_dir(str(SOURCE), methods, options, comment_tags=("TRANSLATORS:",), strip_comment_tags=True)
    for path, _line, message, comments, context in found:
        catalogue.add(message, locations=[(path, None)], auto_comments=comments, context=context)
    return catalogue


def main() -> None:
    template = extracted()
    for path in sorted(LOCALES.glob("*/LC_MESSAGES/messages.po")):
        with path.open("rb") as file:
            catalogue = read_po(file, locale=path.parent.parent.name)
        catalogue.update(template, no_fuzzy_matching=True, update_creation_date=False)
        catalogue.obsolete.clear()
        with path.open("wb") as file:
            write_po(file, catalogue, width=110, sort_output=False, include_lineno=False, omit_header=False)
        empty = sum(1 for message in catalogue if message.id and not (message.string and all(message.string)))
        print(f"{path.relative_to(ROOT)}: {len(catalogue)} sentences, {empty} to translate")


if __name__ == "__main__":
    main()
