/** KaTeX with its styles and fonts, as a file of its own. Draws through the DOM, never through markup or style
 * attributes, so that a strict content security policy holds. */

import { render as draw } from "katex";
import css from "katex/dist/katex.min.css";

const LARGEST_EM = 20;
const MOST_EXPANSIONS = 500;

/** Raises KaTeX's error when `tex` cannot be read. Links, images and styles in it are refused. */
export function render(tex: string, display: boolean): HTMLElement {
  const place = document.createElement("span");
  draw(tex.replace(/\\(begin|end)\{eqnarray\*?\}/g, "\\$1{aligned}"), place, {
    displayMode: display,
    throwOnError: true,
    trust: false,
    strict: "ignore",
    maxExpand: MOST_EXPANSIONS,
    maxSize: LARGEST_EM,
    output: "htmlAndMathml",
  });
  return place;
}

/** Give `root` the styles of KaTeX, and the document its fonts: fonts named inside a shadow tree are not loaded. */
export function dress(root: ShadowRoot, base: string): void {
  const sheet = new CSSStyleSheet();
  sheet.replaceSync(css);
  root.adoptedStyleSheets = [...root.adoptedStyleSheets, sheet];
  const known = new Set([...document.fonts].map((font) => `${font.family} ${font.weight} ${font.style}`));
  for (const [family, weight, style, file] of MATH_FONTS) {
    if (known.has(`${family} ${weight} ${style}`)) continue;
    document.fonts.add(new FontFace(family, `url("${base}${file}") format("woff2")`, { weight, style, display: "swap" }));
  }
}
