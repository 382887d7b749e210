/** Citations of an answer: a button at each claim that opens what is cited, and the list of works below. */

import type { Citation } from "./api";
import { harmless } from "./addresses";
import { h } from "./element";
import type { Tools } from "./inline";
import type { Popover } from "./popover";

export class Citations {
  /** The works, to be put below the answer. */
  readonly list: HTMLElement;
  #tools: Tools;
  #works: Map<number, Citation>;
  #markers: Set<string>;
  #popover: Popover | null = null;

  constructor(works: Citation[], answer: string, tools: Tools) {
    this.#tools = tools;
    this.#works = new Map(works.map((work) => [work.n, work]));
    const points = [...answer];
    this.#markers = new Set(works.flatMap(({ marks }) => (marks ?? []).map(([start, end]) => points.slice(start, end).join(""))));
    this.list = this.#sources(works);
  }

  /** Turn the markers within `prose` into buttons. What only looks like a marker stays text. */
  mark(prose: HTMLElement): void {
    for (const marker of prose.querySelectorAll<HTMLElement>(".marker[data-n]")) {
      const work = this.#works.get(Number(marker.dataset["n"]));
      const text = marker.textContent ?? "";
      marker.removeAttribute("data-n");
      if (work && this.#markers.has(text)) marker.replaceChildren(this.#button(work, text, prose));
      else marker.className = "";
    }
  }

  /** Close what is open and give focus back; whether anything was open. */
  close(): boolean {
    return this.#popover?.close() ?? false;
  }

  #button(work: Citation, text: string, prose: HTMLElement): HTMLElement {
    const label = text.slice(1, -1);
    const name = this.#tools.say("source", { n: label, title: work.title });
    const button = h("button", { type: "button", class: "cite", "aria-label": name, "aria-haspopup": "dialog", "aria-expanded": "false" }, label);
    const locator = text.split(", ").slice(1).join(", ").slice(0, -1);
    const within = (deed: (popover: Popover) => void): void =>
      this.#tools.extras.use((extras) => {
        this.#popover ??= new extras.Popover(prose.parentElement ?? prose);
        deed(this.#popover);
      });
    const description = (): Node[] => this.#description(work, locator);
    button.addEventListener("click", () => within((popover) => popover.press(button, name, description)));
    button.addEventListener("pointerenter", ({ pointerType }) => {
      if (pointerType === "mouse") within((popover) => popover.hover(button, name, description));
    });
    button.addEventListener("pointerleave", () => this.#popover?.leave());
    return button;
  }

  #description(work: Citation, locator: string): Node[] {
    const { say } = this.#tools;
    const address = this.#address(work);
    const where = [work.venue, String(work.year ?? say("noYear")), locator].filter(Boolean).join(" · ");
    return [
      h("strong", {}, work.title),
      h("span", {}, work.authors.join(", ")),
      h("span", { class: "where" }, where),
      ...(address ? [h("a", { href: address, target: "_blank", rel: "noopener noreferrer" }, say("sourceOpen"))] : []),
    ];
  }

  #sources(works: Citation[]): HTMLElement {
    const { say } = this.#tools;
    const items = works.map((work) => {
      const address = this.#address(work);
      const title = address ? h("a", { href: address, target: "_blank", rel: "noopener noreferrer" }, work.title) : work.title;
      const rest = [work.venue, String(work.year ?? say("noYear"))].filter(Boolean).join(", ");
      return h("li", { value: work.n }, shortened(work.authors), ". ", title, `. ${rest}`);
    });
    return h("details", { class: "sources" }, h("summary", {}, `${say("sources")} (${works.length})`), h("ol", {}, ...items));
  }

  #address({ url }: Citation): string | null {
    return url ? harmless(url, this.#tools.base) : null;
  }
}

function shortened(authors: string[]): string {
  return authors.length > 3 ? `${authors.slice(0, 3).join(", ")} et al` : authors.join(", ");
}
