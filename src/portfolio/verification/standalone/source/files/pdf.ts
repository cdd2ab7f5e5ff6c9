// The attachments of a PDF that may be a bundle. The ink of a PDF is never looked at: it proves nothing.

import { LIMITS } from "../core/generated";
import { isName, PdfReader, PdfTrouble, Reference, textOf, type Dictionary, type Pdf, type PdfObject } from "./pdf_objects";

export const MOST_PDF = 32 * 1024 * 1024;
const MOST_OBJECTS = 200_000;
const MOST_INFLATED = 16 * 1024 * 1024; // of all object streams together
const MOST_ATTACHMENTS = 8;
const MOST_LOOKS = 4; // at each byte of the file, on average
const LOOKS_AT_A_STREAM = 4096; // what opening one costs, in bytes
const NAME = "credential.json";
const MARKS = ['"PortfolioBundle"', '"OpenBadgeCredential"'];

export type PdfOutcome = { bundle: Uint8Array } | { trouble: "pdf_encrypted" | "pdf_damaged" | "pdf_without" | "pdf_several" };

export function isPdf(data: Uint8Array): boolean {
  return latin(data.subarray(0, 1024)).includes("%PDF-");
}

/** The one attachment named credential.json; where none is, the one other that is JSON. Two that differ are refused. */
export async function readPdf(data: Uint8Array): Promise<PdfOutcome> {
  const file = new PdfFile(data);
  try {
    file.scan();
    if (file.isEncrypted) return { trouble: "pdf_encrypted" };
    await file.openObjectStreams();
    const found = await file.attachments();
    if (file.isAmbiguous) return { trouble: "pdf_several" };
    const different = new Map(found.map((bytes) => [latin(bytes), bytes]));
    const [bundle] = different.values();
    if (!bundle) return { trouble: "pdf_without" };
    return different.size > 1 ? { trouble: "pdf_several" } : { bundle };
  } catch (error) {
    if (error instanceof PdfTrouble) return { trouble: "pdf_damaged" };
    throw error;
  }
}

/** One character a byte: the only decoding that changes no byte and is still fast. */
function latin(data: Uint8Array): string {
  let text = "";
  for (let place = 0; place < data.length; place += 32_768) {
    text += String.fromCharCode(...data.subarray(place, place + 32_768));
  }
  return text;
}

class PdfFile {
  private readonly text: string;
  private readonly objects = new Map<number, PdfObject>();
  /** Numbers that stand twice in the file. */
  private readonly twice = new Set<number>();
  /** It says that it was written further: only then may a number stand twice. */
  private isUpdated = false;
  private inflated = 0;
  /** Bytes that may still be looked at: offsets and lengths of a file may send a reader over the same ones for ever. */
  private work: number;
  isEncrypted = false;
  /** Readers may find different attachments in it: set by `attachments`. */
  isAmbiguous = false;

  constructor(private readonly data: Uint8Array) {
    this.text = latin(data);
    this.work = MOST_LOOKS * data.length + 2 * MOST_INFLATED;
  }

  private spend(bytes: number): void {
    this.work -= bytes;
    if (this.work < 0) throw new PdfTrouble("too much to read");
  }

  /** The object at a place, undefined where none can be read, and the reader where it stopped. */
  private read(text: string, place: number): { value: Pdf | undefined; reader: PdfReader } {
    const reader = new PdfReader(text, place);
    let value: Pdf | undefined;
    try {
      value = reader.value();
    } catch (error) {
      if (!(error instanceof PdfTrouble)) throw error;
    }
    this.spend(reader.place - place + 1);
    return { value, reader };
  }

  scan(): void {
    const opening = /(?<![0-9])([0-9]{1,10})[\0\t\n\f\r ]+[0-9]{1,5}[\0\t\n\f\r ]+obj(?![A-Za-z])|\btrailer\b/g;
    for (let found = opening.exec(this.text); found; found = opening.exec(this.text)) {
      const { value, reader } = this.read(this.text, opening.lastIndex);
      opening.lastIndex = reader.place; // also behind what could not be read: never the same bytes twice
      if (value === undefined) continue;
      if (value instanceof Map && value.has("Encrypt")) this.isEncrypted = true;
      if (value instanceof Map && value.has("Prev") && (found[1] === undefined || isName(value.get("Type"), "XRef"))) this.isUpdated = true;
      if (found[1] === undefined) continue;
      const stream = reader.stream();
      this.keep(Number(found[1]), { value, stream });
      opening.lastIndex = stream === null || !(value instanceof Map) ? reader.place : this.endOf(value, stream);
    }
  }

  private keep(number: number, object: PdfObject): void {
    if (this.objects.size >= MOST_OBJECTS) throw new PdfTrouble("too many objects");
    if (this.objects.has(number)) this.twice.add(number);
    this.objects.set(number, object);
  }

  /** Where the bytes of a stream end: as its length says if that is true, else at the next "endstream". */
  private endOf(dictionary: Dictionary, start: number): number {
    const length = dictionary.get("Length");
    const told = typeof length === "number" ? length : this.resolve(length);
    if (typeof told === "number" && told >= 0 && /^[\r\n \t]*endstream/.test(this.text.slice(start + told, start + told + 16))) {
      return start + told;
    }
    const end = this.text.indexOf("endstream", start);
    return end < 0 ? this.text.length : end;
  }

  async openObjectStreams(): Promise<void> {
    for (const { value, stream } of [...this.objects.values()]) {
      if (!(value instanceof Map) || stream === null || !isName(value.get("Type"), "ObjStm")) continue;
      const bytes = await this.bytesOf(value, stream, MOST_INFLATED - this.inflated);
      this.inflated += bytes?.length ?? 0;
      if (bytes) this.openObjects(latin(bytes), Number(this.resolve(value.get("N"))), Number(this.resolve(value.get("First"))));
    }
  }

  private openObjects(text: string, count: number, first: number): void {
    if (!Number.isSafeInteger(first)) return;
    const header = text.slice(0, first).trim().split(/[\0\t\n\f\r ]+/).map(Number);
    for (let at = 0; at < Math.min(count, header.length / 2); at += 1) {
      const [number, offset] = [header[2 * at], header[2 * at + 1]];
      if (number === undefined || !Number.isSafeInteger(number) || !Number.isSafeInteger(offset) || this.objects.get(number)?.stream) continue;
      const { value } = this.read(text, first + (offset ?? 0));
      if (value !== undefined) this.keep(number, { value, stream: null });
    }
  }

  async attachments(): Promise<Uint8Array[]> {
    const named = new Map<number, string>();
    for (const [number, { value }] of this.objects) {
      const before = named.size;
      this.nameIn(value, named, 0);
      if (named.size > before && this.twice.has(number)) this.isAmbiguous ||= !this.isUpdated;
    }
    for (const [number, { value, stream }] of this.objects) {
      const typed = value instanceof Map && stream !== null && isName(value.get("Type"), "EmbeddedFile");
      if (typed && !named.has(number)) named.set(number, "");
    }
    const all = [...named.keys()];
    const wanted = all.filter((number) => named.get(number) === NAME);
    const found: Uint8Array[] = [];
    for (const number of wanted.length ? wanted : all) {
      const object = this.objects.get(number);
      if (found.length === MOST_ATTACHMENTS || !(object?.value instanceof Map) || object.stream === null) continue;
      if (this.twice.has(number)) this.isAmbiguous ||= !this.isUpdated;
      const bytes = await this.bytesOf(object.value, object.stream, LIMITS.bundle);
      if (!bytes && wanted.length) throw new PdfTrouble("an attachment that no bundle can be");
      // What bears the name is judged whatever it holds; of others only what says of itself to be one.
      if (bytes && (wanted.length || MARKS.some((mark) => latin(bytes).includes(mark)))) found.push(bytes);
    }
    return found;
  }

  /** Notes which stream a file specification names, wherever in an object it stands. */
  private nameIn(value: Pdf, named: Map<number, string>, depth: number): void {
    if (depth > 8) return;
    if (Array.isArray(value)) for (const item of value) this.nameIn(item, named, depth + 1);
    if (!(value instanceof Map)) return;
    const files = this.resolve(value.get("EF"));
    if (files instanceof Map) {
      const name = textOf(this.resolve(value.get("UF"))) || textOf(this.resolve(value.get("F")));
      for (const key of ["UF", "F"]) {
        const reference = files.get(key);
        if (reference instanceof Reference) named.set(reference.number, name);
      }
    }
    for (const item of value.values()) this.nameIn(item, named, depth + 1);
  }

  private resolve(value: Pdf | undefined, hops = 0): Pdf | undefined {
    if (!(value instanceof Reference) || hops > 8) return value;
    return this.resolve(this.objects.get(value.number)?.value, hops + 1);
  }

  /** The bytes of a stream, inflated up to `most`; null where they are more, damaged or in a filter of another sort. */
  private async bytesOf(dictionary: Dictionary, start: number, most: number): Promise<Uint8Array | null> {
    const raw = this.data.subarray(start, this.endOf(dictionary, start));
    this.spend(raw.length + LOOKS_AT_A_STREAM);
    const filter = this.resolve(dictionary.get("Filter")) ?? [];
    const filters = Array.isArray(filter) ? filter.map((one) => this.resolve(one)) : [filter];
    if (!filters.length) return raw.length <= most ? raw : null;
    if (filters.length > 1 || !(isName(filters[0], "FlateDecode") || isName(filters[0], "Fl"))) return null;
    const inflated = await inflate(raw, most);
    this.spend(inflated?.length ?? most);
    return inflated;
  }
}

async function inflate(raw: Uint8Array, most: number): Promise<Uint8Array | null> {
  const reader = new Blob([raw as BlobPart]).stream().pipeThrough(new DecompressionStream("deflate")).getReader();
  const parts: Uint8Array[] = [];
  let size = 0;
  try {
    for (let part = await reader.read(); !part.done; part = await reader.read()) {
      size += part.value.length;
      if (size > most) {
        await reader.cancel();
        return null;
      }
      parts.push(part.value);
    }
  } catch {
    if (!size) return null; // bytes after the end of the data are an error to the browser, and common in PDF
  }
  return new Uint8Array(await new Blob(parts as BlobPart[]).arrayBuffer());
}
