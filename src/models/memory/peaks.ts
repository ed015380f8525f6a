import type { ModelId } from '../../base/ids.ts';
import { DAY_MS } from '../../base/units.ts';
import type { EngineName } from '../../contract/model-source.ts';
import type { Task } from '../../contract/tasks/index.ts';
import type { Logger } from '../../log/logger.ts';
import type { Clock } from '../../system/clock.ts';
import type { Files } from '../../system/disk/files.ts';
import type { LearnedPeak } from './fit.ts';

/** What runs are alike in: the same model on the same engine, at about the same size. */
export interface PeakKey {
  readonly model: ModelId;
  readonly engine: EngineName;
  readonly bucket: string;
}

/** What was seen of earlier runs' GPU memory, across restarts. */
export interface Peaks {
  /** The highest peak of the runs that are kept, with headroom. */
  find(key: PeakKey): LearnedPeak | undefined;
  /**
   * Remembers for a day that so much free memory did not suffice for a run; of several, the most. Saved like the rest.
   */
  learnShortage(key: PeakKey, freeGb: number): void;
  /** Remembers what one run took at most. Saved in the background; a failure to save is logged. */
  learn(key: PeakKey, peakGb: number): void;
  /** Settles when everything learned so far is on the disk, or could not be put there. */
  saved(): Promise<void>;
}

export interface PeaksOptions {
  readonly path: string;
  readonly files: Pick<Files, 'readText' | 'writeAtomic'>;
  /** The time of day, because what is remembered outlives the process. */
  readonly clock: Pick<Clock, 'now'>;
  readonly log: Logger;
}

/** Runs differ a little, and what is seen between two probe is missed. */
const HEADROOM = 1.1;
/** Old peaks leave, so that one outlier or an older engine does not count for ever. */
const RUNS_KEPT = 20;
const KEYS_KEPT = 500;
/**
 * A job that is refused for a shortage cannot show that it would fit by now, after an update of the driver or the engine.
 * So it is tried again each day, which costs one run that may have to be repeated with less memory.
 */
const SHORT_FOR_MS = DAY_MS;

/** What of a task decides how much memory its run takes, in steps of a factor of two. */
export function sizeBucket(task: Task): string {
  switch (task.kind) {
    case 'image':
      return `px${steps(side(task.width) * side(task.height))}`;
    case 'video':
      return `px${steps(side(task.width) * side(task.height) * Math.max(1, task.seconds * (task.fps || OWN_FPS)))}`;
    case 'llm':
    case 'audio_stt':
    case 'audio_tts':
      return 'any'; // the model's context is allotted in full when it loads, whatever the chat
    default:
      return task satisfies never;
  }
}

/** A side of 0 is the model's own, the same each time: any one number stands for it. */
const side = (pixels: number): number => pixels || 1;
const OWN_FPS = 8;
const steps = (count: number): number => Math.ceil(Math.log2(Math.max(1, count)));

/** Opens what earlier runs left. A file that is not ours to read is started over: it can be learned again. */
export async function openPeaks({ path, files, clock, log }: PeaksOptions): Promise<Peaks> {
  const known = await read(path, files, log);
  let saving = Promise.resolve();
  let dirty = false;

  async function save(): Promise<void> {
    if (!dirty) return; // an earlier turn of the queue took this change along
    dirty = false;
    try {
      await files.writeAtomic(path, toText(known, clock.now()), { mode: 0o600 });
    } catch (thrown) {
      log.warn('peaks.not-saved', { path, error: thrown instanceof Error ? thrown.message : 'unknown' });
    }
  }

  function update(key: PeakKey, change: (seen: Seen) => Seen): void {
    const name = nameOf(key);
    const seen = change(known.get(name) ?? { peaks: [] });
    known.delete(name); // and back in at the end: what was used last goes last
    known.set(name, seen);
    const [oldest] = known.keys();
    if (known.size > KEYS_KEPT && oldest !== undefined) known.delete(oldest);
    dirty = true;
    saving = saving.then(save);
  }

  return {
    find(key) {
      const seen = known.get(nameOf(key));
      if (seen === undefined) return undefined;
      const short = lasting(seen, clock.now());
      const peakGb = HEADROOM * Math.max(0, ...seen.peaks);
      return { peakGb, runs: seen.peaks.length, ...(short === undefined ? {} : { moreThanGb: short.gb }) };
    },
    learn(key, peakGb) {
      if (!isPositive(peakGb)) return;
      update(key, (seen) => ({ ...seen, peaks: [...seen.peaks, round(peakGb)].slice(-RUNS_KEPT) }));
    },
    learnShortage(key, freeGb) {
      if (!isPositive(freeGb)) return;
      const short: Short = { gb: round(freeGb), at: clock.now() };
      update(key, (seen) => {
        const known = lasting(seen, short.at);
        return { ...seen, short: known !== undefined && known.gb > short.gb ? known : short };
      });
    },
    saved: () => saving,
  };
}

interface Seen {
  /** Of the newest runs, oldest first. */
  readonly peaks: readonly number[];
  /** The most free memory that did not suffice; absent when it always did. */
  readonly short?: Short;
}

interface Short {
  readonly gb: number;
  /** Milliseconds since the epoch. */
  readonly at: number;
}
type Known = Map<string, Seen>;

const nameOf = ({ model, engine, bucket }: PeakKey): string => JSON.stringify([engine, bucket, model]);
const isPositive = (value: unknown): value is number => typeof value === 'number' && value > 0 && value < Infinity;
/** A time to come is one of a clock that was wrong, and lasts no longer than others. */
const lasting = ({ short }: Seen, now: number): Short | undefined =>
  short !== undefined && Math.abs(now - short.at) < SHORT_FOR_MS ? short : undefined;
const round = (gb: number): number => Math.round(gb * 1000) / 1000;

function toText(known: Known, now: number): string {
  const peaksGb = [...known].map(([name, { peaks }]) => [name, peaks] as const).filter(([, peaks]) => peaks.length > 0);
  const shorts = [...known].flatMap(([name, seen]) => {
    const short = lasting(seen, now);
    return short === undefined ? [] : [[name, short] as const];
  });
  const value = {
    version: VERSION,
    peaksGb: Object.fromEntries(peaksGb),
    ...(shorts.length > 0 && {
      shortGb: Object.fromEntries(shorts.map(([name, { gb }]) => [name, gb])),
      shortAt: Object.fromEntries(shorts.map(([name, { at }]) => [name, at])),
    }),
  };
  return `${JSON.stringify(value, null, 1)}\n`;
}
const VERSION = 1;

async function read(path: string, files: PeaksOptions['files'], log: Logger): Promise<Known> {
  try {
    const text = await files.readText(path);
    if (text === undefined) return new Map();
    const known = fromValue(JSON.parse(text));
    if (known !== undefined) return known;
    log.warn('peaks.unreadable', { path, because: 'not in this version\u2019s form' });
  } catch (thrown) {
    log.warn('peaks.unreadable', { path, because: thrown instanceof Error ? thrown.message : 'unknown' });
  }
  return new Map();
}

function fromValue(value: unknown): Known | undefined {
  if (typeof value !== 'object' || value === null || !('version' in value) || !('peaksGb' in value)) return undefined;
  const { version, peaksGb } = value;
  if (version !== VERSION || typeof peaksGb !== 'object' || peaksGb === null) return undefined;
  const shortGb = 'shortGb' in value && typeof value.shortGb === 'object' ? (value.shortGb ?? {}) : {};
  const times = 'shortAt' in value && typeof value.shortAt === 'object' ? (value.shortAt ?? {}) : {};
  const shortAt = new Map<string, unknown>(Object.entries(times));
  const known: Known = new Map();
  for (const [name, peaks] of Object.entries(peaksGb)) {
    const valid: readonly number[] = Array.isArray(peaks) ? peaks.filter(isPositive).slice(-RUNS_KEPT) : [];
    if (valid.length > 0) known.set(name, { peaks: valid });
  }
  for (const [name, gb] of Object.entries(shortGb)) {
    const at = shortAt.get(name); // without one it may be of any age
    if (isPositive(gb) && isPositive(at)) known.set(name, { peaks: known.get(name)?.peaks ?? [], short: { gb, at } });
  }
  return new Map([...known].slice(-KEYS_KEPT));
}
