// What stands on the page: the trust in use and what became of each file. No element is touched here.

import { ask, type Asked } from "../core/bundle";
import { hex, sha256, utf8 } from "../core/bytes";
import type { TrustRoots } from "../core/facts";
import { StructureError } from "../core/json";
import type { Report } from "../core/report";
import { listed } from "../core/status_list";
import { judge } from "../core/verdict";
import { readPair, type NodeState } from "../chain/reader";
import { isPdf, MOST_PDF, readPdf } from "../files/pdf";
import { linkOf, scan, type ScannedLink } from "../files/qr";

export type TroubleCode = "too_large" | "no_code" | "pdf_encrypted" | "pdf_damaged" | "pdf_without" | "pdf_several" | "fault";

export interface Source {
  name: string;
  /** Of the file that was dropped: of the PDF, not of what is attached to it. */
  fingerprint: string;
  fromPdf: boolean;
}

export type Outcome = Source &
  (
    | { kind: "report"; report: Report; nodes: NodeState[]; bundle: Uint8Array }
    | { kind: "link"; link: ScannedLink }
    | { kind: "trouble"; trouble: TroubleCode }
  );

/** Judges bytes as a bundle or credential; `now` in unix seconds. */
export async function judgeBytes(bundle: Uint8Array, trust: TrustRoots, now: number): Promise<{ report: Report; nodes: NodeState[] }> {
  let asked: Asked | StructureError;
  try {
    asked = ask(bundle);
  } catch (error) {
    if (!(error instanceof StructureError)) throw error;
    asked = error;
  }
  if (asked instanceof StructureError) return { report: judge(asked, { trust, facts: [], now }), nodes: [] };
  const { question } = asked;
  const readings = await Promise.all(trust.pairs.map((pair) => readPair(pair, question, now)));
  const facts = readings.map((reading) => reading.facts);
  const said = await listed(asked.statusList, asked.credential.statement, now);
  return { report: judge(asked, { trust, facts, now, listed: said }), nodes: readings.flatMap((reading) => reading.nodes) };
}

export async function outcomesOf(file: File, trust: TrustRoots, hosts: string[]): Promise<Outcome[]> {
  const source: Source = { name: file.name, fingerprint: "", fromPdf: false };
  if (file.size > MOST_PDF) return [{ ...source, kind: "trouble", trouble: "too_large" }];
  const data = new Uint8Array(await file.arrayBuffer());
  source.fingerprint = await fingerprint(data);
  if (isPdf(data)) {
    const found = await readPdf(data);
    if ("trouble" in found) return [{ ...source, kind: "trouble", trouble: found.trouble }];
    const inside = { ...source, fromPdf: true };
    return [await judged(inside, found.bundle, trust)];
  }
  if (isPicture(data)) {
    const text = await scan(file);
    if (text === null) return [{ ...source, kind: "trouble", trouble: "no_code" }];
    return [{ ...source, kind: "link", link: linkOf(text, hosts) }];
  }
  return [await judged(source, data, trust)];
}

export async function outcomeOfText(text: string, name: string, trust: TrustRoots, hosts: string[]): Promise<Outcome> {
  const data = utf8(text.trim());
  const source: Source = { name, fingerprint: "", fromPdf: false };
  if (/^[a-z][a-z0-9+.-]*:\/\/\S+$/i.test(text.trim())) return { ...source, kind: "link", link: linkOf(text, hosts) };
  return judged(source, data, trust);
}

export async function judged(source: Source, bundle: Uint8Array, trust: TrustRoots): Promise<Outcome> {
  const now = Math.floor(Date.now() / 1000);
  return { ...source, kind: "report", bundle, ...(await judgeBytes(bundle, trust, now)) };
}

async function fingerprint(data: Uint8Array): Promise<string> {
  const subtle = globalThis.crypto?.subtle; // absent on plain http
  return hex(subtle ? new Uint8Array(await subtle.digest("SHA-256", data as BufferSource)) : sha256(data)).slice(2);
}

const PICTURES = [[0x89, 0x50, 0x4e, 0x47], [0xff, 0xd8, 0xff], [0x52, 0x49, 0x46, 0x46], [0x47, 0x49, 0x46, 0x38], [0x42, 0x4d]];

function isPicture(data: Uint8Array): boolean {
  const heic = String.fromCharCode(...data.subarray(4, 8)) === "ftyp";
  return heic || PICTURES.some((start) => start.every((byte, place) => data[place] === byte));
}
