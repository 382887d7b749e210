/** Known questions like the one being typed, in a list below the box's own focus.
 *
 * The box has several lines, so its role is `textbox`, which may not be `combobox`; it carries the rest of the pattern:
 * `aria-autocomplete`, `aria-controls` and `aria-activedescendant`. */

import type { Announcer } from "./announcer";
import type { Api, Suggestion } from "./api";
import { h } from "./element";
import type { Say } from "./strings";

const PAUSE_MS = 120;
const MOST = 5;

export class Suggestions {
  readonly list: HTMLElement;
  #field: HTMLTextAreaElement;
  #api: Api;
  #choose: (question: string) => void;
  #say: Say;
  #announcer: Announcer;
  #found: Suggestion[] = [];
  #active = -1;
  #timer = 0;
  #request = new AbortController();

  constructor(field: HTMLTextAreaElement, api: Api, choose: (question: string) => void, say: Say, announcer: Announcer) {
    this.#field = field;
    this.#api = api;
    this.#choose = choose;
    this.#say = say;
    this.#announcer = announcer;
    this.list = h("ul", { class: "suggestions", id: "wenjin-suggestions", role: "listbox", "aria-label": say("suggestions"), hidden: true });
    for (const [name, value] of [["aria-autocomplete", "list"], ["aria-haspopup", "listbox"], ["aria-controls", this.list.id]] as const)
      field.setAttribute(name, value);
    field.addEventListener("input", (event) => !(event as InputEvent).isComposing && this.#later());
    field.addEventListener("compositionend", () => this.#later());
    field.addEventListener("blur", () => this.close());
    this.list.addEventListener("pointerdown", (event) => event.preventDefault()); // keep focus in the box
    this.#later(); // something may have been typed before this file was there
  }

  /** Whether the key was for the list. */
  pressed(event: KeyboardEvent): boolean {
    if (this.list.hidden) return false;
    if (event.key === "ArrowDown" || event.key === "ArrowUp") {
      const step = event.key === "ArrowDown" ? 1 : -1;
      const places = this.#found.length + 1; // the last one is the box itself
      this.#activate(((this.#active + 1 + step + places) % places) - 1);
    } else if (event.key === "Enter" && this.#active >= 0 && !event.shiftKey) {
      this.#choose(this.#found[this.#active]?.question ?? "");
    } else if (event.key === "Tab") {
      this.close();
      return false;
    } else {
      return false;
    }
    event.preventDefault();
    return true;
  }

  /** Close the list; whether it was open. */
  close(): boolean {
    const open = !this.list.hidden;
    this.stop();
    this.list.hidden = true;
    this.#activate(-1);
    return open;
  }

  stop(): void {
    clearTimeout(this.#timer);
    this.#request.abort();
  }

  #later(): void {
    this.stop();
    const text = this.#field.value.trim();
    if (!text || text.length > 200) {
      this.close();
      return;
    }
    this.#timer = setTimeout(() => void this.#look(text), PAUSE_MS);
  }

  async #look(text: string): Promise<void> {
    this.#request = new AbortController();
    const { signal } = this.#request;
    const found = await this.#api.suggest(text, MOST, signal).catch(() => []);
    if (signal.aborted || this.#field.value.trim() !== text) return;
    const questions = new Set<string>();
    this.#found = (Array.isArray(found) ? found : []).filter(({ question }) => !questions.has(question) && questions.add(question));
    this.#draw();
  }

  #draw(): void {
    const options = this.#found.map(({ question, matched, highlights }, i) => {
      const typed = marked(matched ?? "", highlights ?? []);
      const same = !matched || matched === question;
      const option = h(
        "li",
        { role: "option", id: `wenjin-option-${i}`, "aria-selected": "false" },
        h("span", {}, ...(matched === question ? typed : [question])),
        !same && h("small", {}, ...typed),
      );
      option.addEventListener("click", () => this.#choose(question));
      return option;
    });
    this.list.replaceChildren(...options);
    this.list.hidden = !options.length;
    this.#activate(-1);
    if (options.length) this.#announcer.say(this.#say("suggestionsFound", { count: options.length }));
  }

  #activate(index: number): void {
    this.#active = index;
    const options = [...this.list.children];
    for (const [i, option] of options.entries()) option.setAttribute("aria-selected", String(i === index));
    const active = options[index];
    if (active) {
      this.#field.setAttribute("aria-activedescendant", active.id);
      active.scrollIntoView({ block: "nearest" });
    } else {
      this.#field.removeAttribute("aria-activedescendant");
    }
  }
}

/** A text with the stretches that were typed made to stand out. */
function marked(text: string, spans: [number, number][]): (Node | string)[] {
  const points = [...text];
  const piece = (from: number, to?: number): string => points.slice(from, to).join("");
  let end = 0;
  const pieces = spans.flatMap(([from, to]): (Node | string)[] => {
    const before = piece(end, from);
    end = to;
    return [before, h("b", {}, piece(from, to))];
  });
  return [...pieces, piece(end)];
}
