/** Code blocks, coloured by highlight.js, which is fetched when the first block in a language it knows is met. */

import { Pace } from "./pace";

interface Colours {
  colour(code: string, language: string): DocumentFragment | null;
}

const COLOURED = new Set(["python", "py", "bash", "sh", "shell", "console", "cpp", "c++", "c", "json"]);

export class Listings {
  #base: string;
  #pace = new Pace();
  #loading: Promise<Colours> | null = null;

  constructor(base: string) {
    this.#base = base;
  }

  /** Colour the text of `place` as soon as that is possible. */
  colour(place: HTMLElement, code: string, language: string): void {
    if (!COLOURED.has(language)) return;
    this.load().then(
      (colours) =>
        this.#pace.add(() => {
          const coloured = colours.colour(code, language);
          if (coloured) place.replaceChildren(coloured);
        }),
      () => undefined,
    );
  }

  /** Fetch highlight.js. Rejects when it cannot be had; the next call tries again. */
  load(): Promise<Colours> {
    this.#loading ??= (import(this.#base + CODE_FILE) as Promise<Colours>).catch((error: unknown) => {
      this.#loading = null;
      throw error;
    });
    return this.#loading;
  }
}
