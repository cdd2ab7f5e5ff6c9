"""All measurements, one after another: `make bench`. What each means: `bench/README.md`."""

from __future__ import annotations

from bench import diplomas, issuing, page, people, sign_in, signing, standalone, tables, verifying
from bench.peers import __main__ as peers

if __name__ == "__main__":
    signing.main()
    peers.main()
    verifying.main()
    tables.main()
    standalone.main()
    page.main()
    issuing.main()
    people.main()
    sign_in.main()
    diplomas.main()
