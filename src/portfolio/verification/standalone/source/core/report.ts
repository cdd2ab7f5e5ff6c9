// What a verification found, in the very JSON form of credentials/report.py.

import type { SignedCredential } from "./credential";
import { GENERATED } from "./generated";
import { hex } from "./bytes";
import type { FieldValue } from "./values";

export type Verdict = "VALID" | "PENDING" | "EXPIRED" | "REVOKED" | "INVALID" | "CANNOT_CHECK";
export type Outcome = "pass" | "fail" | "unknown";
export type Data = Record<string, string | number>;

export interface Note {
  code: string;
  data: Data;
}

export interface Check extends Note {
  name: string;
  outcome: Outcome;
}

export interface Revocation {
  reason: string;
  revoked_at: number;
  pair: string;
}

/** What is shown from the chain; none of it is ever the file's. */
export interface Shown {
  registered_at?: number;
  block_number?: number;
  transaction?: string | null;
  issuer_name?: string;
  issuer_name_now?: string;
  custody?: string;
  pair?: string;
  local_chain?: boolean;
  sources?: number;
}

export interface Report extends Shown {
  verdict: Verdict;
  checks: Check[];
  warnings: Note[];
  notes: Note[];
  /** There only when structure and signature are good: nothing else about a person is ever shown. */
  credential: SignedCredential | null;
  digest: Uint8Array | null;
  revocation: Revocation | null;
  read_at: number | null;
  checked_at: number;
}

export const CHECK_NAMES = Object.keys(GENERATED.check_titles);

export function note(code: string, data: Data = {}): Note {
  return { code, data };
}

export function check(name: string, outcome: Outcome, code: string, data: Data = {}): Check {
  return { name, outcome, code, data };
}

const LAST_SECOND = 253_402_300_799;

/** A unix time as "2026-11-22T10:00:00Z"; one that no calendar holds as its number. */
export function moment(seconds: number): string {
  if (seconds > LAST_SECOND) return String(seconds);
  return `${new Date(seconds * 1000).toISOString().slice(0, 19)}Z`;
}

export function fill(sentence: string, data: Data): string {
  return sentence.replace(/%\(([a-z_]+)\)s/g, (_, name: string) => String(data[name] ?? ""));
}

function noteJson({ code, data }: Note) {
  return { code, message: fill(GENERATED.messages[code] ?? "", data), data };
}

/** The stable JSON form; personal values stand only in `credential`. */
export function reportJson(report: Report) {
  return {
    version: 1,
    verdict: report.verdict,
    message: GENERATED.verdicts[report.verdict],
    checks: report.checks.map((one) => ({ name: one.name, outcome: one.outcome, ...noteJson(one) })),
    warnings: report.warnings.map(noteJson),
    notes: report.notes.map(noteJson),
    credential: report.credential && statementJson(report.credential),
    digest: report.digest && hex(report.digest),
    issuer: {
      name: report.issuer_name ?? null,
      name_now: report.issuer_name_now ?? null,
      custody: report.custody ?? null,
    },
    anchor: {
      registered_at: momentOrNull(report.registered_at),
      block_number: report.block_number ?? null,
      transaction: report.transaction ?? null,
    },
    revocation: report.revocation && {
      reason: report.revocation.reason,
      revoked_at: moment(report.revocation.revoked_at),
      pair: report.revocation.pair,
    },
    chain: { pair: report.pair ?? null, local: report.local_chain ?? false, sources: report.sources ?? 0 },
    read_at: momentOrNull(report.read_at),
    checked_at: moment(report.checked_at),
  };
}

function statementJson({ statement }: SignedCredential) {
  return {
    id: statement.id,
    issuer: statement.issuer_did,
    subject_id: statement.subject_id,
    holder_name: statement.holder_name,
    kind: statement.kind.code,
    valid_from: statement.valid_from,
    valid_until: statement.valid_until,
    fields: Object.fromEntries([...statement.fields].map(([name, value]) => [name, plain(value)])),
  };
}

function plain(value: FieldValue) {
  return typeof value === "bigint" ? Number(value) : value;
}

function momentOrNull(seconds: number | null | undefined): string | null {
  return seconds === null || seconds === undefined ? null : moment(seconds);
}
