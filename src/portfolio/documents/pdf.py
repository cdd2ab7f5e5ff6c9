"""Limits for every PDF that a stranger sends, in whichever process opens it."""

from __future__ import annotations

from typing import Final

from pikepdf.settings import set_qpdf_limits

_MAX_STREAM: Final = 16 * 1024 * 1024  # bytes of an unpacked table of objects; that of a diploma has some 20 KB


def limit_pdf_reading() -> None:
    """Keep a small PDF from unpacking to gigabytes while it is opened.

    Counts for the whole process from now on, as qpdf knows no other way.
    """
    set_qpdf_limits(
        flate_max_memory=_MAX_STREAM,
        png_max_memory=_MAX_STREAM,
        tiff_max_memory=_MAX_STREAM,
        run_length_max_memory=_MAX_STREAM,
        max_stream_filters=4,
        parser_max_nesting=64,
        doc_max_warnings=100,
    )
