/** Runs tasks one at a time: a task that is added by a running one comes after it, and after all that wait already. */
export class TaskQueue {
  readonly #onFault: (thrown: unknown) => void;
  readonly #waiting: (() => void)[] = [];
  #running = false;

  /** @param onFault called in place of the task that threw; may add tasks and must not throw */
  constructor(onFault: (thrown: unknown) => void) {
    this.#onFault = onFault;
  }

  /** Never throws. The task has run when this returns, unless another one is running. */
  run(task: () => void): void {
    this.#waiting.push(task);
    if (this.#running) return;
    this.#running = true;
    for (let next = this.#waiting.shift(); next !== undefined; next = this.#waiting.shift()) {
      try {
        next();
      } catch (thrown) {
        this.#onFault(thrown);
      }
    }
    this.#running = false;
  }
}
