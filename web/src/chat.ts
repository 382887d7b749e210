/** The chat: mounted by the loader into the shadow tree of a `<wenjin-chat>` when it is first wanted. It holds what is
 * asked, answered and kept; what is seen of it is its face. */

import { Api } from "./api";
import css from "./chat.css";
import { Conversation } from "./conversation";
import { Face } from "./face";
import { Formulas } from "./formulas";
import { adopt, Later, type Extras } from "./later";
import { Listings } from "./listings";
import { Looks } from "./looks";
import { Opinions } from "./opinions";
import { prefer } from "./preferences";
import { speaker, wordsOf, type Language, type Say } from "./strings";

const USUAL_TIMEOUT_S = 20;

/** Make the chat of `host`. `files` is the folder of the built files and `base` the service's address, both with a slash
 * at the end. */
export async function mount(host: HTMLElement, root: ShadowRoot, files: string, base: string): Promise<Chat> {
  const chat = new Chat(host, root, files, base);
  await chat.refresh();
  return chat;
}

export type { Chat };

class Chat {
  readonly host: HTMLElement;
  readonly root: ShadowRoot;
  /** The service's address, with a slash at the end. */
  readonly base: string;
  /** Whether it is the whole page rather than a panel on one. */
  readonly page: boolean;
  readonly looks: Looks;
  readonly formulas: Formulas;
  readonly listings: Listings;
  readonly extras: Later<Extras>;
  readonly api: Api;
  readonly conversation: Conversation;
  readonly opinions: Opinions;
  #files: string;
  #ended = new AbortController();
  #say!: Say;
  #face: Face | null = null;

  constructor(host: HTMLElement, root: ShadowRoot, files: string, base: string) {
    this.host = host;
    this.root = root;
    this.base = base;
    this.page = host.getAttribute("mode") === "page";
    this.#files = files;
    adopt(root, css);
    this.formulas = new Formulas(files, root);
    this.listings = new Listings(files, root);
    this.extras = new Later(files + EXTRAS_FILE, root);
    this.api = new Api(base, (Number(host.getAttribute("timeout")) || USUAL_TIMEOUT_S) * 1000);
    const persistent = host.getAttribute("history") !== "none";
    this.conversation = new Conversation(conversationName(host, base), persistent, this.synchronise);
    this.opinions = new Opinions(this.api, this.conversation);
    this.opinions.refused = () => this.#face?.hideThumbs();
    addEventListener("online", () => void this.opinions.deliver(), { signal: this.#ended.signal });
    this.looks = new Looks(host, this.page);
    void this.opinions.deliver();
  }

  /** Show the panel, with focus where one asks. */
  open(focus = true): void {
    const face = this.#face;
    if (!face || (face.shown && !this.page)) return;
    face.show();
    if (focus) face.focus();
    face.toEnd();
    this.conversation.open = true;
    this.conversation.save();
    this.#prefetch();
    if (!this.conversation.kept) face.announce(this.#say("storage"));
  }

  close(): void {
    if (this.page) return;
    this.#face?.hide();
    this.conversation.open = false;
    this.conversation.save();
    this.emit("close");
  }

  ask(question: string): void {
    if (!this.#face?.shown) this.open(false);
    this.#face?.ask(question);
    this.synchronise();
  }

  /** Begin anew: nothing of what was said before counts. */
  clear(): void {
    this.#face?.abort();
    this.conversation.clear();
    this.synchronise();
  }

  /** Leave nothing of it on the reader's device. */
  forget = (): void => {
    this.#face?.abort();
    this.conversation.forget();
    this.synchronise();
  };

  /** Show it in another language. */
  speak = (wanted: Language): void => {
    prefer({ language: wanted });
    void this.refresh().then(() => this.#face?.focusMenu());
  };

  synchronise = (): void => this.#face?.synchronise();

  emit = (name: string, detail: Record<string, unknown> = {}): void => {
    this.host.dispatchEvent(new CustomEvent(`wenjin:${name}`, { detail, bubbles: true, composed: true }));
  };

  /** Build everything that is to be seen, as the attributes and preferences now ask. */
  async refresh(): Promise<void> {
    const chosen = this.looks.language;
    const words = await wordsOf(chosen, this.#files);
    if (this.#ended.signal.aborted || chosen !== this.looks.language) return;
    const before = this.#face;
    const shown = !this.page && before?.shown;
    before?.stop();
    this.#say = speaker(words);
    this.#face = new Face(this, chosen, this.#say);
    if (shown) this.#face.show();
    if (!before && this.page) this.#beginPage(this.#face);
  }

  /** Leave nothing behind: no listener, no request. The tree and its sheets are the loader's to empty. */
  stop(): void {
    this.#ended.abort();
    this.conversation.stop();
    this.#face?.stop();
  }

  /** Fetch in quiet moments what an answer may need. */
  #prefetch(): void {
    const { connection } = navigator as Navigator & { connection?: { saveData?: boolean } };
    if (connection?.saveData) return;
    const idle = window.requestIdleCallback ?? ((job: () => void) => setTimeout(job, 500));
    idle(() => {
      this.formulas.prepare();
      this.listings.prepare();
    });
  }

  #beginPage(face: Face): void {
    const catalogue = document.querySelector<HTMLElement>("[data-wenjin-catalogue]");
    if (catalogue) this.extras.use(({ makeSearchable }) => makeSearchable(catalogue, this.#say));
    face.focus();
    face.toEnd();
    this.#prefetch();
    const question = new URLSearchParams(location.search).get("q")?.trim();
    if (question) {
      history.replaceState(null, "", location.pathname);
      this.ask(question.slice(0, 1000));
    }
  }
}

/** Conversations with different services, or in elements named differently, are kept apart. */
function conversationName(host: HTMLElement, base: string): string {
  return `${base}|${host.getAttribute("session") ?? ""}`;
}
