/** What is seen of the chat, in one language; a change of language builds another. What is asked, answered and kept is
 * the chat's, and outlives it. */

import { harmless } from "./addresses";
import { Announcer } from "./announcer";
import type { Chat } from "./chat";
import { Composer } from "./composer";
import { h, icon } from "./element";
import { Figures } from "./figures";
import type { Extras } from "./later";
import type { Menu } from "./menu";
import { Panel } from "./panel";
import { Scroll } from "./scroll";
import { Sideways } from "./sideways";
import type { Language, Say } from "./strings";
import { Transcript } from "./transcript";

const DOTS = "M5 12h.01M12 12h.01M19 12h.01";

export class Face {
  #chat: Chat;
  #language: Language;
  #say: Say;
  #announcer = new Announcer();
  #sideways = new Sideways();
  #scroll: Scroll;
  #composer: Composer;
  #panel: Panel;
  #menu: Menu | null = null;
  #menuButton: HTMLButtonElement;
  #transcript: Transcript;
  #welcome: HTMLElement;

  constructor(chat: Chat, language: Language, say: Say) {
    this.#chat = chat;
    this.#language = language;
    this.#say = say;
    const last = (): string => chat.conversation.turns.at(-1)?.question ?? "";
    this.#composer = new Composer({ ask: (question) => chat.ask(question), stop: () => this.abort(), last }, say);
    this.#welcome = h("div", { class: "welcome" }, h("h2", {}, say("greeting")), h("p", {}, say("greetingMore")));
    const content = h("div", { class: "content" }, this.#welcome);
    this.#scroll = new Scroll(content, say("toEnd"));
    this.#transcript = this.#newTranscript();
    content.append(this.#transcript.list);
    const name = { "aria-label": say("menu"), title: say("menu") };
    this.#menuButton = h("button", { type: "button", class: "round", ...name, "aria-expanded": "false" }, icon(DOTS, "icon dots"));
    this.#menuButton.addEventListener("click", () => chat.extras.use((extras) => this.#toggleMenu(extras)));
    const end = h("div", { class: "foot" }, this.#scroll.button, this.#composer.element);
    const title = chat.host.getAttribute("heading") ?? say("title");
    this.#panel = new Panel(chat.page, title, say, this.#menuButton, () => this.#fresh(), [this.#scroll.element, end], () => chat.close());
    this.#attend();
    this.#offer();
    chat.root.append(this.#panel.element);
    this.synchronise();
  }

  get shown(): boolean {
    return this.#panel.shown;
  }

  show(): void {
    this.#panel.show();
  }

  hide(): void {
    this.#panel.hide();
  }

  /** Focus the box, except on touch, where a keyboard would come up unasked. */
  focus(): void {
    if (!matchMedia("(pointer: coarse)").matches) this.#composer.focus();
    else if (!this.#chat.page) this.#panel.focus();
  }

  focusMenu(): void {
    this.#menuButton.focus();
  }

  toEnd(): void {
    this.#scroll.toEnd();
  }

  announce(words: string): void {
    this.#announcer.say(words);
  }

  /** Have a question answered where it can be seen. */
  ask(question: string): void {
    this.#transcript.ask(question);
  }

  /** Stop the answer that is on its way. */
  abort(): void {
    this.#transcript.abort();
  }

  /** Show what the conversation holds. */
  synchronise(): void {
    this.#transcript.synchronise();
    this.#welcome.hidden = this.#chat.conversation.turns.length > 0;
  }

  hideThumbs(): void {
    this.#transcript.hideThumbs();
  }

  stop(): void {
    this.#panel.stop();
    this.#composer.stop();
    this.#sideways.stop();
    this.#scroll.stop();
    this.#transcript.stop();
    this.#panel.element.remove();
  }

  /** Speak for the panel, and hear what is pressed in it. */
  #attend(): void {
    const { element } = this.#panel;
    element.lang = this.#language === "zh" ? "zh-CN" : "en";
    element.append(this.#announcer.polite, this.#announcer.assertive);
    element.addEventListener("focusin", () => this.#announcer.moved());
    // Shortcuts of the host are not meant for someone who types here.
    for (const type of ["keydown", "keyup", "keypress"] as const) element.addEventListener(type, (event) => this.#pressed(event));
  }

  /** Questions to begin with, and those like the one being typed. */
  #offer(): void {
    const { api, extras, host, page } = this.#chat;
    const [composer, welcome, say] = [this.#composer, this.#welcome, this.#say];
    const fixed = host.getAttribute("starters") ?? "";
    extras.use(({ offerStarters }) => void offerStarters(welcome, api, fixed, page, say, (question) => this.#chip(question)).catch(() => undefined));
    const suggest = ({ Suggestions }: Extras): void =>
      composer.suggest((choose) => new Suggestions(composer.field, api, choose, say, this.#announcer));
    composer.field.addEventListener("focus", () => extras.use(suggest), { once: true });
  }

  #toggleMenu({ Menu }: Extras): void {
    const { base, forget, looks, page, speak } = this.#chat;
    const deeds = {
      fresh: () => this.#fresh(),
      forget: () => {
        forget();
        this.announce(this.#say("cleared"));
        this.#composer.focus();
      },
      look: looks.choose,
      speak,
    };
    this.#menu ??= new Menu(this.#menuButton, this.#say, deeds, looks.theme, this.#language, page ? null : base);
    this.#menu.toggle();
  }

  #fresh(): void {
    this.#chat.clear();
    this.#composer.focus();
  }

  #pressed(event: KeyboardEvent): void {
    event.stopPropagation();
    if (event.type !== "keydown" || event.key !== "Escape" || event.isComposing || event.defaultPrevented) return;
    const inner = this.#transcript.close();
    if (!inner && !this.#composer.close() && !this.#menu?.close()) this.#chat.close();
    event.preventDefault();
  }

  #chip(question: string): void {
    this.#chat.ask(question);
    this.#composer.focus();
  }

  #newTranscript(): Transcript {
    const { api, base, conversation, emit, extras, formulas, host, listings, opinions, root, synchronise } = this.#chat;
    const [composer, say, announcer, scroll] = [this.#composer, this.#say, this.#announcer, this.#scroll];
    const contact = host.getAttribute("contact");
    const figures = new Figures(root, extras, say);
    return new Transcript({
      api,
      conversation,
      announcer,
      scroll,
      say,
      surroundings: {
        tools: { say, base, figures, announcer, formulas, listings, extras, sideways: this.#sideways },
        opinions,
        scroll,
        contact: contact && harmless(contact, document.baseURI),
        ask: (question) => this.#chip(question),
        edit: (question) => composer.edit(question),
        none: ({ message_id }) => {
          if (!opinions.off) opinions.give({ message_id, rating: "down", reason: "none_of_these" });
          composer.focus();
        },
      },
      emit,
      busy: (busy) => {
        composer.busy = busy;
      },
      focus: () => composer.focus(),
      outlived: synchronise,
    });
  }
}
