/** Figures of answers: fetched when they come near, room kept for them, enlarged in a dialog. */

import { h } from "./element";
import type { Say } from "./strings";

export interface Size {
  width: number;
  height: number;
}

const USUAL: Size = { width: 360, height: 240 };

export class Figures {
  #say: Say;
  #root: ShadowRoot;

  constructor(root: ShadowRoot, say: Say) {
    this.#root = root;
    this.#say = say;
  }

  /** A figure from our own origin. `size` is that of the drawing, where it is known. */
  show(source: string, alt: string, size: Size = USUAL): HTMLElement {
    const image = h("img", { src: source, alt, loading: "lazy", decoding: "async", ...size });
    const button = h("button", { type: "button", class: "figure", "aria-label": this.#say("figure", { alt }) }, image);
    const caption = h("figcaption", {}, alt);
    const figure = h("figure", {}, button, caption);
    image.addEventListener("error", () => {
      figure.classList.add("failed");
      figure.replaceChildren(h("p", {}, this.#say("figureFailed", { alt })));
    });
    button.addEventListener("click", () => this.#enlarge(source, alt, button));
    return figure;
  }

  #enlarge(source: string, alt: string, from: HTMLElement): void {
    const close = h("button", { type: "button", class: "round", "aria-label": this.#say("close") }, "✕");
    const dialog = h(
      "dialog",
      { class: "enlarged", "aria-label": this.#say("figureDialog") },
      close,
      h("img", { src: source, alt }),
      h("p", {}, alt),
    );
    close.addEventListener("click", () => dialog.close());
    dialog.addEventListener("click", (event) => event.target === dialog && dialog.close());
    dialog.addEventListener("keydown", (event) => {
      if (event.key !== "Escape") return;
      event.preventDefault();
      event.stopPropagation();
      dialog.close();
    });
    dialog.addEventListener("close", () => {
      dialog.remove();
      from.focus();
    });
    this.#root.append(dialog);
    dialog.showModal();
    close.focus();
  }
}
