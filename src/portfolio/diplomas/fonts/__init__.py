"""The fonts of diplomas, with their licences beside them.

PT Serif and PT Sans (ParaType) are the text; Noto Serif has what they lack: combining marks and the rarest letters.
"""

from __future__ import annotations

from pathlib import Path
from typing import Final

FOLDER: Final = Path(__file__).parent
