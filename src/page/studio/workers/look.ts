import { isTaskKind, kindName, type TaskKindId } from '../../../contract/tasks/index.ts';
import type { RegistrationView, WorkerView } from '../../../contract/operator/views.ts';
import type { JobRowView } from '../../../contract/page/dashboard.ts';
import { duration, gib, moment } from '../../format.ts';
import type { GlyphName } from '../../kit/icons/icons.tsx';
import type { Tone } from '../../kit/tones.ts';
import { WORKERS } from '../../words/studio/workers.ts';

/** A worker's state as a shape, a word and a colour, with what it is at and what there is to say of that. */
export interface WorkerLook {
  readonly tone: Tone;
  readonly glyph: GlyphName;
  readonly word: string;
  readonly doing: string;
  readonly note: string | undefined;
  readonly seen: string;
}

const SAY = WORKERS;

export function workerLook(worker: WorkerView, jobs: readonly JobRowView[], now: number): WorkerLook {
  const seen = worker.lastSeenAt === undefined ? undefined : Date.parse(worker.lastSeenAt);
  const ago = seen === undefined ? SAY.never : SAY.seen(duration(now - seen));
  if (!worker.connected) {
    return {
      tone: 'bad',
      glyph: 'offline',
      word: SAY.states.disconnected,
      doing: seen === undefined ? SAY.never : SAY.silent(duration(now - seen)),
      note: undefined,
      seen: seen === undefined ? '' : SAY.since(moment(seen, now)),
    };
  }
  if (worker.currentJobId !== undefined) return { ...busyLook(worker, jobs, now), seen: ago };
  const isAway = !worker.capabilities.autoEnabled;
  return {
    tone: isAway ? 'rest' : 'ok',
    glyph: isAway ? 'paused' : 'idle',
    word: isAway ? SAY.states.away : SAY.states.idle,
    doing: SAY.noJob,
    note: worker.idleBecause,
    seen: ago,
  };
}

function busyLook(worker: WorkerView, jobs: readonly JobRowView[], now: number): Omit<WorkerLook, 'seen'> {
  const { currentJobId: jobId = '', currentJobIds, maxJobs } = worker;
  const job = jobs.find(({ id }) => id === jobId);
  const startedAt = job?.startedAt === undefined ? undefined : Date.parse(job.startedAt);
  return {
    tone: 'busy',
    glyph: 'busy',
    word: SAY.states.busy,
    doing: currentJobIds.length > 1 ? SAY.jobs(currentJobIds.length, maxJobs) : job?.prompt || jobId,
    note: startedAt === undefined ? undefined : SAY.running(duration(now - startedAt)),
  };
}

/** The kinds of the contract that somebody names, by their names here. */
export const kindsOf = (kinds: readonly string[]): readonly TaskKindId[] => kinds.filter(isTaskKind);

/** A name as it stands in the middle of a sentence: capitals that are no beginning stay, as in `3D`. */
const insideSentence = (name: string): string => (name === name.toUpperCase() ? name : name.toLowerCase());

/** What a worker that asks to join brings, in a sentence. */
export function offerSentence({ vramTotalGb, taskKinds }: RegistrationView): string {
  const [first = SAY.noKinds, ...others] = kindsOf(taskKinds).map(kindName);
  const kinds = [first, ...others.map(insideSentence)].join(', ');
  return vramTotalGb > 0 ? SAY.offers(gib(vramTotalGb), kinds) : SAY.offersNoGpu(kinds);
}

const MAX_NAMES = 4;
/** The first of many names, and how many more there are. */
export const someOf = (names: readonly string[]): string =>
  SAY.andMore(names.slice(0, MAX_NAMES).join(', '), Math.max(0, names.length - MAX_NAMES));
