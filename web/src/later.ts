/** Fetches a built file once, when it is first wanted; after a failure the next wish tries again. */

interface Dressed {
  css?: string;
}

export class Later<Module> {
  #address: string;
  #root: DocumentOrShadowRoot;
  #loading: Promise<Module> | null = null;

  /** `root` is the tree that is given the file's styles. */
  constructor(address: string, root: DocumentOrShadowRoot) {
    this.#address = address;
    this.#root = root;
  }

  load(): Promise<Module> {
    this.#loading ??= (import(this.#address) as Promise<Module & Dressed>).then(
      (module) => {
        if (module.css) adopt(this.#root, module.css);
        return module;
      },
      (error: unknown) => {
        this.#loading = null;
        throw error;
      },
    );
    return this.#loading;
  }

  /** Use it as soon as it is there, if that can be. */
  use(deed: (module: Module) => void): void {
    this.load().then(deed, () => undefined);
  }
}

/** Let styles hold in a tree. A sheet that is adopted is not blocked by a policy; a style element would be. */
export function adopt(root: DocumentOrShadowRoot, css: string): void {
  const sheet = new CSSStyleSheet();
  sheet.replaceSync(css);
  root.adoptedStyleSheets = [...root.adoptedStyleSheets, sheet];
}

export type Extras = typeof import("./extras");
