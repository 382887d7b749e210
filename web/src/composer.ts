/** The box one asks in. */

import { h, icon } from "./element";
import type { Suggestions } from "./suggestions";
import type { Say } from "./strings";

const SEND = "M12 19V5M6 11l6-6 6 6";
const STOP = "M7 7h10v10H7z";
const LONGEST = 1000;
const AFTER_COMPOSING_MS = 60; // Safari sends the Enter that ends a composition once more, as an ordinary one

export interface Sink {
  ask(question: string): void;
  stop(): void;
  /** The last question asked, to be recalled. */
  last(): string;
}

export class Composer {
  readonly element: HTMLFormElement;
  readonly field: HTMLTextAreaElement;
  #say: Say;
  #sink: Sink;
  #button: HTMLButtonElement;
  #note: HTMLElement;
  #suggestions: Suggestions | null = null;
  #busy = false;
  #composed = -Infinity;

  constructor(sink: Sink, say: Say) {
    this.#say = say;
    this.#sink = sink;
    this.field = h("textarea", { rows: 1, placeholder: say("placeholder"), "aria-label": say("inputLabel"), autocomplete: "off", enterkeyhint: "send", dir: "auto" });
    this.#button = h("button", { type: "submit", class: "send" });
    this.#note = h("p", { class: "note", hidden: true, role: "alert" });
    this.element = h("form", { class: "composer" }, this.#note, h("div", { class: "field" }, this.field, this.#button));
    this.element.addEventListener("submit", (event) => {
      event.preventDefault();
      if (this.#busy) this.#sink.stop();
      else this.#send(this.field.value);
    });
    this.field.addEventListener("keydown", (event) => this.#pressed(event));
    this.field.addEventListener("compositionend", () => (this.#composed = performance.now()));
    this.field.addEventListener("input", () => this.#fit());
    this.busy = false;
  }

  set busy(busy: boolean) {
    this.#busy = busy;
    const name = this.#say(busy ? "stop" : "send");
    this.#button.setAttribute("aria-label", name);
    this.#button.title = name;
    this.#button.replaceChildren(icon(busy ? STOP : SEND));
    this.#button.classList.toggle("stop", busy);
  }

  /** Let known questions be suggested from now on; `make` is given what to do with one that is chosen. */
  suggest(make: (choose: (question: string) => void) => Suggestions): void {
    this.#suggestions = make((question) => this.#send(question));
    this.element.prepend(this.#suggestions.list);
  }

  focus(): void {
    this.field.focus({ preventScroll: true });
  }

  /** Put a question into the box, to be changed. */
  edit(question: string): void {
    this.field.value = question;
    this.#fit();
    this.focus();
    this.field.setSelectionRange(question.length, question.length);
  }

  /** Close the suggestions; whether they were open. */
  close(): boolean {
    return this.#suggestions?.close() ?? false;
  }

  stop(): void {
    this.#suggestions?.stop();
  }

  #send(text: string): void {
    const question = text.trim();
    const length = [...question].length;
    this.#note.hidden = length <= LONGEST;
    if (length > LONGEST) this.#note.textContent = this.#say("tooLong", { limit: LONGEST });
    if (!question || length > LONGEST || this.#busy) return;
    this.#suggestions?.close();
    this.field.value = "";
    this.#fit();
    this.#sink.ask(question);
  }

  #pressed(event: KeyboardEvent): void {
    const composing = event.isComposing || event.keyCode === 229;
    if (composing) return;
    if (event.key === "Enter" && performance.now() - this.#composed < AFTER_COMPOSING_MS) {
      event.preventDefault();
      return;
    }
    if (this.#suggestions?.pressed(event)) return;
    if (event.key === "Enter" && !event.shiftKey) {
      event.preventDefault();
      this.#send(this.field.value);
    } else if (event.key === "ArrowUp" && !this.field.value) {
      event.preventDefault();
      this.edit(this.#sink.last());
    }
  }

  /** As high as its text, up to what the style allows. */
  #fit(): void {
    this.#note.hidden = true;
    this.field.style.setProperty("height", "auto");
    this.field.style.setProperty("height", `${this.field.scrollHeight}px`);
  }
}
