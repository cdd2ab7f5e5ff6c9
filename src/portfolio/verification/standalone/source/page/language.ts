// The reader's language, and words, dates and sentences in it. Russian first; English by the switch or `?lang=en`.

import { isolated, visible } from "../core/characters";
import { GENERATED } from "../core/generated";
import type { Data } from "../core/report";
import { OWN } from "./own_words";

export type Language = "ru" | "en";

let language: Language = new URLSearchParams(location.search).get("lang") === "en" ? "en" : "ru";

export function currentLanguage(): Language {
  return language;
}

export function setLanguage(chosen: Language): void {
  language = chosen;
  document.documentElement.lang = chosen;
}

/** The sentence in the reader's language; `data` fills its places with values that are already fit to be shown. */
export function say(sentence: string, data: Data = {}): string {
  const told = language === "en" ? sentence : (OWN[sentence] ?? GENERATED.russian[sentence] ?? sentence);
  return told.replace(/%\(([a-z_]+)\)[sd]/g, (_, name: string) => String(data[name] ?? ""));
}

/** The sentence of a check or note, with its names isolated and its times as people write them. */
export function sayNote({ code, data }: { code: string; data: Data }): string {
  const shown = Object.entries(data).map(([name, value]) => [name, shownValue(name, value)]);
  return say(GENERATED.messages[code] ?? code, Object.fromEntries(shown) as Data);
}

function shownValue(name: string, value: string | number): string | number {
  if (typeof value === "number") return value;
  if (name.endsWith("_on")) return day(value);
  const seconds = name.endsWith("_at") ? Date.parse(value) / 1000 : Number.NaN;
  return Number.isFinite(seconds) ? instant(seconds) : isolated(value);
}

function locale(): string {
  return language === "ru" ? "ru-RU" : "en-GB";
}

/** A unix time in the zone of the reader's own device: "22 ноября 2026 г., 13:00 UTC+3". */
export function instant(seconds: number): string {
  const date = new Date(seconds * 1000);
  if (Number.isNaN(date.getTime())) return String(seconds);
  const long = new Intl.DateTimeFormat(locale(), { day: "numeric", month: "long", year: "numeric" }).format(date);
  const clock = [date.getHours(), date.getMinutes()].map((part) => String(part).padStart(2, "0")).join(":");
  return `${long}, ${clock}\u00a0${zone(-date.getTimezoneOffset())}`;
}

function zone(minutes: number): string {
  if (!minutes) return "UTC";
  const [hours, rest] = [Math.floor(Math.abs(minutes) / 60), Math.abs(minutes) % 60];
  return `UTC${minutes > 0 ? "+" : "\u2212"}${hours}${rest ? `:${String(rest).padStart(2, "0")}` : ""}`;
}

/** An ISO day as people write it. */
export function day(text: string): string {
  const date = new Date(`${text}T00:00:00Z`);
  if (Number.isNaN(date.getTime())) return visible(text);
  return new Intl.DateTimeFormat(locale(), { day: "numeric", month: "long", year: "numeric", timeZone: "UTC" }).format(date);
}

export function decimal(text: string): string {
  return language === "ru" ? text.replace(".", ",") : text;
}

export function sources(count: number): string {
  if (language === "en") return count === 1 ? "one source" : `${count} sources`;
  const one = count % 10 === 1 && count % 100 !== 11;
  const few = count % 10 >= 2 && count % 10 <= 4 && (count % 100 < 12 || count % 100 > 14);
  const sentence = GENERATED.russian[`%(count)d sources (${one ? 1 : few ? 2 : 5})`] ?? "%(count)d";
  return sentence.replace("%(count)d", String(count));
}
