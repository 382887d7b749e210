/** What an empty conversation shows: a greeting and questions to begin with, by topic where there is room. */

import type { Api, EntryLine } from "./api";
import { h } from "./element";
import type { Say } from "./strings";

const IN_PANEL = 4;
const ON_PAGE = 6;
const LONGEST = 22;

export class Welcome {
  readonly element: HTMLElement;
  #starters = h("ul", { class: "starters" });
  #topics = h("div", { class: "topics", role: "group" });
  #say: Say;
  #ask: (question: string) => void;
  #page: boolean;

  /** `fixed` are the host's own starters; without them the service's entries are used. */
  constructor(api: Api, fixed: string[], page: boolean, say: Say, ask: (question: string) => void) {
    this.#say = say;
    this.#ask = ask;
    this.#page = page;
    this.#topics.setAttribute("aria-label", say("starters"));
    this.element = h("div", { class: "welcome" }, h("h2", {}, say("greeting")), h("p", {}, say("greetingMore")), this.#topics, this.#starters);
    if (fixed.length) this.#show(fixed);
    else void api.entries().then((entries) => this.#offer(entries), () => undefined);
  }

  #show(questions: string[]): void {
    this.#starters.replaceChildren(
      ...questions.map((question) => {
        const button = h("button", { type: "button", class: "starter", dir: "auto" }, question);
        button.addEventListener("click", () => this.#ask(question));
        return h("li", {}, button);
      }),
    );
  }

  #offer(entries: EntryLine[]): void {
    const byTopic = new Map<string, EntryLine[]>();
    for (const entry of entries) {
      const topic = entry.topics[0] ?? "";
      byTopic.set(topic, [...(byTopic.get(topic) ?? []), entry]);
    }
    const topics = [...byTopic].sort(([, a], [, b]) => b.length - a.length);
    const mixed = short(topics.map(([, group]) => short(group)[0]).filter((entry) => entry !== undefined));
    this.#show(mixed.slice(0, this.#page ? ON_PAGE : IN_PANEL).map(({ question }) => question));
    if (this.#page && topics.length > 1) this.#offerTopics(topics, mixed);
  }

  #offerTopics(topics: [string, EntryLine[]][], mixed: EntryLine[]): void {
    const all: [string, EntryLine[]] = [this.#say("allTopics"), mixed];
    const buttons = [all, ...topics].map(([topic, group], i) => {
      const button = h("button", { type: "button", class: "topic", "aria-pressed": String(i === 0) }, topic);
      button.addEventListener("click", () => {
        for (const other of buttons) other.setAttribute("aria-pressed", String(other === button));
        this.#show(short(group).slice(0, ON_PAGE).map(({ question }) => question));
      });
      return button;
    });
    this.#topics.replaceChildren(...buttons);
  }
}

/** Short questions first, in their order otherwise: they read well on a button. */
function short(entries: EntryLine[]): EntryLine[] {
  return [...entries].sort((a, b) => Number(a.question.length > LONGEST) - Number(b.question.length > LONGEST));
}
