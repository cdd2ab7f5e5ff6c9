// Asks every node of a trusted pair everything a verdict needs, at one block: chain/reader.py and chain/proving.py.

import { hex, keccak256, unhex } from "../core/bytes";
import { concerns, type CheckAnswer, type Facts, type Question, type TrustedPair, type UnknownCode } from "../core/facts";
import { GENERATED, LIMITS } from "../core/generated";
import { address, addresses, block, checkAnswer, checkCall, data, quantity, transaction, type Block } from "./answers";
import { askNode, NodeTrouble, type Call } from "./transport";

const NO_ROOT = `0x${"00".repeat(32)}`;
const { anchored: ANCHORED, selectors: SELECTORS } = GENERATED.chain;

/** What became of asking one node, for the list that the user sees. */
export interface NodeState {
  pair: string;
  url: string;
  state: "source" | "differs" | "refused" | UnknownCode;
  head: number | null;
}

export interface PairReading {
  facts: Facts;
  nodes: NodeState[];
}

interface Found {
  head: Block;
  answers: Map<string, CheckAnswer>;
  transactions: Map<string, string>;
}

/**
 * The first node that answers is believed; the others are asked at the same block, counted as sources where they say
 * the same, and make everything unknown where they say something else (fault 128).
 */
export async function readPair(pair: TrustedPair, question: Question, now: number): Promise<PairReading> {
  const nodes: NodeState[] = [];
  let first: Found | null = null;
  let unknown: UnknownCode | null = null;
  const names = pair.rpc_urls.map(nodeOf);
  const urls = pair.rpc_urls.filter((_, at) => names.indexOf(names[at] as string) === at);
  while (urls.length && !first) {
    const url = urls.shift() as string;
    const found = await readOrNot(pair, url, question, null, now);
    nodes.push(stateOf(pair, url, found, null));
    if (typeof found === "string") unknown ??= plainly(found);
    else first = found;
  }
  if (!first) return { facts: { pair: pair.name, code: unknown ?? "unreachable" }, nodes };
  const chosen = first;
  const others = await Promise.all(urls.map((url) => readOrNot(pair, url, question, chosen.head.hash, now)));
  others.forEach((found, at) => nodes.push(stateOf(pair, urls[at] as string, found, chosen)));
  if (nodes.some((node) => node.state === "differs")) return { facts: { pair: pair.name, code: "bad_answer" }, nodes };
  const { head, answers, transactions } = chosen;
  const facts: Facts = {
    pair: pair.name,
    head_number: head.number,
    head_hash: head.hash,
    head_time: head.time,
    read_at: now,
    sources: nodes.filter((node) => node.state === "source").length,
    answers,
    transactions,
  };
  return { facts, nodes };
}

/** One name for a node however it is written: case of the host, default port, fragment and the name of a user make no other node. */
function nodeOf(address: string): string {
  try {
    const { protocol, host, pathname, search } = new URL(address);
    return `${protocol}//${host}${pathname}${search}`;
  } catch {
    return address; // asking it will fail
  }
}

function stateOf({ name: pair }: TrustedPair, url: string, found: Found | Trouble, first: Found | null): NodeState {
  if (typeof found === "string") return { pair, url, state: found, head: null };
  const same = first === null || told(found) === told(first);
  return { pair, url, state: same ? "source" : "differs", head: found.head.number };
}

function told({ answers }: Found): string {
  return JSON.stringify([...answers], (_, value: unknown) => (typeof value === "bigint" ? String(value) : value));
}

type Trouble = UnknownCode | "refused";

function plainly(trouble: Trouble): UnknownCode {
  return trouble === "refused" ? "bad_answer" : trouble;
}

async function readOrNot(pair: TrustedPair, url: string, question: Question, at: string | null, now: number): Promise<Found | Trouble> {
  let found: Found;
  try {
    found = await readTwice(pair, url, question, at);
  } catch (error) {
    if (error instanceof NodeTrouble) return error.code;
    throw error;
  }
  const stale = pair.max_head_age !== null && now - found.head.time > pair.max_head_age;
  return stale ? "stale_head" : found;
}

/** A reorganisation between head and answers, or a balancer in front of unequal nodes, looks like nonsense at first. */
async function readTwice(pair: TrustedPair, url: string, question: Question, at: string | null): Promise<Found> {
  try {
    return await readOnce(pair, url, question, at);
  } catch (error) {
    if (!(error instanceof NodeTrouble) || !["bad_answer", "refused"].includes(error.code)) throw error;
    return readOnce(pair, url, question, at);
  }
}

async function readOnce(pair: TrustedPair, url: string, question: Question, at: string | null): Promise<Found> {
  const head = requireNetwork(pair, await askNode(url, networkCalls(pair, at)));
  const asked = questions(pair, question, head);
  const answers = await askNode(url, [...contractCalls(pair, head.hash), ...asked.flatMap((one) => one.calls)]);
  requireContracts(pair, answers.splice(0, 4));
  const found: Found = { head, answers: new Map(), transactions: new Map() };
  for (const { root, calls } of asked) {
    const [answer, event] = answers.splice(0, calls.length);
    found.answers.set(root, checkAnswer(data(granted(answer)), head));
    const hash = calls.length > 1 ? transaction(event) : null;
    if (hash) found.transactions.set(root, hash);
  }
  return found;
}

function networkCalls(pair: TrustedPair, at: string | null): Call[] {
  const wanted: Call = at === null ? ["eth_getBlockByNumber", ["latest", false]] : ["eth_getBlockByHash", [at, false]];
  const checkpoints = pair.checkpoints.map(({ number }): Call => ["eth_getBlockByNumber", [`0x${number.toString(16)}`, false]]);
  return [["eth_chainId", []], ["eth_getBlockByNumber", ["0x0", false]], wanted, ...checkpoints];
}

function requireNetwork(pair: TrustedPair, answers: unknown[]): Block {
  const [chainId, genesis, head, ...checkpoints] = answers.map(granted);
  if (quantity(chainId) !== BigInt(pair.chain_id)) throw new NodeTrouble("wrong_chain");
  if (block(genesis).hash !== pair.genesis_hash) throw new NodeTrouble("wrong_genesis");
  if (head === null) throw new NodeTrouble("refused", "does not know the block to read at");
  pair.checkpoints.forEach((point, at) => {
    const answer = checkpoints[at] ?? null;
    if (answer === null || block(answer).hash !== point.hash) throw new NodeTrouble("wrong_checkpoint");
  });
  return block(head);
}

function contractCalls(pair: TrustedPair, blockHash: string): Call[] {
  return [
    ["eth_getCode", [pair.issuer_registry, atBlock(blockHash)]],
    ["eth_getCode", [pair.credential_registry, atBlock(blockHash)]],
    view(pair.issuer_registry, SELECTORS.registrars, blockHash),
    view(pair.credential_registry, SELECTORS.issuerRegistry, blockHash),
  ];
}

function requireContracts(pair: TrustedPair, answers: unknown[]): void {
  const [issuers, credentials, registrars, linked] = answers.map((answer) => data(granted(answer)));
  const codeHash = (code: string | undefined) => hex(keccak256(unhex(code ?? "0x")));
  if (codeHash(issuers) !== pair.issuer_registry_code_hash || codeHash(credentials) !== pair.credential_registry_code_hash) {
    throw new NodeTrouble("wrong_code");
  }
  const found = addresses(registrars ?? "0x").sort().join();
  if (found !== [...pair.registrars].sort().join()) throw new NodeTrouble("wrong_registrars");
  if (address(linked ?? "0x") !== pair.issuer_registry) throw new NodeTrouble("wrong_code");
}

/** For each root to ask about: the check, and where its receipt says so the block that should hold the event. */
function questions(pair: TrustedPair, question: Question, head: Block): { root: string; calls: Call[] }[] {
  const about = (root: string, proof: string[]) => view(pair.credential_registry, checkCall(question, root, proof), head.hash);
  const concerned = question.receipts.filter((receipt) => concerns(pair, receipt)).slice(0, LIMITS.receipts);
  return [
    { root: "", calls: [about(NO_ROOT, [])] },
    ...concerned.map((receipt) => {
      const number = `0x${receipt.block_number.toString(16)}`;
      const where = { address: pair.credential_registry, topics: [ANCHORED, receipt.root], fromBlock: number, toBlock: number };
      const event: Call[] = receipt.block_number <= head.number ? [["eth_getLogs", [where]]] : [];
      return { root: receipt.root, calls: [about(receipt.root, receipt.proof), ...event] };
    }),
  ];
}

function view(to: string, callData: string, blockHash: string): Call {
  return ["eth_call", [{ to, data: callData }, atBlock(blockHash)]];
}

/** EIP-1898: the state after this very block, refused when a reorganisation removed it. */
function atBlock(blockHash: string) {
  return { blockHash, requireCanonical: true };
}

function granted(answer: unknown): unknown {
  if (answer instanceof NodeTrouble) throw answer;
  return answer;
}
