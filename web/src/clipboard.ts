/** A button that copies, and says how that went. */

import { h, icon } from "./element";
import type { Tools } from "./inline";

const SHEETS = "M9 9h10v10H9zM5 15V5h10";
const TICK = "M5 12.5l4.5 4.5L19 7.5";
const SHOWN_MS = 2000;

/** It copies what `text` gives when it is pressed. `name` is its accessible name. */
export function copyButton(name: string, text: () => string, tools: Pick<Tools, "say" | "announcer" | "extras">): HTMLButtonElement {
  const { say, announcer, extras } = tools;
  const label = h("span", {}, say("copy"));
  const button = h("button", { type: "button", class: "quiet copy", "aria-label": name, title: name }, icon(SHEETS), label);
  const show = (words: string, drawing: string): void => {
    label.textContent = words;
    button.firstChild?.replaceWith(icon(drawing));
  };
  const copy = async (): Promise<void> => {
    const clipboard = navigator.clipboard as Clipboard | undefined; // there is none without https
    const copied = await (clipboard?.writeText(text()) ?? Promise.reject(new Error("no clipboard"))).then(
      () => true,
      async () => (await extras.load()).copyBySelection(text(), button),
    );
    const outcome = say(copied ? "copied" : "copyFailed");
    show(outcome, copied ? TICK : SHEETS);
    announcer.say(outcome);
    setTimeout(() => show(say("copy"), SHEETS), SHOWN_MS);
  };
  button.addEventListener("click", () => void copy().catch(() => announcer.say(say("copyFailed"))));
  return button;
}
