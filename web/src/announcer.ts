/** What screen readers are told. The visible transcript is not live: a log that is read out again with every token is
 * the first complaint about chats. One polite line tells progress, then the finished answer; one assertive line tells
 * errors. */

import { h } from "./element";

const AFTER_FOCUS_MS = 250; // a message written while focus moves is lost in NVDA
const KEPT_MS = 1000;

export class Announcer {
  readonly polite = h("div", { class: "unseen", role: "status", "aria-live": "polite", "aria-atomic": "true" });
  readonly assertive = h("div", { class: "unseen", role: "alert", "aria-live": "assertive", "aria-atomic": "true" });
  #focused = 0;
  #queue = Promise.resolve();

  /** Called whenever focus moves. */
  moved(): void {
    this.#focused = performance.now();
  }

  say(text: string): void {
    this.#queue = this.#queue.then(() => this.#speak(this.polite, text));
  }

  warn(text: string): void {
    void this.#speak(this.assertive, text);
  }

  async #speak(line: HTMLElement, text: string): Promise<void> {
    const left = this.#focused + AFTER_FOCUS_MS - performance.now();
    if (left > 0) await rest(left);
    line.textContent = text;
    await rest(KEPT_MS);
    if (line.textContent === text) line.textContent = "";
  }
}

function rest(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
