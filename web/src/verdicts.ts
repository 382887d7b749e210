/** What surrounds an answer: which question it belongs to and how sure that is, or why there is none. */

import type { Link, Reply } from "./api";
import { h } from "./element";
import type { Key, Say } from "./strings";

/** What a reader can set going from within an answer. */
export interface Deeds {
  ask(question: string): void;
  edit(question: string): void;
  none(reply: Reply): void;
}

const VERY_SURE = 0.95;
const RATHER_SURE = 0.75;
const RELATED = 3;

/** The canonical question, with how sure it is that it was meant. */
export function heading(reply: Reply, say: Say): HTMLElement {
  const percent = Math.min(99, Math.round(reply.confidence * 100));
  const same = reply.match === "exact";
  const level = same || reply.confidence >= VERY_SURE ? 3 : reply.confidence >= RATHER_SURE ? 2 : 1;
  const words = say(same ? "sureExact" : (`sure${level}` as Key));
  const sure = h("span", { class: `sure level-${level}`, title: say("confidence", { percent }) }, h("i", { "aria-hidden": "true" }), words);
  return h("div", { class: "matched" }, h("span", { class: "unseen" }, `${say("asked")}: `), h("strong", {}, reply.question ?? ""), sure);
}

/** Several questions may be meant: ask back. */
export function clarification(reply: Reply, say: Say, deeds: Deeds): HTMLElement {
  const thanks = h("p", { class: "soft", role: "status" });
  const none = h("button", { type: "button", class: "choice none" }, say("none"));
  none.addEventListener("click", () => {
    none.disabled = true;
    thanks.textContent = say("noneThanks");
    deeds.none(reply);
  });
  const lead = h("p", {}, h("strong", {}, say("clarify")), " ", h("span", { class: "soft" }, say("clarifyMore")));
  return h("div", { class: "verdict clarify" }, lead, choices(reply.candidates, deeds, none), thanks);
}

/** Nothing answers this: say so, and what is nearest. */
export function refusal(reply: Reply, question: string, contact: string | null, say: Say, deeds: Deeds): HTMLElement {
  const edit = h("button", { type: "button", class: "quiet" }, say("edit"));
  edit.addEventListener("click", () => deeds.edit(question));
  const near = reply.candidates;
  const help = contact && h("a", { class: "quiet", href: contact, target: "_blank", rel: "noopener noreferrer" }, say("contact"));
  return h(
    "div",
    { class: "verdict none-found" },
    h("p", {}, h("strong", {}, say("noAnswer"))),
    h("p", { class: "soft" }, say(near.length ? "noAnswerMore" : "noAnswerAlone")),
    choices(near, deeds),
    h("div", { class: "actions" }, edit, help),
  );
}

function choices(links: Link[], deeds: Deeds, ...more: HTMLElement[]): HTMLElement {
  const buttons = links.map(({ question }) => {
    const button = h("button", { type: "button", class: "choice" }, question);
    button.addEventListener("click", () => deeds.ask(question));
    return button;
  });
  return h("ul", { class: "choices" }, ...[...buttons, ...more].map((button) => h("li", {}, button)));
}

/** Questions worth asking next. */
export function related(links: Link[], say: Say, deeds: Deeds): HTMLElement | null {
  if (!links.length) return null;
  const chips = links.slice(0, RELATED).map(({ question }) => {
    const chip = h("button", { type: "button", class: "chip" }, question);
    chip.addEventListener("click", () => deeds.ask(question));
    return h("li", {}, chip);
  });
  return h("div", { class: "related" }, h("span", { class: "label" }, say("related")), h("ul", {}, ...chips));
}
