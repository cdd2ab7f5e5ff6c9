// Canonical N-Quads, keys and Ed25519 signatures under the strict rules of docs/protocol: what was signed, and by whom.

import { ed25519 } from "@noble/curves/ed25519.js";

import { concat, sha256, utf8 } from "./bytes";
import { fillText, rowSlots, rowsOf, slotsOf, type Slots, type Statement } from "./document";
import { GENERATED } from "./generated";
import { StructureError } from "./json";

const ALPHABET = "123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz";
const MULTIKEY = [0xed, 0x01];
const ORDER = 2n ** 252n + 27742317777372353535851937790883648493n;

/** The RDFC-1.0 N-Quads of a statement's document: filled lines in order. See ADR 0040 for why that is all of it. */
export function canonicalStatement(statement: Statement): string {
  const slots = slotsOf(statement);
  const rows = rowsOf(statement);
  const lines = statement.kind.lines.flatMap(([line, condition]) => {
    if (condition === "rows") return rows.map((row, place) => fillLine(line, rowSlots(slots, row, place)));
    return condition === null || slots.has(condition) ? [fillLine(line, slots)] : [];
  });
  return lines.sort(byCodeUnit).join("");
}

export function canonicalOptions(created: string, verificationMethod: string): string {
  const slots: Slots = new Map([
    ["created", created],
    ["verification_method", verificationMethod],
  ]);
  return GENERATED.options.map((line) => fillLine(line, slots)).join("");
}

/** The 64 bytes that are signed. */
export function signingInput(statement: Statement, verificationMethod: string): Uint8Array {
  const options = sha256(utf8(canonicalOptions(statement.valid_from, verificationMethod)));
  return concat(options, sha256(utf8(canonicalStatement(statement))));
}

function fillLine(line: string, slots: Slots): string {
  return `${fillText(line, slots, escaped)}\n`;
}

/** Two lines always differ before any free text begins, so that code units and code points give one order. */
function byCodeUnit(one: string, other: string): number {
  return one < other ? -1 : one > other ? 1 : 0;
}

function escaped(value: string): string {
  return value.replaceAll("\\", "\\\\").replaceAll('"', '\\"');
}

/** Decodes base58btc multibase that is the one way to write its bytes. */
export function base58Of(multibase: string, member: string): Uint8Array {
  const wrong = new StructureError("bad_multibase", `proof.${member}`);
  if (!/^z[1-9A-HJ-NP-Za-km-z]{1,127}$/.test(multibase)) throw wrong;
  const digits = multibase.slice(1);
  let number = 0n;
  for (const sign of digits) number = number * 58n + BigInt(ALPHABET.indexOf(sign));
  const zeros = /^1*/.exec(digits)?.[0].length ?? 0;
  let text = number === 0n ? "" : number.toString(16);
  if (text.length % 2) text = `0${text}`;
  return concat(new Uint8Array(zeros), Uint8Array.from(text.match(/../g) ?? [], (pair) => Number.parseInt(pair, 16)));
}

/** The 32 bytes of a publicKeyMultibase. */
export function keyOf(multibase: string): Uint8Array {
  const decoded = base58Of(multibase, "verificationMethod");
  if (decoded.length !== 34 || !MULTIKEY.every((byte, place) => decoded[place] === byte)) {
    throw new StructureError("bad_key", "proof.verificationMethod");
  }
  return decoded.slice(2);
}

// Tables of multiples pay off after some twenty signatures; a page that judges one file waits for them in vain.
ed25519.Point.BASE.precompute(1);

const points = new Map<string, boolean>();

/** Is this the canonical encoding of a non-identity point of the prime-order subgroup? Asked twice, computed once. */
export function isGoodPoint(bytes: Uint8Array): boolean {
  const key = bytes.join();
  const known = points.get(key) ?? isPrimeOrder(bytes);
  if (points.size > 1000) points.clear();
  points.set(key, known);
  return known;
}

function isPrimeOrder(bytes: Uint8Array): boolean {
  if (bytes.length !== 32) return false;
  try {
    const point = ed25519.Point.fromBytes(bytes, false);
    return !point.is0() && point.isTorsionFree();
  } catch {
    return false;
  }
}

/** R is a good point and S is below the order of the group. */
export function isGoodSignatureForm(signature: Uint8Array): boolean {
  if (signature.length !== 64) return false;
  let scalar = 0n;
  for (let place = 63; place >= 32; place -= 1) scalar = (scalar << 8n) | BigInt(signature[place] ?? 0);
  return scalar < ORDER && isGoodPoint(signature.subarray(0, 32));
}

/** With a good key and a good R the cofactored and the plain equation agree, hence all libraries do. */
export function verifySignature(key: Uint8Array, message: Uint8Array, signature: Uint8Array): boolean {
  if (!isGoodPoint(key) || !isGoodSignatureForm(signature)) return false;
  try {
    return ed25519.verify(signature, message, key, { zip215: false });
  } catch {
    return false;
  }
}
