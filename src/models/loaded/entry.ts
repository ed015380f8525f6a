import type { ModelId } from '../../base/ids.ts';
import type { EngineName, ModelSource } from '../../contract/model-source.ts';
import type { MemoryReport } from '../../system/machine/gpus.ts';
import type { LoadedShare } from '../memory/fit.ts';
import type { Loaded, Lane } from './lane.ts';
import type { MemoryRequest } from '../memory/evict.ts';
import type { Resident } from './residency.ts';

export interface LoadRequest<Model extends Loaded> extends MemoryRequest {
  readonly engine: EngineName;
  readonly model: ModelId;
  readonly source: ModelSource;
  /** Another one for other files or settings. */
  readonly key: string;
  /** What it takes as far as is known before it was loaded, in GiB. */
  readonly gb: number;
  readonly load: (signal: AbortSignal) => Promise<Model>;
}

/** A model in memory, or on its way in or out. */
export interface PooledModel {
  readonly engine: EngineName;
  readonly model: ModelId;
  readonly state: 'loading' | 'in use' | 'idle' | 'unloading' | 'failed';
  /** The process that holds it. */
  readonly pid?: number;
  /** When it came to be in this state, and when it was used last; milliseconds since the epoch. */
  readonly since: number;
  readonly lastUsedAt: number;
  /** What unloading it gives back, in GiB: as seen, or as estimated before anybody could look. */
  readonly gb: number;
  /** When it goes unless somebody uses it. */
  readonly unloadsAt?: number;
}

/** A model's lane, and what is known of it beside its state. */
export interface Entry<Model extends Loaded> {
  readonly wanted: LoadRequest<Model>;
  readonly lane: Lane<Model>;
  since: number;
  lastUsedAt: number;
  gb: number;
  uses: number;
  /** Memory just before it was loaded, and how many models had come and gone once it was. */
  before: MemoryReport | undefined;
  moves: number;
  /** Its last use failed in a way that may have been its fault. */
  isDoubtful: boolean;
}

/** What its memory is to whoever probe for room; undefined while it has none. */
export function shareOf<Model extends Loaded>({ wanted, lane, gb, lastUsedAt }: Entry<Model>): LoadedShare | undefined {
  if (lane.model === undefined) return undefined;
  return { model: wanted.model, gb, inUse: !isIdle(lane), lastUsedAt };
}

/** For whoever remembers what is in memory; undefined for one that is not, or is not held by anybody. */
export function residentOf<Model extends Loaded>({ wanted, lane, ...entry }: Entry<Model>): Resident | undefined {
  if (lane.state.at !== 'loaded' || lane.model?.process === undefined) return undefined;
  return { model: wanted.model, source: wanted.source, gb: entry.gb, lastUsedAt: entry.lastUsedAt };
}

/** In memory, and nobody uses it. */
export const isIdle = ({ state }: Pick<Lane<Loaded>, 'state'>): boolean => state.at === 'loaded' && !state.inUse;

/** For whoever asks what is in memory; undefined for one that is not. */
export function viewOf<Model extends Loaded>({ wanted, lane, ...entry }: Entry<Model>): PooledModel | undefined {
  const { state, unloadsAt, model } = lane;
  const { engine, model: name } = wanted;
  const pid = model?.process?.pid;
  if (state.at === 'unloaded' || (model !== undefined && pid === undefined)) return undefined;
  return {
    engine,
    model: name,
    state: state.at === 'loaded' ? (state.inUse ? 'in use' : 'idle') : state.at,
    ...(pid === undefined ? {} : { pid }),
    since: entry.since,
    lastUsedAt: entry.lastUsedAt,
    gb: entry.gb,
    ...(unloadsAt === undefined ? {} : { unloadsAt }),
  };
}
