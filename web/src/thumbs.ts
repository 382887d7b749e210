/** What the reader thinks of an answer: a thumb up or down, and on the latter, if they like, why and in their own words. */

import type { Turn } from "./conversation";
import { h, icon } from "./element";
import type { Opinions } from "./opinions";
import type { Key, Say } from "./strings";

const THUMB =
  "M7 10.5v9H4v-9zM7 10.5l4-7c1.7 0 2.6 1.2 2.2 3l-.7 3h5.4c1.4 0 2.3 1.2 1.9 2.6l-1.6 5.6c-.3 1-1.1 1.8-2.2 1.8H7";
const LONGEST = 1000; // what the service takes
const REASONS: [value: string, key: Key][] = [
  ["wrong_answer", "reasonWrong"],
  ["none_of_these", "reasonOff"],
  ["unclear", "reasonUnclear"],
  ["other", "reasonOther"],
];

export interface Thumbs {
  nodes: Node[];
  /** Show what is thought now; another tab may have changed it. */
  mark(): void;
}

/** The buttons, for an answered turn. */
export function thumbs(turn: Turn, opinions: Opinions, say: Say): Thumbs {
  const up = thumb(say("up"), "");
  const down = thumb(say("down"), "down");
  const place = h("div", { class: "why", hidden: true });
  const mark = (): void => {
    up.setAttribute("aria-pressed", String(turn.rating === "up"));
    down.setAttribute("aria-pressed", String(turn.rating === "down"));
    if (turn.rating !== "down") place.hidden = true;
  };
  const press = (rating: "up" | "down"): void => {
    Object.assign(turn, { rating: turn.rating === rating ? null : rating, reason: "", comment: "" });
    opinions.rate(turn);
    place.replaceChildren(explanation(turn, opinions, say, () => down.focus()));
    place.hidden = false;
    mark();
  };
  up.addEventListener("click", () => press("up"));
  down.addEventListener("click", () => press("down"));
  mark();
  return { nodes: [up, down, place], mark };
}

/** Asks why. A reason is sent as soon as it is chosen, words when they are submitted; `done` is called after the latter. */
function explanation(turn: Turn, opinions: Opinions, say: Say, done: () => void): HTMLElement {
  const buttons = REASONS.map(([reason, key]) => {
    const button = h("button", { type: "button", class: "chip small", "aria-pressed": "false" }, say(key));
    button.addEventListener("click", () => {
      turn.reason = turn.reason === reason ? "" : reason;
      for (const other of buttons) other.setAttribute("aria-pressed", String(other === button && turn.reason === reason));
      opinions.rate(turn);
    });
    return button;
  });
  const reasons = h("div", { class: "reasons", role: "group", "aria-label": say("why") }, h("span", {}, say("why")), ...buttons);
  const words = h("textarea", { rows: 2, maxlength: LONGEST, placeholder: say("comment"), "aria-label": say("comment"), dir: "auto" });
  const form = h("form", {}, reasons, words, h("button", { class: "chip small submit" }, say("submit")));
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    turn.comment = words.value.trim();
    opinions.rate(turn);
    form.replaceChildren(h("span", { role: "status" }, say("thanks")));
    done();
  });
  return form;
}

function thumb(name: string, kind: string): HTMLButtonElement {
  return h("button", { type: "button", class: `quiet thumb ${kind}`, "aria-label": name, title: name }, icon(THUMB));
}
