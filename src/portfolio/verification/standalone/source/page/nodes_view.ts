// The nodes that were asked, what each did, and what the reader can do where a check could not be made.

import type { Report } from "../core/report";
import type { NodeState } from "../chain/reader";
import { bdi, el, type Child } from "./elements";
import { say } from "./language";

const STATES: Record<NodeState["state"], string> = {
  source: "answered",
  differs: "answers differently",
  unreachable: "did not answer",
  wrong_chain: "another chain",
  wrong_genesis: "a chain with another beginning",
  wrong_code: "other program code",
  wrong_registrars: "other registrars",
  wrong_checkpoint: "a published block is missing",
  stale_head: "has not moved on for too long",
  stale_facts: "has not moved on for too long",
  bad_answer: "an answer that makes no sense",
  refused: "does not know the block of the others",
  not_asked: "was not asked",
};

const CONNECTION =
  "Check the connection to the internet, or name another node of the register under “Nodes and trust”.";
const NETWORK =
  "The node belongs to another network, or the register was set up anew. Check its address under “Nodes and trust”; if it is right, ask whoever gave you this page for a new one.";
const STEPS: Record<string, string> = {
  pair_unreachable: CONNECTION,
  pair_not_asked: CONNECTION,
  pair_wrong_chain: NETWORK,
  pair_wrong_genesis: NETWORK,
  pair_wrong_code: NETWORK,
  pair_wrong_registrars: NETWORK,
  pair_wrong_checkpoint: NETWORK,
  pair_stale_head:
    "Either the node has stopped or the clock of this device is wrong. Check the clock, then try another node.",
  pair_bad_answer: "The node gave an answer that makes no sense. Try another node under “Nodes and trust”.",
  no_pairs: "Load a trust file under “Nodes and trust”, or take a copy of this page from an organisation that you trust.",
};
const CONTRADICTION =
  "The nodes contradict each other: at least one errs or lies. Ask nodes of people who do not depend on each other, and do not rely on the document until they agree.";

/** One sentence for each reason why something could not be checked. */
export function whatToDo(report: Report, nodes: NodeState[]): string[] {
  if (report.checks[0]?.outcome !== "pass") return [];
  const differing = new Set(nodes.filter((node) => node.state === "differs").map((node) => node.pair));
  const steps = report.warnings.map(({ code, data }) => {
    const contradicts = code === "pair_bad_answer" && differing.has(String(data["pair"]));
    return contradicts ? CONTRADICTION : STEPS[code];
  });
  return [...new Set(steps)].flatMap((step) => (step ? [say(step)] : []));
}

/** Addresses may carry a key of their owner: only the host is shown beside a result. */
export function nodeList(nodes: NodeState[]): Child {
  const lines = nodes.map((node) => {
    const told = [say(STATES[node.state]), node.head !== null && `, ${say("block %(number)s", { number: node.head })}`];
    const good = node.state === "source";
    return el("li", { class: `node ${good ? "state-pass" : "state-fail"}`, "data-node": node.state }, bdi(hostOf(node.url)), el("span", {}, told));
  });
  return el(
    "div",
    { class: "asked" },
    el("h4", {}, say("Asked nodes")),
    lines.length ? el("ul", { class: "nodes" }, lines) : el("p", { class: "small" }, say("No node was asked.")),
  );
}

function hostOf(url: string): string {
  try {
    return new URL(url).host;
  } catch {
    return "?";
  }
}
