/** What the reader thinks of an answer: a thumb up or down, and on the latter, if they like, why. */

import type { Turn } from "./conversation";
import { h, icon } from "./element";
import type { Opinions } from "./opinions";
import type { Key, Say } from "./strings";

const THUMB =
  "M7 10.5v9H4v-9zM7 10.5l4-7c1.7 0 2.6 1.2 2.2 3l-.7 3h5.4c1.4 0 2.3 1.2 1.9 2.6l-1.6 5.6c-.3 1-1.1 1.8-2.2 1.8H7";
const REASONS: [value: string, key: Key][] = [
  ["wrong_answer", "reasonWrong"],
  ["none_of_these", "reasonOff"],
  ["unclear", "reasonUnclear"],
  ["other", "reasonOther"],
];

/** The buttons, for an answered turn. */
export function thumbs(turn: Turn, opinions: Opinions, say: Say): Node[] {
  const up = thumb(say("up"), "");
  const down = thumb(say("down"), "down");
  const reasons = h("div", { class: "reasons", role: "group", "aria-label": say("why") });
  const show = (asking: boolean): void => {
    up.setAttribute("aria-pressed", String(turn.rating === "up"));
    down.setAttribute("aria-pressed", String(turn.rating === "down"));
    reasons.hidden = !asking || turn.rating !== "down";
  };
  const press = (rating: "up" | "down"): void => {
    turn.rating = turn.rating === rating ? null : rating;
    turn.reason = "";
    opinions.rate(turn);
    show(true);
  };
  up.addEventListener("click", () => press("up"));
  down.addEventListener("click", () => press("down"));
  const buttons = REASONS.map(([reason, key]) => {
    const button = h("button", { type: "button", class: "chip small" }, say(key));
    button.addEventListener("click", () => {
      turn.reason = reason;
      opinions.rate(turn);
      down.focus();
      reasons.replaceChildren(h("span", { role: "status" }, say("thanks")));
    });
    return button;
  });
  reasons.append(h("span", {}, say("why")), ...buttons);
  show(false);
  return [up, down, reasons];
}

function thumb(name: string, kind: string): HTMLButtonElement {
  return h("button", { type: "button", class: `quiet thumb ${kind}`, "aria-label": name, title: name }, icon(THUMB));
}
