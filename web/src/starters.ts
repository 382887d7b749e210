/** Questions to begin with: those the host has named, or some of the service's entries, by topic where there is room. */

import type { Api, EntryLine } from "./api";
import { h } from "./element";
import type { Say } from "./strings";

const IN_PANEL = 4;
const ON_PAGE = 6;
const MOST_FIXED = 5;
const LONGEST = 22;

type Ask = (question: string) => void;
type Group = readonly [topic: string, entries: readonly EntryLine[]];

/** Put them into `place`. `fixed` are the host's own, separated by `|`. */
export async function offerStarters(place: HTMLElement, api: Api, fixed: string, page: boolean, say: Say, ask: Ask): Promise<void> {
  const list = h("ul", { class: "starters" });
  const named = fixed.split("|").map((text) => text.trim()).filter(Boolean).slice(0, MOST_FIXED);
  if (named.length) {
    show(list, named, ask);
    place.append(list);
    return;
  }
  const topics = groups(await api.entries());
  const mixed = short(topics.flatMap(([, entries]) => short(entries).slice(0, 1)));
  const most = page ? ON_PAGE : IN_PANEL;
  const choose = (entries: readonly EntryLine[]): void => show(list, short(entries).slice(0, most).map(({ question }) => question), ask);
  choose(mixed);
  if (page && topics.length > 1) place.append(topicButtons([[say("allTopics"), mixed], ...topics], say("starters"), choose));
  place.append(list);
}

/** Entries under their first topic, the largest topic first. */
function groups(entries: EntryLine[]): Group[] {
  const byTopic = new Map<string, EntryLine[]>();
  for (const entry of entries) {
    const topic = entry.topics[0] ?? "";
    byTopic.set(topic, [...(byTopic.get(topic) ?? []), entry]);
  }
  return [...byTopic].sort(([, a], [, b]) => b.length - a.length);
}

/** Short questions first, in their order otherwise: they read well on a button. */
function short(entries: readonly EntryLine[]): EntryLine[] {
  return [...entries].sort((a, b) => Number(a.question.length > LONGEST) - Number(b.question.length > LONGEST));
}

function show(list: HTMLElement, questions: string[], ask: Ask): void {
  const buttons = questions.map((question) => {
    const button = h("button", { type: "button", class: "starter", dir: "auto" }, question);
    button.addEventListener("click", () => ask(question));
    return h("li", {}, button);
  });
  list.replaceChildren(...buttons);
}

function topicButtons(topics: Group[], name: string, choose: (entries: readonly EntryLine[]) => void): HTMLElement {
  const buttons = topics.map(([topic, entries], i) => {
    const button = h("button", { type: "button", class: "topic", "aria-pressed": String(i === 0) }, topic);
    button.addEventListener("click", () => {
      for (const other of buttons) other.setAttribute("aria-pressed", String(other === button));
      choose(entries);
    });
    return button;
  });
  return h("div", { class: "topics", role: "group", "aria-label": name }, ...buttons);
}
