/** Makes the page's list of all entries searchable. The list itself is the server's, and works without this. */

import { h } from "./element";
import type { Say } from "./strings";

export function makeSearchable(catalogue: HTMLElement, say: Say): void {
  if (catalogue.querySelector("input")) return;
  const field = h("input", { type: "search", placeholder: say("filter"), "aria-label": say("filter"), autocomplete: "off" });
  const status = h("p", { class: "status", role: "status" });
  const items = [...catalogue.querySelectorAll<HTMLLIElement>("li")];
  const groups = [...catalogue.querySelectorAll<HTMLElement>("section")];
  field.addEventListener("input", () => {
    const words = field.value.toLowerCase().split(/\s+/).filter(Boolean);
    for (const item of items) {
      const text = (item.textContent ?? "").toLowerCase() + (item.querySelector("a")?.title ?? "").toLowerCase();
      item.hidden = !words.every((word) => text.includes(word));
    }
    for (const group of groups) group.hidden = !group.querySelector("li:not([hidden])");
    const count = new Set(items.filter(({ hidden }) => !hidden).map((item) => item.querySelector("a")?.href)).size;
    status.textContent = !words.length ? "" : count ? say("filterFound", { count }) : say("filterNone");
  });
  catalogue.querySelector("h2")?.after(field, status);
}
