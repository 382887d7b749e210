/** Turns the tokens within a line into nodes, from a closed list of elements. Raw HTML is shown as text. */

import { harmless, within } from "./addresses";
import { h } from "./element";
import type { Figures, Size } from "./figures";
import type { Formulas } from "./formulas";
import type { Extras, Later } from "./later";
import type { Listings } from "./listings";
import type { Formula, Marker, Token, Tokens } from "./markdown";
import type { Sideways } from "./sideways";
import type { Say } from "./strings";
import type { Announcer } from "./announcer";

/** What drawing an answer needs. */
export interface Tools {
  say: Say;
  /** The service's address, ending in a slash: what answers link to and show is relative to it. */
  base: string;
  formulas: Formulas;
  listings: Listings;
  figures: Figures;
  sideways: Sideways;
  announcer: Announcer;
  extras: Later<Extras>;
}

const NAMED: Record<string, string> = { amp: "&", lt: "<", gt: ">", quot: '"', apos: "'", nbsp: "\u00a0" };

/** Text with the commonest entities read. */
export function decode(text: string): string {
  return text.replace(/&(?:(amp|lt|gt|quot|apos|nbsp)|#(\d{1,7})|#x([\da-f]{1,6}));/gi, (whole, name, decimal, hexadecimal) => {
    if (name) return NAMED[String(name).toLowerCase()] ?? whole;
    const point = decimal ? Number(decimal) : parseInt(String(hexadecimal), 16);
    return point > 0 && point <= 0x10ffff ? String.fromCodePoint(point) : whole;
  });
}

// As in service/markup.py, which has no classes of characters and lists them.
const OPENING = /[\p{Ps}\p{Pi}]+$/u;
const LAST = /\S?\s*$/u;
const CLOSING = /^[\p{Pe}\p{Pf}\p{Pd}\p{Po}～°]+/u;

/** Formulas held together with the punctuation around them, and citation markers with what they stand behind. Browsers
 * may break a line on either side of a formula, whatever comes next. */
function bound(nodes: readonly Node[]): Node[] {
  const out: Node[] = [];
  let group: HTMLElement | null = null;
  for (const node of nodes) {
    const last = out.at(-1);
    if (!(node instanceof HTMLElement && node.matches(".formula:not(.display), .marker"))) {
      if (node instanceof Text && group && group === last) group.append(cut(node, CLOSING));
      out.push(node);
      continue;
    }
    if (!group || group !== last) {
      const before = last instanceof Text ? cut(last, node.className === "marker" ? LAST : OPENING) : "";
      if (before && !before.trim() && group && group === out.at(-2)) out.pop(); // $x$ [1]
      else out.push((group = h("span", { class: "bound" })));
      group.append(before);
    }
    group.append(node);
  }
  return out;
}

/** What `pattern` finds in a text, taken out of it. */
function cut(text: Text, pattern: RegExp): string {
  const found = pattern.exec(text.data)?.[0] ?? "";
  text.data = text.data.replace(pattern, "");
  return found;
}

/** Draws lines. `raw` leaves formulas as their source: a block that still grows is drawn anew with every frame. */
export class Inline {
  #tools: Tools;
  #sizes: ReadonlyMap<string, Size>;

  constructor(tools: Tools, sizes: ReadonlyMap<string, Size>) {
    this.#tools = tools;
    this.#sizes = sizes;
  }

  draw(tokens: readonly Token[] | undefined, raw: boolean): Node[] {
    return bound((tokens ?? []).flatMap((token) => this.#node(token, raw)));
  }

  #node(token: Token, raw: boolean): Node[] {
    const inner = (): Node[] => this.draw((token as Tokens.Generic).tokens, raw);
    switch (token.type) {
      case "strong":
      case "em":
      case "del":
        return [h(token.type, {}, ...inner())];
      case "codespan":
        return [h("code", {}, (token as Tokens.Codespan).text)];
      case "br":
        return [h("br")];
      case "link":
        // A bare address in a block that grows may be the middle of a link whose end has not come.
        return raw && !token.raw.startsWith("[") ? inner() : this.#link(token as Tokens.Link, inner());
      case "image":
        return [this.#image(token as Tokens.Image)];
      case "formula":
        return raw ? [h("code", {}, token.raw)] : [this.#formula(token as unknown as Formula)];
      case "marker":
        return [h("span", { class: "marker", "data-n": (token as unknown as Marker).n }, token.raw)];
      case "escape":
        return [document.createTextNode((token as Tokens.Escape).text)];
      case "text": {
        const text = token as Tokens.Text;
        return text.tokens ? this.draw(text.tokens, raw) : [document.createTextNode(decode(text.text))];
      }
      default:
        return [document.createTextNode(token.raw)];
    }
  }

  #formula({ tex, display }: Formula): HTMLElement {
    return this.#tools.formulas.show(tex, display);
  }

  #link(token: Tokens.Link, inner: Node[]): Node[] {
    const address = token.href.startsWith("#") ? null : harmless(token.href, this.#tools.base);
    if (!address) return inner;
    return [h("a", { href: address, target: "_blank", rel: "noopener noreferrer" }, ...inner)];
  }

  #image(token: Tokens.Image): Node {
    const own = within(token.href, this.#tools.base);
    const alt = decode(token.text);
    if (own) return this.#tools.figures.show(own, alt, this.#sizes.get(token.href));
    const address = harmless(token.href, this.#tools.base);
    const text = this.#tools.say("remoteImage", { alt: alt || token.href });
    return address ? h("a", { href: address, target: "_blank", rel: "noopener noreferrer" }, text) : document.createTextNode(text);
  }
}
