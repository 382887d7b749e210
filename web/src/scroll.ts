/** Keeps the reader's place: a new question goes to the top, an answer that grows is followed only by someone who is at
 * its end, and never so far that its question leaves the view. */

import { h, icon } from "./element";

const NEAR_PX = 48;
const DOWN = "M12 5v14M6 13l6 6 6-6";

export class Scroll {
  readonly element = h("div", { class: "scroll", tabindex: -1 });
  readonly button: HTMLButtonElement;
  #following = true;
  #anchor: HTMLElement | null = null;
  #last = 0;
  #sizes = new ResizeObserver(() => this.follow());

  constructor(content: HTMLElement, label: string) {
    this.button = h("button", { type: "button", class: "to-end", "aria-label": label, title: label, hidden: true }, icon(DOWN));
    this.element.append(content);
    this.#sizes.observe(content);
    this.element.addEventListener("scroll", () => this.#scrolled(), { passive: true });
    this.button.addEventListener("blur", () => this.#judge());
    this.button.addEventListener("click", () => {
      this.#anchor = null;
      this.#following = true;
      this.element.scrollTo({ top: this.element.scrollHeight, behavior: smooth() });
      this.element.focus({ preventScroll: true });
    });
  }

  /** Put `question` at the top, and follow its answer from there. */
  begin(question: HTMLElement): void {
    this.#anchor = question;
    this.#following = true;
    this.follow();
  }

  /** Go to the end without following anything. */
  toEnd(): void {
    this.#anchor = null;
    this.#following = true;
    this.follow();
  }

  /** Show `block`; from then on the place is the reader's. */
  reveal(block: HTMLElement): void {
    this.#following = false;
    block.scrollIntoView({ block: "start", behavior: smooth() });
  }

  /** Catch up with what has grown, if its end is being followed. */
  follow(): void {
    const { element } = this;
    if (this.#following) {
      const end = element.scrollHeight - element.clientHeight;
      const top = this.#anchor?.isConnected ? this.#topOf(this.#anchor) : end;
      element.scrollTop = Math.min(end, top);
      this.#last = element.scrollTop;
    }
    this.#judge();
  }

  /** How far down the view begins. */
  get top(): number {
    return this.element.scrollTop;
  }

  stop(): void {
    this.#sizes.disconnect();
  }

  #topOf(node: HTMLElement): number {
    return node.getBoundingClientRect().top - this.element.getBoundingClientRect().top + this.element.scrollTop - 12;
  }

  #scrolled(): void {
    const { scrollTop } = this.element;
    if (Math.abs(scrollTop - this.#last) > 1) {
      this.#following = this.#left() <= NEAR_PX;
      if (this.#following && this.#anchor && scrollTop > this.#topOf(this.#anchor) + NEAR_PX) this.#anchor = null;
    }
    this.#last = scrollTop;
    this.#judge();
  }

  #left(): number {
    const { scrollHeight, clientHeight, scrollTop } = this.element;
    return scrollHeight - clientHeight - scrollTop;
  }

  #judge(): void {
    this.button.hidden = this.#left() <= NEAR_PX && !this.button.matches(":focus"); // hidden, it would lose focus to nothing
  }
}

function smooth(): ScrollBehavior {
  return matchMedia("(prefers-reduced-motion: reduce)").matches ? "auto" : "smooth";
}
