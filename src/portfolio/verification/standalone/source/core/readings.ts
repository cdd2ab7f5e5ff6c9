// What each trusted pair says about a credential, held against itself, the clock and the receipts: credentials/readings.py.

import {
  concerns,
  isUnknown,
  type CheckAnswer,
  type Facts,
  type PairFacts,
  type Question,
  type Receipt,
  type TrustedPair,
  type TrustRoots,
  type UnknownCode,
} from "./facts";
import { note, type Note } from "./report";

const MOST_LOCAL_FACTS_AGE = 900;
const END_OF_CALENDAR = 253_402_300_800;

/** One point in block time at which a pair judged issuer, kind and key: an anchor's, or the head's. */
export class Moment {
  constructor(
    readonly pair: TrustedPair,
    readonly facts: PairFacts,
    readonly answer: CheckAnswer,
    private readonly kindBit: number,
    readonly receipt: Receipt | null = null,
  ) {}

  get time(): number {
    return this.answer.as_of;
  }

  get issuer(): boolean {
    return this.answer.issuer_known && this.answer.issuer_admitted;
  }

  get kind(): boolean {
    return Boolean((this.answer.kinds >> BigInt(this.kindBit)) & 1n);
  }

  get key(): boolean {
    return this.answer.key_known && this.answer.key_valid;
  }

  get passed(): number {
    return Number(this.issuer) + Number(this.kind) + Number(this.key);
  }

  get passes(): boolean {
    return this.passed === 3;
  }

  /** Blocks still wanted on top of the anchor's. */
  get missing(): number {
    return Math.max(0, this.pair.depth - (this.facts.head_number - this.answer.anchor_block));
  }
}

export interface Reading {
  pair: TrustedPair;
  unknown: UnknownCode | null;
  head: Moment | null;
  registered: Moment[];
  warnings: Note[];
}

export function readPairs(trust: TrustRoots, facts: Facts[], question: Question, kindBit: number, now: number): Reading[] {
  const told = new Map<string, Facts>();
  for (const fact of facts) if (!told.has(fact.pair)) told.set(fact.pair, fact);
  return trust.pairs.map((pair) => readPair(pair, told.get(pair.name), question, kindBit, now));
}

/** A warning for each way in which receipts belong to no trusted pair (fault 120). */
export function foreignReceipts(trust: TrustRoots, receipts: Receipt[]): Note[] {
  const codes = new Set<string>();
  for (const receipt of trust.pairs.length ? receipts : []) {
    if (trust.pairs.some((pair) => concerns(pair, receipt))) continue;
    const sameChain = trust.pairs.filter((pair) => pair.chain_id === receipt.chain_id);
    const sameGenesis = sameChain.some((pair) => pair.genesis_hash === receipt.genesis_hash);
    codes.add(sameGenesis ? "receipt_contract" : sameChain.length ? "receipt_genesis" : "receipt_chain");
  }
  return [...codes].map((code) => note(code));
}

function readPair(pair: TrustedPair, fact: Facts | undefined, question: Question, kindBit: number, now: number): Reading {
  const unknown = whyUnknown(pair, fact, question, now);
  if (unknown !== null || fact === undefined || isUnknown(fact)) {
    const code = unknown ?? "not_asked";
    const warnings = [note(`pair_${code}`, { pair: pair.name })];
    return { pair, unknown: code, head: null, registered: [], warnings };
  }
  const registered: Moment[] = [];
  const warnings = new Map<string, Note>();
  for (const receipt of question.receipts.filter((one) => concerns(pair, one))) {
    const moment = new Moment(pair, fact, fact.answers.get(receipt.root) as CheckAnswer, kindBit, receipt);
    if (!moment.answer.anchored) {
      warnings.set("receipt_absent", note("receipt_absent", { pair: pair.name }));
      continue;
    }
    registered.push(moment);
    if (!moment.passes) warnings.set("receipt_untimely", note("receipt_untimely"));
    if (hintsDiffer(moment, receipt)) warnings.set("receipt_hints", note("receipt_hints"));
  }
  const head = new Moment(pair, fact, fact.answers.get("") as CheckAnswer, kindBit);
  return { pair, unknown: null, head, registered, warnings: [...warnings.values()] };
}

function whyUnknown(pair: TrustedPair, fact: Facts | undefined, question: Question, now: number): UnknownCode | null {
  if (fact === undefined) return "not_asked";
  if (isUnknown(fact)) return fact.code;
  if (pair.max_head_age !== null && now - fact.head_time > pair.max_head_age) return "stale_head";
  if (now - fact.read_at > (pair.max_head_age ?? MOST_LOCAL_FACTS_AGE)) return "stale_facts";
  const roots = question.receipts.filter((receipt) => concerns(pair, receipt)).map((receipt) => receipt.root);
  return isConsistent(fact, roots) ? null : "bad_answer";
}

/** Can the answers all be true of one block? A node that errs or lies clumsily is an outage. */
function isConsistent(facts: PairFacts, roots: string[]): boolean {
  const wanted = new Set(["", ...roots]);
  const head = facts.answers.get("");
  if (!head || ![...wanted].every((root) => facts.answers.has(root))) return false;
  if (head.block_number > facts.head_number) return false;
  if (!(head.block_time >= 0 && head.block_time <= facts.head_time && facts.head_time < END_OF_CALENDAR)) return false;
  if (head.key_from > head.block_time || head.key_until > head.block_time) return false;
  return [...facts.answers].every(([root, answer]) => !wanted.has(root) || fitsHead(root, answer, head));
}

function fitsHead(root: string, answer: CheckAnswer, head: CheckAnswer): boolean {
  const anchored = answer.anchored;
  return (
    LASTING.every((name) => answer[name] === head[name]) &&
    answer.proof_valid === (root !== "") && // every proof that is asked about was computed here first
    answer.as_of === (answer.proof_valid && anchored ? answer.anchor_time : answer.block_time) &&
    (!anchored || (answer.anchor_block > 0 && answer.anchor_block <= answer.block_number)) &&
    (!anchored || (answer.anchor_time > 0 && answer.anchor_time <= answer.block_time))
  );
}

/** What does not depend on the receipt asked about. */
const LASTING = [
  "block_number",
  "block_time",
  "issuer_known",
  "name_now",
  "key_known",
  "custody",
  "key_from",
  "key_until",
  "revoked",
  "reason",
  "revoked_at",
] as const;

function hintsDiffer(moment: Moment, receipt: Receipt): boolean {
  const transaction = moment.facts.transactions.get(receipt.root) ?? receipt.transaction;
  return (
    receipt.block_number !== moment.answer.anchor_block ||
    receipt.block_time !== moment.answer.anchor_time ||
    receipt.transaction !== transaction
  );
}
