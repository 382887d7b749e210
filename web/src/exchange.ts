/** One question and what came of it, as two items of the transcript. */

import { copyButton } from "./clipboard";
import { Citations } from "./citations";
import type { Reply } from "./api";
import type { Turn } from "./conversation";
import { frame, h, icon } from "./element";
import type { Tools } from "./inline";
import type { Opinions } from "./opinions";
import { Prose } from "./prose";
import type { Scroll } from "./scroll";
import type { Key } from "./strings";
import type { Thumbs } from "./thumbs";
import * as verdicts from "./verdicts";

const LONG_PX = 1500;
const LINK = "M10 14a4 4 0 0 0 6 0l3-3a4 4 0 0 0-6-6l-1 1M14 10a4 4 0 0 0-6 0l-3 3a4 4 0 0 0 6 6l1-1";

/** What an exchange needs of the chat it stands in. */
export interface Surroundings extends verdicts.Deeds {
  tools: Tools;
  opinions: Opinions;
  scroll: Scroll;
  contact: string | null;
  again(turn: Turn): void;
}

export class Exchange {
  readonly turn: Turn;
  readonly question: HTMLLIElement;
  readonly answer: HTMLLIElement;
  #around: Surroundings;
  #body = h("div", { class: "body" });
  #prose: Prose | null = null;
  #citations: Citations | null = null;
  #text = "";
  #scheduled = false;
  #countdown = 0;
  #drawn = "";
  #thumbs: Thumbs | null = null;

  constructor(turn: Turn, around: Surroundings) {
    const { say } = around.tools;
    this.turn = turn;
    this.#around = around;
    const author = (key: Key): HTMLElement => h("span", { class: "unseen" }, `${say(key)}: `);
    this.question = h("li", { class: "asked" }, author("you"), h("p", { class: "bubble", dir: "auto" }, turn.question));
    this.answer = h("li", { class: "told" }, author("bot"), this.#body);
  }

  /** Show that an answer is on its way. */
  wait(key: Key = "answering"): void {
    clearInterval(this.#countdown);
    this.#drawn = "";
    this.#reset();
    this.answer.setAttribute("aria-busy", "true");
    this.#body.append(h("p", { class: "waiting" }, h("i"), h("i"), h("i"), h("span", { class: "soft" }, this.#around.tools.say(key))));
  }

  began(reply: Partial<Reply>): void {
    if (reply.status !== "answered") return;
    this.#start(reply);
  }

  grew(text: string): void {
    this.#text += text;
    if (this.#scheduled) return;
    this.#scheduled = true;
    void frame().then(() => {
      this.#scheduled = false;
      if (this.turn.state === "pending") this.#grow();
    });
  }

  /** What has come so far. */
  get text(): string {
    return this.#text;
  }

  /** Draw what the turn has come to. Resolves when all of it is drawn. */
  async settle(): Promise<void> {
    const { turn } = this;
    const drawn = JSON.stringify([turn.state, turn.reply?.message_id, turn.fault]);
    if (drawn === this.#drawn) return this.#thumbs?.mark();
    clearInterval(this.#countdown);
    if (turn.state === "pending") this.wait("elsewhere");
    this.#drawn = drawn;
    if (turn.state === "pending") return;
    this.answer.setAttribute("aria-busy", "true");
    if (turn.state === "answered" && turn.reply) await this.#reply(turn.reply);
    else await this.#broken();
    this.answer.removeAttribute("aria-busy");
  }

  /** Close a citation that is open; whether one was. */
  close(): boolean {
    return this.#citations?.close() ?? false;
  }

  stop(): void {
    clearInterval(this.#countdown);
  }

  /** What a screen reader is told: the words of the answer, formulas as TeX. */
  spoken(): string {
    const copy = this.#body.cloneNode(true) as HTMLElement;
    for (const formula of copy.querySelectorAll<HTMLElement>("[data-tex]")) formula.textContent = ` ${formula.dataset["tex"] ?? ""} `;
    for (const skipped of copy.querySelectorAll(".copy, .sources, .citation, .thumbs, .actions")) skipped.remove();
    return (copy.textContent ?? "").replace(/\s+/g, " ").trim();
  }

  /** Take the thumbs away: nobody keeps what they say. */
  hideThumbs(): void {
    this.#body.querySelector(".thumbs")?.remove();
  }

  #reset(): void {
    this.#prose = null;
    this.#citations = null;
    this.#thumbs = null;
    this.#text = "";
    this.#body.replaceChildren();
  }

  #start(reply: Partial<Reply>): Prose {
    if (this.#prose) return this.#prose;
    const { tools } = this.#around;
    const sizes = new Map((reply.figures ?? []).map(({ src, width, height }) => [src, { width, height }]));
    this.#prose = new Prose(tools, sizes);
    const head = reply.question ? verdicts.heading(reply as Reply, tools.say) : "";
    this.#body.replaceChildren(head, this.#prose.element);
    return this.#prose;
  }

  #grow(): void {
    const still = matchMedia("(prefers-reduced-motion: reduce)").matches;
    const end = still ? this.#text.lastIndexOf("\n\n") : this.#text.length;
    if (end > 0) this.#start({}).grow(this.#text.slice(0, end));
  }

  async #reply(reply: Reply): Promise<void> {
    const { tools, contact } = this.#around;
    if (reply.status === "answered" && reply.answer !== null) return this.#answered(reply, reply.answer);
    const verdict =
      reply.status === "clarify"
        ? verdicts.clarification(reply, tools.say, this.#around)
        : verdicts.refusal(reply, this.turn.question, contact, tools.say, this.#around);
    this.#body.replaceChildren(verdict);
  }

  async #answered(reply: Reply, text: string): Promise<void> {
    const { tools, scroll } = this.#around;
    const prose = this.#start(reply);
    await frame(); // reading a long text takes a while: not in the frame that lays out what was there before
    await prose.finish(text);
    this.#citations = new Citations(reply.citations, text, tools);
    this.#citations.mark(prose.element);
    if (reply.citations.length) this.#body.append(this.#citations.list);
    this.#body.append(this.#actions(reply, text));
    const more = verdicts.related(reply.related, tools.say, this.#around);
    if (more) this.#body.append(more);
    const fold = this.#fold(prose.element);
    const block = reply.passage ? prose.blockAt(reply.passage.start) : null;
    const first = prose.element.firstElementChild;
    if (block && reply.match === "meaning" && block !== first) this.#pointTo(block, fold);
    scroll.follow();
  }

  #actions(reply: Reply, text: string): HTMLElement {
    const { tools, opinions } = this.#around;
    const { say, base } = tools;
    const address = new URL(`q/${encodeURIComponent(reply.id ?? "")}`, base).href;
    const link = h("a", { class: "quiet", href: address, target: "_blank", rel: "noopener", "aria-label": say("permalink"), title: say("permalink") }, icon(LINK));
    const thumbs = opinions.off ? null : h("div", { class: "thumbs" });
    if (thumbs)
      tools.extras.use((extras) => {
        this.#thumbs = extras.thumbs(this.turn, opinions, say);
        thumbs.replaceChildren(...this.#thumbs.nodes);
      });
    return h("div", { class: "actions" }, copyButton(say("copyAnswer"), () => text, tools), reply.id && link, thumbs);
  }

  /** Fold a long answer, unless its reader is beyond the fold already. Gives what unfolds it. */
  #fold(prose: HTMLElement): () => void {
    const { tools, scroll } = this.#around;
    const beyond = ([...prose.children] as HTMLElement[]).filter((block) => block.offsetTop > LONG_PX);
    const seen = scroll.element.getBoundingClientRect().bottom - prose.getBoundingClientRect().top;
    if (!beyond.length || seen > LONG_PX + scroll.element.clientHeight) return () => undefined;
    const button = h("button", { type: "button", class: "unfold", "aria-expanded": "false" }, tools.say("more"));
    const set = (folded: boolean): void => {
      for (const block of beyond) {
        if (folded) block.setAttribute("hidden", "until-found");
        else block.removeAttribute("hidden");
      }
      prose.classList.toggle("folded", folded);
      button.textContent = tools.say(folded ? "more" : "less");
      button.setAttribute("aria-expanded", String(!folded));
    };
    button.addEventListener("click", () => {
      const folded = button.getAttribute("aria-expanded") === "true";
      set(folded);
      if (folded) button.scrollIntoView({ block: "nearest" });
    });
    prose.addEventListener("beforematch", () => set(false));
    set(true);
    prose.after(button);
    return () => set(false);
  }

  #pointTo(block: HTMLElement, unfold: () => void): void {
    const { tools, scroll } = this.#around;
    const button = h("button", { type: "button", class: "quiet passage" }, `${tools.say("passage")} ↓`);
    block.classList.add("nearest");
    button.addEventListener("click", () => {
      unfold();
      scroll.reveal(block);
    });
    this.#body.querySelector(".matched")?.append(button);
  }

  async #broken(): Promise<void> {
    const { turn } = this;
    const { tools, again } = this.#around;
    const { say } = tools;
    this.#reset();
    if (turn.partial) await this.#start(turn.reply ?? {}).finish(turn.partial);
    const words = h("p", { class: "fault" });
    const retry = h("button", { type: "button", class: "retry" }, say(turn.state === "stopped" ? "again" : "retry"));
    retry.addEventListener("click", () => again(turn));
    this.#body.append(h("div", { class: `verdict ${turn.state}` }, words, retry));
    const fault = turn.fault;
    if (turn.state === "stopped" || !fault) words.textContent = say("stopped");
    else if (fault.kind === "busy") this.#countDown(Number(fault.detail) || 1, words, retry);
    else words.textContent = say(fault.kind, { detail: fault.detail });
  }

  #countDown(seconds: number, words: HTMLElement, retry: HTMLButtonElement): void {
    const { say } = this.#around.tools;
    const until = Date.now() + seconds * 1000;
    const tick = (): void => {
      const left = Math.ceil((until - Date.now()) / 1000);
      words.textContent = left > 0 ? say("busy", { seconds: left }) : say("busyNow");
      retry.disabled = left > 0;
      if (left <= 0) clearInterval(this.#countdown);
    };
    this.#countdown = setInterval(tick, 250);
    tick();
  }
}
