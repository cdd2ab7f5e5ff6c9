// Which characters no signed text and no JSON we read may hold: credentials/characters.py, compared in the tests.

/** A control character, half of a surrogate pair or a noncharacter. */
export const UNREADABLE = /[\x00-\x1f\x7f-\x9f\p{Surrogate}\p{Noncharacter_Code_Point}]/u;

/** The same without the five controls that a table may use as space. */
export const UNSPACED = /[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x84\x86-\x9f\p{Surrogate}\p{Noncharacter_Code_Point}]/u;

/** Marks that turn the direction of writing. */
export const DIRECTIONS = /[\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]/u;

/** Characters that nobody sees. */
export const INVISIBLE = /[\u00ad\u180e\u200b\u2060-\u2064\ufeff\ufff9-\ufffb]/u;

/** What Python's `str.split()` takes for space: not the same as JavaScript's `\s`. */
export const SPACES =
  /[\t-\r\x1c-\x20\x85\xa0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000]+/u;

const REORDERING = /[\u202a-\u202e\u2066-\u2069\u2028\u2029]/gu;

/** A text from outside as it may be shown: marks that reorder what stands around it become U+FFFD. */
export function visible(text: string): string {
  return text.replace(REORDERING, "\ufffd");
}

/** A name inside a sentence: its direction of writing ends where it ends (UAX #9). */
export function isolated(text: string): string {
  return `\u2068${visible(text)}\u2069`;
}

export function signs(text: string): number {
  return [...text].length;
}
