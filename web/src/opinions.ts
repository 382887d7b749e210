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

  /** Send what is waiting, oldest first, until something fails; one tab at a time, so that nothing is sent twice. */
  async deliver(): Promise<void> {
    if (this.#sending) return;
    this.#sending = true;
    const { locks } = navigator as { locks?: LockManager }; // there are none without https, nor in a frame without an origin
    const alone = locks?.request(this.#conversation.name, { ifAvailable: true }, async (lock) => lock && this.#send());
    await (alone?.catch(() => this.#send()) ?? this.#send());
    this.#sending = false;
  }

  async #send(): Promise<void> {
    for (let next = this.#conversation.unsent[0]; next; next = this.#conversation.unsent[0]) {
      const outcome = await this.#api.rate(next);
      if (outcome === "failed") return;
      // By what it says: another tab may have put an equal one in its place meanwhile.
      const sent = JSON.stringify(next);
      this.#conversation.unsent = this.#conversation.unsent.filter((opinion) => JSON.stringify(opinion) !== sent);
      if (outcome === "off") {
        this.#conversation.feedbackOff = true;
        this.#conversation.unsent = [];
        this.refused();
      }
      this.#conversation.save();
    }
  }

  /** What the reader thinks of this answer now. */
  rate(turn: Turn): void {
    const { reply, rating, reason, comment } = turn;
    this.#conversation.change(turn);
    if (reply) this.give({ message_id: reply.message_id, rating, ...(reason && { reason }), ...(comment && { comment }) });
  }
}
