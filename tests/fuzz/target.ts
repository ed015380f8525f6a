import type { ErrorCode } from '../../src/base/errors.ts';
import { WorkerError } from '../../src/base/errors.ts';
import type { Corpus } from './mutate.ts';

/** A reader of what others send, and how it may answer. */
export interface Target {
  readonly name: string;
  readonly corpus: () => Corpus | Promise<Corpus>;
  /** Reads one input. Checks of its own, such as a round trip, are assertions of `node:assert`. */
  readonly run: (bytes: Uint8Array) => unknown;
  /** The codes of a WorkerError with which it may refuse one. */
  readonly codes?: readonly ErrorCode[];
  /** Another error that belongs to it, where its callers turn that into one of theirs. */
  readonly refuses?: (thrown: Error) => boolean;
}

/** What is wrong with how a target took an input. */
export interface Fault {
  readonly because: string;
}

const MAX_MS = 1_000;
const MAX_GROWTH_BYTES = 256 * 1024 * 1024;
/** A machine with other work is slow by itself: what is too slow once is tried again before it counts. */
const TRIES = 3;

/** Has a target read one input; undefined when that went as it should: no crash, no hang, no flood of memory. */
export async function faultOf(target: Target, bytes: Uint8Array): Promise<Fault | undefined> {
  let fault: Fault | undefined;
  for (let tries = 0; tries < TRIES; tries++) {
    const since = performance.now();
    const before = process.memoryUsage.rss();
    const wrong = await unexpectedOf(target, bytes);
    if (wrong !== undefined) return wrong;
    const tookMs = performance.now() - since;
    const grewBytes = process.memoryUsage.rss() - before;
    fault = undefined;
    if (grewBytes > MAX_GROWTH_BYTES) fault = { because: `took ${Math.round(grewBytes / 2 ** 20)} MiB of memory` };
    else if (tookMs > MAX_MS) fault = { because: `took ${Math.round(tookMs)} ms` };
    if (fault === undefined) return undefined;
  }
  return fault;
}

async function unexpectedOf(
  { run, codes = [], refuses = () => false }: Target,
  bytes: Uint8Array,
): Promise<Fault | undefined> {
  try {
    await run(bytes);
  } catch (thrown) {
    if (thrown instanceof WorkerError) {
      return codes.includes(thrown.code) ? undefined : { because: `${thrown.code}: ${thrown.stack ?? thrown.message}` };
    }
    if (thrown instanceof Error) return refuses(thrown) ? undefined : { because: thrown.stack ?? thrown.message };
    return { because: `threw ${String(thrown)}` };
  }
  return undefined;
}
