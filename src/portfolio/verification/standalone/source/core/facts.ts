// What a verifier trusts, what it asks of a chain and what it was told: credentials/facts.py.

export interface Checkpoint {
  number: number;
  hash: string;
}

/** One IssuerRegistry and its CredentialRegistry on one chain; hashes and addresses are lower-case hex. */
export interface TrustedPair {
  name: string;
  chain_id: number;
  genesis_hash: string;
  issuer_registry: string;
  credential_registry: string;
  issuer_registry_code_hash: string;
  credential_registry_code_hash: string;
  registrars: string[];
  depth: number;
  max_head_age: number | null;
  checkpoints: Checkpoint[];
  rpc_urls: string[];
  local: boolean;
}

export interface TrustRoots {
  pairs: TrustedPair[];
}

/** A claim that a digest stands under a root; transaction, block and time are hints for people. */
export interface Receipt {
  version: number;
  tag: string;
  digest: string;
  root: string;
  proof: string[];
  chain_id: number;
  genesis_hash: string;
  contract: string;
  transaction: string;
  block_number: number;
  block_hash: string;
  block_time: number;
}

export interface Question {
  issuerId: Uint8Array;
  publicKey: Uint8Array;
  digest: Uint8Array;
  receipts: Receipt[];
}

/** One `CheckResult` of the credential registry, decoded. */
export interface CheckAnswer {
  proof_valid: boolean;
  anchored: boolean;
  anchor_block: number;
  anchor_time: number;
  as_of: number;
  issuer_known: boolean;
  issuer_admitted: boolean;
  kinds: bigint;
  name_at_time: string;
  name_now: string;
  key_known: boolean;
  key_valid: boolean;
  custody: string;
  key_from: number;
  key_until: number;
  revoked: boolean;
  reason: string;
  revoked_at: number;
  block_number: number;
  block_time: number;
}

/** Everything one pair answered, all at one block. `answers` is by root; the empty key is always there. */
export interface PairFacts {
  pair: string;
  head_number: number;
  head_hash: string;
  head_time: number;
  read_at: number;
  sources: number;
  answers: Map<string, CheckAnswer>;
  transactions: Map<string, string>;
}

export type UnknownCode =
  | "unreachable"
  | "wrong_chain"
  | "wrong_genesis"
  | "wrong_code"
  | "wrong_registrars"
  | "wrong_checkpoint"
  | "stale_head"
  | "stale_facts"
  | "bad_answer"
  | "not_asked";

export interface PairUnknown {
  pair: string;
  code: UnknownCode;
}

export type Facts = PairFacts | PairUnknown;

export function isUnknown(facts: Facts): facts is PairUnknown {
  return "code" in facts;
}

/** Does the receipt name this chain, its genesis and this credential registry? */
export function concerns(pair: TrustedPair, receipt: Receipt): boolean {
  return (
    receipt.chain_id === pair.chain_id &&
    receipt.genesis_hash === pair.genesis_hash &&
    receipt.contract === pair.credential_registry
  );
}

interface StoredFacts {
  pair: string;
  code?: UnknownCode;
  answers?: Record<string, Record<string, unknown>>;
  transactions?: Record<string, string>;
}

/** Facts as `dump_facts` of the Python side writes them; for the shared table of cases. */
export function loadFacts(stored: StoredFacts): Facts {
  if (stored.code !== undefined) return { pair: stored.pair, code: stored.code };
  const answers = Object.entries(stored.answers ?? {}).map(([root, answer]) => {
    const kinds = BigInt(String(answer["kinds"]));
    return [root, { ...answer, kinds } as unknown as CheckAnswer] as const;
  });
  const transactions = new Map(Object.entries(stored.transactions ?? {}));
  return { ...stored, answers: new Map(answers), transactions } as unknown as PairFacts;
}
