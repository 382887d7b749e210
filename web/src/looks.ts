/** In which language and theme an element shows itself: by what its reader chose, its attributes, and its page. */

import { prefer, preferences, type Theme } from "./preferences";
import { language, type Language } from "./strings";

export class Looks {
  #host: HTMLElement;
  #page: boolean;

  /** `page` is whether the whole page is ours, and follows the theme. */
  constructor(host: HTMLElement, page: boolean) {
    this.#host = host;
    this.#page = page;
    const { theme } = preferences();
    if (theme && !host.hasAttribute("theme")) this.#show(theme);
  }

  get language(): Language {
    const wanted = this.#host.getAttribute("lang");
    const given = wanted && wanted !== "auto" ? wanted : document.documentElement.lang;
    return preferences().language ?? language(given);
  }

  get theme(): Theme {
    return (this.#host.getAttribute("theme") ?? "auto") as Theme;
  }

  choose = (theme: Theme): void => {
    prefer({ theme });
    this.#show(theme);
  };

  #show(theme: Theme): void {
    this.#host.setAttribute("theme", theme);
    if (this.#page) document.documentElement.style.colorScheme = theme === "auto" ? "" : theme;
  }
}
