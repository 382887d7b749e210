/** Shows formulas with KaTeX, which is fetched when the first one is met. Until then, and where KaTeX cannot read one,
 * its TeX source stands in its place. */

import { h } from "./element";
import { Pace } from "./pace";

interface Mathematics {
  render(tex: string, display: boolean): HTMLElement;
  dress(root: ShadowRoot, base: string): void;
}

export class Formulas {
  #base: string;
  #root: ShadowRoot;
  #pace = new Pace();
  #loading: Promise<Mathematics> | null = null;

  /** `base` is the folder of the built files, `root` the tree whose formulas are to be dressed. */
  constructor(base: string, root: ShadowRoot) {
    this.#base = base;
    this.#root = root;
  }

  /** Its source now, the formula as soon as it can be drawn. */
  show(tex: string, display: boolean): HTMLElement {
    const place = h("span", { class: display ? "formula display" : "formula", dir: "ltr", "data-tex": tex }, h("code", {}, tex));
    this.load().then(
      (mathematics) => this.#pace.add(() => this.#draw(mathematics, place, tex, display)),
      () => undefined,
    );
    return place;
  }

  /** Fetch KaTeX. Rejects when it cannot be had; the next call tries again. */
  load(): Promise<Mathematics> {
    this.#loading ??= (import(this.#base + MATH_FILE) as Promise<Mathematics>).then(
      (mathematics) => {
        mathematics.dress(this.#root, this.#base);
        return mathematics;
      },
      (error: unknown) => {
        this.#loading = null;
        throw error;
      },
    );
    return this.#loading;
  }

  #draw(mathematics: Mathematics, place: HTMLElement, tex: string, display: boolean): void {
    try {
      place.replaceChildren(mathematics.render(tex, display));
    } catch {
      place.classList.add("broken");
    }
  }
}
