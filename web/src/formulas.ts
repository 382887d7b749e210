/** Shows formulas with KaTeX, which is fetched when the first one is met. Until then, and where KaTeX cannot read one,
 * its TeX source stands in its place. */

import { h } from "./element";
import { Later } from "./later";
import { Pace } from "./pace";

interface Mathematics {
  render(tex: string, display: boolean): HTMLElement;
  addFonts(base: string): void;
}

export class Formulas {
  #base: string;
  #pace = new Pace();
  #mathematics: Later<Mathematics>;
  #lettered = false;

  /** `base` is the folder of the built files, `root` the tree whose formulas are to be dressed. */
  constructor(base: string, root: DocumentOrShadowRoot) {
    this.#base = base;
    this.#mathematics = new Later(base + MATH_FILE, root);
  }

  /** Its source now, the formula as soon as it can be drawn. */
  show(tex: string, display: boolean): HTMLElement {
    const place = h("span", { class: display ? "formula display" : "formula", dir: "ltr", "data-tex": tex }, h("code", {}, tex));
    this.#mathematics.use((mathematics) => this.#pace.add(() => this.#draw(mathematics, place, tex, display)));
    return place;
  }

  /** Put the formula in the place of another way of writing it, as soon as it can be drawn. */
  improve(old: Element, tex: string, display: boolean): void {
    this.#mathematics.use((mathematics) =>
      this.#pace.add(() => {
        const place = h("span", { class: display ? "formula display" : "formula", dir: "ltr" });
        this.#draw(mathematics, place, tex, display);
        if (place.firstChild) old.replaceWith(place);
      }),
    );
  }

  /** Fetch KaTeX in advance. */
  prepare(): void {
    this.#mathematics.use(() => undefined);
  }

  #draw(mathematics: Mathematics, place: HTMLElement, tex: string, display: boolean): void {
    if (!this.#lettered) mathematics.addFonts(this.#base);
    this.#lettered = true;
    try {
      place.replaceChildren(mathematics.render(tex, display));
    } catch {
      place.classList.add("broken");
    }
  }
}
