// What the tests drive: the page's own functions over the shared vectors. Pure, frozen, of no use to an attacker.

import { ask, rootFrom, type Asked } from "./core/bundle";
import { hex, unhex, utf8 } from "./core/bytes";
import { DIRECTIONS, INVISIBLE, UNREADABLE, UNSPACED } from "./core/characters";
import { readCredential, readShortCode, shortCode, type SignedCredential } from "./core/credential";
import { loadFacts } from "./core/facts";
import { parseJson, StructureError, type Json } from "./core/json";
import { reportJson } from "./core/report";
import { canonicalOptions, canonicalStatement, isGoodPoint, verifySignature } from "./core/signature";
import { listed } from "./core/status_list";
import { loadTrust } from "./core/trust";
import { fold } from "./core/values";
import { judge } from "./core/verdict";

function bytesOf(base64: string): Uint8Array {
  return Uint8Array.from(atob(base64), (sign) => sign.charCodeAt(0));
}

function tried<T>(act: () => T): T | StructureError {
  try {
    return act();
  } catch (error) {
    if (error instanceof StructureError) return error;
    throw error;
  }
}

/** One file of tests/vectors/verdicts; `bundle` in base64. */
async function verdict(bundle: string, trust: string, facts: Parameters<typeof loadFacts>[0][], now: number) {
  const asked: Asked | StructureError = tried(() => ask(bytesOf(bundle)));
  const said = asked instanceof StructureError ? null : await listed(asked.statusList, asked.credential.statement, now);
  return reportJson(judge(asked, { trust: loadTrust(trust), facts: facts.map(loadFacts), now, listed: said }));
}

/** One file of tests/vectors/bundles. */
function bundle(base64: string) {
  const asked: Asked | StructureError = tried(() => ask(bytesOf(base64)));
  if (asked instanceof StructureError) return { error: asked.code, path: asked.path };
  const { digest, receipts } = asked.question;
  return { digest: hex(digest), receipts: receipts.length, warnings: asked.warnings.map((warning) => warning.code) };
}

/** One file of tests/vectors/credentials. */
function credential(base64: string) {
  const read: SignedCredential | StructureError = tried(() => readCredential(parseJson(bytesOf(base64))));
  if (read instanceof StructureError) return { code: read.code, path: read.path };
  const { statement, publicKey, signature, signingInput, digest, issuerId } = read;
  if (!verifySignature(publicKey, signingInput, signature)) return { code: "signature", path: "proof.proofValue" };
  const method = ((parseJson(bytesOf(base64)) as Map<string, Json>).get("proof") as Map<string, string>).get("verificationMethod");
  return {
    document: canonicalStatement(statement),
    options: canonicalOptions(statement.valid_from, String(method)),
    public_key: hex(publicKey),
    signing_input: hex(signingInput),
    signature: hex(signature),
    digest: hex(digest),
    leaf_hash: rootFrom(digest, []),
    issuer_id: hex(issuerId),
    short_code: shortCode(digest),
  };
}

function proves(digest: string, proof: string[], root: string): boolean {
  try {
    return rootFrom(unhex(digest), proof.map(unhex)) === root;
  } catch {
    return false;
  }
}

/** What a JSON text is to the page, numbers with their type, or the code of its refusal. */
function json(base64: string): unknown {
  const value = tried(() => parseJson(bytesOf(base64)));
  return value instanceof StructureError ? { refused: value.code, path: value.path } : { value: written(value) };
}

function written(value: Json): unknown {
  if (value instanceof Map) return [...value].map(([name, member]) => [name, written(member)]);
  if (Array.isArray(value)) return { list: value.map(written) };
  if (typeof value === "bigint") return { int: String(value) };
  return typeof value === "number" ? { float: value } : value;
}

/** Which characters each class holds, counted over all of Unicode. */
function characters(): number[] {
  return [UNREADABLE, UNSPACED, DIRECTIONS, INVISIBLE].map((pattern) => {
    let count = 0;
    for (let code = 0; code < 0x110000; code += 1) if (pattern.test(String.fromCodePoint(code))) count += 1;
    return count;
  });
}

export const HOOK = Object.freeze({
  verdict,
  bundle,
  credential,
  proves,
  json,
  characters,
  fold: (texts: string[]) => texts.map(fold),
  readShortCode,
  isGoodPoint: (key: string) => isGoodPoint(unhex(key)),
  trust: (text: string) => JSON.stringify(loadTrust(text)),
  utf8: (text: string) => hex(utf8(text)),
});
