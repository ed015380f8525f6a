import { formatDuration } from '../src/base/units.ts';

/** What a step of a build came to. */
export interface StepResult<Value> {
  readonly value: Value;
  /** What it made, behind its name. */
  readonly note?: string;
}

/** The steps of a build: each says that it begins, and what it made in which time. */
export interface Steps {
  /** Rejects as the work does, without a second line. */
  step<Value>(name: string, work: () => Promise<StepResult<Value>>): Promise<Value>;
}

/** Steps that are told to `log`, a line at a time. */
export const createSteps = (log: (line: string) => void, elapsed: () => number = () => performance.now()): Steps => ({
  async step(name, work) {
    log(`${name} …`);
    const since = elapsed();
    const { value, note } = await work();
    log(`${name}: ${[...(note === undefined ? [] : [note]), formatDuration(elapsed() - since)].join(', ')}`);
    return value;
  },
});
