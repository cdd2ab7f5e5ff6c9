// Runs the tests under forge's coverage and fails when a line or branch of contracts/ was not taken. Hardhat 3.18 counts no
// branches, hence forge; the invariants are left out, as they add nothing to what is reached and much to the time.
import { spawnSync } from "node:child_process";
import { mkdirSync, readFileSync, realpathSync } from "node:fs";
import { basename, dirname } from "node:path";
import { fileURLToPath } from "node:url";

const HOME = fileURLToPath(new URL("..", import.meta.url));
const ENOUGH_TO_REACH_ALL = 256;
const REPORT = `${HOME}coverage/branches.lcov`;

const runs = Math.min(Number(process.env.FUZZ_RUNS ?? ENOUGH_TO_REACH_ALL), ENOUGH_TO_REACH_ALL);
mkdirSync(dirname(REPORT), { recursive: true });
const run = spawnSync(
  "forge",
  ["coverage", "--report", "lcov", "--report-file", REPORT, "--no-match-contract", "Invariants"],
  { cwd: HOME, encoding: "utf8", env: { ...process.env, FOUNDRY_FUZZ_RUNS: String(runs) } },
);
if (run.status !== 0) {
  console.error(run.stdout, run.stderr, run.error ?? "");
  process.exit(1);
}

/** Hits by file and place. Forge lists a source twice, under contracts/ and where the link leads: hits are added up. */
const hits = new Map();
let file;
for (const line of readFileSync(REPORT, "utf8").split("\n")) {
  const [tag, value] = line.split(/:(.*)/s);
  if (tag === "SF") file = realpathSync(value.startsWith("/") ? value : HOME + value);
  if ((tag !== "DA" && tag !== "BRDA") || !file.includes("/contracts/")) continue;
  const parts = value.split(",");
  const count = Number(parts.pop().replace("-", "0"));
  const place = `${tag === "DA" ? "line" : "branch"} ${parts.join(", ")}`;
  if (!hits.has(file)) hits.set(file, new Map());
  hits.get(file).set(place, (hits.get(file).get(place) ?? 0) + count);
}

let missed = 0;
for (const [path, places] of hits) {
  const open = [...places].filter(([, count]) => count === 0).map(([place]) => place);
  missed += open.length;
  const count = (sort) => [...places.keys()].filter((place) => place.startsWith(sort)).length;
  const figures = `${count("line")} lines, ${count("branch")} branches`;
  console.log(`${basename(path)}: ${figures}, ${open.length ? `not taken: ${open.join("; ")}` : "all taken"}`);
}
if (hits.size === 0 || missed) {
  console.error(hits.size ? `${missed} places of contracts/ were not taken` : "nothing was measured");
  process.exit(1);
}
