#!/bin/sh
# Bring the packages of package-lock.json into node_modules; does nothing when they are already those.
set -eu

here=$(CDPATH='' cd -- "$(dirname -- "$0")" && pwd)
stamp="$here/node_modules/.installed"

if command -v flock >/dev/null 2>&1 && [ "${PORTFOLIO_INSTALL_LOCKED:-}" != 1 ]; then
    PORTFOLIO_INSTALL_LOCKED=1 exec flock "$here/package.json" "$0" "$@"
fi

wanted=$(cat "$here/package.json" "$here/package-lock.json" | cksum)
if [ -f "$stamp" ] && [ "$(cat "$stamp")" = "$wanted" ]; then
    exit 0
fi
if ! command -v npm >/dev/null 2>&1; then
    echo "npm is missing: install Node.js 20.19 or newer with npm, then run this again" >&2
    exit 1
fi
(cd "$here" && npm ci --no-progress --loglevel=error >/dev/null)
printf '%s\n' "$wanted" >"$stamp"
