#!/usr/bin/env bash
# Installs what the tests need from Debian's packages, and only what is absent: Chromium, PostgreSQL, and Java with
# Maven for veraPDF.
set -euo pipefail

wanted=()
command -v chromium >/dev/null || wanted+=(chromium)
compgen -G '/usr/lib/postgresql/*/bin/initdb' >/dev/null || wanted+=(postgresql)
command -v javac >/dev/null || wanted+=(default-jdk-headless)
command -v mvn >/dev/null || wanted+=(maven)
[ "${#wanted[@]}" -eq 0 ] && exit 0

as_root=()
[ "$(id -u)" -eq 0 ] || as_root=(sudo)
"${as_root[@]}" apt-get update -qq
DEBIAN_FRONTEND=noninteractive "${as_root[@]}" apt-get install -y -qq --no-install-recommends "${wanted[@]}" >/dev/null
