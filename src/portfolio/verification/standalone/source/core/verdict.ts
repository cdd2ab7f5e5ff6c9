// The verdict, rule for rule as credentials/verdict.py gives it: bytes, trust roots, facts and time in, a report out.

import type { Asked } from "./bundle";
import type { Facts, TrustRoots } from "./facts";
import { StructureError } from "./json";
import { foreignReceipts, readPairs, type Moment, type Reading } from "./readings";
import {
  check,
  CHECK_NAMES,
  moment,
  note,
  type Check,
  type Data,
  type Note,
  type Report,
  type Revocation,
  type Shown,
  type Verdict,
} from "./report";
import { verifySignature } from "./signature";
import type { Listed } from "./status_list";

const CLOCK_TOLERANCE = 300; // seconds
const AWARD_DISTANCE = 30; // days
const LIST_TOLERANCE = 3600; // seconds
const UNREADABLE = new Set(["bom", "not_an_object", "not_json", "not_utf8", "too_deep", "too_large"]);
const OF_ANOTHER_VERSION = new Set(["bundle_version", "unknown_version", "unknown_context", "unknown_kind"]);

export interface Circumstances {
  trust: TrustRoots;
  facts: Facts[];
  /** The verifier's clock in unix seconds. */
  now: number;
  /** What the status list in the bundle says; null where it says nothing. */
  listed?: Listed | null;
}

export function judge(asked: Asked | StructureError, { trust, facts, now, listed = null }: Circumstances): Report {
  if (asked instanceof StructureError) return unreadable(asked, now);
  const { credential, question } = asked;
  const readings = readPairs(trust, facts, question, credential.statement.kind.bit, now);
  const standing = standingOf(readings);
  const genuine = verifySignature(credential.publicKey, credential.signingInput, credential.signature);
  const revocation = revocationOf(readings);
  const checks = [
    check("structure", "pass", "structure_ok"),
    checkSignature(asked, standing, now, genuine),
    ...checkStanding(standing),
    checkAnchor(standing),
    checkRevocation(revocation, standing),
    checkExpiry(asked, now),
  ];
  const read = readings.flatMap(({ head }) => (head ? [head.facts.read_at] : []));
  return {
    verdict: precedence(checks),
    checks,
    warnings: [
      ...asked.warnings,
      ...foreignReceipts(trust, question.receipts),
      ...readings.flatMap((reading) => reading.warnings),
      ...(trust.pairs.length ? [] : [note("no_pairs")]),
      ...awardWarning(asked, standing),
      ...(genuine ? listWarning(listed, revocation, standing) : []),
    ],
    notes: notesOf(standing),
    credential: genuine ? credential : null,
    digest: credential.digest,
    revocation,
    read_at: read.length ? Math.min(...read) : null,
    checked_at: now,
    ...shown(standing),
  };
}

/** The six rules of the protocol, in their order. */
function precedence(checks: Check[]): Verdict {
  const failed = new Set(checks.filter((one) => one.outcome === "fail").map((one) => one.name));
  if (["structure", "signature", "issuer", "kind", "key"].some((name) => failed.has(name))) return "INVALID";
  if (failed.has("revocation")) return "REVOKED";
  if (checks.some((one) => one.outcome === "unknown")) return "CANNOT_CHECK";
  if (failed.has("anchor")) return "PENDING";
  return failed.has("expiry") ? "EXPIRED" : "VALID";
}

interface Standing {
  readings: Reading[];
  /** The moment that decides issuer, kind and key; null while that is unknown. */
  moment: Moment | null;
  registered: boolean;
  complete: boolean;
}

/** The earliest anchor at which all pass, else a head at which all pass, else the best failure. */
function standingOf(readings: Reading[]): Standing {
  const complete = readings.length > 0 && readings.every((reading) => reading.unknown === null);
  const chosen = (found: Moment | null) => ({ readings, moment: found, registered: Boolean(found?.receipt), complete });
  const anchored = readings.flatMap((reading) => reading.registered).filter((one) => one.passes);
  const earliest = first(anchored, (one) => one.time);
  if (earliest) return chosen(earliest);
  const heads = readings.flatMap(({ head }) => head ?? []);
  const passing = heads.find((head) => head.passes);
  if (passing) return chosen(passing);
  // A pair that did not answer might be the one where all pass.
  return chosen(complete ? first(heads, (head) => -head.passed) : null);
}

/** The first of those with the least value. */
function first<T>(items: T[], value: (item: T) => number): T | null {
  let best: T | null = null;
  for (const item of items) if (best === null || value(item) < value(best)) best = item;
  return best;
}

function checkSignature(asked: Asked, standing: Standing, now: number, genuine: boolean): Check {
  const signed = { signed_at: moment(asked.signedAt) };
  if (!genuine) return check("signature", "fail", "signature_wrong");
  if (asked.signedAt > now + CLOCK_TOLERANCE) return check("signature", "fail", "signature_in_future", signed);
  // While the anchor is pending only the clock counts: an idle chain's head may be older than a fresh signature.
  if (standing.moment && standing.registered && asked.signedAt > standing.moment.time + CLOCK_TOLERANCE) {
    const data = { ...signed, registered_at: moment(standing.moment.time) };
    return check("signature", "fail", "signature_after_anchor", data);
  }
  return check("signature", "pass", "signature_genuine");
}

function checkStanding({ moment: found }: Standing): Check[] {
  if (!found) return ["issuer", "kind", "key"].map((name) => check(name, "unknown", `${name}_unanswered`));
  const { answer } = found;
  const asOf: Data = { as_of_at: moment(found.time) };
  const named: Data = { issuer_name: answer.name_at_time || answer.name_now };
  const issuer = found.issuer
    ? check("issuer", "pass", "issuer_admitted", named)
    : answer.issuer_known
      ? check("issuer", "fail", "issuer_not_admitted", { ...named, ...asOf })
      : check("issuer", "fail", "issuer_absent");
  const kind = found.kind ? check("kind", "pass", "kind_allowed") : check("kind", "fail", "kind_not_allowed", asOf);
  return [issuer, kind, checkKey(found)];
}

function checkKey(found: Moment): Check {
  const { answer } = found;
  if (found.key) return check("key", "pass", "key_good");
  if (!answer.key_known) return check("key", "fail", "key_absent");
  if (answer.key_until && found.time >= answer.key_until) {
    return check("key", "fail", "key_retired", { until_at: moment(answer.key_until) });
  }
  return check("key", "fail", "key_purpose");
}

function checkAnchor(standing: Standing): Check {
  const counting = standing.readings.flatMap((reading) => reading.registered);
  const passing = counting.filter((one) => one.passes);
  if (standing.moment && passing.length) {
    const missing = Math.min(...passing.map((one) => one.missing));
    const block: Data = { registered_at: moment(standing.moment.time), block: standing.moment.answer.anchor_block };
    if (missing === 0) return check("anchor", "pass", "anchor_final", block);
    if (standing.complete) return check("anchor", "fail", "anchor_shallow", { ...block, missing });
  }
  if (!standing.complete) return check("anchor", "unknown", "anchor_unanswered");
  if (counting.length) {
    const entered = Math.min(...counting.map((one) => one.time));
    return check("anchor", "fail", "anchor_untimely", { entered_at: moment(entered) });
  }
  return check("anchor", "fail", "anchor_pending");
}

function revocationOf(readings: Reading[]): Revocation | null {
  const found = readings.flatMap(({ head }) =>
    head?.answer.revoked
      ? [{ reason: head.answer.reason, revoked_at: head.answer.revoked_at, pair: head.pair.name }]
      : [],
  );
  return first(found, (one) => one.revoked_at);
}

function checkRevocation(revocation: Revocation | null, standing: Standing): Check {
  if (revocation) {
    const data = { revoked_at: moment(revocation.revoked_at) };
    return check("revocation", "fail", `revoked_${revocation.reason}`, data);
  }
  if (!standing.complete) return check("revocation", "unknown", "revocation_unanswered");
  const heads = standing.readings.flatMap(({ head }) => (head ? [head.facts.head_time] : []));
  return check("revocation", "pass", "not_revoked", { head_at: moment(Math.min(...heads)) });
}

function checkExpiry(asked: Asked, now: number): Check {
  if (asked.validUntil === null) return check("expiry", "pass", "expiry_none");
  const data = { until_at: moment(asked.validUntil) };
  return now > asked.validUntil
    ? check("expiry", "fail", "expiry_over", data)
    : check("expiry", "pass", "expiry_ahead", data);
}

/** The warning for an award dated long before or after its anchor; only signed values are compared. */
function awardWarning(asked: Asked, standing: Standing): Note[] {
  const { statement } = asked.credential;
  const field = statement.kind.fields.find((one) => one.awarded);
  if (!standing.moment || !standing.registered || !field) return [];
  const awarded = String(statement.fields.get(field.name));
  const registered = moment(standing.moment.time);
  const apart = Date.parse(registered.slice(0, 10)) - Date.parse(awarded);
  const days = Math.abs(Math.round(apart / 86_400_000));
  return days <= AWARD_DISTANCE ? [] : [note("award_far", { award_on: awarded, registered_at: registered, days })];
}

/** The warning for a status list that says otherwise than the register; it decides nothing. */
function listWarning(listed: Listed | null, revocation: Revocation | null, standing: Standing): Note[] {
  if (!listed || (!revocation && !standing.complete) || listed.revoked === Boolean(revocation)) return [];
  // Signed before the revocation, or too shortly after it to hold it.
  if (revocation && listed.signedAt <= revocation.revoked_at + LIST_TOLERANCE) return [];
  return [note("status_list_disagrees")];
}

function notesOf({ moment: found }: Standing): Note[] {
  if (!found) return [];
  const { answer, facts, pair } = found;
  const notes: Note[] = [];
  if (pair.local) notes.push(note("test_chain", { pair: pair.name }));
  if (facts.sources <= 1) notes.push(note("one_source"));
  if (answer.key_known && answer.custody === "hosted") notes.push(note("hosted_custody"));
  if (answer.issuer_known && answer.name_now !== (answer.name_at_time || answer.name_now)) {
    notes.push(note("name_changed", { name_now: answer.name_now }));
  }
  if (found.issuer && !facts.answers.get("")?.issuer_admitted) notes.push(note("issuer_now_suspended"));
  return notes;
}

function shown({ moment: found }: Standing): Shown {
  if (!found) return {};
  const { answer, facts, pair, receipt } = found;
  return {
    pair: pair.name,
    local_chain: pair.local,
    sources: facts.sources,
    ...(answer.issuer_known && { issuer_name: answer.name_at_time || answer.name_now, issuer_name_now: answer.name_now }),
    ...(answer.key_known && { custody: answer.custody }),
    ...(receipt && {
      registered_at: found.time,
      block_number: answer.anchor_block,
      transaction: facts.transactions.get(receipt.root) ?? null,
    }),
  };
}

function unreadable(error: StructureError, now: number): Report {
  const code = OF_ANOTHER_VERSION.has(error.code)
    ? "structure_version"
    : UNREADABLE.has(error.code)
      ? "structure_unreadable"
      : "structure_altered";
  const unreached = CHECK_NAMES.slice(1).map((name) => check(name, "unknown", "not_reached"));
  return {
    verdict: "INVALID",
    checks: [check("structure", "fail", code, { reason: error.code }), ...unreached],
    warnings: [],
    notes: [],
    credential: null,
    digest: null,
    revocation: null,
    read_at: null,
    checked_at: now,
  };
}
