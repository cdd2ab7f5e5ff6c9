// Is a document exactly the one expected? Numbers count by type too, as in `_require_same` of credentials/openbadges.py.

import { StructureError, type Json, type JsonObject } from "./json";

/** Throws at the first place that differs; lists at a path in `unordered` are compared by the ids of their members. */
export function requireSame(given: Json, expected: Json, path: string, unordered: ReadonlySet<string>): void {
  if (sort(given) !== sort(expected)) throw new StructureError("wrong_type", path);
  if (expected instanceof Map) requireSameMembers(given as JsonObject, expected, path, unordered);
  else if (Array.isArray(expected)) {
    const list = given as Json[];
    if (list.length !== expected.length) throw new StructureError("wrong_length", path);
    const ordered = unordered.has(path) ? inOrderOf(list, expected) : expected;
    list.forEach((one, number) => requireSame(one, ordered[number] as Json, `${path}[${number}]`, unordered));
  } else if (given !== expected) throw new StructureError("wrong_value", path);
}

function requireSameMembers(
  given: JsonObject,
  expected: JsonObject,
  path: string,
  unordered: ReadonlySet<string>,
): void {
  const under = (name: string) => (path ? `${path}.${name}` : name);
  for (const name of given.keys()) {
    if (!expected.has(name)) throw new StructureError("unexpected_member", under(name));
  }
  for (const [name, value] of expected) {
    const member = given.get(name);
    if (member === undefined) throw new StructureError("missing_member", under(name));
    requireSame(member, value, under(name), unordered);
  }
}

function sort(value: Json): string {
  if (value === null) return "null";
  if (Array.isArray(value)) return "list";
  return typeof value;
}

function inOrderOf(given: Json[], expected: Json[]): Json[] {
  const idOf = (member: Json) => (member instanceof Map ? member.get("id") : undefined);
  const places = new Map(given.map((member, place) => [idOf(member), place]));
  const placeOf = (member: Json) => places.get(idOf(member)) ?? given.length;
  return [...expected].sort((one, other) => placeOf(one) - placeOf(other));
}
