// Normal forms of signed values: the checks of credentials/values.py, for values that must already be their own.

import { DIRECTIONS, INVISIBLE, SPACES, UNSPACED, signs } from "./characters";
import { GENERATED, LIMITS, type Field } from "./generated";
import { StructureError } from "./json";

export type Marks = [string, string][];
export type FieldValue = string | bigint | Marks;

/** Throws `value_<code>` for a value the field cannot hold, `not_normal` for one that is written in another form. */
export function requireNormal(field: Field, value: FieldValue, path: string): void {
  const normal = normalForm(field, value, path);
  const same =
    Array.isArray(normal) && Array.isArray(value)
      ? normal.length === value.length && normal.every((row, at) => row[0] === value[at]?.[0] && row[1] === value[at]?.[1])
      : normal === value;
  if (!same) throw new StructureError("not_normal", path);
}

export function requireName(name: string, path: string): void {
  if (normalText(name, LIMITS.name, path) !== name) throw new StructureError("not_normal", path);
}

function normalForm(field: Field, value: FieldValue, path: string): FieldValue {
  if (Array.isArray(value)) return normalMarks(value, path);
  switch (field.type) {
    case "integer":
      requireRange(field, Number(value), path);
      return value;
    case "decimal":
      return normalDecimal(field, String(value), path);
    case "date":
      return normalDate(String(value), path);
    case "year":
      return normalYear(String(value), path);
    case "choice":
      return value; // reading it from the document has already found its code
    default:
      return normalText(String(value), field.max_length, path);
  }
}

function refuse(code: string, path: string): never {
  throw new StructureError(`value_${code}`, path);
}

function unspaced(text: string, joint: string): string {
  return text.split(SPACES).filter(Boolean).join(joint);
}

function normalText(text: string, most: number, path: string): string {
  if (UNSPACED.test(text)) refuse("control_character", path);
  if (DIRECTIONS.test(text)) refuse("direction_mark", path);
  const normal = unspaced(text.replace(new RegExp(INVISIBLE, "gu"), ""), " ").normalize("NFC");
  if (!normal) refuse("empty", path);
  if (signs(normal) > most) refuse("too_long", path);
  return normal;
}

function requireRange(field: Field, number: number, path: string): void {
  if (field.minimum !== null && number < field.minimum) refuse("too_small", path);
  if (field.maximum !== null && number > field.maximum) refuse("too_large", path);
}

function normalDecimal(field: Field, value: string, path: string): string {
  const text = unspaced(value, "");
  if (!text) refuse("empty", path);
  const found = /^([+-]?)([0-9]{1,12})(?:[.,]([0-9]{1,6}))?$/.exec(text);
  if (!found) refuse("not_a_number", path);
  const [, sign, whole = "", decimals = ""] = found;
  requireRange(field, Number(`${sign}${whole}.${decimals || "0"}`), path);
  const digits = `${whole.replace(/^0+(?=[0-9])/, "")}.${decimals}`.replace(/\.?0*$/, "");
  return digits === "0" || sign !== "-" ? digits : `-${digits}`;
}

function normalDate(value: string, path: string): string {
  const text = unspacedEnds(value);
  if (!text) refuse("empty", path);
  let found = /^([0-9]{4})-([0-9]{2})-([0-9]{2})$/.exec(text)?.slice(1);
  found ??= /^([0-9]{1,2})\.([0-9]{1,2})\.([0-9]{4})$/.exec(text)?.slice(1).reverse();
  if (!found) refuse("not_a_date", path);
  const [year = 0, month = 0, day = 0] = found.map(Number);
  if (!isDay(year, month, day)) refuse("no_such_day", path);
  if (year < LIMITS.first_year || year > LIMITS.last_year) refuse("date_out_of_range", path);
  return `${String(year).padStart(4, "0")}-${String(month).padStart(2, "0")}-${String(day).padStart(2, "0")}`;
}

function normalYear(value: string, path: string): string {
  const text = unspacedEnds(value);
  if (!text) refuse("empty", path);
  if (!/^[0-9]{4}$/.test(text) || Number(text) < LIMITS.first_year || Number(text) > LIMITS.last_year) {
    refuse("date_out_of_range", path);
  }
  return text;
}

function unspacedEnds(text: string): string {
  return text.replace(new RegExp(`^${SPACES.source}`, "u"), "").replace(new RegExp(`${SPACES.source}$`, "u"), "");
}

/** Tells whether the calendar (proleptic Gregorian, from year 1) has such a day. */
export function isDay(year: number, month: number, day: number): boolean {
  if (year < 1 || month < 1 || month > 12 || day < 1) return false;
  const leap = (year % 4 === 0 && year % 100 !== 0) || year % 400 === 0;
  const days = [31, leap ? 29 : 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31][month - 1] ?? 0;
  return day <= days;
}

function normalMarks(rows: Marks, path: string): Marks {
  const seen = new Set<string>();
  const found: Marks = [];
  for (const [subject, mark] of rows) {
    if (!unspacedEnds(mark)) continue;
    const row: [string, string] = [normalText(subject, LIMITS.subject, path), normalText(mark, LIMITS.mark, path)];
    const folded = fold(row[0]);
    if (seen.has(folded)) refuse("repeated_subject", path);
    seen.add(folded);
    found.push(row);
  }
  if (!found.length) refuse("empty", path);
  if (found.length > LIMITS.rows) refuse("too_many_rows", path);
  return found;
}

/** As values.py compares: by Python's casefold, sign by sign, as a word's last sigma is small in another way. */
export function fold(text: string): string {
  const folded = [...text].map((sign) => GENERATED.casefold[sign] ?? sign.toLowerCase()).join("");
  return unspaced(folded.replaceAll("ё", "е"), " ").replace(/\.+$/, "");
}
