/** The exchanges of a conversation as they are to be seen, and the one that is being answered. */

import type { Announcer } from "./announcer";
import { type Api, Fault } from "./api";
import type { Conversation, Turn } from "./conversation";
import { h } from "./element";
import { Exchange, type Surroundings } from "./exchange";
import type { Scroll } from "./scroll";
import type { Say } from "./strings";

/** What a transcript needs of the chat it stands in. */
export interface Stage {
  api: Api;
  conversation: Conversation;
  announcer: Announcer;
  scroll: Scroll;
  say: Say;
  surroundings: Omit<Surroundings, "again">;
  emit(name: string, detail: Record<string, unknown>): void;
  /** Whether an answer is on its way. */
  busy(busy: boolean): void;
  /** Put focus where the next question is asked. */
  focus(): void;
  /** Called when something came to an end after this transcript did. */
  outlived(): void;
}

export class Transcript {
  readonly list: HTMLOListElement;
  #stage: Stage;
  #surroundings: Surroundings;
  #exchanges = new Map<string, Exchange>();
  #running: AbortController | null = null;
  #ended = false;

  constructor(stage: Stage) {
    this.#stage = stage;
    this.#surroundings = { ...stage.surroundings, again: (turn) => this.#again(turn) };
    this.list = h("ol", { class: "transcript", "aria-label": stage.say("transcript") });
  }

  /** Have a question answered; one that is being answered is stopped. */
  ask(question: string): void {
    this.abort();
    const turn = this.#stage.conversation.add(question);
    this.synchronise();
    const exchange = this.#exchanges.get(turn.key);
    if (exchange) void this.#run(turn, exchange);
  }

  /** Stop the answer that is on its way. */
  abort(): void {
    this.#running?.abort();
  }

  /** Close a citation that is open; whether one was. */
  close(): boolean {
    return [...this.#exchanges.values()].some((exchange) => exchange.close());
  }

  hideThumbs(): void {
    this.#exchanges.forEach((exchange) => exchange.hideThumbs());
  }

  stop(): void {
    this.#ended = true;
    this.abort();
    this.#exchanges.forEach((exchange) => exchange.stop());
  }

  /** Show what the conversation holds. */
  synchronise(): void {
    const { conversation } = this.#stage;
    const keys = new Set(conversation.turns.map(({ key }) => key));
    for (const [key, exchange] of this.#exchanges) {
      if (keys.has(key)) continue;
      exchange.stop();
      exchange.question.remove();
      exchange.answer.remove();
      this.#exchanges.delete(key);
    }
    for (const turn of conversation.turns) {
      let exchange = this.#exchanges.get(turn.key);
      if (!exchange) {
        exchange = new Exchange(turn, this.#surroundings);
        this.#exchanges.set(turn.key, exchange);
        this.list.append(exchange.question, exchange.answer);
      }
      if (!conversation.live.has(turn.key)) void exchange.settle();
    }
    this.list.hidden = keys.size === 0;
  }

  #again(turn: Turn): void {
    const exchange = this.#exchanges.get(turn.key);
    if (!exchange || this.#running) return;
    this.#stage.conversation.restart(turn);
    this.#stage.focus();
    void this.#run(turn, exchange);
  }

  async #run(turn: Turn, exchange: Exchange): Promise<void> {
    const { api, conversation, announcer, scroll, say, emit, busy, outlived } = this.#stage;
    const running = (this.#running = new AbortController());
    busy(true);
    exchange.wait();
    scroll.begin(exchange.question);
    announcer.say(say("answering"));
    emit("ask", { question: turn.question });
    try {
      turn.reply = await api.ask(turn.question, conversation.history(turn), exchange, running.signal);
      turn.state = "answered";
    } catch (error) {
      turn.partial = exchange.text;
      turn.state = running.signal.aborted ? "stopped" : "failed";
      const { kind, detail, wait } = error instanceof Fault ? error : new Fault("broken");
      turn.fault = turn.state === "failed" ? { kind, detail: kind === "busy" ? String(wait) : detail } : null;
    }
    conversation.settle(turn);
    if (this.#ended) return outlived();
    if (this.#running === running) {
      this.#running = null;
      busy(false);
    }
    if (this.#exchanges.get(turn.key) !== exchange) return; // cleared meanwhile
    await exchange.settle();
    this.#tell(turn, exchange);
  }

  #tell(turn: Turn, exchange: Exchange): void {
    const { announcer, emit, say } = this.#stage;
    if (turn.state === "failed") {
      announcer.warn(exchange.spoken());
      emit("fault", { kind: turn.fault?.kind });
      return;
    }
    announcer.say(turn.state === "stopped" ? say("stopped") : exchange.spoken());
    const { status, id, confidence } = turn.reply ?? {};
    if (turn.state === "answered") emit("answer", { question: turn.question, status, id, confidence });
  }
}
