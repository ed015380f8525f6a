import { WorkerError } from './errors.ts';

/** Ends an exhaustive switch: the compiler proves it unreachable, and a wrong proof is reported as ours. */
export function assertNever(value: never): never {
  throw new WorkerError('internal', `unexpected variant ${JSON.stringify(value)}`);
}
