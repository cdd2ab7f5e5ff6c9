#!/bin/sh
# Bring what the contracts and the local chain need into hardhat/: Node 22, then the packages of package-lock.json under it.
# Idempotent: does nothing when the lock files have not changed since the last complete install.
#
# Two steps, because npm chooses native packages by the Node it runs under: installed under Node 20 it silently leaves out
# Hardhat's own machine (@nomicfoundation/edr), which asks for Node 22.
set -eu

here=$(CDPATH='' cd -- "$(dirname -- "$0")" && pwd)
stamp="$here/node_modules/.installed"

if command -v flock >/dev/null 2>&1 && [ "${PORTFOLIO_INSTALL_LOCKED:-}" != 1 ]; then
    PORTFOLIO_INSTALL_LOCKED=1 exec flock "$here/node22/package.json" "$0" "$@"
fi

wanted=$(cat "$here/install.sh" "$here/package-lock.json" "$here/node22/package-lock.json" | cksum)
if [ -x "$here/node_modules/.bin/node" ] && [ -f "$stamp" ] && [ "$(cat "$stamp")" = "$wanted" ]; then
    exit 0
fi

new_enough() {
    "$1" -e 'const [a, b] = process.versions.node.split(".").map(Number); process.exit(a > 22 || (a === 22 && b >= 13) ? 0 : 1)'
}

if ! command -v npm >/dev/null 2>&1; then
    echo "npm is missing: install Node.js 20 or newer with npm, then run this again" >&2
    exit 1
fi

(cd "$here/node22" && npm ci --no-progress --loglevel=error >/dev/null)
node=''
for candidate in "$here"/node22/node_modules/node-*/bin/node "$(command -v node)"; do
    if [ -x "$candidate" ] && new_enough "$candidate"; then
        node=$candidate
        break
    fi
done
if [ -z "$node" ]; then
    echo "no Node 22 package for this machine: install Node.js 22.13 or newer, then run this again" >&2
    exit 1
fi

rm -f "$stamp"
(cd "$here" && PATH="$(dirname -- "$node"):$PATH" npm ci --no-progress --loglevel=error >/dev/null)
for tool in anvil forge; do # the packages' own launchers lose exit codes and stand between a signal and the program
    for binary in "$here/node_modules/@foundry-rs/$tool"-*/bin/"$tool"; do
        ln -sf "$binary" "$here/node_modules/.bin/$tool"
    done
done
ln -sf "$node" "$here/node_modules/.bin/node" # so that node_modules/.bin first on PATH is enough
printf '%s\n' "$wanted" >"$stamp"
echo "hardhat/: Node $("$node" --version), $(ls "$here/node_modules" | wc -l) folders of packages"
