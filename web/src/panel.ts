/** The frame of the chat: beside the host's page on a wide window, in front of it on a narrow one, or part of a page. */

import { h, icon } from "./element";
import type { Say } from "./strings";

const CROSS = "M6 6l12 12M18 6L6 18";
const PLUS = "M12 5v14M5 12h14";
const NARROW = "(max-width: 640px)";

export class Panel {
  readonly element: HTMLElement;
  #dialog: HTMLDialogElement | null = null;
  #narrow = matchMedia(NARROW);
  #title: HTMLElement;
  #closed: () => void;
  #overflow: string | null = null;
  #ended = new AbortController();

  /** `closed` is called when the reader closes it. */
  constructor(page: boolean, title: string, say: Say, menu: HTMLElement, fresh: () => void, content: Node[], closed: () => void) {
    this.#closed = closed;
    this.#title = h(page ? "h1" : "h2", { id: "wenjin-title", tabindex: -1 }, title);
    const anew = h("button", { type: "button", class: "round", "aria-label": say("newChat"), title: say("newChat") }, icon(PLUS));
    anew.addEventListener("click", fresh);
    const close = h("button", { type: "button", class: "round", "aria-label": say("close"), title: say("close") }, icon(CROSS));
    close.addEventListener("click", () => this.#closed());
    const entries = page && document.querySelector("[data-wenjin-catalogue]");
    const toEntries = entries && h("a", { class: "quiet to-entries", href: `#${entries.id}` }, say("entries"));
    const bar = h("div", { class: "head" }, this.#title, toEntries, anew, menu, page ? null : close);
    if (page) {
      this.element = h("section", { class: "panel page", part: "panel", "aria-labelledby": "wenjin-title" }, bar, ...content);
      return;
    }
    this.#dialog = h("dialog", { class: "panel", part: "panel", "aria-labelledby": "wenjin-title", popover: "manual" }, bar, ...content);
    this.element = this.#dialog;
    const { signal } = this.#ended;
    this.#dialog.addEventListener("cancel", (event) => {
      event.preventDefault();
      this.#closed();
    });
    this.#narrow.addEventListener("change", () => this.shown && this.#reopen(), { signal });
    visualViewport?.addEventListener("resize", () => this.#fit(), { signal });
    visualViewport?.addEventListener("scroll", () => this.#fit(), { signal });
  }

  get shown(): boolean {
    return this.#dialog === null || this.#dialog.open || this.#dialog.matches(":popover-open");
  }

  get modal(): boolean {
    return this.#dialog?.matches(":modal") ?? false;
  }

  show(): void {
    const dialog = this.#dialog;
    if (!dialog || this.shown) return;
    if (this.#narrow.matches) {
      dialog.removeAttribute("popover");
      dialog.showModal();
      this.#overflow = document.documentElement.style.overflow;
      document.documentElement.style.overflow = "hidden";
      this.#fit();
    } else {
      dialog.setAttribute("popover", "manual");
      dialog.showPopover();
    }
  }

  hide(): void {
    const dialog = this.#dialog;
    if (!dialog) return;
    if (dialog.open) dialog.close();
    else if (dialog.matches(":popover-open")) dialog.hidePopover();
    if (this.#overflow !== null) document.documentElement.style.overflow = this.#overflow;
    this.#overflow = null;
  }

  /** Focus its title: a place from which everything else follows, and that brings no keyboard up. */
  focus(): void {
    this.#title.focus({ preventScroll: true });
  }

  stop(): void {
    this.hide();
    this.#ended.abort();
  }

  #reopen(): void {
    this.hide();
    this.show();
  }

  /** Keep to what a keyboard on the screen leaves. */
  #fit(): void {
    if (!this.modal || !visualViewport) return;
    this.element.style.setProperty("--height", `${visualViewport.height}px`);
    this.element.style.setProperty("--top", `${visualViewport.offsetTop}px`);
  }
}
