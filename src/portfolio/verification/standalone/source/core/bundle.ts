// The bundle, read strictly, and which of its receipts may count: credentials/bundles.py and anchoring/merkle.py.

import { concat, hex, keccak256, unhex } from "./bytes";
import { readCredential, TAG_CREDENTIAL, type SignedCredential } from "./credential";
import type { Question, Receipt } from "./facts";
import { LIMITS } from "./generated";
import { parseJson, StructureError, type Json, type JsonObject } from "./json";
import { note, type Note } from "./report";

export interface Asked {
  credential: SignedCredential;
  question: Question;
  signedAt: number;
  validUntil: number | null;
  warnings: Note[];
  /** The snapshot in the bundle, unbelieved. */
  statusList: JsonObject | null;
}

const MOST_INTEGER = 2n ** 53n - 1n;
const HASH = /^0x[0-9a-f]{64}$/;
const ADDRESS = /^0x[0-9a-f]{40}$/;
const REQUIRED = ["type", "version", "credential", "receipts"];
const OPTIONAL = ["issuer", "status_list"];
const HASHES = ["tag", "digest", "root", "genesis_hash", "transaction", "block_hash"];
const NUMBERS = ["chain_id", "block_number", "block_time"];
const RECEIPT_MEMBERS = new Set(["version", "proof", "contract", ...HASHES, ...NUMBERS]);

class ReceiptError extends Error {
  constructor(readonly code: string) {
    super(code);
  }
}

/** Reads a bundle or a bare credential. Throws `StructureError`. */
export function ask(data: Uint8Array): Asked {
  const { credential: document, receipts, statusList } = readBundle(data);
  const credential = readCredential(document);
  const [usable, warnings] = usableReceipts(receipts, credential.digest);
  const { statement, publicKey, digest, issuerId } = credential;
  return {
    credential,
    question: { issuerId, publicKey, digest, receipts: usable },
    signedAt: seconds(statement.valid_from),
    validUntil: statement.valid_until === null ? null : seconds(statement.valid_until),
    warnings,
    statusList,
  };
}

function seconds(instant: string): number {
  return Date.parse(instant) / 1000;
}

interface Bundle {
  credential: JsonObject;
  receipts: Json[];
  statusList: JsonObject | null;
}

export function readBundle(data: Uint8Array): Bundle {
  const document = parseJson(data, LIMITS.bundle);
  if (!(document instanceof Map)) throw new StructureError("not_an_object");
  if (document.get("type") !== "PortfolioBundle") return { credential: document, receipts: [], statusList: null };
  if (document.get("version") !== 1n) throw new StructureError("bundle_version", "version");
  const names = [...document.keys()];
  if (!REQUIRED.every((name) => document.has(name)) || !names.every((name) => [...REQUIRED, ...OPTIONAL].includes(name))) {
    throw new StructureError("bundle_members");
  }
  const credential = document.get("credential") as Json;
  const receipts = document.get("receipts") as Json;
  if (!(credential instanceof Map)) throw new StructureError("bundle_credential", "credential");
  if (!Array.isArray(receipts)) throw new StructureError("bundle_receipts", "receipts");
  for (const name of OPTIONAL) {
    const hint = document.get(name) ?? null;
    if (hint !== null && !(hint instanceof Map)) throw new StructureError(`bundle_${name}`, name);
  }
  return { credential, receipts, statusList: (document.get("status_list") ?? null) as JsonObject | null };
}

function readReceipt(value: Json): Receipt {
  if (!(value instanceof Map)) throw new ReceiptError("receipt_malformed");
  if (value.get("version") !== 1n) throw new ReceiptError("receipt_version");
  const malformed = new ReceiptError("receipt_malformed");
  if (value.size !== RECEIPT_MEMBERS.size || ![...value.keys()].every((name) => RECEIPT_MEMBERS.has(name))) {
    throw malformed;
  }
  const proof = value.get("proof");
  if (!Array.isArray(proof) || proof.length > LIMITS.proof) throw malformed;
  const isHash = (text: Json | undefined) => typeof text === "string" && HASH.test(text);
  const isNumber = (number: Json | undefined) => typeof number === "bigint" && number >= 0n && number <= MOST_INTEGER;
  const contract = value.get("contract");
  const wellFormed =
    [...HASHES.map((name) => value.get(name)), ...proof].every(isHash) &&
    typeof contract === "string" &&
    ADDRESS.test(contract) &&
    NUMBERS.every((name) => isNumber(value.get(name)));
  if (!wellFormed) throw malformed;
  const plain = [...value].map(([name, member]) => [name, typeof member === "bigint" ? Number(member) : member]);
  return Object.fromEntries(plain) as Receipt;
}

function usableReceipts(values: Json[], digest: Uint8Array): [Receipt[], Note[]] {
  const usable = new Map<string, Receipt>();
  const codes = new Set<string>();
  for (const value of values) {
    let receipt: Receipt;
    try {
      receipt = readReceipt(value);
      requireFor(receipt, digest);
    } catch (error) {
      if (!(error instanceof ReceiptError)) throw error;
      codes.add(error.code);
      continue;
    }
    const key = [receipt.chain_id, receipt.genesis_hash, receipt.contract, receipt.root].join();
    if (!usable.has(key) && usable.size === LIMITS.receipts) {
      codes.add("receipt_surplus");
      break;
    }
    if (!usable.has(key)) usable.set(key, receipt);
  }
  return [[...usable.values()], [...codes].map((code) => note(code))];
}

function requireFor(receipt: Receipt, digest: Uint8Array): void {
  if (receipt.tag !== hex(TAG_CREDENTIAL)) throw new ReceiptError("receipt_tag");
  if (receipt.digest !== hex(digest)) throw new ReceiptError("receipt_digest");
  if (rootFrom(digest, receipt.proof.map(unhex)) !== receipt.root) throw new ReceiptError("receipt_proof");
}

/** The root that a proof (siblings from the leaf upwards) leads to; RangeError for what no proof can be. */
export function rootFrom(digest: Uint8Array, proof: Uint8Array[]): string {
  if (proof.length > LIMITS.proof || [digest, ...proof].some((hash) => hash.length !== 32)) {
    throw new RangeError("no inclusion proof");
  }
  let node = keccak256(keccak256(digest));
  for (const step of proof) node = keccak256(hex(node) < hex(step) ? concat(node, step) : concat(step, node));
  return hex(node);
}
