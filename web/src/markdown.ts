/** Reads Markdown into tokens: GitHub's dialect with formulas, citation markers and Chinese bold. Knows no DOM.
 *
 * CommonMark leaves `**归一化（Normalization）**是` as it stands, because a closing `**` after punctuation must be
 * followed by space or punctuation; here any `**` pair around non-space text is bold. A formula is `$…$` without space
 * inside, Chinese punctuation at its end or a digit after it (so that `$5 和 $6，` are prices), `$$…$$`, `\(…\)` or `\[…\]`; code wins over both. */

import { Lexer, type MarkedOptions, type Token, type TokenizerExtension, type TokenizerThis, type Tokens } from "marked";

export interface Formula {
  type: "formula";
  raw: string;
  tex: string;
  display: boolean;
}

/** What looks like a citation marker; whether it is one is known once the citations have come. */
export interface Marker {
  type: "marker";
  raw: string;
  n: number;
}

export type { Token, Tokens };

const INLINE_FORMULA =
  /^(?:\$\$([^$]+?)\$\$|\$(?![\s$])((?:\\[^]|[^\\$])*?(?:\\[^]|[^\\$\s，。；：、！？]))\$(?!\d)|\\\(([^]+?)\\\)|\\\[([^]+?)\\\])/;
const BLOCK_FORMULA = /^ {0,3}(?:\$\$([^]+?)\$\$|\\\[([^]+?)\\\])[ \t]*(?:\n+|$)/;
const UNCLOSED_FORMULA = /^ {0,3}(?:\$\$(?:(?!\$\$)[^])*|\\\[(?:(?!\\\])[^])*)$/;
const MARKER = /^\[(\d{1,3})(?:, [^[\]]+)?\](?!\()/;
const BOLD = /^\*\*(?![\s*])((?:\\[^]|`[^`]*`|\$[^$]*\$|[^\\`*]|\*(?!\*))*?(?:\\[^]|`[^`]*`|[^\\`*\s]|(?<!\*)\*(?!\*)))\*\*/;

function start(pattern: RegExp): (source: string) => number | undefined {
  return (source) => {
    const index = source.search(pattern);
    return index < 0 ? undefined : index;
  };
}

const extensions: (TokenizerExtension & { start: (source: string) => number | undefined })[] = [
  {
    name: "formulaBlock",
    level: "block",
    start: start(/\n {0,3}(?:\$\$|\\\[)/),
    tokenizer(source): Tokens.Generic | undefined {
      const match = BLOCK_FORMULA.exec(source);
      if (match) {
        const tex = (match[1] ?? match[2] ?? "").trim();
        return { type: "formula", raw: match[0], tex, display: true };
      }
      const open = UNCLOSED_FORMULA.exec(source);
      return open ? { type: "literal", raw: open[0], text: open[0] } : undefined;
    },
  },
  {
    name: "formula",
    level: "inline",
    start: start(/\$|\\[([]/),
    tokenizer(source): Tokens.Generic | undefined {
      const match = INLINE_FORMULA.exec(source);
      if (!match) return undefined;
      const tex = (match[1] ?? match[2] ?? match[3] ?? match[4] ?? "").trim();
      return { type: "formula", raw: match[0], tex, display: (match[1] ?? match[4]) !== undefined };
    },
  },
  {
    name: "marker",
    level: "inline",
    start: start(/\[\d/),
    tokenizer(source): Tokens.Generic | undefined {
      const match = MARKER.exec(source);
      return match ? { type: "marker", raw: match[0], n: Number(match[1]) } : undefined;
    },
  },
  {
    name: "bold",
    level: "inline",
    start: start(/\*\*/),
    tokenizer(source): Tokens.Generic | undefined {
      const match = BOLD.exec(source);
      if (!match?.[1]) return undefined;
      return { type: "strong", raw: match[0], text: match[1], tokens: this.lexer.inlineTokens(match[1]) };
    },
  },
];

/** The extensions as the lexer takes them. `marked.use()` would say the same, and bring its renderer along. */
const options: MarkedOptions = {
  gfm: true,
  extensions: {
    renderers: {},
    childTokens: {},
    ...listed("block", "startBlock"),
    ...listed("inline", "startInline"),
  },
};

function listed(level: "block" | "inline", starts: "startBlock" | "startInline"): object {
  const ours = extensions.filter((extension) => extension.level === level);
  return {
    [level]: ours.map(({ tokenizer }) => tokenizer),
    [starts]: ours.map(({ start }) => function (this: TokenizerThis, source: string) {
      return start(source);
    }),
  };
}

/** The top-level blocks of a text. Their `raw`s, joined, are the text (with `\r\n` read as `\n`). */
export function blocks(source: string): Token[] {
  return new Lexer(options).lex(source);
}
