/** Runs many small jobs a few milliseconds per frame, so that typing and scrolling stay smooth. */

import { frame } from "./element";

const SLICE_MS = 5; // laying out what was drawn takes several times as long

export class Pace {
  #jobs: (() => void)[] = [];
  #running: Promise<void> | null = null;

  add(job: () => void): void {
    this.#jobs.push(job);
    this.#running ??= this.#run();
  }

  /** Resolves when nothing is left to do. */
  settled(): Promise<void> {
    return this.#running ?? Promise.resolve();
  }

  async #run(): Promise<void> {
    while (this.#jobs.length) {
      await frame();
      const end = performance.now() + SLICE_MS;
      while (this.#jobs.length && performance.now() < end) this.#jobs.shift()?.();
    }
    this.#running = null;
  }
}
