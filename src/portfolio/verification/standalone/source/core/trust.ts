// The trust roots file, read as strictly as credentials/trust.py reads it; errors name the field.

import type { Checkpoint, TrustedPair, TrustRoots } from "./facts";
import { parseJson, StructureError, type Json, type JsonObject } from "./json";
import { utf8 } from "./bytes";

const MOST_FILE = 1_000_000;
const MOST_INTEGER = 2n ** 53n - 1n;
const REQUIRED = [
  "name",
  "chain_id",
  "genesis_hash",
  "issuer_registry",
  "credential_registry",
  "issuer_registry_code_hash",
  "credential_registry_code_hash",
  "registrars",
];
const OPTIONAL = ["depth", "max_head_age", "checkpoints", "rpc_urls", "local"];

/** The trust roots cannot be used; `field` names the place, `expected` says in English what should stand there. */
export class TrustError extends Error {
  constructor(
    readonly field: string,
    readonly expected: string,
  ) {
    super(`${field}: ${expected}`);
  }
}

export function loadTrust(text: string): TrustRoots {
  let document: Json;
  try {
    document = parseJson(utf8(text.replace(/[\t\r\n]+/g, " ")), MOST_FILE);
  } catch (error) {
    throw new TrustError("the file", error instanceof StructureError && error.code === "duplicate_member" ? "has a member twice" : "is not JSON");
  }
  const top = object(document, "the file", ["version", "pairs"], []);
  if (integer(top.get("version"), "version") !== 1) throw new TrustError("version", "must be 1; this page knows no other");
  const pairs = list(top.get("pairs"), "pairs").map((value, index) => pair(value, `pairs[${index}]`));
  pairs.forEach((one, index) => {
    for (const other of pairs.slice(0, index)) {
      if (one.name === other.name) throw new TrustError(`pairs[${index}].name`, "is used twice");
      if (sameContract(one, other)) throw new TrustError(`pairs[${index}].credential_registry`, "is listed twice for one chain");
    }
  });
  return { pairs };
}

function pair(value: Json, path: string): TrustedPair {
  const item = object(value, path, REQUIRED, OPTIONAL);
  const at = (name: string) => [item.get(name), `${path}.${name}`] as const;
  const or = (name: string, otherwise: Json) => [item.get(name) ?? otherwise, `${path}.${name}`] as const;
  const local = boolean(...or("local", false));
  return {
    name: text(...at("name")),
    chain_id: integer(...at("chain_id")),
    genesis_hash: hash(...at("genesis_hash")),
    issuer_registry: address(...at("issuer_registry")),
    credential_registry: address(...at("credential_registry")),
    issuer_registry_code_hash: hash(...at("issuer_registry_code_hash")),
    credential_registry_code_hash: hash(...at("credential_registry_code_hash")),
    registrars: registrars(...at("registrars")),
    depth: integer(...or("depth", 0n)),
    max_head_age: headAge(item.get("max_head_age") ?? null, `${path}.max_head_age`, local),
    checkpoints: list(...or("checkpoints", [])).map((one, index) => checkpoint(one, `${path}.checkpoints[${index}]`)),
    rpc_urls: list(...or("rpc_urls", [])).map((url, index) => nodeAddress(url, `${path}.rpc_urls[${index}]`)),
    local,
  };
}

function registrars(value: Json | undefined, path: string): string[] {
  const found = list(value, path).map((item, index) => address(item, `${path}[${index}]`));
  if (new Set(found).size !== found.length) throw new TrustError(path, "names one registrar twice");
  if (!found.length) throw new TrustError(path, "must name the registrars of this pair");
  return found;
}

function checkpoint(value: Json, path: string): Checkpoint {
  const item = object(value, path, ["number", "hash"], []);
  return { number: integer(item.get("number"), `${path}.number`), hash: hash(item.get("hash"), `${path}.hash`) };
}

function headAge(value: Json, path: string, local: boolean): number | null {
  if (value !== null) return integer(value, path);
  if (!local) throw new TrustError(path, "must be a number of seconds; only a local chain may go without");
  return null;
}

export function nodeAddress(value: Json, path: string): string {
  if (typeof value !== "string" || !/^https?:\/\/\S+$/.test(value)) {
    throw new TrustError(path, "must be an http or https address");
  }
  return value;
}

function object(value: Json, path: string, required: string[], optional: string[]): JsonObject {
  if (!(value instanceof Map)) throw new TrustError(path, "must be an object");
  const under = (name: string) => (path === "the file" ? name : `${path}.${name}`);
  for (const name of [...required].sort()) if (!value.has(name)) throw new TrustError(under(name), "is missing");
  for (const name of [...value.keys()].sort()) {
    if (!required.includes(name) && !optional.includes(name)) throw new TrustError(under(name), "is not known");
  }
  return value;
}

function list(value: Json | undefined, path: string): Json[] {
  if (!Array.isArray(value)) throw new TrustError(path, "must be a list");
  return value;
}

function integer(value: Json | undefined, path: string): number {
  if (typeof value !== "bigint" || value < 0n || value > MOST_INTEGER) {
    throw new TrustError(path, "must be a whole number, not negative");
  }
  return Number(value);
}

function boolean(value: Json, path: string): boolean {
  if (typeof value !== "boolean") throw new TrustError(path, "must be true or false");
  return value;
}

function text(value: Json | undefined, path: string): string {
  if (typeof value !== "string" || !value.trim()) throw new TrustError(path, "must be a text that is not empty");
  return value;
}

function hash(value: Json | undefined, path: string): string {
  if (typeof value !== "string" || !/^0x[0-9a-f]{64}$/i.test(value)) throw new TrustError(path, "must be 0x and 64 hex digits");
  return value.toLowerCase();
}

function address(value: Json | undefined, path: string): string {
  if (typeof value !== "string" || !/^0x[0-9a-f]{40}$/i.test(value)) throw new TrustError(path, "must be 0x and 40 hex digits");
  return value.toLowerCase();
}

function sameContract(one: TrustedPair, other: TrustedPair): boolean {
  return (
    one.chain_id === other.chain_id &&
    one.genesis_hash === other.genesis_hash &&
    one.credential_registry === other.credential_registry
  );
}
