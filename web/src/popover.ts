/** A small box beside a button, opened by pressing the button or pointing at it. One that was opened by pressing takes
 * focus and stays; one that was pointed at goes when the pointer does. */

import { h } from "./element";

const HOVER_MS = 120;
const GAP = 8;

export class Popover {
  #box = h("div", { class: "citation", popover: "auto", role: "dialog" });
  #opener: HTMLElement | null = null;
  #pressed = false;
  #timer = 0;
  /** Whose content was open, by pressing, when the pointer went down: the browser closes it before the click comes. */
  #held: HTMLElement | null = null;

  constructor(parent: HTMLElement) {
    parent.append(this.#box);
    parent.addEventListener("pointerdown", () => (this.#held = this.#open && this.#pressed ? this.#opener : null));
    this.#box.addEventListener("pointerenter", () => clearTimeout(this.#timer));
    this.#box.addEventListener("pointerleave", () => this.leave());
    this.#box.addEventListener("toggle", (event) => {
      if (event.newState === "closed") this.#opener?.setAttribute("aria-expanded", "false");
    });
  }

  /** Open at `button` with what `content` gives, or close if that is what is open. */
  press(button: HTMLElement, name: string, content: () => Node[]): void {
    const held = this.#held === button;
    this.#held = null;
    if (this.#open && this.#opener === button && this.#pressed) this.#box.hidePopover();
    else if (!held) this.#show(button, name, content, true);
  }

  hover(button: HTMLElement, name: string, content: () => Node[]): void {
    clearTimeout(this.#timer);
    if (!this.#open) this.#timer = setTimeout(() => this.#show(button, name, content, false), HOVER_MS);
  }

  leave(): void {
    clearTimeout(this.#timer);
    if (!this.#pressed && this.#open) this.#timer = setTimeout(() => this.#open && this.#box.hidePopover(), 2 * HOVER_MS);
  }

  /** Close it and give focus back; whether it was open. */
  close(): boolean {
    if (!this.#open) return false;
    const held = this.#box.contains((this.#box.getRootNode() as ShadowRoot).activeElement);
    this.#box.hidePopover();
    if (held) this.#opener?.focus();
    return true;
  }

  get #open(): boolean {
    return this.#box.matches(":popover-open");
  }

  #show(button: HTMLElement, name: string, content: () => Node[], pressed: boolean): void {
    clearTimeout(this.#timer);
    if (!button.isConnected) return;
    this.#opener?.setAttribute("aria-expanded", "false");
    this.#opener = button;
    this.#pressed = pressed;
    this.#box.setAttribute("aria-label", name);
    this.#box.replaceChildren(...content());
    if (!this.#open) this.#box.showPopover();
    button.setAttribute("aria-expanded", "true");
    this.#place(button);
    if (pressed) this.#box.querySelector("a")?.focus({ preventScroll: true });
  }

  /** Beside the button, within the window. The box is in the top layer, where window coordinates hold. */
  #place(button: HTMLElement): void {
    const at = button.getBoundingClientRect();
    const { width, height } = this.#box.getBoundingClientRect();
    const left = Math.max(GAP, Math.min(at.left + at.width / 2 - width / 2, innerWidth - width - GAP));
    const below = at.bottom + GAP + height < innerHeight;
    this.#box.style.setProperty("left", `${left}px`);
    this.#box.style.setProperty("top", `${below ? at.bottom + GAP : Math.max(GAP, at.top - GAP - height)}px`);
  }
}
