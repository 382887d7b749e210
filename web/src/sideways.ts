/** Makes boxes that scroll sideways reachable by keyboard and named, but only while they do scroll. */

export class Sideways {
  #observer = new ResizeObserver((entries) => {
    for (const { target } of entries) this.#judge(target as HTMLElement);
  });
  #names = new WeakMap<Element, string>();

  watch(box: HTMLElement, name: string): void {
    this.#names.set(box, name);
    this.#observer.observe(box);
    for (const child of box.children) this.#observer.observe(child);
  }

  stop(): void {
    this.#observer.disconnect();
  }

  #judge(target: HTMLElement): void {
    const box = this.#names.has(target) ? target : target.parentElement;
    const name = box && this.#names.get(box);
    if (!box || !name) return;
    const scrolls = box.scrollWidth > box.clientWidth + 1;
    if (scrolls === box.hasAttribute("tabindex") || (!scrolls && box.matches(":focus"))) return; // nobody's place is taken away
    for (const [attribute, value] of [["tabindex", "0"], ["role", "group"], ["aria-label", name]] as const) {
      if (scrolls) box.setAttribute(attribute, value);
      else box.removeAttribute(attribute);
    }
  }
}
