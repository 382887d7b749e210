/** Citations of an answer: a button at each claim that opens what is cited, and the list of works below. */

import type { Citation } from "./api";
import { harmless } from "./addresses";
import { h } from "./element";
import type { Tools } from "./inline";

const HOVER_MS = 120;
const GAP = 8;

export class Citations {
  /** The works, to be put below the answer. */
  readonly list: HTMLElement;
  #tools: Tools;
  #works: Map<number, Citation>;
  #markers: Set<string>;
  #popover = h("div", { class: "citation", popover: "auto", role: "dialog" });
  #opener: HTMLElement | null = null;
  #timer = 0;

  constructor(works: Citation[], answer: string, tools: Tools) {
    this.#tools = tools;
    this.#works = new Map(works.map((work) => [work.n, work]));
    const points = [...answer];
    this.#markers = new Set(works.flatMap(({ marks }) => (marks ?? []).map(([start, end]) => points.slice(start, end).join(""))));
    this.list = this.#sources(works);
    this.#popover.addEventListener("pointerleave", () => this.#closeSoon());
    this.#popover.addEventListener("pointerenter", () => clearTimeout(this.#timer));
    this.#popover.addEventListener("toggle", (event) => {
      if ((event as ToggleEvent).newState === "closed") this.#opener?.setAttribute("aria-expanded", "false");
    });
  }

  /** Turn the markers within `prose` into buttons. What only looks like a marker stays text. */
  mark(prose: HTMLElement): void {
    prose.parentElement?.append(this.#popover);
    for (const marker of prose.querySelectorAll<HTMLElement>(".marker[data-n]")) {
      const work = this.#works.get(Number(marker.dataset["n"]));
      const text = marker.textContent ?? "";
      marker.removeAttribute("data-n");
      if (work && this.#markers.has(text)) marker.replaceChildren(this.#button(work, text));
      else marker.className = "";
    }
  }

  #button(work: Citation, text: string): HTMLElement {
    const name = this.#tools.say("source", { n: work.n, title: work.title });
    const label = text.slice(1, -1);
    const button = h("button", { type: "button", class: "cite", "aria-label": name, "aria-haspopup": "dialog", "aria-expanded": "false" }, label);
    button.addEventListener("click", () => {
      if (this.#popover.matches(":popover-open") && this.#opener === button && this.#popover.dataset["by"] === "click") this.#popover.hidePopover();
      else this.#open(work, button, "click");
    });
    button.addEventListener("pointerenter", (event) => {
      clearTimeout(this.#timer);
      if (event.pointerType === "mouse" && !this.#popover.matches(":popover-open"))
        this.#timer = setTimeout(() => this.#open(work, button, "hover"), HOVER_MS);
    });
    button.addEventListener("pointerleave", () => this.#closeSoon());
    return button;
  }

  #closeSoon(): void {
    clearTimeout(this.#timer);
    if (this.#popover.dataset["by"] !== "hover") return;
    this.#timer = setTimeout(() => this.#popover.matches(":popover-open") && this.#popover.hidePopover(), HOVER_MS * 2);
  }

  #open(work: Citation, button: HTMLElement, by: "click" | "hover"): void {
    clearTimeout(this.#timer);
    if (!button.isConnected) return;
    this.#opener?.setAttribute("aria-expanded", "false");
    this.#opener = button;
    const popover = this.#popover;
    popover.dataset["by"] = by;
    popover.setAttribute("aria-label", this.#tools.say("source", { n: work.n, title: work.title }));
    const locator = /, (.+)$/.exec(button.textContent ?? "")?.[1] ?? "";
    popover.replaceChildren(...this.#description(work, locator));
    if (!popover.matches(":popover-open")) popover.showPopover();
    button.setAttribute("aria-expanded", "true");
    place(popover, button);
    if (by === "click") popover.querySelector("a")?.focus({ preventScroll: true });
  }

  /** Close what is open and give focus back; whether anything was open. */
  close(): boolean {
    if (!this.#popover.matches(":popover-open")) return false;
    const held = this.#popover.contains((this.#popover.getRootNode() as ShadowRoot).activeElement);
    this.#popover.hidePopover();
    if (held) this.#opener?.focus();
    return true;
  }

  #description(work: Citation, locator: string): Node[] {
    const { say, base } = this.#tools;
    const address = work.url ? harmless(work.url, base) : null;
    const where = [work.venue, String(work.year ?? say("noYear")), locator].filter(Boolean).join(" · ");
    return [
      h("strong", { lang: "en" }, work.title),
      h("span", { class: "authors" }, work.authors.join(", ")),
      h("span", { class: "where" }, where),
      ...(address ? [h("a", { href: address, target: "_blank", rel: "noopener noreferrer" }, say("sourceOpen"))] : []),
    ];
  }

  #sources(works: Citation[]): HTMLElement {
    const { say, base } = this.#tools;
    const items = works.map((work) => {
      const address = work.url ? harmless(work.url, base) : null;
      const title = address ? h("a", { href: address, target: "_blank", rel: "noopener noreferrer" }, work.title) : work.title;
      const rest = [work.venue, String(work.year ?? say("noYear"))].filter(Boolean).join(", ");
      return h("li", { value: work.n }, shortened(work.authors), ". ", title, `. ${rest}`);
    });
    const summary = h("summary", {}, `${say("sources")} (${works.length})`);
    return h("details", { class: "sources" }, summary, h("ol", {}, ...items));
  }
}

function shortened(authors: string[]): string {
  return authors.length > 3 ? `${authors.slice(0, 3).join(", ")} et al` : authors.join(", ");
}

/** Beside `anchor`, within the window. Both are in the top layer or fixed, so window coordinates hold. */
function place(popover: HTMLElement, anchor: HTMLElement): void {
  const at = anchor.getBoundingClientRect();
  const { width, height } = popover.getBoundingClientRect();
  const left = Math.max(GAP, Math.min(at.left + at.width / 2 - width / 2, innerWidth - width - GAP));
  const below = at.bottom + GAP + height < innerHeight;
  popover.style.setProperty("left", `${left}px`);
  popover.style.setProperty("top", `${below ? at.bottom + GAP : Math.max(GAP, at.top - GAP - height)}px`);
}
