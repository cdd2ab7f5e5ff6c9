// A statement as an Open Badges document and back: credentials/openbadges.py and statement.py, driven by the kinds.
//
// `extract` accepts exactly what `compose` makes of some statement, so nothing that was not understood is ever shown.

import { GENERATED, LIMITS, type Field, type Kind, type Template } from "./generated";
import { StructureError, type Json, type JsonObject } from "./json";
import { requireSame } from "./sameness";
import { isDay, requireName, requireNormal, type FieldValue, type Marks } from "./values";

export interface Statement {
  id: string;
  subject_id: string;
  issuer_did: string;
  issuer_name: string;
  holder_name: string;
  kind: Kind;
  valid_from: string;
  valid_until: string | null;
  status_list: string;
  status_index: bigint;
  fields: Map<string, FieldValue>;
}

export type Slots = Map<string, string | bigint>;

const UUID = /^urn:uuid:[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/;
export const DID = /^did:web:[a-z0-9-]+(?:\.[a-z0-9-]+)*(?:%3A[1-9][0-9]{0,4})?(?::[A-Za-z0-9._-]+)*$/;
export const LIST = /^https:\/\/[a-z0-9-]+(?:\.[a-z0-9-]+)*(?::[1-9][0-9]{0,4})?(?:\/[A-Za-z0-9._-]+)+$/;
const INSTANT = /^([0-9]{4})-([0-9]{2})-([0-9]{2})T(?:[01][0-9]|2[0-3]):[0-5][0-9]:[0-5][0-9]Z$/;
const MOST_IRI = 255;
const MOST_INDEX = 2n ** 32n - 1n;
const DAY_START = "T00:00:00Z";
const RESULTS = ["credentialSubject", "result"];
const DESCRIPTIONS = ["credentialSubject", "achievement", "resultDescription"];
const ACHIEVEMENT = ["credentialSubject", "achievement"];
const UNORDERED = new Set([RESULTS.join("."), DESCRIPTIONS.join(".")]);
const MEMBERS: Record<string, string> = {
  subject_id: "credentialSubject.id",
  issuer_did: "issuer.id",
  issuer_name: "issuer.name",
  holder_name: "credentialSubject.identifier[0].identityHash",
  valid_from: "validFrom",
  valid_until: "validUntil",
  status_list: "credentialStatus.statusListCredential",
  status_index: "credentialStatus.statusListIndex",
};

export function extract(document: JsonObject): Statement {
  const contexts = document.get("@context");
  const known =
    Array.isArray(contexts) &&
    contexts.length === GENERATED.contexts.length &&
    contexts.every((context, place) => context === GENERATED.contexts[place]);
  if (!known) throw new StructureError("unknown_context", "@context");
  const kind = kindOf(document);
  let statement: Statement;
  try {
    statement = new Reader(document, kind).statement();
  } catch (error) {
    if (!(error instanceof StructureError)) throw error;
    throw new StructureError(error.code, memberOf(kind, error.path));
  }
  requireSame(document, compose(statement), "", UNORDERED);
  return statement;
}

/** Every value of the document that differs from credential to credential, by the name of its slot. */
export function slotsOf(statement: Statement): Slots {
  const slots: Slots = new Map<string, string | bigint>([
    ["id", statement.id],
    ["subject_id", statement.subject_id],
    ["issuer_did", statement.issuer_did],
    ["issuer_name", statement.issuer_name],
    ["holder_name", statement.holder_name],
    ["valid_from", statement.valid_from],
    ["status_list", statement.status_list],
    ["status_index", String(statement.status_index)],
  ]);
  if (statement.valid_until !== null) slots.set("valid_until", statement.valid_until);
  for (const field of statement.kind.fields) {
    const value = statement.fields.get(field.name);
    if (value === undefined || Array.isArray(value)) continue;
    slots.set(`field-${field.name}`, signed(field, value));
  }
  return slots;
}

export function rowsOf(statement: Statement): Marks {
  for (const value of statement.fields.values()) if (Array.isArray(value)) return value;
  return [];
}

function signed(field: Field, value: string | bigint): string | bigint {
  if (field.type === "choice") return field.choices.find((choice) => choice.code === value)?.ru ?? "";
  return field.type === "date" ? `${value}${DAY_START}` : value;
}

export function compose(statement: Statement): JsonObject {
  return fill(statement.kind.document, slotsOf(statement), rowsOf(statement)) as JsonObject;
}

function fill(template: Template, slots: Slots, rows: Marks): Json | undefined {
  if (typeof template === "string") return fillText(template, slots);
  if (typeof template === "boolean") return template;
  if (Array.isArray(template)) {
    const found = template.flatMap((item) => fillItem(item, slots, rows));
    return found.length ? found : undefined;
  }
  const found: JsonObject = new Map();
  for (const [name, member] of Object.entries(template)) {
    const [value] = fillItem(member, slots, rows);
    if (value !== undefined) found.set(name, value);
  }
  return found;
}

/** A member or an item: none where its condition is not met, one for each row where it stands for rows. */
function fillItem(item: Template, slots: Slots, rows: Marks): Json[] {
  if (typeof item === "object" && !Array.isArray(item) && "if" in item && "then" in item) {
    const [condition, template] = [item.if as string, item.then as Template];
    if (condition === "rows") return rows.flatMap((row, place) => kept(fill(template, rowSlots(slots, row, place), [])));
    return slots.has(condition) ? kept(fill(template, slots, rows)) : [];
  }
  return kept(fill(item, slots, rows));
}

function kept(value: Json | undefined): Json[] {
  return value === undefined ? [] : [value];
}

export function rowSlots(slots: Slots, row: [string, string], place: number): Slots {
  return new Map([...slots, ["row", row[0]], ["mark", row[1]], ["n", String(place + 1)]]);
}

export function fillText(template: string, slots: Slots, escape = String as (value: string) => string): string | bigint {
  const whole = /^\{([a-z_0-9-]+)\}$/.exec(template);
  const alone = whole?.[1] === undefined ? undefined : slots.get(whole[1]);
  if (typeof alone === "bigint") return alone;
  return template.replace(/\{([a-z_0-9-]+)\}/g, (_, name: string) => escape(String(slots.get(name) ?? "")));
}

function kindOf(document: JsonObject): Kind {
  const type = textAt(document, [...ACHIEVEMENT, "achievementType"]);
  const kinds = GENERATED.kinds.filter((kind) => kind.achievement_type === type);
  if (!kinds.length) throw new StructureError("unknown_kind", [...ACHIEVEMENT, "achievementType"].join("."));
  const version = textAt(document, [...ACHIEVEMENT, "version"]);
  const kind = kinds.find((one) => one.version === version);
  if (!kind) throw new StructureError("unknown_version", [...ACHIEVEMENT, "version"].join("."));
  return kind;
}

class Reader {
  private readonly id: string;
  private readonly results: Map<string, Json>;
  private readonly descriptions: Map<string, Json>;

  constructor(
    private readonly document: JsonObject,
    private readonly kind: Kind,
  ) {
    this.id = textAt(document, ["id"]);
    this.results = byId(document, RESULTS);
    this.descriptions = byId(document, DESCRIPTIONS);
  }

  statement(): Statement {
    const document = this.document;
    const index = textAt(document, ["credentialStatus", "statusListIndex"]);
    if (!/^(?:0|[1-9][0-9]{0,9})$/.test(index)) {
      throw new StructureError("bad_status", "credentialStatus.statusListIndex");
    }
    const statement: Statement = {
      id: this.id,
      subject_id: textAt(document, ["credentialSubject", "id"]),
      issuer_did: textAt(document, ["issuer", "id"]),
      issuer_name: textAt(document, ["issuer", "name"]),
      holder_name: this.holderName(),
      kind: this.kind,
      valid_from: textAt(document, ["validFrom"]),
      valid_until: document.has("validUntil") ? textAt(document, ["validUntil"]) : null,
      status_list: textAt(document, ["credentialStatus", "statusListCredential"]),
      status_index: BigInt(index),
      fields: new Map(),
    };
    for (const field of this.kind.fields) {
      const value = this.value(field);
      if (value !== null) statement.fields.set(field.name, value);
    }
    requireStatement(statement);
    return statement;
  }

  private holderName(): string {
    const identities = at(this.document, ["credentialSubject", "identifier"]);
    if (!Array.isArray(identities) || identities.length !== 1) {
      throw new StructureError("wrong_value", "credentialSubject.identifier");
    }
    return textAt(identities[0] as Json, ["identityHash"], "credentialSubject.identifier[0]");
  }

  private value(field: Field): FieldValue | null {
    if (field.place === "marks") {
      const rows = this.rows();
      return rows.length ? rows : null;
    }
    if (field.place === "result") {
      const result = this.results.get(`${this.id}#result-${field.name}`);
      if (result === undefined) return null;
      return unsigned(field, textAt(result, ["value"], RESULTS.join(".")), `fields.${field.name}`);
    }
    const last = field.place.at(-1) as string;
    const holder = at(this.document, field.place.slice(0, -1));
    const value = holder instanceof Map ? holder.get(last) : undefined;
    return value === undefined ? null : unsigned(field, value, field.place.join("."));
  }

  private rows(): Marks {
    const rows: Marks = [];
    for (let number = 1; number <= LIMITS.rows; number += 1) {
      const row = this.descriptions.get(`${this.id}#row-${number}`);
      const mark = this.results.get(`${this.id}#mark-${number}`);
      if (row === undefined || mark === undefined) break;
      const subject = textAt(row, ["name"], DESCRIPTIONS.join("."));
      rows.push([subject, textAt(mark, ["value"], RESULTS.join("."))]);
    }
    return rows;
  }
}

function unsigned(field: Field, value: Json, path: string): FieldValue {
  if (field.type === "integer") {
    if (typeof value !== "bigint") throw new StructureError("wrong_type", path);
    return value;
  }
  if (typeof value !== "string") throw new StructureError("wrong_type", path);
  if (field.type === "choice") {
    const choice = field.choices.find((one) => one.ru === value);
    if (!choice) throw new StructureError("value_unknown_choice", path);
    return choice.code;
  }
  return field.type === "date" && value.endsWith(DAY_START) ? value.slice(0, -DAY_START.length) : value;
}

function at(value: Json, path: string[], under = ""): Json {
  let found = value;
  path.forEach((member, depth) => {
    const next = found instanceof Map ? found.get(member) : undefined;
    if (next === undefined) throw new StructureError("missing_member", join(under, path.slice(0, depth + 1).join(".")));
    found = next;
  });
  return found;
}

function textAt(value: Json, path: string[], under = ""): string {
  const text = at(value, path, under);
  if (typeof text !== "string") throw new StructureError("wrong_type", join(under, path.join(".")));
  return text;
}

function join(path: string, name: string): string {
  return path ? `${path}.${name}` : name;
}

function byId(document: JsonObject, path: string[]): Map<string, Json> {
  const holder = at(document, path.slice(0, -1));
  const where = path.join(".");
  const members = holder instanceof Map ? (holder.get(path.at(-1) as string) ?? []) : null;
  if (!Array.isArray(members)) throw new StructureError("wrong_type", where);
  const found = new Map(members.map((member, number) => [textAt(member, ["id"], `${where}[${number}]`), member]));
  if (found.size !== members.length) throw new StructureError("repeated_id", where);
  return found;
}

function memberOf(kind: Kind, path: string): string {
  const field = path.startsWith("fields.") ? kind.fields.find((one) => path === `fields.${one.name}`) : undefined;
  if (!field) return MEMBERS[path] ?? path;
  return Array.isArray(field.place) ? field.place.join(".") : RESULTS.join(".");
}

function requireStatement(statement: Statement): void {
  requireIds(statement);
  requireName(statement.issuer_name, "issuer_name");
  requireName(statement.holder_name, "holder_name");
  if (!isInstant(statement.valid_from)) throw new StructureError("bad_instant", "valid_from");
  const until = statement.valid_until;
  if (until !== null && (!isInstant(until) || until < statement.valid_from)) {
    throw new StructureError("bad_instant", "valid_until");
  }
  for (const field of statement.kind.fields) {
    const value = statement.fields.get(field.name);
    if (value !== undefined) requireNormal(field, value, `fields.${field.name}`);
    else if (field.required) throw new StructureError("missing_field", `fields.${field.name}`);
  }
}

function requireIds(statement: Statement): void {
  if (!UUID.test(statement.id)) throw new StructureError("bad_id", "id");
  if (!UUID.test(statement.subject_id)) throw new StructureError("bad_id", "subject_id");
  if (statement.id === statement.subject_id) throw new StructureError("repeated_id", "subject_id");
  if (statement.issuer_did.length > MOST_IRI || !DID.test(statement.issuer_did)) {
    throw new StructureError("bad_did", "issuer_did");
  }
  if (statement.status_list.length > MOST_IRI || !LIST.test(statement.status_list)) {
    throw new StructureError("bad_status", "status_list");
  }
  if (statement.status_index > MOST_INDEX) throw new StructureError("bad_status", "status_index");
}

export function isInstant(text: string): boolean {
  const found = INSTANT.exec(text);
  if (!found) return false;
  const [year = 0, month = 0, day = 0] = found.slice(1).map(Number);
  return year >= 1970 && isDay(year, month, day);
}
