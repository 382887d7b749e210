/** Code blocks, coloured by highlight.js, which is fetched when the first block in a language it knows is met. */

import { Later } from "./later";
import { Pace } from "./pace";

interface Colours {
  colour(code: string, language: string): DocumentFragment | null;
}

const COLOURED = new Set(["python", "py", "bash", "sh", "shell", "console", "cpp", "c++", "c", "json"]);

export class Listings {
  #pace = new Pace();
  #colours: Later<Colours>;

  /** `base` is the folder of the built files, `root` the tree whose code is to be coloured. */
  constructor(base: string, root: DocumentOrShadowRoot) {
    this.#colours = new Later(base + CODE_FILE, root);
  }

  /** Colour the text of `place` as soon as that is possible. */
  colour(place: HTMLElement, code: string, language: string): void {
    if (!COLOURED.has(language)) return;
    this.#colours.use((colours) =>
      this.#pace.add(() => {
        const coloured = colours.colour(code, language);
        if (coloured) place.replaceChildren(coloured);
      }),
    );
  }

  /** Fetch highlight.js in advance. */
  prepare(): void {
    this.#colours.use(() => undefined);
  }
}
