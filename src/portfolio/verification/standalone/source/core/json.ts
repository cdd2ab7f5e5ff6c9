// JSON as every careful parser would read it, or not at all: the rules of `parse_json` in credentials/canonical.py.
//
// An object is a Map (member names are anybody's: `__proto__` is one like any other), a whole number a bigint, any
// other number a `number`: Python tells 1 from 1.0, and so must we.

import { UNREADABLE } from "./characters";
import { LIMITS } from "./generated";

export type Json = null | boolean | string | bigint | number | Json[] | JsonObject;
export type JsonObject = Map<string, Json>;

/** Not exactly a document of the format: a stable `code`, and the `path` where. */
export class StructureError extends Error {
  constructor(
    readonly code: string,
    readonly path = "",
  ) {
    super(code);
    this.path = [...path].slice(0, 200).join("");
  }
}

const MOST_NUMBER = 24; // characters
const MOST_BRACKETS = 400;
const BOM = [0xef, 0xbb, 0xbf];

export function parseJson(data: Uint8Array, limit: number = LIMITS.document): Json {
  if (data.length > limit) throw new StructureError("too_large");
  if (BOM.every((byte, place) => data[place] === byte)) throw new StructureError("bom");
  requireShallow(data);
  let text: string;
  try {
    text = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(data);
  } catch {
    throw new StructureError("not_utf8");
  }
  const value = new Reader(text).whole();
  requireReadable(value, "", 0);
  return value;
}

/** Refuses deep nesting before anything recurses. */
function requireShallow(data: Uint8Array): void {
  let depth = 0;
  let brackets = 0;
  for (const byte of data) if (byte === 0x5b || byte === 0x7b) brackets += 1;
  if (brackets <= MOST_BRACKETS) return;
  for (let place = 0; place < data.length; place += 1) {
    const byte = data[place];
    if (byte === 0x22) {
      for (place += 1; place < data.length && data[place] !== 0x22; place += 1) if (data[place] === 0x5c) place += 1;
    } else if (byte === 0x5b || byte === 0x7b) {
      depth += 1;
      if (depth > MOST_BRACKETS) throw new StructureError("too_deep");
    } else if (byte === 0x5d || byte === 0x7d) depth -= 1;
  }
}

function requireReadable(value: Json, path: string, depth: number): void {
  if (typeof value === "string") {
    if (UNREADABLE.test(value)) throw new StructureError("bad_character", path);
    return;
  }
  if (!Array.isArray(value) && !(value instanceof Map)) return;
  if (depth === LIMITS.depth) throw new StructureError("too_deep", path);
  for (const [name, member] of value.entries()) {
    if (typeof name === "string") requireReadable(name, path, depth);
    requireReadable(member, path ? `${path}.${name}` : String(name), depth + 1);
  }
}

const SPACE = /[ \t\n\r]*/y;
const PLAIN = /[^"\\\x00-\x1f]*/y;
const NUMBER = /-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][-+]?[0-9]+)?/y;
const NAMES: [string, Json | undefined][] = [
  ["null", null],
  ["true", true],
  ["false", false],
  ["NaN", undefined],
  ["Infinity", undefined],
  ["-Infinity", undefined],
];
const ESCAPES = new Map([
  ['"', '"'],
  ["\\", "\\"],
  ["/", "/"],
  ["b", "\b"],
  ["f", "\f"],
  ["n", "\n"],
  ["r", "\r"],
  ["t", "\t"],
]);

class Reader {
  private place = 0;

  constructor(private readonly text: string) {}

  whole(): Json {
    this.space();
    const value = this.value();
    this.space();
    if (this.place !== this.text.length) throw new StructureError("not_json");
    return value;
  }

  private value(): Json {
    const sign = this.text[this.place];
    if (sign === '"') return this.string();
    if (sign === "{") return this.object();
    if (sign === "[") return this.array();
    for (const [name, value] of NAMES) {
      if (!this.text.startsWith(name, this.place)) continue;
      if (value === undefined) throw new StructureError("bad_number");
      this.place += name.length;
      return value;
    }
    return this.number();
  }

  private number(): Json {
    const written = this.match(NUMBER);
    if (!written) throw new StructureError("not_json");
    if (written.length > MOST_NUMBER) throw new StructureError("bad_number");
    if (!/[.eE]/.test(written)) return BigInt(written);
    const number = Number(written);
    if (!Number.isFinite(number)) throw new StructureError("bad_number");
    return number;
  }

  private array(): Json[] {
    const found: Json[] = [];
    this.place += 1;
    this.space();
    if (this.take("]")) return found;
    for (;;) {
      found.push(this.value());
      this.space();
      if (this.take("]")) return found;
      this.require(",");
      this.space();
    }
  }

  private object(): JsonObject {
    const found: JsonObject = new Map();
    let members = 0;
    this.place += 1;
    this.space();
    while (!(members === 0 && this.take("}"))) {
      if (this.text[this.place] !== '"') throw new StructureError("not_json");
      const name = this.string();
      this.space();
      this.require(":");
      this.space();
      found.set(name, this.value());
      members += 1;
      this.space();
      if (this.take("}")) break;
      this.require(",");
      this.space();
    }
    if (found.size !== members) throw new StructureError("duplicate_member");
    return found;
  }

  private string(): string {
    let found = "";
    this.place += 1;
    for (;;) {
      found += this.match(PLAIN);
      if (this.take('"')) return found;
      this.require("\\");
      const sign = this.text[this.place] ?? "";
      this.place += 1;
      if (sign === "u") {
        const code = this.text.slice(this.place, this.place + 4);
        if (!/^[0-9a-fA-F]{4}$/.test(code)) throw new StructureError("not_json");
        found += String.fromCharCode(Number.parseInt(code, 16));
        this.place += 4;
        continue;
      }
      const escaped = ESCAPES.get(sign);
      if (escaped === undefined) throw new StructureError("not_json");
      found += escaped;
    }
  }

  private match(pattern: RegExp): string {
    pattern.lastIndex = this.place;
    const found = pattern.exec(this.text)?.[0] ?? "";
    this.place += found.length;
    return found;
  }

  private space(): void {
    this.match(SPACE);
  }

  private take(sign: string): boolean {
    if (this.text[this.place] !== sign) return false;
    this.place += 1;
    return true;
  }

  private require(sign: string): void {
    if (!this.take(sign)) throw new StructureError("not_json");
  }
}
