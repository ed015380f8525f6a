import type { LoadedShare } from '../memory/fit.ts';
import type { MemoryKind } from '../memory/gpu-memory.ts';
import { isSameGpu } from '../memory/one-gpu.ts';
import {
  type Entry,
  type LoadRequest,
  type ModelName,
  type PooledModel,
  residentOf,
  shareOf,
  viewOf,
} from './entry.ts';
import type { LoadedWeights } from './lane.ts';
import { isIdle } from './lifecycle.ts';
import type { Resident } from './residency.ts';

/** The pool's entries: one for each engine, model and GPU, and beside them the ones whose holder was abandoned. */
export class Entries<Model extends LoadedWeights> {
  readonly #current = new Set<Entry<Model>>();
  /** Replaced while an abandoned holder still had them: they are unloaded when that use ends, if it ever does. */
  readonly #abandoned = new Set<Entry<Model>>();

  add(entry: Entry<Model>): void {
    this.#current.add(entry);
  }

  /** Its place is free for another entry; it still counts among `all` until it is out of memory. */
  abandon(entry: Entry<Model>): void {
    this.#current.delete(entry);
    this.#abandoned.add(entry);
  }

  remove(entry: Entry<Model>): void {
    this.#current.delete(entry);
    this.#abandoned.delete(entry);
  }

  /** Its load failed: it stays listed, as the only failed one. */
  keepFailed(newest: Entry<Model>): void {
    this.#abandoned.delete(newest);
    for (const entry of this.#current) {
      if (entry !== newest && entry.lane.state.at === 'failed') this.#current.delete(entry);
    }
  }

  named({ model, engine }: ModelName): readonly Entry<Model>[] {
    return this.current.filter(
      ({ request }) => request.model === model && (engine === undefined || request.engine === engine),
    );
  }

  get current(): readonly Entry<Model>[] {
    return [...this.#current];
  }

  /** The abandoned ones included. */
  get all(): readonly Entry<Model>[] {
    return [...this.#current, ...this.#abandoned];
  }

  find({ engine, model, device }: Pick<LoadRequest<Model>, 'engine' | 'model' | 'device'>): Entry<Model> | undefined {
    return this.current.find(
      ({ request }) => request.engine === engine && request.model === model && isSameGpu(request.device, device),
    );
  }

  /** The entry that can serve this request, in memory or being preloaded. Taken at once, it cannot go before. */
  findUsable(request: LoadRequest<Model>): Entry<Model> | undefined {
    const known = this.find(request);
    if (known?.request.key !== request.key) return undefined;
    const { state } = known.lane;
    const isPreloading = state.at === 'loading' && !state.inUse && state.leaving === undefined;
    return isPreloading || isIdle(state) ? known : undefined;
  }

  idleOf({ model, device }: Pick<LoadedShare, 'model' | 'device'>): readonly Entry<Model>[] {
    return this.current.filter(
      ({ request, lane }) => request.model === model && isSameGpu(request.device, device) && isIdle(lane.state),
    );
  }

  get hasIdle(): boolean {
    return this.current.some(({ lane }) => isIdle(lane.state));
  }

  /** The abandoned ones included: they are in memory all the same. */
  views(): readonly PooledModel[] {
    return this.all.flatMap((entry) => viewOf(entry) ?? []);
  }

  residents(): readonly Resident[] {
    return this.current.flatMap((entry) => residentOf(entry) ?? []);
  }

  /** The abandoned ones included: they are in memory all the same. */
  shares(kind: MemoryKind): readonly LoadedShare[] {
    return this.all.flatMap((entry) => shareOf(entry, kind) ?? []);
  }
}
