// A report as elements: the same parts, words and order as the result page of the service.

import { hex } from "../core/bytes";
import { visible } from "../core/characters";
import { shortCode } from "../core/credential";
import { GENERATED, type Field } from "../core/generated";
import type { Check, Report } from "../core/report";
import type { FieldValue } from "../core/values";
import type { NodeState } from "../chain/reader";
import { bdi, el, icon, type Child } from "./elements";
import { currentLanguage, day, decimal, instant, say, sayNote, sources } from "./language";
import type { Outcome } from "./model";
import { nodeList, whatToDo } from "./nodes_view";

const STALE_AFTER = 60; // seconds
const DECISIVE: Record<string, string[]> = {
  REVOKED: ["revocation"],
  EXPIRED: ["expiry"],
  PENDING: ["anchor"],
  INVALID: ["structure", "signature", "issuer", "kind", "key"],
};

export function resultView(outcome: Outcome & { kind: "report" }): Child[] {
  const { report, nodes, fromPdf } = outcome;
  return [
    banner(report, whatToDo(report, nodes)),
    el(
      "div",
      { class: "columns" },
      el("div", {}, advice(report, nodes), paper(report, fromPdf), warnings(report), checks(report), meaning(report)),
      el("div", {}, register(report, nodes, outcome.fingerprint), whomToAsk()),
    ),
  ];
}

export function toneOf(report: Report): string {
  return GENERATED.wordings[report.verdict]?.tone ?? "unknown";
}

export function wordOf(report: Report): string {
  return say(GENERATED.wordings[report.verdict]?.word ?? "");
}

function banner(report: Report, steps: string[]): HTMLElement {
  const tone = toneOf(report);
  const reason = reasonOf(report);
  const read = report.read_at !== null && report.checked_at - report.read_at > STALE_AFTER ? report.read_at : null;
  return el(
    "div",
    { class: `verdict tone-${tone}` },
    icon(tone, "icon verdict-icon"),
    el(
      "div",
      {},
      el("p", { class: "kicker" }, say("Result of the check"), report.local_chain && [" ", el("span", { class: "chip" }, say("test chain"))]),
      el("h2", { class: "verdict-word", tabindex: "-1" }, wordOf(report)),
      el("p", { class: "verdict-sentence" }, say(GENERATED.verdicts[report.verdict] ?? "")),
      reason && el("p", { class: "verdict-reason" }, sayNote(reason)),
      el("p", { class: "verdict-advice" }, report.verdict === "CANNOT_CHECK" && steps[0] ? steps[0] : say(adviceOf(report))),
      el(
        "p",
        { class: "verdict-time" },
        say("Checked:"),
        " ",
        time(report.checked_at),
        ".",
        read !== null && [" ", say("State of the register:"), " ", time(read), "."],
      ),
    ),
  );
}

function time(seconds: number): HTMLElement {
  return el("time", {}, instant(seconds));
}

function reasonOf(report: Report): Check | undefined {
  const names = DECISIVE[report.verdict] ?? [];
  return report.checks.find((check) => check.outcome === "fail" && names.includes(check.name));
}

function adviceOf(report: Report): string {
  if (report.checks[0]?.code === "structure_unreadable") {
    return "Perhaps it is another file. Choose the PDF of the diploma, or the file for checking (.json) from the page of the document.";
  }
  if (report.verdict === "REVOKED" && report.revocation?.reason === "superseded") return GENERATED.superseded_advice;
  return GENERATED.wordings[report.verdict]?.advice ?? "";
}

function advice(report: Report, nodes: NodeState[]): Child {
  const steps = whatToDo(report, nodes);
  // What the banner says already is not said twice.
  if (report.verdict === "CANNOT_CHECK") steps.shift();
  if (!steps.length) return null;
  return el(
    "div",
    { class: "callout" },
    icon("info"),
    el("div", {}, el("h3", {}, say("What to do")), el("ul", {}, steps.map((step) => el("li", {}, step)))),
  );
}

function paper(report: Report, fromPdf: boolean): Child {
  if (!report.credential || !report.digest) return null;
  const { statement } = report.credential;
  const said = GENERATED.wordings[report.verdict];
  const tone = toneOf(report);
  const present = statement.kind.fields.flatMap((field): [Field, FieldValue][] => {
    const value = statement.fields.get(field.name);
    return value === undefined ? [] : [[field, value]];
  });
  const language = currentLanguage();
  return block(
    say(said?.heading ?? ""),
    el("p", { class: "lead" }, say(said?.lead ?? "")),
    fromPdf && el("p", { class: "small" }, say("Words printed in the PDF prove nothing: compare them with those below, which are drawn from the signed data.")),
    el(
      "div",
      { class: `sheet tone-${tone}` },
      el(
        "p",
        { class: "sheet-top" },
        el("span", { class: "sheet-kind" }, statement.kind[language]),
        el("span", { class: `badge tone-${tone}` }, wordOf(report)),
      ),
      el(
        "dl",
        {},
        el("div", { class: "holder" }, el("dt", {}, say("Holder")), el("dd", {}, bdi(visible(statement.holder_name), "ru"))),
        present.map(([field, value]) => !Array.isArray(value) && row(field[language], shownValue(field, value))),
        issuer(report, tone),
        row(say("Check code"), el("code", {}, shortCode(report.digest)), el("small", { class: "aside" }, say("The same code is printed on the paper."))),
      ),
      present.map(([field, value]) => Array.isArray(value) && marks(field[language], value)),
    ),
  );
}

function shownValue(field: Field, value: string | bigint): HTMLElement {
  const text = String(value);
  if (field.type === "choice") return bdi(field.choices.find((choice) => choice.code === text)?.[currentLanguage()] ?? text);
  if (field.type === "date") return bdi(day(text));
  if (field.type === "decimal") return bdi(decimal(text));
  return bdi(visible(text), field.type === "text" ? "ru" : "");
}

function issuer(report: Report, tone: string): HTMLElement {
  const { issuer_name: name, issuer_name_now: now } = report;
  if (!name) {
    const text = tone === "unknown" ? "cannot be said: the register has no answer" : "no organisation that the register knows";
    return el("div", { class: "row" }, el("dt", {}, say("Issued by")), el("dd", { class: "missing" }, say(text)));
  }
  const renamed = now && now !== name && el("small", { class: "aside" }, say("now called:"), " ", bdi(visible(now), "ru"));
  return row(say(tone === "invalid" ? "Named as the issuer" : "Issued by"), bdi(visible(name), "ru"), renamed);
}

function marks(label: string, rows: [string, string][]): HTMLElement {
  const head = el("tr", {}, [say("Subject"), say("Mark")].map((text) => el("th", { scope: "col" }, text)));
  const body = rows.map(([subject, mark]) =>
    el("tr", {}, el("th", { scope: "row" }, bdi(visible(subject), "ru")), el("td", {}, bdi(visible(mark), "ru"))),
  );
  return el("table", { class: "marks" }, el("caption", {}, label), el("thead", { class: "unseen" }, head), el("tbody", {}, body));
}

function warnings(report: Report): Child {
  if (!report.warnings.length) return null;
  return el(
    "div",
    { class: "callout callout-warning" },
    icon("warning"),
    el("div", {}, el("h3", {}, say("Take a second look")), el("ul", {}, report.warnings.map((one) => el("li", {}, sayNote(one))))),
  );
}

function checks(report: Report): HTMLElement {
  const reached = report.checks.filter((check) => check.code !== "not_reached");
  const unreached = report.checks.find((check) => check.code === "not_reached");
  const lines = reached.map((check) => {
    const waits = ["anchor_pending", "anchor_shallow"].includes(check.code);
    return line(GENERATED.check_titles[check.name] ?? "", waits ? "wait" : check.outcome, check);
  });
  if (unreached) lines.push(line(GENERATED.remaining_checks, "unknown", unreached));
  return block(say("What was checked"), el("ul", { class: "checks" }, lines));
}

function line(title: string, state: string, check: Check): HTMLElement {
  const word = el("span", { class: "check-word" }, say(GENERATED.states[state] ?? ""));
  return el(
    "li",
    { class: `check state-${state}`, "data-check": check.name, "data-outcome": check.outcome },
    icon(state),
    el("div", {}, el("p", { class: "check-title" }, say(title), word), el("p", {}, sayNote(check))),
  );
}

function meaning(report: Report): HTMLElement {
  const paragraphs = GENERATED.wordings[report.verdict]?.meaning ?? [];
  return el(
    "details",
    { class: "fold" },
    el("summary", {}, say("What does this mean?")),
    el("div", {}, paragraphs.map((text) => el("p", {}, say(text)))),
  );
}

function register(report: Report, nodes: NodeState[], fingerprint: string): HTMLElement {
  const statement = report.credential?.statement;
  const custody = report.custody && (GENERATED.custody[report.custody] ?? report.custody);
  const technical: [string, string | null | undefined][] = [
    ["Block", report.block_number === undefined ? null : String(report.block_number)],
    ["Transaction", report.transaction],
    ["Digest of the credential", report.digest && hex(report.digest)],
    ["Number of the credential", statement?.id],
    ["Address of the organisation", statement?.issuer_did],
    ["Fingerprint of this file (SHA-256)", fingerprint],
  ];
  return block(
    [say("Dates and register"), report.local_chain && [" ", el("span", { class: "chip chip-quiet" }, say("test chain"))]],
    el(
      "dl",
      { class: "facts" },
      report.registered_at !== undefined && row(say("Registered"), time(report.registered_at)),
      statement && row(say("Signed"), time(Date.parse(statement.valid_from) / 1000)),
      statement?.valid_until && row(say("In force until"), time(Date.parse(statement.valid_until) / 1000)),
      report.pair && row(say("Register"), bdi(visible(report.pair))),
      custody && row(say("Who keeps the signing key"), say(custody)),
      Boolean(report.sources) && row(say("Answers come from"), sources(report.sources ?? 0)),
    ),
    report.notes.length > 0 &&
      el("ul", { class: "notes" }, report.notes.map((one) => el("li", {}, icon("info"), el("span", {}, sayNote(one))))),
    nodeList(nodes),
    el(
      "details",
      { class: "fold fold-small" },
      el("summary", {}, say("Details for specialists")),
      el("dl", { class: "facts facts-stacked" }, technical.map(([label, value]) => value && row(say(label), el("code", {}, visible(value))))),
    ),
  );
}

function whomToAsk(): HTMLElement {
  const text = "Ask the organisation itself, at an address or a telephone number that you found yourself and not on the paper.";
  return block(say("Whom to ask"), el("p", {}, say(text)));
}

export function row(label: string, ...value: Child[]): HTMLElement {
  return el("div", { class: "row" }, el("dt", {}, label), el("dd", {}, value));
}

export function block(heading: Child, ...children: Child[]): HTMLElement {
  return el("section", { class: "block" }, el("h3", {}, heading), children);
}
