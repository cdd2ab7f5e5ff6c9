// What a node answers, as typed values: another shape is trouble, never a guess (chain/answers.py, chain/abi.py).

import { hex, unhex } from "../core/bytes";
import type { CheckAnswer, Question } from "../core/facts";
import { GENERATED } from "../core/generated";
import { NodeTrouble } from "./transport";

const { check_result: PARTS, custody: CUSTODY, reasons: REASONS, selectors: SELECTORS } = GENERATED.chain;

export interface Block {
  number: number;
  hash: string;
  time: number;
}

function bad(what: string): never {
  throw new NodeTrouble("bad_answer", what);
}

export function quantity(value: unknown): bigint {
  if (typeof value !== "string" || !/^0x(?:0|[1-9a-f][0-9a-f]{0,63})$/i.test(value)) bad("not a quantity");
  return BigInt(value);
}

function safe(value: bigint): number {
  return value <= BigInt(Number.MAX_SAFE_INTEGER) ? Number(value) : bad("a number beyond all sense");
}

export function data(value: unknown): string {
  if (typeof value !== "string" || !/^0x(?:[0-9a-f]{2})*$/i.test(value)) bad("not data in hex");
  return value.toLowerCase();
}

export function block(value: unknown): Block {
  if (typeof value !== "object" || value === null) bad("not a block");
  const fields = value as Record<string, unknown>;
  const hash = data(fields["hash"]);
  if (hash.length !== 66) bad("not a hash");
  return { number: safe(quantity(fields["number"])), hash, time: safe(quantity(fields["timestamp"])) };
}

/** The transaction of the one event in its block; only for people, hence null where a node is unwilling. */
export function transaction(value: unknown): string | null {
  if (value instanceof NodeTrouble) return null;
  if (!Array.isArray(value)) bad("not a list of logs");
  const found = value.filter((log) => log?.removed !== true && typeof log?.blockHash === "string");
  const hash = found.length === 1 ? found[0].transactionHash : null;
  return typeof hash === "string" && /^0x[0-9a-f]{64}$/i.test(hash) ? hash.toLowerCase() : null;
}

export function checkCall(question: Question, root: string, proof: string[]): string {
  const words = [hex(question.issuerId), hex(question.publicKey), hex(question.digest), root];
  const [offset, length] = [160, proof.length].map((number) => `0x${number.toString(16).padStart(64, "0")}`);
  return SELECTORS.check + [...words, offset, length, ...proof].map((word) => word?.slice(2)).join("");
}

/** Reads ABI-encoded words: strict about every bit that must be zero. */
class Words {
  private readonly bytes: Uint8Array;

  constructor(encoded: string) {
    this.bytes = unhex(encoded);
  }

  uint(place: number, bits = 256): bigint {
    const word = this.slice(place, 32);
    const number = BigInt(hex(word));
    return number >> BigInt(bits) ? bad("a number out of range") : number;
  }

  size(place: number): number {
    return safe(this.uint(place, 32));
  }

  bool(place: number): boolean {
    return this.uint(place, 1) === 1n;
  }

  address(place: number): string {
    return `0x${this.uint(place, 160).toString(16).padStart(40, "0")}`;
  }

  text(place: number): string {
    const length = this.size(place);
    const padding = (32 - (length % 32)) % 32;
    if (this.slice(place + 32 + length, padding).some(Boolean)) bad("text that is not padded with zeros");
    try {
      return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(this.slice(place + 32, length));
    } catch {
      return bad("text that is not UTF-8");
    }
  }

  private slice(place: number, length: number): Uint8Array {
    if (place + length > this.bytes.length) bad("an answer cut short");
    return this.bytes.subarray(place, place + length);
  }
}

export function address(encoded: string): string {
  return new Words(encoded).address(0);
}

export function addresses(encoded: string): string[] {
  const words = new Words(encoded);
  const start = words.size(0);
  const count = words.size(start);
  if (count > 1000) bad("a list without end");
  return Array.from({ length: count }, (_, at) => words.address(start + 32 * (at + 1)));
}

/** Decodes a `CheckResult` and sees that it speaks of the block asked about. */
export function checkAnswer(encoded: string, head: Block): CheckAnswer {
  const words = new Words(encoded);
  const start = words.size(0);
  const found = PARTS.map(([name, type], at) => [name, part(words, type, start, start + 32 * at)] as const);
  const values = Object.fromEntries(found);
  const [custody, reason] = [CUSTODY[Number(values["custody"])], REASONS[Number(values["reason"])]];
  if (custody === undefined || reason === undefined) bad("a custody or reason that does not exist");
  const answer = { ...values, custody, reason } as unknown as CheckAnswer;
  if (answer.block_number !== head.number || answer.block_time !== head.time) bad("an answer for another block");
  return answer;
}

function part(words: Words, type: string, start: number, place: number): unknown {
  if (type === "bool") return words.bool(place);
  if (type === "string") return words.text(start + words.size(place));
  if (type === "uint256") return words.uint(place);
  return safe(words.uint(place, Number(type.slice(4))));
}
