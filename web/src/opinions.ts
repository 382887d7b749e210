/** Delivers what readers think of answers, if need be later. */

import type { Api, Opinion } from "./api";
import type { Conversation, Turn } from "./conversation";

export class Opinions {
  #api: Api;
  #conversation: Conversation;
  #sending = false;
  /** Called when the service turns out to keep no feedback. */
  refused: () => void = () => undefined;

  constructor(api: Api, conversation: Conversation) {
    this.#api = api;
    this.#conversation = conversation;
  }

  get off(): boolean {
    return this.#conversation.feedbackOff;
  }

  /** Deliver an opinion, now or later; reading is never disturbed by it. */
  give(opinion: Opinion): void {
    const { unsent } = this.#conversation;
    this.#conversation.unsent = [...unsent.filter(({ message_id }) => message_id !== opinion.message_id), opinion];
    this.#conversation.save();
    void this.deliver();
  }

  /** Send what is waiting, oldest first, until something fails. */
  async deliver(): Promise<void> {
    if (this.#sending) return;
    this.#sending = true;
    try {
      for (let next = this.#conversation.unsent[0]; next; next = this.#conversation.unsent[0]) {
        const outcome = await this.#api.rate(next);
        if (outcome === "failed") return;
        this.#conversation.unsent = this.#conversation.unsent.filter((opinion) => opinion !== next);
        if (outcome === "off") {
          this.#conversation.feedbackOff = true;
          this.#conversation.unsent = [];
          this.refused();
        }
        this.#conversation.save();
      }
    } finally {
      this.#sending = false;
    }
  }

  /** What the reader thinks of this answer now. */
  rate({ reply, rating, reason }: Turn): void {
    if (reply) this.give({ message_id: reply.message_id, rating, ...(reason ? { reason } : {}) });
  }
}
