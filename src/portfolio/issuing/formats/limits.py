"""How large a table may be. Every reader counts against these while it reads, so that memory stays bounded."""

from __future__ import annotations

from typing import Final

MAX_BYTES: Final = 50 * 1024 * 1024  # of the file as uploaded
MAX_ROWS: Final = 200_000
MAX_COLUMNS: Final = 200
MAX_CELLS: Final = 4_000_000  # 200,000 rows of 20 columns; some 300 MB of memory at the worst
MAX_CELL: Final = 32_767  # characters; Excel's own limit
MAX_TEXT: Final = (
    100_000_000  # characters of a workbook's cells together, shared texts counted as often as they are used
)
MAX_UNPACKED: Final = 256 * 1024 * 1024  # bytes of the parts of a workbook that are read
MAX_RATIO: Final = 50  # unpacked to packed (fault 78); real workbooks have 5 to 15
FREE_UNPACKED: Final = 8 * 1024 * 1024  # below this size no ratio is asked: sheets of styled empty rows pack well
MAX_PARTS: Final = 10_000  # entries of a workbook's directory
MAX_FORMULAS: Final = 50_000
HEADER_WITHIN: Final = 60  # rows among which the column names must begin
