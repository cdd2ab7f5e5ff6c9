#!/bin/sh
# Bring the peers that are only measured into bench/peers/, by the lock files: open-attestation (Node) and cert-issuer
# (Python, in an environment of its own: it pins libraries that we need newer). The others come with the tests.
# Idempotent: does nothing when the lock files have not changed since the last complete install.
set -eu

here=$(CDPATH='' cd -- "$(dirname -- "$0")" && pwd)
stamp="$here/node_modules/.installed"

wanted=$(cat "$here/install.sh" "$here/package-lock.json" "$here/requirements.lock" | cksum)
if [ -f "$stamp" ] && [ -x "$here/.venv/bin/python" ] && [ "$(cat "$stamp")" = "$wanted" ]; then
    exit 0
fi
rm -f "$stamp"
(cd "$here" && PATH="$here/../../hardhat/node_modules/.bin:$PATH" npm ci --no-progress --loglevel=error >/dev/null)
test -x "$here/.venv/bin/pip" || "${PYTHON:-python3}" -m venv "$here/.venv"
if ! "$here/.venv/bin/pip" install --quiet --disable-pip-version-check --require-hashes -r "$here/requirements.lock"; then
    echo "cert-issuer could not be installed for this Python; the measurement goes on without it" >&2
    exit 0
fi
printf '%s\n' "$wanted" >"$stamp"
