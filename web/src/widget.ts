/** The loader: one small classic script. It defines `<wenjin-chat>`, puts one on the page where there is none, shows its
 * launcher, and fetches the chat itself when that is wanted. */

import { LIFE_MS } from "./conversation";
import css from "./widget.css";
import { language, LAUNCHER, RETRY } from "./launcher";

/** What the chat is to the loader. */
interface Chat {
  open(focus?: boolean): void;
  close(): void;
  ask(question: string): void;
  clear(): void;
  refresh(): Promise<void>;
  stop(): void;
}

interface ChatModule {
  mount(host: HTMLElement, root: ShadowRoot, files: string, base: string): Promise<Chat>;
}

const NAME = "wenjin-chat";
const ATTRIBUTES = ["endpoint", "mode", "lang", "theme", "heading", "label", "position", "starters", "contact", "session", "history", "timeout"];
const LIVE = ["lang", "heading", "label", "starters", "contact"];
const BUBBLE = "M4 5.5h16v11H11l-4.5 3.5v-3.5H4z";

const script = document.currentScript instanceof HTMLScriptElement ? document.currentScript : null;
const HOME = new URL(".", script?.src ?? location.href).href;
const FILES = `${HOME}widget/`;

let loading: Promise<ChatModule> | null = null;
let failures = 0;

/** Fetch the chat, and beside it rather than after it the words of another language. After a failure, by the name that
 * always leads to the newest one: what this script knows may be gone. */
function load(spoken: "zh" | "en"): Promise<ChatModule> {
  if (!loading && spoken === "en") import(FILES + ENGLISH_FILE).catch(() => undefined);
  const file = failures ? `chat.js?again=${Date.now().toString(36)}` : CHAT_FILE;
  loading ??= (import(`${FILES}${file}`) as Promise<ChatModule>).catch((error: unknown) => {
    failures += 1;
    loading = null;
    throw error;
  });
  return loading;
}

class WenjinChat extends HTMLElement {
  static observedAttributes = LIVE;
  #sheet = new CSSStyleSheet();
  #launcher: HTMLButtonElement | null = null;
  #notice: HTMLElement | null = null;
  #chat: Chat | null = null;
  #mounted: Promise<Chat> | null = null;
  #body: HTMLElement | null = null;

  connectedCallback(): void {
    this.#body = document.body;
    const root = this.shadowRoot ?? this.attachShadow({ mode: "open" });
    this.#sheet.replaceSync(css);
    root.adoptedStyleSheets = [this.#sheet];
    if (this.getAttribute("mode") === "page") {
      root.replaceChildren();
      void this.#mount().catch(() => root.replaceChildren(document.createElement("slot")));
      return;
    }
    this.#putLauncher(root);
    this.addEventListener("wenjin:close", this.#closed);
    if (this.#wasOpen() && !matchMedia("(max-width: 640px)").matches) void this.#show(false).catch(() => undefined);
  }

  disconnectedCallback(): void {
    // A page that changes its whole body, as some routers do, did not mean to remove us.
    queueMicrotask(() => {
      if (this.isConnected) return;
      if (this.#body !== document.body && document.body) document.body.append(this);
    });
    this.#chat?.stop();
    this.#mounted = null;
    this.#chat = null;
    this.removeEventListener("wenjin:close", this.#closed);
    if (this.shadowRoot) {
      this.shadowRoot.replaceChildren();
      this.shadowRoot.adoptedStyleSheets = [];
    }
  }

  attributeChangedCallback(name: string, before: string | null, after: string | null): void {
    if (before === after || !this.isConnected) return;
    if (this.#launcher) this.#name(this.#launcher);
    if (name !== "label") void this.#chat?.refresh();
  }

  /** Show the chat. Rejects when it cannot be fetched. */
  open(): Promise<void> {
    return this.#show(true);
  }

  close(): void {
    this.#chat?.close();
  }

  /** Show the chat and ask. */
  async ask(question: string): Promise<void> {
    await this.#show(true);
    this.#chat?.ask(question);
  }

  /** Begin a new conversation. */
  clear(): void {
    this.#chat?.clear();
  }

  get #base(): string {
    const endpoint = this.getAttribute("endpoint");
    return endpoint ? new URL(endpoint.replace(/\/?$/, "/"), document.baseURI).href : HOME;
  }

  async #mount(): Promise<Chat> {
    const spoken = language(this);
    const module = await load(spoken).catch(() => load(spoken)); // the second try goes to the newest chat
    const root = this.shadowRoot;
    if (!root || !this.isConnected) throw new Error("removed meanwhile");
    this.#mounted ??= module.mount(this, root, FILES, this.#base).then((chat) => {
      if (!this.isConnected) {
        chat.stop();
        throw new Error("removed meanwhile");
      }
      this.#chat = chat;
      this.dispatchEvent(new CustomEvent("wenjin:ready", { bubbles: true, composed: true }));
      return chat;
    });
    return this.#mounted;
  }

  async #show(focus: boolean): Promise<void> {
    const launcher = this.#launcher;
    launcher?.setAttribute("aria-busy", "true");
    this.#say("");
    try {
      const chat = await this.#mount();
      chat.open(focus);
      launcher?.setAttribute("aria-expanded", "true");
      this.dispatchEvent(new CustomEvent("wenjin:open", { bubbles: true, composed: true }));
    } catch (error) {
      this.#say(RETRY[language(this)]);
      throw error;
    } finally {
      launcher?.removeAttribute("aria-busy");
    }
  }

  #closed = (): void => {
    this.#launcher?.setAttribute("aria-expanded", "false");
    this.#launcher?.focus();
  };

  #putLauncher(root: ShadowRoot): void {
    const launcher = document.createElement("button");
    launcher.type = "button";
    launcher.className = "launcher";
    launcher.part.add("launcher");
    launcher.setAttribute("aria-haspopup", "dialog");
    launcher.setAttribute("aria-expanded", "false");
    launcher.append(drawing());
    launcher.append(document.createElement("span"));
    launcher.addEventListener("click", () => {
      if (launcher.getAttribute("aria-expanded") === "true") this.close();
      else void this.open().catch(() => undefined);
    });
    for (const type of ["pointerenter", "focus"])
      launcher.addEventListener(type, () => void load(language(this)).catch(() => undefined), { once: true });
    this.#notice = document.createElement("p");
    this.#notice.className = "notice";
    this.#notice.setAttribute("role", "alert");
    this.#notice.hidden = true;
    this.#launcher = launcher;
    this.#name(launcher);
    root.replaceChildren(this.#notice, launcher);
  }

  #name(launcher: HTMLButtonElement): void {
    const label = this.getAttribute("label");
    launcher.setAttribute("aria-label", label || LAUNCHER[language(this)]);
    launcher.title = label || LAUNCHER[language(this)];
    const shown = launcher.querySelector("span");
    if (shown) shown.textContent = label ?? "";
  }

  #say(text: string): void {
    if (!this.#notice) return;
    this.#notice.textContent = text;
    this.#notice.hidden = !text;
  }

  /** Whether the chat was open when the reader left the last page. */
  #wasOpen(): boolean {
    try {
      const kept = localStorage.getItem(`wenjin:${this.#base}|${this.getAttribute("session") ?? ""}`);
      const [, saved, open] = /"saved":(\d+),"open":(true)?/.exec(kept?.slice(0, 200) ?? "") ?? [];
      return open !== undefined && Date.now() - Number(saved) < LIFE_MS;
    } catch {
      return false;
    }
  }
}

function drawing(): SVGSVGElement {
  const svg = document.createElementNS("http://www.w3.org/2000/svg", "svg");
  svg.setAttribute("viewBox", "0 0 24 24");
  svg.setAttribute("aria-hidden", "true");
  const path = document.createElementNS(svg.namespaceURI, "path") as SVGPathElement;
  path.setAttribute("d", BUBBLE);
  svg.append(path);
  return svg;
}

/** One element for a page that has none, with the script's `data-*` as its attributes. */
function place(): void {
  if (document.querySelector(NAME)) return;
  const element = document.createElement(NAME);
  for (const name of ATTRIBUTES) {
    const value = script?.dataset[name];
    if (value !== undefined) element.setAttribute(name, value);
  }
  document.body.append(element);
}

if (!customElements.get(NAME)) customElements.define(NAME, WenjinChat);
if (document.readyState === "loading") document.addEventListener("DOMContentLoaded", place, { once: true });
else place();
