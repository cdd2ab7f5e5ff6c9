"""The sentences about tables by stable code: English, and gettext ids, whose places (%(name)s) a translation keeps."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final


def N_(sentence: str) -> str:  # noqa: N802  # gettext's own name for "translate later"
    """Mark a sentence for extraction."""
    return sentence


REFUSALS: Final[Mapping[str, str]] = {
    "empty": N_("The file is empty."),
    "too_large": N_("The file is larger than %(limit)s MB: split the table."),
    "too_many_rows": N_("The table has more than %(limit)s rows: split it."),
    "too_many_columns": N_("The table has more than %(limit)s columns: remove those that are not needed."),
    "too_many_cells": N_("The table has more than %(limit)s filled cells: split it."),
    "cell_too_long": N_(
        "A cell in line %(line)s holds more than %(limit)s characters: a quotation mark is probably not closed."
    ),
    "pdf": N_("This is a PDF document, not a table: save the table itself as XLSX or CSV."),
    "image": N_("This is a picture, not a table: save the table itself as XLSX or CSV."),
    "web_page": N_("This is a web page (HTML or XML) under a table's name: open it in Excel and save it as XLSX."),
    "rich_text": N_("This is a text document, not a table: copy the table into Excel and save it as XLSX."),
    "word": N_("This is a text document (DOCX or ODT), not a table: copy the table into Excel and save it as XLSX."),
    "opendocument": N_("This is an OpenDocument table (ODS): save it as XLSX or CSV."),
    "binary_workbook": N_("This is a binary Excel workbook (XLSB): save it as XLSX or CSV."),
    "old_excel": N_("This is the old Excel format (XLS): open it in Excel and save it as XLSX."),
    "password": N_("The workbook is protected by a password: remove the password and save it again."),
    "archive": N_("This is an archive, not a table: unpack it and send the table itself."),
    "binary": N_("This is not a text table and not an Excel workbook: save the table as XLSX or CSV."),
    "damaged": N_("The workbook is damaged and cannot be read: open it in Excel and save it again."),
    "bomb": N_("The workbook unpacks to far more data than a table has and was not opened."),
    "doctype": N_("The workbook holds a document type declaration, which no table needs, and was not opened."),
    "no_sheet": N_("The workbook has no visible sheet with data."),
    "unknown_sheet": N_("The workbook has no visible sheet named “%(sheet)s”; it has: %(sheets)s."),
    "which_sheet": N_("Several sheets hold a table: %(sheets)s. Say which one to read."),
    "too_many_formulas": N_("The sheet has more than %(limit)s formulas: paste them as values."),
    "no_header": N_(
        "No row with column names was found: the table needs one, with the holder's name (ФИО, or Фамилия and Имя)."
    ),
    "unknown_encoding": N_(
        "The encoding “%(encoding)s” is not known: use utf-8, windows-1251, utf-16, cp866 or koi8-r."
    ),
    "wrong_encoding": N_("The file is not in the encoding %(encoding)s."),
    "uncertain_encoding": N_(
        "The file's encoding cannot be told for certain: save it as UTF-8, or say which encoding it has."
    ),
    "quotes": N_("In line %(line)s a quotation mark is not closed, or text follows a closed one: mend the line."),
}

MESSAGES: Final[Mapping[str, str]] = {
    # the table as a whole
    "missing_column": N_(
        "There is no column for the required “%(field)s”: add the column, or give one value for the whole table."
    ),
    "two_columns": N_("The columns %(columns)s both hold “%(field)s”: leave one of them."),
    "unknown_default": N_("“%(name)s” is no field of this kind of document."),
    "bad_default": N_("The value given for the whole table for “%(field)s” cannot be used: %(problem)s"),
    "default_not_used": N_(
        "The table has its own column for “%(field)s”; the value given for the whole table was not used."
    ),
    "formula_header": N_("A column name is a formula: paste it as a value."),
    "no_rows": N_("There are column names but no rows below them."),
    "hidden_rows": N_(
        "%(count)s hidden rows are read like all others (the first: row %(first)s): delete what is not to be issued."
    ),
    "hidden_columns": N_("Hidden columns are read like all others: %(columns)s."),
    "taken_as_mark": N_("“%(header)s” is no known column and holds marks: it becomes a subject of the certificate."),
    "unheaded_cells": N_("Cells in columns without a name are not read (for example in column %(column_letter)s)."),
    # a row
    "extra_cells": N_(
        "The row has more cells than the row of column names: a separator in a text probably lacks its quotation marks."
    ),
    "missing_value": N_("“%(field)s” is required and is empty."),
    "duplicate_row": N_("This row repeats row %(other)s."),
    "conflicting_row": N_(
        "This row and row %(other)s stand for the same document and say different things: leave the right one."
    ),
    "period_reversed": N_("The period ends before it begins (%(start)s … %(end)s)."),
    "score_above_maximum": N_("The score %(score)s is above the maximum %(maximum)s."),
    "awarded_before_birth": N_("The document's date is not later than the date of birth."),
    # a cell
    "formula": N_("A formula stands here: paste it as a value."),
    "excel_error": N_("Excel shows an error here (%(error)s): write the value."),
    "bad_character": N_("There is a character here that no text may hold (%(character)s): type the text again."),
    "too_long": N_("The text is longer than %(most)s characters."),
    "date_in_text": N_(
        "Excel has turned this into a date (%(date)s): format the cell as text and type the value again."
    ),
    "wrong_cell": N_("This cell holds a time or a yes/no value: format it as text and type the value again."),
    "percentage": N_("The number is shown as a percentage (%(shown)s): write it as it is to be signed."),
    "digits_lost": N_(
        "Excel has shortened this long number and lost digits: format the cell as text and type it again."
    ),
    "spaces_in_number": N_("A space stands between the digits: write one number."),
    "not_an_integer": N_("This is no whole number: write digits only."),
    "not_a_number": N_("This is no number with at most six decimal places."),
    "too_small": N_("The number is below %(least)s."),
    "too_large": N_("The number is above %(most)s."),
    "unknown_choice": N_("This is none of the values that this column may have: %(known)s."),
    "control_character": N_("There is a character here that no text may hold: type the text again."),
    "direction_mark": N_("There is a mark here that turns the direction of writing: type the text again."),
    "not_a_date": N_("This is no date that can be read: write it as dd.mm.yyyy."),
    "not_text": N_("This cell holds no text: format it as text and type the value again."),
    "not_marks": N_("Here stands no mark."),
    "too_many_rows": N_("There are more than %(most)s marks."),
    "repeated_subject": N_("One subject has two marks."),
    "empty": N_("The value is missing."),
    "bad_date": N_("This is no date that can be read: write it as dd.mm.yyyy."),
    "no_such_day": N_("There is no such day in the calendar."),
    "two_digit_year": N_("The year has two digits, so the century is not certain: write it as dd.mm.yyyy."),
    "ambiguous_date": N_("Day and month cannot be told apart here: write the date as dd.mm.yyyy."),
    "date_is_number": N_("Here stands a number where a date belongs: format the cell as a date."),
    "date_out_of_range": N_("The year must lie between %(first)s and %(last)s."),
    "bad_snils": N_("A СНИЛС has 11 digits."),
    "snils_check_digits": N_("The check digits of this СНИЛС do not match: one of its digits is wrong."),
    "bad_email": N_("This is no e-mail address."),
    "bad_mark": N_("A mark is 2, 3, 4, 5 or зачтено."),
    "name_missing": N_("The holder's name is empty."),
    "name_incomplete": N_(
        "The name has only one word: write family name and given name (a dash where a person has no given name)."
    ),
    "name_has_digit": N_("A name has no digits."),
    "name_bad_character": N_("A name cannot hold the character %(character)s."),
    "name_digit_one": N_("The digit 1 stands in this name, probably for the letter Ӏ (palochka): check it."),
    "name_mixed_letters": N_(
        "Latin and Cyrillic letters are mixed in this name (Latin: %(letters)s): check how it is typed."
    ),
    "name_initials": N_("The name has initials instead of full names: check whether the document is to read so."),
    "name_many_words": N_(
        "The name has %(count)s words; read as family name “%(last)s” and given name “%(first)s”: check it."
    ),
    "name_order": N_("The given name seems to stand before the family name: check the order."),
    "zeros_lost": N_(
        "Other cells of this column begin with zeros, this one is a number: check whether its zeros were lost."
    ),
}
