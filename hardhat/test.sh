#!/bin/sh
# Format, vectors, Hardhat's build and tests, gas snapshot, 100 % of lines and branches: all that concerns the contracts alone.
# FUZZ_RUNS (256) is the number of runs of each fuzz test. hardhat/install.sh must have run.
set -eu
cd "$(dirname -- "$0")"
PATH="$PWD/node_modules/.bin:$PATH"
export PATH HARDHAT_DISABLE_TELEMETRY=true

for step in lint test coverage; do
    echo "contracts: $step"
    npm run --silent "$step"
done
