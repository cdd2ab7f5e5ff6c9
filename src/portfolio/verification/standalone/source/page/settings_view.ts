// Nodes and trust: what this page believes and whom it asks, to be seen and changed; nothing of it outlives the page.

import type { TrustRoots } from "../core/facts";
import { loadTrust, nodeAddress, TrustError } from "../core/trust";
import { bdi, el, icon, type Child } from "./elements";
import { say } from "./language";

export interface Settings {
  trust: TrustRoots;
  own: boolean;
  problem: string;
  /** What exactly is wrong, in English: for whoever made the file. */
  reason: string;
}

/** Told how to make the settings of the moment into others, as a file may be read while they change. */
type Changed = (make: (settings: Settings) => Settings) => void;

export function settingsView(settings: Settings, open: boolean, changed: Changed): Child[] {
  const { trust } = settings;
  return [
    !trust.pairs.length && noTrust(),
    el(
      "details",
      { class: "fold settings", open, id: "settings" },
      el("summary", {}, icon("nodes"), say("Nodes and trust")),
      el(
        "div",
        {},
        settings.own && el("p", { class: "small" }, say("Your own trust file is in use.")),
        trust.pairs.length > 0 && nodesForm(settings, changed),
        trustForm(changed),
        settings.problem && problem(settings),
      ),
    ),
  ];
}

function problem(settings: Settings): HTMLElement {
  const detail = el("span", { class: "small" }, say("For a technician:"), " ", el("code", { lang: "en" }, settings.reason));
  return el("p", { class: "problem", role: "alert" }, settings.problem, settings.reason && [el("br"), detail]);
}

function noTrust(): HTMLElement {
  const text =
    "This copy of the page does not know which register to believe, so it can check the signature of a document but not who signed it. Load a trust file below, or take a copy of this page from an organisation that you trust.";
  return el(
    "div",
    { class: "callout callout-warning" },
    icon("warning"),
    el("div", {}, el("h2", {}, say("This page does not say which register to believe")), el("p", {}, say(text))),
  );
}

function nodesForm(settings: Settings, changed: Changed): HTMLElement {
  const fields = settings.trust.pairs.map((pair, at) => {
    const id = `nodes-${at}`;
    const area = el("textarea", { id, rows: "3", spellcheck: "false", autocapitalize: "none" }) as HTMLTextAreaElement;
    area.value = pair.rpc_urls.join("\n");
    const about = [bdi(pair.name), ", ", say("chain number %(id)s", { id: pair.chain_id })];
    const chip = pair.local && [" ", el("span", { class: "chip chip-quiet" }, say("test chain"))];
    const label = el("label", { for: id }, el("strong", {}, about, chip), el("span", { class: "small" }, say("Addresses of nodes, one a line")));
    return { area, element: el("div", { class: "pair" }, label, area) };
  });
  const submit = (event: Event) => {
    event.preventDefault();
    const urls = fields.map(({ area }) => area.value.split(/\s+/).filter(Boolean));
    changed((now) => withNodes(now, urls));
  };
  return el(
    "form",
    { submit },
    el("p", {}, say("The register is asked through these nodes. Change them as you like: several nodes of people who do not depend on each other are better than one.")),
    fields.map(({ element }) => element),
    el("button", { class: "button", type: "submit" }, say("Use these nodes")),
  );
}

function withNodes(settings: Settings, urls: string[][]): Settings {
  for (const url of urls.flat()) {
    try {
      nodeAddress(new URL(url).href, "");
    } catch {
      return { ...settings, problem: say("Not an address of a node: %(address)s", { address: url }), reason: "" };
    }
  }
  const pairs = settings.trust.pairs.map((pair, at) => ({ ...pair, rpc_urls: urls[at] ?? [] }));
  return { ...settings, trust: { pairs }, problem: "", reason: "" };
}

function trustForm(changed: Changed): HTMLElement {
  const change = async (event: Event) => {
    const file = (event.target as HTMLInputElement).files?.[0];
    const text = await file?.text();
    if (text !== undefined) changed((now) => withTrust(now, text));
  };
  return el(
    "div",
    { class: "pair" },
    el("label", { for: "trust-file" }, el("strong", {}, say("Use your own trust file"))),
    el("p", { class: "small" }, say("A trust file says which register you believe: its chain, contracts and registrars. Take it from somebody you trust, never from whoever shows you a document.")),
    el("input", { id: "trust-file", type: "file", accept: ".json,application/json", change }),
  );
}

function withTrust(settings: Settings, text: string): Settings {
  try {
    return { trust: loadTrust(text), own: true, problem: "", reason: "" };
  } catch (error) {
    if (!(error instanceof TrustError)) throw error;
    return { ...settings, problem: say("This trust file cannot be used. Ask whoever gave it to you for another one."), reason: error.message };
  }
}
