// The few objects of PDF that lead to an attachment, read without following the file's own tables (ISO 32000-2, 7.3).
//
// Every "N G obj" outside a stream is read in order, later ones replacing earlier ones as incremental updates do. What a
// hostile file can do is bounded: depth, number of objects, and what its streams may inflate to.

export type Pdf = null | boolean | number | Name | Reference | string | Pdf[] | Dictionary;
export type Dictionary = Map<string, Pdf>;

export class Name {
  constructor(readonly name: string) {}
}

export class Reference {
  constructor(readonly number: number) {}
}

export interface PdfObject {
  value: Pdf;
  /** Where the bytes of its stream begin, or null. */
  stream: number | null;
}

export class PdfTrouble extends Error {}

const MOST_DEPTH = 32;
const SPACE = /(?:[\0\t\n\f\r ]+|%[^\r\n]*)*/y;
const NUMBER = /[+-]?(?:[0-9]+\.?[0-9]*|\.[0-9]+)/y;
const REGULAR = /[^\0\t\n\f\r ()<>[\]{}/%]*/y;
// How much space it looks over is bounded, as the same place may be read again and again.
const REFERENCE = /([0-9]{1,10})[\0\t\n\f\r ]{1,32}[0-9]{1,5}[\0\t\n\f\r ]{1,32}R(?![^\0\t\n\f\r ()<>[\]{}/%])/y;
const HEX = /<([0-9A-Fa-f\0\t\n\f\r ]*)/y;
const MOST_TEXT = 4096; // of a name that is looked at

/** Reads one object after another out of a text in which every character is a byte; where it fails, `place` tells how far it came. */
export class PdfReader {
  constructor(
    readonly text: string,
    public place = 0,
  ) {}

  value(depth = 0): Pdf {
    if (depth > MOST_DEPTH) throw new PdfTrouble("nested too deeply");
    this.match(SPACE);
    const sign = this.text[this.place];
    if (this.text.startsWith("<<", this.place)) return this.dictionary(depth);
    if (sign === "/") return this.name();
    if (sign === "[") return this.array(depth);
    if (sign === "(") return this.literal();
    if (sign === "<") return this.hexadecimal();
    const reference = this.match(REFERENCE);
    if (reference) return new Reference(Number(reference[1]));
    const number = this.match(NUMBER);
    if (number?.[0]) return Number(number[0]);
    const word = this.match(REGULAR)?.[0] ?? "";
    if (word === "true" || word === "false") return word === "true";
    if (word === "null") return null;
    throw new PdfTrouble("not an object");
  }

  /** After an object: the place where the bytes of its stream begin, or null. */
  stream(): number | null {
    this.match(SPACE);
    const found = /stream(?:\r\n|\n|\r)/y;
    found.lastIndex = this.place;
    if (!found.test(this.text)) return null;
    this.place = found.lastIndex;
    return this.place;
  }

  private match(pattern: RegExp): RegExpExecArray | null {
    pattern.lastIndex = this.place;
    const found = pattern.exec(this.text);
    if (found) this.place += found[0].length;
    return found;
  }

  private name(): Name {
    this.place += 1;
    const written = this.match(REGULAR)?.[0] ?? "";
    return new Name(written.replace(/#([0-9A-Fa-f]{2})/g, (_, code: string) => String.fromCharCode(Number.parseInt(code, 16))));
  }

  private array(depth: number): Pdf[] {
    const found: Pdf[] = [];
    this.place += 1;
    for (;;) {
      this.match(SPACE);
      if (this.text[this.place] === "]") {
        this.place += 1;
        return found;
      }
      found.push(this.value(depth + 1));
    }
  }

  private dictionary(depth: number): Dictionary {
    const found: Dictionary = new Map();
    this.place += 2;
    for (;;) {
      this.match(SPACE);
      if (this.text.startsWith(">>", this.place)) {
        this.place += 2;
        return found;
      }
      if (this.text[this.place] !== "/") throw new PdfTrouble("a dictionary without names");
      const name = this.name();
      found.set(name.name, this.value(depth + 1));
    }
  }

  private literal(): string {
    let found = "";
    let open = 0;
    for (this.place += 1; this.place < this.text.length; this.place += 1) {
      const sign = this.text[this.place] as string;
      if (sign === ")" && open === 0) {
        this.place += 1;
        return found;
      }
      if (sign === "(") open += 1;
      if (sign === ")") open -= 1;
      found += sign === "\\" ? this.escape() : sign;
    }
    throw new PdfTrouble("a string without end");
  }

  private escape(): string {
    const octal = /[0-7]{1,3}/y;
    octal.lastIndex = this.place + 1;
    const code = octal.exec(this.text)?.[0];
    this.place += code?.length ?? 1;
    if (code) return String.fromCharCode(Number.parseInt(code, 8) & 255);
    const sign = this.text[this.place] ?? "";
    return { n: "\n", r: "\r", t: "\t", b: "\b", f: "\f", "\n": "", "\r": "" }[sign] ?? sign;
  }

  private hexadecimal(): string {
    const written = (this.match(HEX)?.[1] ?? "").replace(/[^0-9A-Fa-f]/g, "");
    if (this.text[this.place] !== ">") throw new PdfTrouble("not a string");
    this.place += 1;
    return (written.match(/..?/g) ?? []).map((pair) => String.fromCharCode(Number.parseInt(pair.padEnd(2, "0"), 16))).join("");
  }
}

/** The text of a string object: UTF-16 or UTF-8 with a byte order mark, else as Latin letters; none of one that is endless. */
export function textOf(value: Pdf | undefined): string {
  if (typeof value !== "string" || value.length > MOST_TEXT) return "";
  const bytes = Uint8Array.from(value, (sign) => sign.charCodeAt(0));
  if (value.startsWith("\xfe\xff")) return new TextDecoder("utf-16be").decode(bytes.subarray(2));
  if (value.startsWith("\xef\xbb\xbf")) return new TextDecoder().decode(bytes.subarray(3));
  return value;
}

export function isName(value: Pdf | undefined, name: string): boolean {
  return value instanceof Name && value.name === name;
}
