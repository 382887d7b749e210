/** Copying where scripts may not use the clipboard, as on pages without https. */

import { h } from "./element";

/** Copy from a field that is not seen; whether that worked. Focus goes back to `near`. */
export function copyBySelection(text: string, near: HTMLElement): boolean {
  const field = h("textarea", { class: "unseen", readonly: true, "aria-hidden": "true", tabindex: -1 });
  field.value = text;
  near.after(field);
  field.select();
  try {
    return document.execCommand("copy");
  } catch {
    return false;
  } finally {
    field.remove();
    near.focus();
  }
}
