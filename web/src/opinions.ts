/** What the reader thinks of an answer: a thumb up or down, and on the latter, if they like, why. */

import type { Api, Opinion } from "./api";
import type { Conversation, Turn } from "./conversation";
import { h, icon } from "./element";
import type { Key, Say } from "./strings";

const THUMB =
  "M7 10.5v9H4v-9zM7 10.5l4-7c1.7 0 2.6 1.2 2.2 3l-.7 3h5.4c1.4 0 2.3 1.2 1.9 2.6l-1.6 5.6c-.3 1-1.1 1.8-2.2 1.8H7";
const REASONS: [value: string, key: Key][] = [
  ["wrong", "reasonWrong"],
  ["off_topic", "reasonOff"],
  ["unclear", "reasonUnclear"],
  ["other", "reasonOther"],
];

export class Opinions {
  #api: Api;
  #conversation: Conversation;
  #sending = false;
  /** Called when the service turns out to keep no feedback. */
  refused: () => void = () => undefined;

  constructor(api: Api, conversation: Conversation) {
    this.#api = api;
    this.#conversation = conversation;
  }

  get off(): boolean {
    return this.#conversation.feedbackOff;
  }

  /** Deliver an opinion, now or later; reading is never disturbed by it. */
  give(opinion: Opinion): void {
    const { unsent } = this.#conversation;
    this.#conversation.unsent = [...unsent.filter(({ message_id }) => message_id !== opinion.message_id), opinion];
    this.#conversation.save();
    void this.deliver();
  }

  /** Send what is waiting, oldest first, until something fails. */
  async deliver(): Promise<void> {
    if (this.#sending) return;
    this.#sending = true;
    try {
      for (let next = this.#conversation.unsent[0]; next; next = this.#conversation.unsent[0]) {
        const outcome = await this.#api.rate(next);
        if (outcome === "failed") return;
        this.#conversation.unsent = this.#conversation.unsent.filter((opinion) => opinion !== next);
        if (outcome === "off") {
          this.#conversation.feedbackOff = true;
          this.#conversation.unsent = [];
          this.refused();
        }
        this.#conversation.save();
      }
    } finally {
      this.#sending = false;
    }
  }

  /** The two thumbs for an answered turn. */
  thumbs(turn: Turn, say: Say): HTMLElement {
    const up = h("button", { type: "button", class: "quiet thumb", "aria-label": say("up"), title: say("up") }, icon(THUMB));
    const down = h("button", { type: "button", class: "quiet thumb down", "aria-label": say("down"), title: say("down") }, icon(THUMB));
    const reasons = h("div", { class: "reasons", role: "group", "aria-label": say("why") });
    const box = h("div", { class: "thumbs" }, up, down, reasons);
    const show = (asking: boolean): void => {
      up.setAttribute("aria-pressed", String(turn.rating === "up"));
      down.setAttribute("aria-pressed", String(turn.rating === "down"));
      reasons.hidden = !asking || turn.rating !== "down";
    };
    const press = (rating: "up" | "down"): void => {
      turn.rating = turn.rating === rating ? null : rating;
      turn.reason = "";
      this.#rate(turn);
      show(true);
    };
    up.addEventListener("click", () => press("up"));
    down.addEventListener("click", () => press("down"));
    const buttons = REASONS.map(([reason, key]) => {
      const button = h("button", { type: "button", class: "chip small" }, say(key));
      button.addEventListener("click", () => {
        turn.reason = reason;
        this.#rate(turn);
        reasons.replaceChildren(h("span", {}, say("thanks")));
        down.focus();
      });
      return button;
    });
    reasons.append(h("span", {}, say("why")), ...buttons);
    show(false);
    return box;
  }

  #rate({ reply, rating, reason }: Turn): void {
    if (!reply) return;
    this.give({ message_id: reply.message_id, rating, ...(reason ? { reason } : {}) });
  }
}
