// A signed credential, its digest and its short code: credentials/signing.py, anchoring/leaf.py, credentials/links.py.

import { concat, keccak256, sha256, utf8 } from "./bytes";
import { SPACES } from "./characters";
import { extract, type Statement } from "./document";
import { GENERATED } from "./generated";
import { StructureError, type Json } from "./json";
import { base58Of, isGoodPoint, isGoodSignatureForm, keyOf, signingInput } from "./signature";

export interface SignedCredential {
  statement: Statement;
  publicKey: Uint8Array;
  signature: Uint8Array;
  signingInput: Uint8Array;
  digest: Uint8Array;
  issuerId: Uint8Array;
}

export const TAG_CREDENTIAL = sha256(utf8("portfolio/leaf/credential/v1"));
const PROOF_MEMBERS = [...Object.keys(GENERATED.proof), "proofValue"].sort();
const { alphabet: CROCKFORD, misread: MISREAD } = GENERATED.short_code;

export function readCredential(document: Json): SignedCredential {
  if (!(document instanceof Map)) throw new StructureError("not_an_object");
  const proof = document.get("proof");
  if (proof === undefined) throw new StructureError("missing_member", "proof");
  const statement = extract(new Map([...document].filter(([name]) => name !== "proof")));
  const { method, publicKey, signature } = readProof(proof, statement);
  const input = signingInput(statement, method);
  return {
    statement,
    publicKey,
    signature,
    signingInput: input,
    digest: sha256(concat(TAG_CREDENTIAL, input, signature)),
    issuerId: keccak256(utf8(statement.issuer_did)),
  };
}

function readProof(proof: Json, statement: Statement) {
  const members = proofMembers(proof);
  const method = members.get("verificationMethod") as string;
  const [issuer = "", ...rest] = method.split("#");
  if (issuer !== statement.issuer_did) throw new StructureError("foreign_key", "proof.verificationMethod");
  for (const [name, template] of Object.entries(GENERATED.proof)) {
    const expected = { "{created}": statement.valid_from, "{verification_method}": method }[template] ?? template;
    if (members.get(name) !== expected) throw new StructureError("wrong_value", `proof.${name}`);
  }
  const publicKey = keyOf(rest.join("#"));
  if (!isGoodPoint(publicKey)) throw new StructureError("bad_key", "proof.verificationMethod");
  const signature = base58Of(members.get("proofValue") as string, "proofValue");
  if (!isGoodSignatureForm(signature)) throw new StructureError("bad_signature", "proof.proofValue");
  return { method, publicKey, signature };
}

function proofMembers(proof: Json): Map<string, string> {
  if (!(proof instanceof Map)) throw new StructureError("wrong_type", "proof");
  for (const name of proof.keys()) {
    if (!PROOF_MEMBERS.includes(name)) throw new StructureError("unexpected_member", `proof.${name}`);
  }
  for (const name of PROOF_MEMBERS) {
    const value = proof.get(name);
    if (value === undefined) throw new StructureError("missing_member", `proof.${name}`);
    if (typeof value !== "string") throw new StructureError("wrong_type", `proof.${name}`);
  }
  return proof as Map<string, string>;
}

/** The code printed on the paper: 60 bits that follow from the digest. */
export function shortCode(digest: Uint8Array): string {
  const hash = sha256(concat(utf8("portfolio/short-code/v1"), digest));
  let number = 0n;
  for (const byte of hash.subarray(0, 8)) number = (number << 8n) | BigInt(byte);
  number >>= 4n;
  let signs = "";
  for (let place = 11n; place >= 0n; place -= 1n) signs += CROCKFORD[Number((number >> (5n * place)) & 31n)] ?? "";
  return signs.replace(/(.{4})(?=.)/g, "$1-");
}

/** A typed or scanned code as `shortCode` writes it, or null where it cannot be one. */
export function readShortCode(text: string): string | null {
  const typed = text.toUpperCase().split(SPACES).join("").replace(/[-–—]/g, "");
  const signs = [...typed].map((sign) => MISREAD[sign] ?? sign);
  if (signs.length !== 12 || !signs.every((sign) => CROCKFORD.includes(sign))) return null;
  return signs.join("").replace(/(.{4})(?=.)/g, "$1-");
}
