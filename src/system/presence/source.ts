import { WorkerError } from '../../base/errors.ts';

/** One way to learn for how long nobody has touched this machine. */
export interface IdleSource {
  readonly name: string;
  /**
   * Milliseconds since the last input.
   *
   * @throws an error whose message says why there is no answer
   */
  idleMs(): Promise<number>;
}

/** Why a source has no answer. Stays among the sources: its message becomes one of the reasons. */
export const noIdleTime = (because: string): WorkerError => new WorkerError('native.unavailable', because);
