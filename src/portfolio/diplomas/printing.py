"""PDFs for whoever asks: few set at once, a short queue, and those asked for lately kept (one process, bounded)."""

from __future__ import annotations

import threading
from collections import OrderedDict
from hashlib import sha256
from typing import Final

import orjson

from portfolio.diplomas.pdf import make_pdf
from portfolio.diplomas.service import Order
from portfolio.web.gates import Gate

GATE: Final = Gate(at_once=2, waiting=20)  # one process sets one paper at a time; the other meanwhile reads its own
KEPT_BYTES: Final = 16 * 1024 * 1024


class PdfCache:
    """PDFs by all that they are made of, up to a number of bytes; the one unused for longest goes first."""

    def __init__(self, most: int = KEPT_BYTES) -> None:
        self._most = most
        self._kept: OrderedDict[bytes, bytes] = OrderedDict()
        self._bytes = 0
        self._lock = threading.Lock()

    def pdf_of(self, order: Order) -> bytes:
        """Return the PDF of an order; equal orders have equal bytes. Raises as `make_pdf`."""
        key = sha256(orjson.dumps([order.paper, order.design, order.signed_at]) + order.bundle).digest()
        with self._lock:
            if (known := self._kept.get(key)) is not None:
                self._kept.move_to_end(key)
                return known
        made = make_pdf(order.paper, bundle=order.bundle, design=order.design, signed_at=order.signed_at)
        with self._lock:
            if key not in self._kept:
                self._kept[key] = made
                self._bytes += len(made)
            while self._bytes > self._most:
                _, oldest = self._kept.popitem(last=False)
                self._bytes -= len(oldest)
        return made


PDFS: Final = PdfCache()
