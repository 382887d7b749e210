/** The chat: mounted by the loader into the shadow tree of a `<wenjin-chat>` when it is first wanted. */

import { Announcer } from "./announcer";
import { Api } from "./api";
import { harmless } from "./addresses";
import { Composer } from "./composer";
import { Conversation } from "./conversation";
import css from "./chat.css";
import { h, icon } from "./element";
import { Figures } from "./figures";
import { Formulas } from "./formulas";
import { Listings } from "./listings";
import { adopt, Later, type Extras } from "./later";
import type { Menu } from "./menu";
import { Looks } from "./looks";
import { Opinions } from "./opinions";
import { Panel } from "./panel";
import { prefer, type Theme } from "./preferences";
import { Scroll } from "./scroll";
import { Sideways } from "./sideways";
import { speaker, wordsOf, type Language, type Say } from "./strings";
import { Transcript } from "./transcript";

const USUAL_TIMEOUT_S = 20;
const DOTS = "M5 12h.01M12 12h.01M19 12h.01";

/** Make the chat of `host`. `files` is the folder of the built files and `base` the service's address, both with a slash
 * at the end. */
export async function mount(host: HTMLElement, root: ShadowRoot, files: string, base: string): Promise<Chat> {
  const chat = new Chat(host, root, files, base);
  await chat.refresh();
  return chat;
}

class Chat {
  #files: string;
  #host: HTMLElement;
  #root: ShadowRoot;
  #base: string;
  #page: boolean;
  #looks: Looks;
  #formulas: Formulas;
  #listings: Listings;
  #extras: Later<Extras>;
  #api: Api;
  #conversation: Conversation;
  #opinions: Opinions;
  #ended = new AbortController();
  // What is built anew when the language changes:
  #say!: Say;
  #announcer!: Announcer;
  #sideways!: Sideways;
  #scroll!: Scroll;
  #composer!: Composer;
  #panel!: Panel;
  #menu!: Menu | null;
  #menuButton!: HTMLButtonElement;
  #transcript!: Transcript;
  #welcome!: HTMLElement;

  constructor(host: HTMLElement, root: ShadowRoot, files: string, base: string) {
    this.#host = host;
    this.#files = files;
    this.#root = root;
    this.#base = base;
    this.#page = host.getAttribute("mode") === "page";
    adopt(root, css);
    this.#formulas = new Formulas(files, root);
    this.#listings = new Listings(files, root);
    this.#extras = new Later(files + EXTRAS_FILE, root);
    const timeout = (Number(host.getAttribute("timeout")) || USUAL_TIMEOUT_S) * 1000;
    this.#api = new Api(base, timeout);
    const persistent = host.getAttribute("history") !== "none";
    this.#conversation = new Conversation(conversationName(host, base), persistent, () => this.#synchronise());
    this.#opinions = new Opinions(this.#api, this.#conversation);
    this.#opinions.refused = () => this.#transcript.hideThumbs();
    addEventListener("online", () => void this.#opinions.deliver(), { signal: this.#ended.signal });
    this.#looks = new Looks(host, this.#page);
    void this.#opinions.deliver();
  }

  /** Show the panel. Focus goes into the box, except on touch, where a keyboard would come up unasked. */
  open(focus = true): void {
    if (this.#panel.shown && !this.#page) return;
    this.#panel.show();
    if (focus) {
      if (matchMedia("(pointer: coarse)").matches) this.#panel.focus();
      else this.#composer.focus();
    }
    this.#scroll.toEnd();
    this.#conversation.open = true;
    this.#conversation.save();
    this.#prefetch();
    if (!this.#conversation.kept) this.#announcer.say(this.#say("storage"));
  }

  close(): void {
    if (this.#page) return;
    this.#panel.hide();
    this.#conversation.open = false;
    this.#conversation.save();
    this.#emit("close");
  }

  ask(question: string): void {
    if (!this.#panel.shown) this.open(false);
    this.#transcript.ask(question);
    this.#synchronise();
  }

  /** Begin anew: nothing of what was said before counts. */
  clear(): void {
    this.#transcript.abort();
    this.#conversation.clear();
    this.#synchronise();
  }

  /** Build everything that is to be seen, as the attributes and preferences now ask. */
  async refresh(): Promise<void> {
    const chosen = this.#looks.language;
    const words = await wordsOf(chosen, this.#files);
    if (this.#ended.signal.aborted || chosen !== this.#looks.language) return;
    const first = !this.#panel;
    this.#build(chosen, speaker(words));
    if (first && this.#page) this.#beginPage();
  }

  /** Leave nothing behind: no listener, no request. The tree and its sheets are the loader's to empty. */
  stop(): void {
    this.#ended.abort();
    this.#conversation.stop();
    this.#tearDown();
  }

  #tearDown(): void {
    this.#panel?.stop();
    this.#composer?.stop();
    this.#sideways?.stop();
    this.#scroll?.stop();
    this.#transcript?.stop();
    this.#panel?.element.remove();
    this.#announcer?.polite.remove();
    this.#announcer?.assertive.remove();
  }

  #build(chosen: Language, say: Say): void {
    const shown = !this.#page && (this.#panel?.shown ?? false);
    this.#tearDown();
    this.#say = say;
    this.#announcer = new Announcer();
    this.#sideways = new Sideways();
    const last = (): string => this.#conversation.turns.at(-1)?.question ?? "";
    const sink = { ask: (question: string) => this.ask(question), stop: () => this.#transcript.abort(), last };
    this.#composer = new Composer(sink, say);
    this.#welcome = h("div", { class: "welcome" }, h("h2", {}, say("greeting")), h("p", {}, say("greetingMore")));
    const welcome = this.#welcome;
    const fixed = this.#host.getAttribute("starters") ?? "";
    this.#extras.use(({ offerStarters }) => void offerStarters(welcome, this.#api, fixed, this.#page, say, (question) => this.#chip(question)).catch(() => undefined));
    const content = h("div", { class: "content" }, this.#welcome);
    this.#scroll = new Scroll(content, say("toEnd"));
    this.#transcript = this.#newTranscript(say, this.#announcer, this.#scroll, this.#composer);
    content.append(this.#transcript.list);
    this.#menu = null;
    const name = { "aria-label": say("menu"), title: say("menu") };
    this.#menuButton = h("button", { type: "button", class: "round", ...name, "aria-expanded": "false" }, icon(DOTS, "icon dots"));
    this.#menuButton.addEventListener("click", () => this.#extras.use((extras) => this.#toggleMenu(extras, chosen)));
    const end = h("div", { class: "foot" }, this.#scroll.button, this.#composer.element);
    const title = this.#host.getAttribute("heading") ?? say("title");
    this.#panel = new Panel(this.#page, title, say, this.#menuButton, () => this.#fresh(), [this.#scroll.element, end], () => this.close());
    this.#panel.element.lang = chosen === "zh" ? "zh-CN" : "en";
    this.#panel.element.append(this.#announcer.polite, this.#announcer.assertive);
    this.#panel.element.addEventListener("focusin", () => this.#announcer.moved());
    // Shortcuts of the host are not meant for someone who types here.
    for (const type of ["keydown", "keyup", "keypress"] as const)
      this.#panel.element.addEventListener(type, (event) => this.#pressed(event));
    this.#root.append(this.#panel.element);
    const composer = this.#composer;
    composer.field.addEventListener("focus", () => this.#extras.use(({ Suggestions }) => this.#suggest(Suggestions, composer)), { once: true });
    this.#synchronise();
    if (shown) this.#panel.show();
  }

  #suggest(kind: Extras["Suggestions"], composer: Composer): void {
    composer.suggest((choose) => new kind(composer.field, this.#api, choose, this.#say, this.#announcer));
  }

  #toggleMenu({ Menu }: Extras, chosen: Language): void {
    this.#menu ??= this.#newMenu(Menu, chosen);
    this.#menu.toggle();
  }

  #newMenu(kind: Extras["Menu"], chosen: Language): Menu {
    const deeds = {
      fresh: () => this.#fresh(),
      forget: () => this.#forget(),
      look: (theme: Theme) => this.#looks.choose(theme),
      speak: (wanted: Language) => {
        prefer({ language: wanted });
        void this.refresh().then(() => this.#menuButton.focus());
      },
    };
    return new kind(this.#menuButton, this.#say, deeds, this.#looks.theme, chosen, this.#page ? null : this.#base);
  }

  #fresh(): void {
    this.clear();
    this.#composer.focus();
  }

  #forget(): void {
    this.#transcript.abort();
    this.#conversation.forget();
    this.#synchronise();
    this.#announcer.say(this.#say("cleared"));
    this.#composer.focus();
  }

  #pressed(event: KeyboardEvent): void {
    event.stopPropagation();
    if (event.type !== "keydown" || event.key !== "Escape" || event.isComposing || event.defaultPrevented) return;
    const inner = this.#transcript.close();
    if (!inner && !this.#composer.close() && !this.#menu?.close()) this.close();
    event.preventDefault();
  }

  #chip(question: string): void {
    this.ask(question);
    this.#composer.focus();
  }

  #newTranscript(say: Say, announcer: Announcer, scroll: Scroll, composer: Composer): Transcript {
    const contact = this.#host.getAttribute("contact");
    const figures = new Figures(this.#root, this.#extras, say);
    const shared = { formulas: this.#formulas, listings: this.#listings, extras: this.#extras, sideways: this.#sideways };
    return new Transcript({
      api: this.#api,
      conversation: this.#conversation,
      announcer,
      scroll,
      say,
      surroundings: {
        tools: { say, base: this.#base, figures, announcer, ...shared },
        opinions: this.#opinions,
        scroll,
        contact: contact && harmless(contact, document.baseURI),
        ask: (question) => this.#chip(question),
        edit: (question) => composer.edit(question),
        none: ({ message_id }) => {
          if (!this.#opinions.off) this.#opinions.give({ message_id, rating: "down", reason: "none_of_these" });
          composer.focus();
        },
      },
      emit: (name, detail) => this.#emit(name, detail),
      busy: (busy) => {
        composer.busy = busy;
      },
      focus: () => composer.focus(),
      outlived: () => this.#synchronise(),
    });
  }

  #synchronise(): void {
    this.#transcript.synchronise();
    this.#welcome.hidden = this.#conversation.turns.length > 0;
  }

  #emit(name: string, detail: Record<string, unknown> = {}): void {
    this.#host.dispatchEvent(new CustomEvent(`wenjin:${name}`, { detail, bubbles: true, composed: true }));
  }

  /** Fetch in quiet moments what an answer may need. */
  #prefetch(): void {
    const { connection } = navigator as Navigator & { connection?: { saveData?: boolean } };
    if (connection?.saveData) return;
    const idle = window.requestIdleCallback ?? ((job: () => void) => setTimeout(job, 500));
    idle(() => {
      this.#formulas.prepare();
      this.#listings.prepare();
    });
  }

  #beginPage(): void {
    const catalogue = document.querySelector<HTMLElement>("[data-wenjin-catalogue]");
    if (catalogue) this.#extras.use(({ makeSearchable }) => makeSearchable(catalogue, this.#say));
    if (!matchMedia("(pointer: coarse)").matches) this.#composer.focus();
    this.#scroll.toEnd();
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
