/** KaTeX with its styles and fonts, as a file of its own. Draws through the DOM, never through markup or style
 * attributes, so that a strict content security policy holds. */

import { __renderToDomTree as plan } from "katex";

import katexCss from "katex/dist/katex.min.css";
import ownCss from "./math.css";

export const css = katexCss + ownCss;

/** What KaTeX means to draw. */
interface Plan {
  attributes?: Record<string, string>;
  children?: Plan[];
  toNode(): Node;
}

declare module "katex" {
  export function __renderToDomTree(tex: string, options: KatexOptions): Plan;
}

const LARGEST_EM = 20;
const MOST_EXPANSIONS = 500;

/** Raises KaTeX's error when `tex` cannot be read. Links, images and styles in it are refused. A formula within a line
 * is never broken but between its parts. */
export function render(tex: string, display: boolean): HTMLElement {
  if (document.compatMode !== "CSS1Compat") throw new Error("KaTeX's styles need a page in standards mode.");
  const planned = plan(tex.replace(/\\(begin|end)\{eqnarray\*?\}/g, "\\$1{aligned}"), {
    displayMode: display,
    throwOnError: true,
    trust: false,
    strict: "ignore",
    maxExpand: MOST_EXPANSIONS,
    maxSize: LARGEST_EM,
    output: "htmlAndMathml",
  });
  styleByScript(planned);
  const place = document.createElement("span");
  place.append(planned.toNode());
  if (!display) for (const part of place.querySelectorAll(".katex-base + .katex-base")) part.before(document.createElement("wbr"));
  return place;
}

/** KaTeX gives tall brackets and arrows a style attribute, which a strict policy blocks; what a script sets it lets be. */
function styleByScript(part: Plan): void {
  const style = part.attributes?.["style"];
  if (style) {
    delete part.attributes?.["style"];
    const draw = part.toNode.bind(part);
    part.toNode = () => {
      const node = draw() as HTMLElement | SVGElement | MathMLElement;
      node.style.cssText = style;
      return node;
    };
  }
  part.children?.forEach(styleByScript);
}

/** Give the document KaTeX's fonts, which lie in the folder `base`: fonts named inside a shadow tree are not loaded. */
export function addFonts(base: string): void {
  const known = new Set([...document.fonts].map((font) => `${font.family} ${font.weight} ${font.style}`));
  for (const [family, weight, style, file] of MATH_FONTS) {
    if (known.has(`${family} ${weight} ${style}`)) continue;
    document.fonts.add(new FontFace(family, `url("${base}${file}") format("woff2")`, { weight, style, display: "swap" }));
  }
}
