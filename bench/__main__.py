"""All measurements, one after another: `make bench`."""

from __future__ import annotations

from bench import diplomas, issuing, page, signing, tables, verifying

if __name__ == "__main__":
    signing.main()
    page.main()
    issuing.main()
    tables.main()
    verifying.main()
    diplomas.main()
