import { SECOND_MS } from '../../base/units.ts';
import type { Clock } from '../../system/clock.ts';

/** How often the memory that other programs need is checked while idle models take some. */
const CHECK_EVERY_MS = 30 * SECOND_MS;

/** Runs a check again and again as long as there is something idle, and no longer: a worker without models has no timer. */
export class PressureWatch {
  readonly #clock: Pick<Clock, 'after'>;
  readonly #hasIdle: () => boolean;
  readonly #check: () => void;
  #stop: (() => void) | undefined;

  constructor(clock: Pick<Clock, 'after'>, about: { readonly hasIdle: () => boolean; readonly check: () => void }) {
    this.#clock = clock;
    this.#hasIdle = about.hasIdle;
    this.#check = about.check;
  }

  /** Starts or stops the watch as `hasIdle` says. */
  update(): void {
    if (!this.#hasIdle()) {
      this.#stop?.();
      this.#stop = undefined;
      return;
    }
    this.#stop ??= this.#clock.after(CHECK_EVERY_MS, () => {
      this.#stop = undefined;
      this.update();
      this.#check();
    });
  }
}
