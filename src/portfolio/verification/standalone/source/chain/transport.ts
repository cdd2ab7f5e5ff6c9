// JSON-RPC over fetch with bounds, as chain/transport.py: a deadline, a size, no redirects, nothing sent along.

export type Call = [method: string, params: unknown[]];

/** What a node did instead of answering; `code` is that of facts.ts, or "refused" for a single call. */
export class NodeTrouble extends Error {
  constructor(
    readonly code: "unreachable" | "bad_answer" | "refused" | "wrong_chain" | "wrong_genesis" | "wrong_code" | "wrong_registrars" | "wrong_checkpoint",
    detail = "",
  ) {
    super(detail || code);
  }
}

class BatchRefused extends Error {}

const DEADLINE = 8_000; // milliseconds
const PAUSE = 300;
const MOST_ANSWER = 8 * 1024 * 1024; // bytes

/** Asks several things in one request; a call that the node refused comes back as `NodeTrouble` "refused". */
export async function askNode(url: string, calls: Call[]): Promise<unknown[]> {
  try {
    return await repeated(() => batch(url, calls));
  } catch (error) {
    if (!(error instanceof BatchRefused)) throw error;
    return Promise.all(calls.map((call) => repeated(() => single(url, call))));
  }
}

async function repeated<T>(act: () => Promise<T>): Promise<T> {
  try {
    return await act();
  } catch (error) {
    if (!(error instanceof NodeTrouble) || error.code !== "unreachable") throw error;
    await new Promise((resolve) => setTimeout(resolve, PAUSE));
    return act();
  }
}

async function batch(url: string, calls: Call[]): Promise<unknown[]> {
  const answer = await post(url, calls.map(request));
  if (!Array.isArray(answer)) throw new BatchRefused();
  if (answer.length !== calls.length) throw new NodeTrouble("bad_answer", "another number of answers");
  const byNumber = new Map(answer.map((item) => [(item as { id?: unknown } | null)?.id, item]));
  return calls.map((_, at) => result(byNumber.get(at + 1), at + 1));
}

async function single(url: string, call: Call): Promise<unknown> {
  return result(await post(url, request(call, 0)), 1);
}

function request([method, params]: Call, at: number) {
  return { jsonrpc: "2.0", id: at + 1, method, params };
}

function result(answer: unknown, number: number): unknown {
  if (typeof answer !== "object" || answer === null) throw new NodeTrouble("bad_answer", "no JSON-RPC");
  const { id, error, result: value } = answer as { id?: unknown; error?: unknown; result?: unknown };
  if (typeof error === "object" && error !== null && (id === number || id === null)) return new NodeTrouble("refused");
  if (id !== number || value === undefined) throw new NodeTrouble("bad_answer", "another answer than asked for");
  return value;
}

async function post(address: string, body: unknown): Promise<unknown> {
  let text: string;
  try {
    const { url, headers } = split(address);
    const response = await fetch(url, {
      method: "POST",
      headers,
      body: JSON.stringify(body),
      credentials: "omit",
      redirect: "error",
      referrerPolicy: "no-referrer",
      cache: "no-store",
      signal: AbortSignal.timeout(DEADLINE),
    });
    if (!response.ok) throw new NodeTrouble("unreachable", `HTTP ${response.status}`);
    text = await bounded(response);
  } catch (error) {
    throw error instanceof NodeTrouble ? error : new NodeTrouble("unreachable");
  }
  try {
    return JSON.parse(text);
  } catch {
    throw new NodeTrouble("bad_answer", "no JSON");
  }
}

async function bounded(response: Response): Promise<string> {
  const reader = response.body?.getReader();
  const parts: Uint8Array[] = [];
  let size = 0;
  for (let part = await reader?.read(); part && !part.done; part = await reader?.read()) {
    size += part.value.length;
    if (size > MOST_ANSWER) {
      await reader?.cancel();
      throw new NodeTrouble("bad_answer", "an answer without end");
    }
    parts.push(part.value);
  }
  return new Blob(parts as BlobPart[]).text();
}

/** fetch refuses `user:password@` in an address; hosted nodes have it. */
function split(address: string): { url: string; headers: Record<string, string> } {
  const url = new URL(address);
  const headers: Record<string, string> = { "Content-Type": "application/json", Accept: "application/json" };
  if (url.username || url.password) {
    const [user, password] = [decodeURIComponent(url.username), decodeURIComponent(url.password)];
    headers["Authorization"] = `Basic ${btoa(`${user}:${password}`)}`;
    url.username = url.password = "";
  }
  return { url: url.href, headers };
}
