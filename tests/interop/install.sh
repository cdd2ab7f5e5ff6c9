#!/bin/sh
# Bring the verifiers that are not ours into tests/interop/, by the lock file, under the Node of hardhat/.
# Idempotent: does nothing when the lock file has not changed since the last complete install.
set -eu

here=$(CDPATH='' cd -- "$(dirname -- "$0")" && pwd)
stamp="$here/node_modules/.installed"

if command -v flock >/dev/null 2>&1 && [ "${PORTFOLIO_INSTALL_LOCKED:-}" != 2 ]; then
    PORTFOLIO_INSTALL_LOCKED=2 exec flock "$here/package.json" "$0" "$@"
fi

wanted=$(cat "$here/install.sh" "$here/package-lock.json" | cksum)
if [ -f "$stamp" ] && [ "$(cat "$stamp")" = "$wanted" ]; then
    exit 0
fi
rm -f "$stamp"
(cd "$here" && PATH="$here/../../hardhat/node_modules/.bin:$PATH" npm ci --no-progress --loglevel=error >/dev/null)
printf '%s\n' "$wanted" >"$stamp"
