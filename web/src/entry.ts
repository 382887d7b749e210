/** Makes the page of an entry finer where scripts run: formulas by KaTeX in the place of plain MathML, which few systems
 * have a font for, and coloured code. The page is whole without it. */

import { Formulas } from "./formulas";
import { Listings } from "./listings";

const base = new URL(".", import.meta.url).href;
const formulas = new Formulas(base, document);
const listings = new Listings(base, document);

for (const math of document.querySelectorAll(".prose math")) {
  const tex = math.querySelector("annotation")?.textContent;
  if (tex) formulas.improve(math, tex, math.getAttribute("display") === "block");
}
for (const code of document.querySelectorAll<HTMLElement>(".prose pre > code[class^=language-]"))
  listings.colour(code, code.textContent ?? "", code.className.slice("language-".length));
