/** Speaks to the service. Knows nothing of the page. */

import type { Size } from "./figures";
import { frames } from "./frames";

export interface Link {
  id: string;
  question: string;
}

export interface Citation {
  n: number;
  title: string;
  authors: string[];
  year: number | null;
  venue: string;
  url: string | null;
  /** [start, end) of each marker in the answer, in code points. */
  marks: [number, number][];
}

export interface Reply {
  status: "answered" | "clarify" | "no_answer";
  id: string | null;
  question: string | null;
  match: "exact" | "phrasing" | "meaning" | null;
  confidence: number;
  answer: string | null;
  passage: { start: number; end: number } | null;
  citations: Citation[];
  candidates: Link[];
  related: Link[];
  figures?: ({ src: string } & Size)[];
  message_id: string;
}

export interface PastTurn {
  question: string;
  id: string | null;
}

export interface EntryLine extends Link {
  title: string;
  topics: string[];
}

export interface Suggestion {
  id: string;
  question: string;
  /** The known way of asking that holds what was typed. */
  matched: string;
  /** [start, end) of what was typed, in code points of `matched`. */
  highlights: [number, number][];
}

export interface Opinion {
  message_id: string;
  rating: "up" | "down" | null;
  reason?: string;
  /** In the reader's own words. */
  comment?: string;
}

export type FaultKind = "offline" | "refused" | "timeout" | "tooLarge" | "invalid" | "busy" | "broken" | "cut";

/** Why there is no answer, or not all of it. */
export class Fault extends Error {
  readonly kind: FaultKind;
  readonly detail: string;
  /** Seconds to wait before trying again. */
  readonly wait: number;

  constructor(kind: FaultKind, detail = "", wait = 0) {
    super(`${kind} ${detail}`);
    this.kind = kind;
    this.detail = detail;
    this.wait = wait;
  }
}

/** Told about an answer as it comes. */
export interface Listener {
  began(reply: Partial<Reply>): void;
  grew(text: string): void;
}

const USUAL_WAIT = 10;

export class Api {
  #base: string;
  #timeout: number;
  #suggests = true;

  /** `base` is the service's address with a slash at its end; `timeout` in ms is for the first byte and between any two. */
  constructor(base: string, timeout: number) {
    this.#base = base;
    this.#timeout = timeout;
  }

  /** Ask. Raises `Fault`, or the signal's reason when it is aborted. A connection that fails before the first byte is
   * tried once more. */
  async ask(question: string, history: PastTurn[], listener: Listener, signal: AbortSignal): Promise<Reply> {
    const watch = new Watch(this.#timeout, signal);
    try {
      const response = await this.#connect({ question, history }, watch);
      if (!response.ok) throw await refusal(response);
      if (!response.headers.get("content-type")?.startsWith("text/event-stream")) {
        const reply = checked(await response.json());
        listener.began(reply);
        return reply;
      }
      return await this.#stream(response, listener, watch);
    } catch (error) {
      if (signal.aborted) throw signal.reason;
      if (watch.expired) throw new Fault("timeout");
      throw error instanceof Fault ? error : new Fault(navigator.onLine ? "broken" : "offline");
    } finally {
      watch.end();
    }
  }

  async #connect(body: unknown, watch: Watch): Promise<Response> {
    const request = (): Promise<Response> =>
      fetch(`${this.#base}ask`, {
        method: "POST",
        headers: { "Content-Type": "application/json", Accept: "text/event-stream, application/json;q=0.9" },
        body: JSON.stringify(body),
        credentials: "omit",
        signal: watch.signal,
      });
    try {
      return await request();
    } catch (error) {
      if (watch.signal.aborted) throw error;
    }
    try {
      return await request();
    } catch (error) {
      if (watch.signal.aborted) throw error;
      throw new Fault(navigator.onLine ? "refused" : "offline");
    }
  }

  async #stream(response: Response, listener: Listener, watch: Watch): Promise<Reply> {
    const reply: Partial<Reply> = {};
    let answer = "";
    try {
      for await (const { event, data } of frames(response, () => watch.touch())) {
        const value: unknown = JSON.parse(data);
        if (event === "meta") {
          Object.assign(reply, value);
          listener.began(reply);
        } else if (event === "delta") {
          const { text } = value as { text: string };
          answer += text;
          listener.grew(text);
        } else if (event === "citations" || event === "related") {
          Object.assign(reply, Array.isArray(value) ? { [event]: value } : value);
        } else if (event === "error") {
          const { status, detail } = value as { status?: number; detail?: string };
          throw faultOf(status ?? 500, detail ?? "", USUAL_WAIT);
        } else if (event === "done") {
          return checked({ ...reply, answer: reply.status === "answered" ? answer : null });
        }
      }
    } catch (error) {
      if (error instanceof Fault || watch.signal.aborted) throw error;
    }
    throw new Fault("cut");
  }

  /** Questions like the one being typed; none where the service does not suggest. */
  async suggest(text: string, limit: number, signal: AbortSignal): Promise<Suggestion[]> {
    if (!this.#suggests) return [];
    const query = new URLSearchParams({ q: text, limit: String(limit) });
    const response = await fetch(`${this.#base}suggest?${query}`, { credentials: "omit", signal });
    if (response.status === 404) this.#suggests = false;
    return response.ok ? ((await response.json()) as Suggestion[]) : [];
  }

  async entries(): Promise<EntryLine[]> {
    const response = await fetch(`${this.#base}entries`, { credentials: "omit" });
    return response.ok ? ((await response.json()) as EntryLine[]) : [];
  }

  /** `off` when the service keeps no feedback, `failed` when it could not be delivered now. */
  async rate(opinion: Opinion): Promise<"kept" | "off" | "failed"> {
    try {
      const response = await fetch(`${this.#base}feedback`, {
        method: "POST",
        headers: { "Content-Type": "application/json" },
        body: JSON.stringify(opinion),
        credentials: "omit",
        keepalive: true,
      });
      if (response.status === 404) return "off";
      // What is refused for good, because the message is too old for instance, is not sent again either.
      return response.status === 429 || response.status >= 500 ? "failed" : "kept";
    } catch {
      return "failed";
    }
  }
}

/** Aborts when the caller does, or when nothing has come for too long. */
class Watch {
  readonly #controller = new AbortController();
  readonly #timeout: number;
  #timer = 0;
  expired = false;

  constructor(timeout: number, outer: AbortSignal) {
    this.#timeout = timeout;
    outer.addEventListener("abort", () => this.#controller.abort(outer.reason), { signal: this.#controller.signal });
    if (outer.aborted) this.#controller.abort(outer.reason);
    this.touch();
  }

  get signal(): AbortSignal {
    return this.#controller.signal;
  }

  touch(): void {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => {
      this.expired = true;
      this.#controller.abort();
    }, this.#timeout);
  }

  end(): void {
    clearTimeout(this.#timer);
  }
}

function checked(value: unknown): Reply {
  const reply = value as Reply;
  if (!reply || !["answered", "clarify", "no_answer"].includes(reply.status)) throw new Fault("broken");
  return { ...reply, citations: reply.citations ?? [], candidates: reply.candidates ?? [], related: reply.related ?? [] };
}

async function refusal(response: Response): Promise<Fault> {
  const wait = Number(response.headers.get("retry-after")) || USUAL_WAIT;
  const detail = await response.json().then(
    (body: { detail?: unknown }) => String(body.detail ?? ""),
    () => "",
  );
  return faultOf(response.status, detail, wait);
}

function faultOf(status: number, detail: string, wait: number): Fault {
  if (status === 413) return new Fault("tooLarge");
  if (status === 408 || status === 503 || status === 504) return new Fault("timeout");
  if (status === 429) return new Fault("busy", "", wait);
  if (status >= 400 && status < 500) return new Fault("invalid", detail);
  return new Fault("broken");
}
