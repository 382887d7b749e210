/** A figure in a dialog of its own, as large as the window allows. */

import { h } from "./element";
import type { Say } from "./strings";

/** Show it; when it is closed, focus goes back to `from`. */
export function enlarge(root: ShadowRoot, source: string, alt: string, from: HTMLElement, say: Say): void {
  const close = h("button", { type: "button", class: "round", "aria-label": say("close") }, "✕");
  const image = h("img", { src: source, alt });
  const dialog = h("dialog", { class: "enlarged", "aria-label": say("figureDialog") }, close, image, h("p", {}, alt));
  close.addEventListener("click", () => dialog.close());
  dialog.addEventListener("click", (event) => event.target === dialog && dialog.close());
  dialog.addEventListener("keydown", (event) => {
    event.stopPropagation();
    if (event.key !== "Escape") return;
    event.preventDefault();
    dialog.close();
  });
  dialog.addEventListener("close", () => {
    dialog.remove();
    from.focus();
  });
  root.append(dialog);
  dialog.showModal();
  close.focus();
}
