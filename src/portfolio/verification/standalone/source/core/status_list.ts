// What a status list that came in the bundle says: credentials/statuslists.py. It decides nothing; a contradiction is told.

import { concat, sha256, utf8 } from "./bytes";
import { DID, isInstant, LIST, type Statement } from "./document";
import { GENERATED } from "./generated";
import { StructureError, type Json, type JsonObject } from "./json";
import { requireSame } from "./sameness";
import { base58Of, canonicalOptions, keyOf, verifySignature } from "./signature";

const CLOCK_TOLERANCE = 300; // seconds
const { lines: LINES, length: LENGTH, document: DOCUMENT } = GENERATED.status_list;

/** `signedAt` in unix seconds. */
export interface Listed {
  revoked: boolean;
  signedAt: number;
}

/** Null where the list says nothing of this credential: absent, not of our form, of another, or not in force. */
export async function listed(snapshot: JsonObject | null, statement: Statement, now: number): Promise<Listed | null> {
  if (!snapshot || !isInForce(snapshot, now)) return null;
  try {
    const found = readOwnList(snapshot);
    if (found.url !== statement.status_list || found.issuer !== statement.issuer_did) return null;
    const bits = await inflated(found.encoded, LENGTH / 8);
    const place = Number(statement.status_index);
    const byte = bits?.[place >> 3];
    if (byte === undefined || place >= LENGTH) return null;
    return { revoked: Boolean(byte & (0x80 >> (place & 7))), signedAt: seconds(found.valid_from) };
  } catch (error) {
    if (error instanceof StructureError) return null;
    throw error;
  }
}

function isInForce(snapshot: JsonObject, now: number): boolean {
  const [first, last] = [snapshot.get("validFrom"), snapshot.get("validUntil")];
  if (typeof first !== "string" || typeof last !== "string" || !isInstant(first) || !isInstant(last)) return false;
  return seconds(first) - CLOCK_TOLERANCE <= now && now <= seconds(last);
}

function seconds(instant: string): number {
  return Date.parse(instant) / 1000;
}

type ListSlots = Record<"url" | "issuer" | "encoded" | "valid_from" | "valid_until" | "method" | "value", string>;

function readOwnList(document: JsonObject): ListSlots {
  const bad = new StructureError("bad_status_list");
  const member = (path: string[]): string => {
    let value: Json | undefined = document;
    for (const name of path) value = value instanceof Map ? value.get(name) : undefined;
    if (typeof value !== "string") throw bad;
    return value;
  };
  const slots: ListSlots = {
    url: member(["id"]),
    issuer: member(["issuer"]),
    valid_from: member(["validFrom"]),
    valid_until: member(["validUntil"]),
    encoded: member(["credentialSubject", "encodedList"]),
    method: member(["proof", "verificationMethod"]),
    value: member(["proof", "proofValue"]),
  };
  const named = LIST.test(slots.url) && DID.test(slots.issuer);
  const timed = isInstant(slots.valid_from) && isInstant(slots.valid_until) && slots.valid_from <= slots.valid_until;
  if (!named || !timed || !/^u[A-Za-z0-9_-]+$/.test(slots.encoded)) throw bad;
  requireSame(document, filled(DOCUMENT, slots), "", new Set());
  const [issuer, ...rest] = slots.method.split("#");
  const signature = base58Of(slots.value, "proofValue");
  if (issuer !== slots.issuer || signature.length !== 64) throw bad;
  const options = sha256(utf8(canonicalOptions(slots.valid_from, slots.method)));
  const quads = LINES.map((line) => `${text(line, slots)}\n`).join("");
  if (!verifySignature(keyOf(rest.join("#")), concat(options, sha256(utf8(quads))), signature)) throw bad;
  return slots;
}

type Form = string | Form[] | { [name: string]: Form };

function filled(form: Form, slots: ListSlots): Json {
  if (typeof form === "string") return text(form, slots);
  if (Array.isArray(form)) return form.map((item) => filled(item, slots));
  return new Map(Object.entries(form).map(([name, member]) => [name, filled(member, slots)]));
}

function text(template: string, slots: ListSlots): string {
  return template.replace(/\{([a-z_]+)\}/g, (_, name: string) => slots[name as keyof ListSlots]);
}

/** The bits of an `encodedList`, or null where it is no GZIP, cut off or longer than `most` bytes. */
async function inflated(encoded: string, most: number): Promise<Uint8Array | null> {
  if (encoded.length - 1 > 2 * most) return null; // what Python refuses to unpack: "u" stands before it
  try {
    const packed = atob(encoded.slice(1).replaceAll("-", "+").replaceAll("_", "/"));
    const bytes = Uint8Array.from(packed, (sign) => sign.charCodeAt(0));
    const reader = new Blob([bytes]).stream().pipeThrough(new DecompressionStream("gzip")).getReader();
    const parts: Uint8Array[] = [];
    let size = 0;
    for (let part = await reader.read(); !part.done; part = await reader.read()) {
      size += part.value.length;
      if (size > most) {
        await reader.cancel();
        return null;
      }
      parts.push(part.value);
    }
    return concat(...parts);
  } catch {
    return null;
  }
}
