import type { ApiModel, Verified } from '../../../local-api/contract/models.ts';
import { SECOND_MS } from '../../../base/units.ts';
import { countdown, duration, gib, sentence } from '../../format.ts';
import type { IconName } from '../../kit/icons/icons.tsx';
import type { Tone } from '../../kit/tones.ts';
import { MODELS } from '../../words/models.ts';

export const SECTIONS = ['memory', 'disk', 'download', 'absent'] as const;
export type Section = (typeof SECTIONS)[number];

/** What the row's button does. */
export type ModelAction = 'load' | 'unload' | 'download' | 'downloadAgain' | 'resume' | 'stop';

/** Where a model stands, as its row shows it. */
export interface ModelLook {
  readonly section: Section;
  readonly tone: Tone;
  readonly icon: IconName;
  readonly word: string;
  readonly note: string;
  readonly action: ModelAction;
  /** Why the button cannot be pressed now. */
  readonly off?: string;
  /** What went wrong, and what helps. */
  readonly trouble?: string;
}

export interface ModelFacts {
  readonly now: number;
  /** Of the largest GPU, in GiB; 0 where it is not known. */
  readonly vramTotalGb: number;
  /** What the last check of its files came to. */
  readonly verdict: Verified | undefined;
}

const STATES = MODELS.states;
const NOTES = MODELS.notes;

export function modelLook(model: ApiModel, facts: ModelFacts): ModelLook {
  if (model.pull?.state === 'running') return pullLook(model.pull);
  if (model.loaded !== null && model.loaded.state !== 'failed') return loadedLook(model.loaded, facts.now);
  return model.disk.state === 'absent' || model.disk.state === 'partial'
    ? absentLook(model, facts)
    : diskLook(model, facts);
}

function pullLook(pull: NonNullable<ApiModel['pull']>): ModelLook {
  const base = { section: 'download', tone: 'accent', action: 'stop' } as const;
  if (pull.phase === 'wait') return { ...base, icon: 'clock', word: STATES.waiting, note: NOTES.waits };
  if (pull.phase === 'verify') return { ...base, icon: 'verify', word: STATES.checking, note: fileNote(pull) };
  const left = leftMs(pull);
  const note = left === undefined ? fileNote(pull) : NOTES.left(duration(left));
  return { ...base, icon: 'down', word: STATES.downloading, note };
}

const fileNote = ({ file, files }: NonNullable<ApiModel['pull']>): string => NOTES.file(file, files);

/** How long the file that is on its way still takes; undefined where nobody knows. */
function leftMs({ doneBytes, totalBytes, bytesPerSecond }: NonNullable<ApiModel['pull']>): number | undefined {
  if (totalBytes === null || bytesPerSecond <= 0) return undefined;
  return ((totalBytes - doneBytes) / bytesPerSecond) * SECOND_MS;
}

function loadedLook(loaded: NonNullable<ApiModel['loaded']>, now: number): ModelLook {
  const base = { section: 'memory', action: 'unload' } as const;
  const since = NOTES.since(duration(now - loaded.since));
  switch (loaded.state) {
    case 'in use':
      return { ...base, tone: 'busy', icon: 'play', word: STATES.inUse, note: since, off: MODELS.inUse };
    case 'idle': {
      const note = loaded.unloadsAt === undefined ? NOTES.idle : NOTES.unloadsIn(countdown(loaded.unloadsAt - now));
      return { ...base, tone: 'ok', icon: 'done', word: STATES.loaded, note };
    }
    case 'loading':
      return { ...base, tone: 'accent', icon: 'clock', word: STATES.loading, note: since };
    case 'unloading':
      return { ...base, tone: 'rest', icon: 'clock', word: STATES.unloading, note: since, off: STATES.unloading };
    case 'failed':
      return { ...base, tone: 'bad', icon: 'failed', word: STATES.failed, note: since };
    default:
      return loaded.state satisfies never;
  }
}

function diskLook(model: ApiModel, { verdict }: ModelFacts): ModelLook {
  const broken = verdict?.files.find((file) => file.verdict === 'broken');
  const base = { section: 'disk', action: 'load' } as const;
  if (broken !== undefined) {
    const trouble = MODELS.damagedSay(broken.filename, broken.because ?? '');
    return { ...base, tone: 'bad', icon: 'failed', word: STATES.damaged, note: '', action: 'downloadAgain', trouble };
  }
  const off = model.enabled ? (model.loadable ? undefined : MODELS.notLoadable) : MODELS.disabled;
  const rest = { ...base, note: needNote(model, verdict), ...(off === undefined ? {} : { off }) };
  if (model.state === 'failed') {
    return {
      ...rest,
      tone: 'bad',
      icon: 'failed',
      word: STATES.failed,
      trouble: sentence(model.error ?? STATES.failed),
    };
  }
  const word = model.disk.state === 'none-needed' ? STATES.noFile : STATES.onDisk;
  return { ...rest, tone: 'rest', icon: 'folder', word };
}

function needNote({ vramGbEstimate, enabled }: ApiModel, verdict: Verified | undefined): string {
  if (!enabled) return NOTES.disabled;
  if (verdict !== undefined) {
    return verdict.files.every((file) => file.verdict === 'verified') ? NOTES.verified : NOTES.notVerified;
  }
  return vramGbEstimate > 0 ? NOTES.needs(gib(vramGbEstimate)) : '';
}

function absentLook(model: ApiModel, { vramTotalGb }: ModelFacts): ModelLook {
  const { pull, disk, vramGbEstimate, origin } = model;
  const isPartial = disk.state === 'partial';
  const base = { section: 'absent', action: isPartial ? 'resume' : 'download' } as const;
  if (pull?.state === 'failed') {
    const trouble = [pull.error, pull.hint].flatMap((text) => (text === undefined ? [] : [sentence(text)])).join('. ');
    return { ...base, tone: 'bad', icon: 'failed', word: STATES.downloadFailed, note: '', trouble };
  }
  if (vramTotalGb > 0 && vramGbEstimate > vramTotalGb) {
    const note = NOTES.needsOf(vramGbEstimate.toFixed(1), gib(vramTotalGb));
    return { ...base, tone: 'busy', icon: 'warn', word: STATES.tooLarge, note };
  }
  const word = isPartial ? STATES.partial : STATES.absent;
  return { ...base, tone: 'rest', icon: 'cancelled', word, note: NOTES.origins[origin] };
}

/** The size that a row shows: what is here, else what the recipe says. Undefined where nobody knows. */
export function sizeOf({ disk, source }: ApiModel): number | undefined {
  if (disk.state === 'whole') return disk.sizeBytes;
  const said = source.files.map(({ approxBytes }) => approxBytes);
  const known = said.flatMap((size) => (size === undefined || size === null ? [] : [Number(size)]));
  return known.length > 0 && known.length === said.length ? known.reduce((sum, size) => sum + size, 0) : undefined;
}

export interface ModelFilter {
  readonly kind: ApiModel['kind'] | 'all';
  readonly search: string;
}
export const NO_MODEL_FILTER: ModelFilter = { kind: 'all', search: '' };

export function filterModels(models: readonly ApiModel[], { kind, search }: ModelFilter): readonly ApiModel[] {
  const wanted = search.trim().toLowerCase();
  return models.filter(
    (model) =>
      (kind === 'all' || model.kind === kind) && `${model.displayName} ${model.id}`.toLowerCase().includes(wanted),
  );
}

/** Whether there is anything on this disk to verify. */
export const isWhole = ({ disk }: Pick<ApiModel, 'disk'>): boolean => disk.state === 'whole' && disk.sizeBytes > 0;
