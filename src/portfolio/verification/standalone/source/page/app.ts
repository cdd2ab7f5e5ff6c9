// The page: takes files and text, shows what came of each, and draws everything anew when language or trust change.

import type { TrustRoots } from "../core/facts";
import { loadTrust } from "../core/trust";
import { el, icon, type Child } from "./elements";
import { currentLanguage, say, setLanguage, type Language } from "./language";
import { judged, outcomeOfText, outcomesOf, type Outcome } from "./model";
import { linkView, troubleView } from "./other_views";
import { resultView, toneOf, wordOf } from "./result_view";
import { settingsView, type Settings } from "./settings_view";

const MOST_FILES = 50;

/** One file or text: how it is read, and what reading it gave, so that it is judged anew without being read anew. */
interface Job {
  name: string;
  read: (trust: TrustRoots) => Promise<Outcome[]>;
  known?: Outcome[];
}

interface State {
  settings: Settings;
  settingsOpen: boolean;
  hosts: string[];
  jobs: Job[];
  /** Counts the runs: what an earlier one still finds, by other nodes or of other files, is dropped. */
  run: number;
  outcomes: Outcome[];
  busy: boolean;
  leftOut: boolean;
}

const state: State = {
  settings: { trust: loadTrust(dataBlock("trust")), own: false, problem: "", reason: "" },
  settingsOpen: false,
  hosts: JSON.parse(dataBlock("hosts")) as string[],
  jobs: [],
  run: 0,
  outcomes: [],
  busy: false,
  leftOut: false,
};

function dataBlock(id: string): string {
  return document.getElementById(id)?.textContent ?? "";
}

export function start(): void {
  setLanguage(currentLanguage());
  for (const type of ["dragover", "drop"]) addEventListener(type, (event) => event.preventDefault());
  addEventListener("dragenter", () => document.body.classList.add("dropping"));
  addEventListener("dragleave", (event) => {
    if (!(event as DragEvent).relatedTarget) document.body.classList.remove("dropping");
  });
  addEventListener("drop", (event) => {
    document.body.classList.remove("dropping");
    take([...((event as DragEvent).dataTransfer?.files ?? [])]);
  });
  draw();
}

function take(files: File[]): void {
  if (!files.length) return;
  state.leftOut = files.length > MOST_FILES;
  const jobs = files.slice(0, MOST_FILES).map((file) => ({ name: file.name, read: (trust: TrustRoots) => outcomesOf(file, trust, state.hosts) }));
  void work(jobs);
}

function fault(name: string): Outcome[] {
  return [{ name, fingerprint: "", fromPdf: false, kind: "trouble", trouble: "fault" }];
}

/** Does one file after another, so that the first verdict is not kept waiting by the last; the latest run alone is shown. */
async function work(jobs: Job[]): Promise<void> {
  state.run += 1;
  const { run } = state;
  const { trust } = state.settings;
  Object.assign(state, { busy: true, jobs, outcomes: [] });
  draw();
  let first = true;
  for (const job of jobs) {
    const found = await outcomesBy(job, trust).catch(() => fault(job.name));
    if (run !== state.run) return;
    state.outcomes.push(...found);
    draw();
    if (first) document.querySelector<HTMLElement>(".verdict-word")?.focus({ preventScroll: jobs.length > 1 });
    first = false;
  }
  state.busy = false;
  draw();
}

async function outcomesBy(job: Job, trust: TrustRoots): Promise<Outcome[]> {
  if (!job.known) return (job.known = await job.read(trust));
  const again = job.known.map((outcome) => {
    if (outcome.kind !== "report") return outcome;
    const { name, fingerprint, fromPdf } = outcome;
    return judged({ name, fingerprint, fromPdf }, outcome.bundle, trust);
  });
  return Promise.all(again);
}

function again(): void {
  void work(state.jobs);
}

/** What was checked by other trust or nodes is checked anew, also what is being checked now. */
function changed(make: (settings: Settings) => Settings): void {
  state.settings = make(state.settings);
  state.settingsOpen = true;
  if (state.settings.problem || !state.jobs.length) draw();
  else again();
}

function draw(): void {
  document.title = say("Check without the service");
  const open = document.getElementById("settings");
  if (open) state.settingsOpen = (open as HTMLDetailsElement).open;
  const focused = document.activeElement?.id;
  const wordFocused = document.activeElement?.classList.contains("verdict-word");
  const typed = (document.getElementById("paste") as HTMLTextAreaElement | null)?.value ?? "";
  const root = document.getElementById("app");
  root?.replaceChildren(top(), el("main", { id: "main", class: "wrap" }, body(typed)), bottom());
  if (focused) document.getElementById(focused)?.focus({ preventScroll: true });
  if (wordFocused) document.querySelector<HTMLElement>(".verdict-word")?.focus({ preventScroll: true });
}

/** A result stands first, as on the page of the service; the forms wait below it for the next document. */
function body(typed: string): Child[] {
  const settings = settingsView(state.settings, state.settingsOpen, changed);
  if (!state.outcomes.length) return [head(), form(typed), status(), settings];
  const another = el("section", { class: "another" }, el("h2", {}, say("Check another document")), form(typed));
  return [el("h1", { class: "unseen" }, say("Check a document")), results(), status(), another, settings];
}

function top(): HTMLElement {
  const languages: [Language, string][] = [
    ["ru", "Русский"],
    ["en", "English"],
  ];
  const buttons = languages.map(([code, name]) => {
    const click = () => {
      setLanguage(code);
      draw();
    };
    return el(
      "button",
      { type: "button", id: `language-${code}`, lang: code, title: name, "aria-pressed": String(code === currentLanguage()), click },
      el("span", { "aria-hidden": "true" }, code.toUpperCase()),
      el("span", { class: "unseen" }, name),
    );
  });
  const brand = el("span", { class: "brand" }, el("span", { class: "mark" }), el("span", {}, say("Check without the service")));
  return el("header", { class: "top" }, el("div", { class: "wrap top-row" }, brand, el("div", { class: "languages", role: "group", "aria-label": say("Language") }, buttons)));
}

function head(): HTMLElement {
  const lead =
    "This page checks a document on your own device. The file is sent nowhere; only the public register is asked, at the nodes that you see below.";
  return el("div", { class: "head" }, el("h1", {}, say("Check a document")), el("p", { class: "lead" }, say(lead)));
}

function form(typed: string): HTMLElement {
  const change = (event: Event) => {
    const input = event.target as HTMLInputElement;
    take([...(input.files ?? [])]);
    input.value = "";
  };
  const area = el("textarea", { id: "paste", rows: "4", "aria-describedby": "paste-hint", spellcheck: "false" }) as HTMLTextAreaElement;
  area.value = typed;
  const submit = (event: Event) => {
    event.preventDefault();
    const text = area.value;
    if (!text.trim()) return;
    const name = ""; // said in the language of the moment
    state.leftOut = false;
    void work([{ name, read: (trust) => outcomeOfText(text, name, trust, state.hosts).then((one) => [one]) }]);
  };
  return el(
    "div",
    { class: "ways" },
    el(
      "div",
      { class: "way" },
      el("h2", {}, icon("file"), el("label", { for: "files" }, say("Choose or drop files"))),
      el("p", { id: "files-hint" }, say("The PDF of the diploma, the file for checking (.json), or a photo of its QR code. Several at once are fine.")),
      el("input", { id: "files", class: "drop", type: "file", multiple: true, accept: ".pdf,.json,application/pdf,application/json,image/*", "aria-describedby": "files-hint", change }),
    ),
    el(
      "form",
      { class: "way", submit },
      el("h2", {}, icon("link"), el("label", { for: "paste" }, say("Or paste text"))),
      el("p", { id: "paste-hint" }, say("The contents of the file for checking, or the link from the QR code.")),
      area,
      el("button", { class: "button", type: "submit" }, say("Check")),
    ),
  );
}

function status(): HTMLElement {
  const text = state.busy ? say("Checking…") : state.outcomes.length ? say("Checks done: %(count)s.", { count: state.outcomes.length }) : "";
  return el("p", { id: "status", class: state.busy ? "busy" : "unseen", role: "status" }, text);
}

function results(): Child {
  if (!state.outcomes.length) return null;
  const several = state.outcomes.length > 1;
  return el(
    "section",
    { class: "results", "aria-label": say("What you checked") },
    several && summary(),
    state.leftOut && el("p", { class: "small" }, say("At most %(count)s files are checked at once; the rest were left aside.", { count: MOST_FILES })),
    state.outcomes.map((outcome, at) => article(outcome, at)),
    !state.busy && el("p", { class: "again" }, el("button", { class: "button button-quiet", type: "button", id: "again", click: again }, say("Check again"))),
  );
}

function summary(): HTMLElement {
  const lines = state.outcomes.map((outcome, at) => {
    const [tone, word] = badge(outcome);
    return el("li", {}, el("a", { href: `#result-${at}` }, el("bdi", {}, outcome.name || say("pasted text"))), el("span", { class: `badge tone-${tone}` }, word));
  });
  return el("div", { class: "block" }, el("h2", {}, say("What you checked")), el("ol", { class: "summary" }, lines));
}

function badge(outcome: Outcome): [tone: string, word: string] {
  if (outcome.kind === "report") return [toneOf(outcome.report), wordOf(outcome.report)];
  if (outcome.kind === "trouble") return ["unknown", say("This could not be read")];
  return outcome.link.trusted === false ? ["invalid", say("This link leads elsewhere")] : ["unknown", say("A link, not a document")];
}

function article(outcome: Outcome, at: number): HTMLElement {
  const digests = state.outcomes.flatMap((one) => (one.kind === "report" && one.report.credential && one.report.digest ? [one.report.digest] : []));
  const shown = outcome.kind === "report" ? resultView(outcome) : outcome.kind === "link" ? linkView(outcome, digests) : troubleView(outcome);
  const verdict = outcome.kind === "report" ? outcome.report.verdict : outcome.kind;
  const name = el("p", { class: "file-name" }, icon("file"), el("bdi", {}, outcome.name || say("pasted text")), outcome.fromPdf && el("span", { class: "chip chip-quiet" }, say("from the PDF")));
  return el("article", { id: `result-${at}`, class: "result", "data-verdict": verdict }, name, shown);
}

function bottom(): HTMLElement {
  const text = "This page works from a disk too: save it, and it checks without the service that gave it.";
  return el("footer", { class: "bottom" }, el("div", { class: "wrap" }, el("p", {}, say(text))));
}
