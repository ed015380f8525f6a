import * as v from 'valibot';
import { errorChain } from '../../base/errors.ts';
import { readJson } from '../../contract/read.ts';
import type { Logger } from '../../log/logger.ts';
import type { Files, WriteOptions } from '../../system/disk/files.ts';
import { parseVersion } from '../feed/semver.ts';

/*
 * What the updater remembers between starts, in one file beside the config: what it must never install, and what the
 * operator asked for. The worker and commands both write it, so each change is made to what the file says then.
 */

const Version = v.pipe(
  v.string(),
  v.check((text) => parseVersion(text) !== undefined, 'expected a version'),
);
const Time = v.pipe(v.number(), v.finite());

const StateSchema = v.object({
  /** The highest version of a verified release that was ever seen: nothing below it is installed by itself. */
  highestSeen: v.exactOptional(Version),
  /** The only version that the operator wants. */
  pinned: v.exactOptional(Version),
  /** When the feed was read last, in milliseconds since the epoch. */
  lastCheckAt: v.exactOptional(Time),
  /** Versions that did not work, with how often. After the second failure they are not tried again. */
  faults: v.optional(
    v.array(
      v.object({
        version: Version,
        count: v.pipe(v.number(), v.safeInteger(), v.minValue(1)),
        at: Time,
        because: v.string(),
        /** The end of what it wrote to its log. */
        output: v.exactOptional(v.string()),
      }),
    ),
    [],
  ),
  /** The version that started last, and how often in a row it did so without coming to work. */
  starts: v.exactOptional(v.object({ version: Version, count: v.pipe(v.number(), v.safeInteger(), v.minValue(0)) })),
  /** The version that was taken back last. */
  rolledBack: v.exactOptional(v.object({ version: Version, at: Time, because: v.string() })),
});

export type UpdateState = v.InferOutput<typeof StateSchema>;
/** A version that did not work. */
export type Fault = UpdateState['faults'][number];

/** What is known before anything happened. */
export const NOTHING_KNOWN: UpdateState = { faults: [] };

/** The updater's memory. */
export interface UpdateMemory {
  /** Never fails: a file that cannot be read counts as empty. */
  read(): Promise<UpdateState>;
  /**
   * Changes what the file says, and gives what it says then. Changes in this process are made one after the other.
   *
   * @throws WorkerError `disk.full`; the system's own error otherwise
   */
  change(change: (state: UpdateState) => UpdateState): Promise<UpdateState>;
}

/** Opens it; nothing is read or written before it is used. */
export function openUpdateMemory(options: {
  readonly path: string;
  readonly files: Pick<Files, 'readText' | 'writeAtomic'>;
  readonly log: Pick<Logger, 'warn'>;
  /** When a change is on the disk; before `change` resolves unless told otherwise. */
  readonly durable?: WriteOptions['durable'];
}): UpdateMemory {
  const { path, files, log, durable = true } = options;
  let last: Promise<unknown> = Promise.resolve();
  async function read(): Promise<UpdateState> {
    try {
      const text = await files.readText(path);
      if (text === undefined) return NOTHING_KNOWN;
      const parsed = readJson(StateSchema, text);
      if (parsed.is === 'read') return parsed.value;
      log.warn('update-state.unreadable', { path, because: parsed.problem });
    } catch (thrown) {
      log.warn('update-state.unreadable', { path, because: errorChain(thrown) });
    }
    return NOTHING_KNOWN;
  }
  return {
    read,
    change(change) {
      const turn = last.then(async () => {
        const before = await read();
        const after = change(before);
        const text = `${JSON.stringify(after, undefined, 2)}\n`;
        if (text !== `${JSON.stringify(before, undefined, 2)}\n`) {
          await files.writeAtomic(path, text, { mode: 0o600, durable });
        }
        return after;
      });
      last = turn.catch(() => {}); // the caller gets the failure; the next in the queue need not
      return turn;
    },
  };
}

/** So many faults of one version shelve it. */
export const MAX_FAULTS = 2;
/** Versions that are remembered: the oldest fault goes. */
const MAX_REMEMBERED = 20;
const MAX_OUTPUT_CHARACTERS = 4000;

/** One more fault of a version, up to as many as shelve it; one that costs an outage counts as all of them. */
export function withFault(
  state: UpdateState,
  fault: Omit<Fault, 'count' | 'output'> & { readonly output?: string },
  weight: number = 1,
): UpdateState {
  const before = state.faults.find(({ version }) => version === fault.version);
  const { output = before?.output, ...facts } = fault;
  const now: Fault = {
    ...facts,
    count: Math.min((before?.count ?? 0) + weight, MAX_FAULTS),
    ...(output === undefined ? {} : { output: output.slice(-MAX_OUTPUT_CHARACTERS) }),
  };
  const others = state.faults.filter(({ version }) => version !== fault.version);
  return { ...state, faults: [...others, now].slice(-MAX_REMEMBERED) };
}

/** Why a version is not tried again; undefined when it may be. */
export const whyShelved = (state: UpdateState, version: string): string | undefined => {
  const fault = state.faults.find((known) => known.version === version);
  return fault !== undefined && fault.count >= MAX_FAULTS ? fault.because : undefined;
};

/** The operator wants a version tried once more. */
export const withoutFaults = (state: UpdateState, version: string): UpdateState => ({
  ...state,
  faults: state.faults.filter((known) => known.version !== version),
});
