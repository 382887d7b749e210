/** Draws Markdown as it grows. A block that is finished keeps its node for good; only the last one is drawn anew, and
 * what is half there (an open `$$`, fence or link) stays text. */

import { copyButton } from "./clipboard";
import { frame, h } from "./element";
import type { Size } from "./figures";
import { Inline, type Tools } from "./inline";
import { blocks, type Formula, type Token, type Tokens } from "./markdown";

const SLICE_MS = 12;
const SHORT = 12; // characters of a table cell that is not broken, besides formulas and markers; as in service/markup.py
const NO_WORDS = /\$[^$]+\$|\[\d[^\]]*\]|[*`]/g;
const SLICE_CHARACTERS = 1500; // laying text out costs more than making its nodes

interface Drawn {
  raw: string;
  complete: boolean;
  node: HTMLElement;
  items: Drawn[];
}

type State = "whole" | "growing";

export class Prose {
  readonly element = h("div", { class: "prose", dir: "auto" });
  #tools: Tools;
  #inline: Inline;
  #drawn: Drawn[] = [];

  /** `sizes` are those of the figures, by their addresses as the text names them. */
  constructor(tools: Tools, sizes: ReadonlyMap<string, Size> = new Map()) {
    this.#tools = tools;
    this.#inline = new Inline(tools, sizes);
  }

  /** Draw a text that may go on. */
  grow(source: string): void {
    const tokens = visible(blocks(source));
    for (const [i, token] of tokens.entries()) this.#put(this.element, this.#drawn, i, token, i + 1 < tokens.length);
    this.#cut(tokens.length);
  }

  /** Draw the whole text, a few blocks per frame. */
  async finish(source: string): Promise<void> {
    const tokens = visible(blocks(source));
    let end = performance.now() + SLICE_MS;
    let characters = 0;
    for (const [i, token] of tokens.entries()) {
      if (!this.#put(this.element, this.#drawn, i, token, true)) continue;
      characters += token.raw.length;
      if (i + 1 === tokens.length || (performance.now() < end && characters < SLICE_CHARACTERS)) continue;
      await frame();
      end = performance.now() + SLICE_MS;
      characters = 0;
    }
    this.#cut(tokens.length);
  }

  /** The block that holds the code point `offset` of the text. */
  blockAt(offset: number): HTMLElement | null {
    let end = 0;
    for (const { raw, node } of this.#drawn) {
      end += [...raw].length + 1; // blank lines between blocks are not kept
      if (offset < end) return node;
    }
    return null;
  }

  #cut(length: number): void {
    for (const { node } of this.#drawn.splice(length)) node.remove();
  }

  /** Draw a block; whether there was anything to draw. */
  #put(parent: HTMLElement, drawn: Drawn[], i: number, token: Token, complete: boolean): boolean {
    const old = drawn[i];
    if (old && old.raw === token.raw && (old.complete || !complete)) return false;
    if (old && token.type === "list" && old.node.tagName === listTag(token as Tokens.List)) {
      old.raw = token.raw;
      old.complete = complete;
      this.#items(old.node, old.items, token as Tokens.List, complete);
      return true;
    }
    const next: Drawn = { raw: token.raw, complete, node: h("div"), items: [] };
    next.node = this.#block(token, complete ? "whole" : "growing", next.items);
    if (old) old.node.replaceWith(next.node);
    else parent.append(next.node);
    drawn[i] = next;
    return true;
  }

  #items(list: HTMLElement, drawn: Drawn[], token: Tokens.List, complete: boolean): void {
    for (const [i, item] of token.items.entries()) this.#put(list, drawn, i, item, complete || i + 1 < token.items.length);
    for (const { node } of drawn.splice(token.items.length)) node.remove();
  }

  #block(token: Token, state: State, items: Drawn[] = []): HTMLElement {
    const raw = state === "growing";
    switch (token.type) {
      case "heading": {
        const { depth, tokens } = token as Tokens.Heading;
        const level = Math.min(6, Math.max(3, depth + 1)) as 3 | 4 | 5 | 6;
        return h(`h${level}`, {}, ...this.#inline.draw(tokens, raw));
      }
      case "paragraph":
        return this.#paragraph(token as Tokens.Paragraph, raw);
      case "text":
        return h("p", {}, ...this.#inline.draw([token], raw));
      case "list": {
        const { ordered, start } = token as Tokens.List;
        const list = h(ordered ? "ol" : "ul", { start: ordered && start !== 1 ? start : null });
        this.#items(list, items, token as Tokens.List, !raw);
        return list;
      }
      case "list_item":
        return this.#item(token as Tokens.ListItem, state);
      case "blockquote":
        return h("blockquote", {}, ...this.#blocks((token as Tokens.Blockquote).tokens, state));
      case "code":
        return this.#listing(token as Tokens.Code, raw);
      case "table":
        return this.#table(token as Tokens.Table, raw);
      case "formula":
        return this.#formula(token as unknown as Formula, raw);
      case "hr":
        return h("hr");
      default:
        return h("p", {}, token.raw);
    }
  }

  #blocks(tokens: readonly Token[], state: State): HTMLElement[] {
    return visible(tokens).map((token) => this.#block(token, state));
  }

  /** A paragraph; one that is only a figure is that figure. */
  #paragraph(token: Tokens.Paragraph, raw: boolean): HTMLElement {
    const nodes = this.#inline.draw(token.tokens, raw);
    const only = nodes.length === 1 ? nodes[0] : null;
    if (only instanceof HTMLElement && only.tagName === "FIGURE") return only;
    const holds = nodes.some((node) => node instanceof HTMLElement && node.tagName === "FIGURE");
    return h(holds ? "div" : "p", {}, ...nodes);
  }

  #item(token: Tokens.ListItem, state: State): HTMLElement {
    const tight = !token.loose;
    const nodes = visible(token.tokens).flatMap((inner): Node[] =>
      tight && (inner.type === "text" || inner.type === "paragraph")
        ? this.#inline.draw((inner as Tokens.Text).tokens ?? [inner], state === "growing")
        : [this.#block(inner, state)],
    );
    return h("li", {}, ...nodes);
  }

  #formula({ tex }: Formula, raw: boolean): HTMLElement {
    if (raw) return h("p", {}, tex);
    const box = h("div", { class: "sideways" }, this.#tools.formulas.show(tex, true));
    this.#tools.sideways.watch(box, this.#tools.say("scrollFormula"));
    return h("div", { class: "equation" }, box, copyButton(this.#tools.say("copyTex"), () => tex, this.#tools));
  }

  #listing(token: Tokens.Code, raw: boolean): HTMLElement {
    const { say, listings, sideways } = this.#tools;
    const language = (token.lang ?? "").split(/\s/)[0]?.toLowerCase() ?? "";
    const code = h("code", { dir: "ltr" }, token.text);
    const box = h("pre", { class: "sideways" }, code);
    if (!raw) listings.colour(code, token.text, language);
    sideways.watch(box, say("scrollCode", { language: language || "text" }));
    const bar = h("div", { class: "bar" }, h("span", {}, language), copyButton(say("copyCode"), () => token.text, this.#tools));
    return h("div", { class: "listing" }, bar, box);
  }

  #table(token: Tokens.Table, raw: boolean): HTMLElement {
    const cell = (tag: "th" | "td", content: Tokens.TableCell): HTMLElement =>
      h(tag, { class: [content.align, content.text.replace(NO_WORDS, "").length <= SHORT && "short"].filter(Boolean).join(" ") || null, scope: tag === "th" ? "col" : null }, ...this.#inline.draw(content.tokens, raw));
    const head = h("thead", {}, h("tr", {}, ...token.header.map((content) => cell("th", content))));
    const body = h("tbody", {}, ...token.rows.map((row) => h("tr", {}, ...row.map((content) => cell("td", content)))));
    const box = h("div", { class: "sideways" }, h("table", {}, head, body));
    this.#tools.sideways.watch(box, this.#tools.say("scrollTable"));
    return box;
  }
}

function visible(tokens: readonly Token[]): Token[] {
  return tokens.filter((token) => token.type !== "space" && token.type !== "def");
}

function listTag(token: Tokens.List): string {
  return token.ordered ? "OL" : "UL";
}
