/** The turns of a conversation, kept in the host's storage and in step between tabs. Knows no DOM.
 *
 * What is stored is data of anybody who can write to the storage of this site: it is drawn the same careful way as what
 * comes from the service. */

import type { FaultKind, Opinion, PastTurn, Reply } from "./api";

const VERSION = 1;
export const LIFE_MS = 7 * 24 * 3600 * 1000;
const MOST_TURNS = 40;
const MOST_CHARACTERS = 400_000;
const HISTORY_LENGTH = 10;

export interface Turn {
  key: string;
  question: string;
  state: "pending" | "answered" | "stopped" | "failed";
  reply: Reply | null;
  /** What had come when it stopped or failed. */
  partial: string;
  fault: { kind: FaultKind; detail: string } | null;
  rating: "up" | "down" | null;
  reason: string;
  comment: string;
  /** How often it has changed: of what two tabs say of it, the later counts. */
  revision: number;
}

/** What a turn holds while nothing has come. */
const UNANSWERED = { state: "pending", reply: null, partial: "", fault: null, rating: null, reason: "", comment: "" } as const;

interface Saved {
  version: number;
  saved: number;
  open: boolean;
  turns: Turn[];
  /** Opinions that could not be delivered yet. */
  unsent: Opinion[];
  /** Whether the service has said that it keeps no feedback. */
  feedbackOff: boolean;
}

export type Listening = () => void;

export class Conversation {
  turns: Turn[] = [];
  /** Keys of the turns that this tab is having answered; what other tabs say of them does not count. */
  readonly live = new Set<string>();
  open = false;
  unsent: Opinion[] = [];
  feedbackOff = false;
  /** Whether the browser lets us keep anything. */
  kept = true;
  /** Of its place in the storage, its channel between tabs, and its lock. */
  readonly name: string;
  #channel: BroadcastChannel | null = null;
  #persistent: boolean;

  /** `name` sets this conversation apart from those with other services and elements; `changed` is called when another
   * tab has changed it. */
  constructor(name: string, persistent: boolean, changed: Listening) {
    this.name = `wenjin:${name}`;
    this.#persistent = persistent;
    this.#take(this.#stored(), true);
    if (persistent) this.#listen(changed);
  }

  #listen(changed: Listening): void {
    try {
      this.#channel = new BroadcastChannel(this.name);
      // The text itself is sent: what another process has stored may be seen here only later.
      this.#channel.addEventListener("message", ({ data }: MessageEvent<string | null>) => {
        const behind = this.#take(data, false);
        if (behind) this.save();
        changed();
      });
    } catch {
      // A frame without an origin of its own may have none: then every tab stands for itself.
    }
  }

  add(question: string): Turn {
    const key = `${Date.now().toString(36)}-${Math.random().toString(36).slice(2, 10)}`;
    const turn: Turn = { key, question, ...UNANSWERED, revision: 0 };
    this.turns.push(turn);
    this.live.add(key);
    this.save();
    return turn;
  }

  /** Take a turn up again that came to nothing. */
  restart(turn: Turn): void {
    Object.assign(turn, UNANSWERED);
    this.live.add(turn.key);
    this.change(turn);
  }

  settle(turn: Turn): void {
    this.live.delete(turn.key);
    this.change(turn);
  }

  /** Keep what has changed of a turn. */
  change(turn: Turn): void {
    turn.revision += 1;
    this.save();
  }

  /** What was asked before `turn`, as the service wants to know it. */
  history(turn: Turn): PastTurn[] {
    const before = this.turns.slice(0, this.turns.indexOf(turn));
    const told = before.filter(({ state, reply }) => reply && (state === "answered" || state === "stopped"));
    return told.slice(-HISTORY_LENGTH).map(({ question, reply }) => ({ question, id: reply?.id ?? null }));
  }

  clear(): void {
    this.turns = [];
    this.save();
  }

  forget(): void {
    this.turns = [];
    this.unsent = [];
    this.#remove();
    this.#channel?.postMessage(null);
  }

  #remove(): void {
    try {
      localStorage.removeItem(this.name);
    } catch {
      // Then nothing was kept either.
    }
  }

  save(): void {
    if (!this.#persistent) return;
    this.turns = this.turns.slice(-MOST_TURNS);
    const saved: Saved = {
      version: VERSION,
      saved: Date.now(),
      open: this.open,
      turns: this.turns,
      unsent: this.unsent,
      feedbackOff: this.feedbackOff,
    };
    let text = JSON.stringify(saved);
    while (text.length > MOST_CHARACTERS && saved.turns.length) {
      saved.turns = saved.turns.slice(1);
      text = JSON.stringify(saved);
    }
    try {
      localStorage.setItem(this.name, text);
      this.kept = true;
    } catch {
      this.kept = false;
    }
    this.#channel?.postMessage(text);
  }

  stop(): void {
    this.#channel?.close();
    this.#channel = null;
  }

  /** Take over what was saved; whether it was behind what is known here. */
  #take(text: string | null, first: boolean): boolean {
    const saved = read(text);
    if (!saved) {
      if (!first) this.turns = this.turns.filter(({ key }) => this.live.has(key));
      else if (text) this.#remove(); // too old, or not ours: it is not to lie there for ever
      return false;
    }
    const turns = saved.turns.filter(isTurn);
    const behind = turns.some((turn) => this.#newer(turn));
    this.turns = this.#merged(turns);
    this.unsent = Array.isArray(saved.unsent) ? saved.unsent : [];
    this.feedbackOff = saved.feedbackOff === true;
    if (first) {
      this.open = saved.open === true;
      // The tab that asked is most likely gone; if it is not, it will say so when the answer is there.
      for (const turn of this.turns.filter(({ state }) => state === "pending")) {
        turn.state = "failed";
        turn.fault = { kind: "cut", detail: "" };
      }
    }
    return behind;
  }

  /** Our own, if it has changed since `turn` was saved. */
  #newer(turn: Turn): Turn | undefined {
    return this.turns.find(({ key, revision }) => key === turn.key && revision > turn.revision);
  }

  /** The turns another tab has kept; objects that are known already stay the same. */
  #merged(saved: Turn[]): Turn[] {
    const known = new Map(this.turns.map((turn) => [turn.key, turn]));
    const merged = saved.map((turn) => {
      const own = known.get(turn.key);
      if (!own) return turn;
      return this.live.has(turn.key) || this.#newer(turn) ? own : Object.assign(own, turn);
    });
    const keys = new Set(saved.map(({ key }) => key));
    return [...merged, ...this.turns.filter(({ key }) => this.live.has(key) && !keys.has(key))];
  }

  #stored(): string | null {
    if (!this.#persistent) return null;
    try {
      return localStorage.getItem(this.name);
    } catch {
      this.kept = false;
      return null;
    }
  }
}

/** What was saved, if it can be used still. */
function read(text: string | null): Saved | null {
  try {
    const saved = JSON.parse(text ?? "null") as Saved | null;
    const usable = saved?.version === VERSION && Math.abs(Date.now() - saved.saved) < LIFE_MS && Array.isArray(saved.turns);
    return usable ? saved : null;
  } catch {
    return null;
  }
}

/** Whether something read from the storage has the shape of a turn. */
function isTurn(value: unknown): value is Turn {
  const turn = value as Turn | null;
  if (!turn || typeof turn.key !== "string" || typeof turn.question !== "string" || typeof turn.partial !== "string") return false;
  const { reply } = turn;
  if (reply === null) return true;
  return (
    typeof reply === "object" &&
    (reply.answer === null || typeof reply.answer === "string") &&
    [reply.citations, reply.candidates, reply.related].every(Array.isArray)
  );
}
