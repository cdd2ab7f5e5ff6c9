// Builds release/verifier.html: one file, everything inside, the same bytes from the same lock file. `--out FILE` elsewhere.

import { createHash } from "node:crypto";
import { readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

import { build } from "esbuild";

const here = dirname(fileURLToPath(import.meta.url));
const at = process.argv.indexOf("--out");
const target = at > 0 ? process.argv[at + 1] : join(here, "release", "verifier.html");
const common = { absWorkingDir: here, bundle: true, minify: true, write: false, charset: "utf8", legalComments: "none", target: "es2022" };

const [script] = (await build({ ...common, entryPoints: ["source/main.ts"], format: "iife" })).outputFiles;
const [style] = (await build({ ...common, entryPoints: ["source/page/style.css"], loader: { ".svg": "dataurl" } })).outputFiles;

const hashOf = (text) => `'sha256-${createHash("sha256").update(text).digest("base64")}'`;
const inline = { script: script.text.trim(), style: style.text.trim() };
if (/<\/script|<!--/i.test(inline.script) || /<\/style/i.test(inline.style)) throw new Error("the text would end its own element");

const policy = [
  "default-src 'none'",
  `script-src ${hashOf(inline.script)}`,
  `style-src ${hashOf(inline.style)}`,
  "img-src data:",
  "connect-src http: https:",
  "base-uri 'none'",
  "form-action 'none'",
  "require-trusted-types-for 'script'",
  "trusted-types 'none'",
].join("; ");
const mark = `data:image/svg+xml,${encodeURIComponent(readFileSync(join(here, "source/page/mark.svg"), "utf8").trim())}`;
const parts = { ...inline, policy, mark };

const page = readFileSync(join(here, "source/page.html"), "utf8").replace(/@(policy|mark|style|script)@/g, (_, name) => parts[name]);
writeFileSync(target, page);
