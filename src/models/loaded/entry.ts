import { gpuId, shownGpu } from '../../base/gpu-device.ts';
import type { ModelId } from '../../base/ids.ts';
import type { EngineName, ModelSource } from '../../contract/model-source.ts';
import type { Logger } from '../../log/logger.ts';
import type { Clock } from '../../system/clock.ts';
import type { MemoryReport } from '../../system/machine/gpus.ts';
import type { HostShare, MemoryRequest } from '../memory/evict.ts';
import type { LoadedShare } from '../memory/fit.ts';
import type { MemoryKind } from '../memory/gpu-memory.ts';
import { createLane, type Lane, type LaneOptions, type LoadedWeights } from './lane.ts';
import { isIdle } from './lifecycle.ts';
import type { Resident } from './residency.ts';

/** A model that is to be in memory, and how to get it there. */
export interface LoadRequest<Model extends LoadedWeights> extends MemoryRequest {
  readonly engine: EngineName;
  readonly model: ModelId;
  readonly source: ModelSource;
  /** Differs where the files or settings do: another key of the same model replaces what is loaded. */
  readonly key: string;
  /** Estimated size in memory, in GiB; 0 when it is unknown. */
  readonly gb: number;
  /** Undefined for a model that has everything in one kind of memory. */
  readonly host?: HostShare | undefined;
  /** Rejects once the signal aborts, when nothing of it is left in memory. */
  readonly load: (signal: AbortSignal) => Promise<Model>;
}

/** A model as an operator names it: on one engine, or on every one that has it. */
export interface ModelName {
  readonly model: ModelId;
  readonly engine?: EngineName;
}

/** A model in memory, or on its way in or out. */
export interface PooledModel {
  readonly engine: EngineName;
  readonly model: ModelId;
  readonly state: 'loading' | 'in use' | 'idle' | 'unloading' | 'failed';
  /** The GPU it is kept on, for people; absent where its engine chose. */
  readonly gpu?: string;
  /** The process that holds it. */
  readonly pid?: number;
  /** When it came to be in this state, and when it was used last; milliseconds since the epoch. */
  readonly since: number;
  readonly lastUsedAt: number;
  /** What unloading it gives back, in GiB: measured, or estimated until it was. */
  readonly gb: number;
  /** When it is unloaded unless somebody uses it, in milliseconds since the epoch. */
  readonly unloadsAt?: number;
}

/** One model of the pool: its lane, and what is known of it beside its state. */
export interface Entry<Model extends LoadedWeights> {
  readonly request: LoadRequest<Model>;
  readonly lane: Lane<Model>;
  /** When it came to be in its state, and when it was used last; milliseconds since the epoch. */
  since: number;
  lastUsedAt: number;
  /** When it was used last, on the monotonic clock: setting the machine's clock does not change what is evicted first. */
  lastUsedElapsedMs: number;
  /** Its size in memory, in GiB: measured, or estimated until it was. */
  gb: number;
  /** How often it was taken. Only the first use is followed by a measurement. */
  useCount: number;
  /** Memory just before it was loaded; undefined when it was not measured. */
  beforeLoad: MemoryReport | undefined;
  /** The pool's count of loads and unloads when this one was loaded: a higher one means that others changed memory since. */
  changeCount: number;
  /** Its last use failed in a way that may have been its own fault. */
  isSuspect: boolean;
}

/** An entry with nothing in memory yet. Its load is logged with the time it took. */
export function createEntry<Model extends LoadedWeights>(
  request: LoadRequest<Model>,
  options: Pick<LaneOptions<Model>, 'keepMs'> & { readonly clock: Clock; readonly log: Logger },
  onStateChange: LaneOptions<Model>['onStateChange'],
): Entry<Model> {
  const { keepMs, clock, log } = options;
  const now = clock.now();
  return {
    request,
    lane: createLane({ load: (signal) => loadLogged(request, options, signal), keepMs, clock, log, onStateChange }),
    since: now,
    lastUsedAt: now,
    lastUsedElapsedMs: clock.elapsed(),
    gb: request.gb,
    useCount: 0,
    beforeLoad: undefined,
    changeCount: 0,
    isSuspect: false,
  };
}

async function loadLogged<Model extends LoadedWeights>(
  { engine, model: name, device, load }: LoadRequest<Model>,
  { clock, log }: { readonly clock: Clock; readonly log: Logger },
  signal: AbortSignal,
): Promise<Model> {
  const since = clock.elapsed();
  const model = await load(signal);
  const pid = model.process?.pid;
  const ms = Math.round(clock.elapsed() - since);
  if (pid !== undefined) log.info('model.loaded', { engine, model: name, pid, ms, ...shownGpu(device) });
  return model;
}

/** What evicting it would give back of a kind of memory; undefined while it has nothing there. */
export function shareOf<Model extends LoadedWeights>(
  { request, lane, ...entry }: Entry<Model>,
  kind: MemoryKind,
): LoadedShare | undefined {
  const gb = request.kind === kind ? entry.gb : kind === 'ram' ? request.host?.gb : undefined;
  if (lane.model === undefined || gb === undefined) return undefined;
  return {
    model: request.model,
    device: request.device,
    gb,
    inUse: !isIdle(lane.state),
    lastUsedElapsedMs: entry.lastUsedElapsedMs,
  };
}

/** The entry is used now, or was at `at`, in milliseconds since the epoch. */
export function markUsed<Model extends LoadedWeights>(
  entry: Entry<Model>,
  clock: Pick<Clock, 'now' | 'elapsed'>,
  at = clock.now(),
): void {
  entry.lastUsedAt = at;
  entry.lastUsedElapsedMs = clock.elapsed() - (clock.now() - at);
}

/** What is remembered across restarts; undefined for a model that is not in memory, or that no process holds. */
export function residentOf<Model extends LoadedWeights>({
  request,
  lane,
  ...entry
}: Entry<Model>): Resident | undefined {
  if (lane.state.at !== 'loaded' || lane.model?.process === undefined) return undefined;
  const { model, source, device } = request;
  const gpu = device === undefined ? {} : { gpu: gpuId(device) };
  return { model, source, gb: entry.gb, lastUsedAt: entry.lastUsedAt, ...gpu };
}

/** What the operator sees; undefined for a model that is not in memory. */
export function viewOf<Model extends LoadedWeights>({
  request,
  lane,
  ...entry
}: Entry<Model>): PooledModel | undefined {
  const { state, unloadsAt, model } = lane;
  const pid = model?.process?.pid;
  if (state.at === 'unloaded' || (model !== undefined && pid === undefined)) return undefined;
  return {
    engine: request.engine,
    model: request.model,
    state: state.at === 'loaded' ? (state.inUse ? 'in use' : 'idle') : state.at,
    ...(pid === undefined ? {} : { pid }),
    ...shownGpu(request.device),
    since: entry.since,
    lastUsedAt: entry.lastUsedAt,
    gb: entry.gb,
    ...(unloadsAt === undefined ? {} : { unloadsAt }),
  };
}
