/** Figures of answers: fetched when they come near, with room kept for them, enlarged when pressed. */

import { h } from "./element";
import type { Extras, Later } from "./later";
import type { Say } from "./strings";

export interface Size {
  width: number;
  height: number;
}

const USUAL: Size = { width: 360, height: 240 };

export class Figures {
  #root: ShadowRoot;
  #extras: Later<Extras>;
  #say: Say;

  constructor(root: ShadowRoot, extras: Later<Extras>, say: Say) {
    this.#root = root;
    this.#extras = extras;
    this.#say = say;
  }

  /** A figure from our own origin. `size` is that of the drawing, where it is known. */
  show(source: string, alt: string, size: Size = USUAL): HTMLElement {
    const { width, height } = size;
    const image = h("img", { src: source, alt, loading: "lazy", decoding: "async", width, height });
    const button = h("button", { type: "button", class: "figure", "aria-label": this.#say("figure", { alt }) }, image);
    const figure = h("figure", {}, button, h("figcaption", {}, alt));
    image.addEventListener("error", () => {
      figure.classList.add("failed");
      figure.replaceChildren(h("p", {}, this.#say("figureFailed", { alt })));
    });
    button.addEventListener("click", () =>
      this.#extras.use(({ enlarge }) => enlarge(this.#root, source, alt, button, this.#say)),
    );
    return figure;
  }
}
