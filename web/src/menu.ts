/** What is not needed often: a new chat, clearing, appearance, language. A disclosure, so that its buttons are plain
 * buttons. */

import { h } from "./element";
import type { Theme } from "./preferences";
import type { Key, Language, Say } from "./strings";

export interface MenuDeeds {
  fresh(): void;
  forget(): void;
  look(theme: Theme): void;
  speak(language: Language): void;
}

export class Menu {
  readonly element: HTMLElement;
  #button: HTMLButtonElement;

  /** `button` opens and closes it; it is put behind the button. `page` is the address of the chat as a page. */
  constructor(button: HTMLButtonElement, say: Say, deeds: MenuDeeds, theme: Theme, language: Language, page: string | null) {
    this.#button = button;
    const does = (key: Key, deed: () => void): HTMLElement => {
      const button = h("button", { type: "button", class: "row" }, say(key));
      button.addEventListener("click", () => {
        this.close();
        deed();
      });
      return button;
    };
    const themes: [Theme, string][] = [["auto", say("themeAuto")], ["light", say("themeLight")], ["dark", say("themeDark")]];
    this.element = h(
      "div",
      { class: "menu", hidden: true },
      does("newChat", deeds.fresh),
      does("clear", deeds.forget),
      page && h("a", { class: "row", href: page, target: "_blank", rel: "noopener" }, say("fullPage")),
      choice(say("theme"), themes, theme, deeds.look),
      choice<Language>(say("language"), [["zh", "中文"], ["en", "English"]], language, deeds.speak),
    );
    button.after(this.element);
    this.element.addEventListener("focusout", (event) => {
      const next = event.relatedTarget as Node | null;
      if (next && next !== button && !this.element.contains(next)) this.#set(false);
    });
  }

  toggle(): void {
    this.#set(this.element.hidden !== false);
  }

  /** Close it and give focus back; whether it was open. */
  close(): boolean {
    if (this.element.hidden) return false;
    this.#set(false);
    this.#button.focus();
    return true;
  }

  #set(open: boolean): void {
    this.element.hidden = !open;
    this.#button.setAttribute("aria-expanded", String(open));
    if (open) this.element.querySelector("button")?.focus();
  }
}

function choice<T extends string>(label: string, options: [T, string][], chosen: T, choose: (value: T) => void): HTMLElement {
  const buttons = options.map(([value, name]) => {
    const button = h("button", { type: "button", "aria-pressed": String(value === chosen), lang: value === "en" ? "en" : null }, name);
    button.addEventListener("click", () => {
      for (const other of buttons) other.setAttribute("aria-pressed", String(other === button));
      choose(value);
    });
    return button;
  });
  return h("div", { class: "choice-row", role: "group", "aria-label": label }, h("span", { class: "label" }, label), ...buttons);
}
