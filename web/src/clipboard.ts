/** Copies text, also where the clipboard is denied to scripts, and says on the button how it went. */

import { h, icon } from "./element";
import type { Announcer } from "./announcer";
import type { Say } from "./strings";

const SHEETS = "M9 9h10v10H9zM5 15V5h10";
const TICK = "M5 12.5l4.5 4.5L19 7.5";
const SHOWN_MS = 2000;

/** A button that copies what `text` gives when it is pressed. `name` is its accessible name. */
export function copyButton(name: string, text: () => string, say: Say, announcer: Announcer): HTMLButtonElement {
  const label = h("span", {}, say("copy"));
  const button = h("button", { type: "button", class: "quiet copy", "aria-label": name, title: name }, icon(SHEETS), label);
  button.addEventListener("click", () => {
    void copy(text(), button).then((done) => {
      const outcome = say(done ? "copied" : "copyFailed");
      label.textContent = outcome;
      button.firstChild?.replaceWith(icon(done ? TICK : SHEETS));
      announcer.say(outcome);
      setTimeout(() => {
        label.textContent = say("copy");
        button.firstChild?.replaceWith(icon(SHEETS));
      }, SHOWN_MS);
    });
  });
  return button;
}

async function copy(text: string, near: HTMLElement): Promise<boolean> {
  try {
    await navigator.clipboard.writeText(text);
    return true;
  } catch {
    return copyBySelection(text, near);
  }
}

/** The old way. It works without permission, but only from a selection in a field. */
function copyBySelection(text: string, near: HTMLElement): boolean {
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
