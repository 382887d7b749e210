/** KaTeX with its styles and fonts, as a file of its own. Draws through the DOM, never through markup or style
 * attributes, so that a strict content security policy holds. */

import { render as draw } from "katex";

export { default as css } from "katex/dist/katex.min.css";

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

/** Give the document KaTeX's fonts, which lie in the folder `base`: fonts named inside a shadow tree are not loaded. */
export function addFonts(base: string): void {
  const known = new Set([...document.fonts].map((font) => `${font.family} ${font.weight} ${font.style}`));
  for (const [family, weight, style, file] of MATH_FONTS) {
    if (known.has(`${family} ${weight} ${style}`)) continue;
    document.fonts.add(new FontFace(family, `url("${base}${file}") format("woff2")`, { weight, style, display: "swap" }));
  }
}
