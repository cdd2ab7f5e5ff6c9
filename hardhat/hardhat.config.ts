import { defineConfig } from "hardhat/config";

import settings from "./solidity.json" with { type: "json" };

/** Runs of each fuzz test, and of each invariant test; the only such number. */
const fuzzRuns = Number(process.env.FUZZ_RUNS ?? 256);

export default defineConfig({
  solidity: {
    profiles: {
      // One profile for everything, so that what is tested is what is deployed.
      default: {
        version: settings.version,
        path: new URL("./node_modules/solc/soljson.js", import.meta.url).pathname,
        preferWasm: true,
        settings: settings.settings,
      },
    },
  },
  paths: { tests: { solidity: "test" } },
  test: {
    solidity: {
      fsPermissions: { readDirectory: ["../tests/vectors"], readWriteFile: ["snapshots"] },
      fuzz: { runs: fuzzRuns, seed: "0x706f7274666f6c696f" },
      invariant: { runs: Math.max(8, Math.floor(fuzzRuns / 8)), depth: 64, failOnRevert: false },
    },
  },
});
