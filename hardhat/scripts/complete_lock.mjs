// Adds to package-lock.json the packages for other kinds of machine that npm could not look up where the lock was written.
// Without them `npm ci` refuses the lock file on every machine. Run it after each `npm install` that changes the lock.
import { readFileSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";

const LOCK = fileURLToPath(new URL("../package-lock.json", import.meta.url));
const CPUS = { amd64: "x64", x64: "x64", arm64: "arm64" };
const LIBRARIES = { gnu: ["glibc"], musl: ["musl"] };

const lock = JSON.parse(readFileSync(LOCK, "utf8"));
const known = Object.keys(lock.packages);
for (const { optionalDependencies = {} } of Object.values(lock.packages)) {
  for (const [name, version] of Object.entries(optionalDependencies)) {
    if (known.some((path) => path.endsWith(`node_modules/${name}`))) continue;
    const [, os, cpu, library] = name.match(/(darwin|linux|win32)-(amd64|x64|arm64)(?:-(gnu|musl|msvc))?$/);
    const libc = LIBRARIES[library];
    lock.packages[`node_modules/${name}`] = { version, cpu: [CPUS[cpu]], ...(libc && { libc }), optional: true, os: [os] };
    console.log(`added ${name} ${version}`);
  }
}
lock.packages = Object.fromEntries(Object.entries(lock.packages).sort(([a], [b]) => (a < b ? -1 : 1)));
writeFileSync(LOCK, JSON.stringify(lock, null, 2) + "\n");
