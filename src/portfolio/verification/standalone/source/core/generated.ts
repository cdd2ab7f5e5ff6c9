// Types of what scripts/standalone_data.py writes from the Python side; nothing here is kept by hand.

import data from "./generated.json";

export interface Choice {
  code: string;
  ru: string;
  en: string;
}

export interface Field {
  name: string;
  ru: string;
  en: string;
  type: "text" | "integer" | "decimal" | "date" | "year" | "choice" | "marks";
  /** The path in the document, or that it is a result, or rows of results. */
  place: string[] | "result" | "marks";
  awarded: boolean;
  required: boolean;
  choices: Choice[];
  max_length: number;
  minimum: number | null;
  maximum: number | null;
}

export interface Kind {
  code: string;
  bit: number;
  ru: string;
  en: string;
  achievement_type: string;
  version: string;
  fields: Field[];
  document: Template;
  /** Lines of N-Quads with their slots, and the slot without which a document lacks the line. */
  lines: [string, string | null][];
}

export type Template = string | boolean | Template[] | { [name: string]: Template };

export interface Wording {
  tone: string;
  word: string;
  advice: string;
  meaning: string[];
  heading: string;
  lead: string;
}

export interface Generated {
  contexts: string[];
  kinds: Kind[];
  options: string[];
  proof: Record<string, string>;
  chain: {
    selectors: Record<"check" | "registrars" | "issuerRegistry", string>;
    anchored: string;
    check_result: [string, string][];
    custody: string[];
    reasons: string[];
  };
  limits: Record<
    | "document"
    | "depth"
    | "bundle"
    | "receipts"
    | "proof"
    | "name"
    | "rows"
    | "subject"
    | "mark"
    | "first_year"
    | "last_year",
    number
  >;
  status_list: { lines: string[]; length: number; document: { [name: string]: never } };
  short_code: { alphabet: string; misread: Record<string, string> };
  /** Characters that Python's casefold does not simply make small. */
  casefold: Record<string, string>;
  verdicts: Record<string, string>;
  messages: Record<string, string>;
  wordings: Record<string, Wording>;
  superseded_advice: string;
  check_titles: Record<string, string>;
  remaining_checks: string;
  states: Record<string, string>;
  custody: Record<string, string>;
  russian: Record<string, string>;
}

export const GENERATED = data as unknown as Generated;
export const LIMITS = GENERATED.limits;
