import type { OnStopSignals } from '../../system/process/signals.ts';

/**
 * Requests to stop this process, from its first line on: those that come while nobody takes them are passed on later.
 */
export class StopRequests implements Disposable {
  #count = 0;
  #passed = 0;
  #to: (() => void) | undefined;
  readonly #unsubscribe: () => void;

  constructor(onStopSignals: OnStopSignals) {
    this.#unsubscribe = onStopSignals(() => this.request());
  }

  get count(): number {
    return this.#count;
  }

  request(): void {
    this.#count += 1;
    this.#pass();
  }

  /** From now on they go there, those before included that nobody took. */
  passTo(call: () => void): void {
    this.#to = call;
    this.#pass();
  }

  #pass(): void {
    for (; this.#to !== undefined && this.#passed < this.#count; this.#passed++) this.#to();
  }

  [Symbol.dispose](): void {
    this.#unsubscribe();
  }
}
