import { errorChain } from '../../base/errors.ts';
import { toModelId } from '../../base/ids.ts';
import type { CatalogueEntry } from '../../contract/catalogue.ts';
import type { PooledModel } from '../../models/loaded/entry.ts';
import type { WorkerControl } from '../../worker/control/control.ts';
import type { WorkerEvent, WorkerEvents } from '../../worker/events.ts';
import type { NotLoaded } from '../../worker/models/restore.ts';
import { rivalsOf } from '../../worker/models/rivals.ts';

/** What became of a request to load, once it is known that it can be. */
export type LoadOutcome = { readonly is: 'loaded' | 'loading' } | ({ readonly is: 'not-loaded' } & NotLoaded);

/** Loads that an operator asked for, and how the last one of each model failed. */
export interface Loads {
  /** Settles when the model is on its way into memory or there, or is not to be. @throws WorkerError what loading throws */
  load(entry: CatalogueEntry, others: readonly CatalogueEntry[]): Promise<LoadOutcome>;
  /** Settles when it is on its way out; how many were. */
  unload(entry: Pick<CatalogueEntry, 'id' | 'source'>): Promise<number>;
  /** Why the last load of a model failed after it had begun, and when. */
  failureOf(id: string): { readonly at: number; readonly error: string } | undefined;
}

export interface LoadsOptions {
  readonly control: Pick<WorkerControl, 'load' | 'unload' | 'status'>;
  readonly events: Pick<WorkerEvents, 'subscribe'>;
  readonly now: () => number;
}

export function createLoads({ control, events, now }: LoadsOptions): Loads {
  const failures = new Map<string, { readonly at: number; readonly error: string }>();

  return {
    async load(entry, others) {
      failures.delete(entry.id);
      for (const { id, source: rival } of rivalsOf(entry, others))
        await control.unload({ model: toModelId(id), engine: rival.engine });
      const { source, vramGbEstimate: gb } = entry;
      using onItsWay = stateReached(entry, events, 'loading');
      const loaded = control.load({ model: toModelId(entry.id), source, ...(gb > 0 ? { gb } : {}) });
      const first = await Promise.race([loaded, onItsWay.reached.then(() => ({ is: 'loading' }) as const)]);
      if (first.is === 'loading') {
        loaded.catch((thrown: unknown) => failures.set(entry.id, { at: now(), error: errorChain(thrown) }));
      }
      return first;
    },
    async unload({ id, source }) {
      failures.delete(id);
      const model = toModelId(id);
      const found = (await control.status({})).models.filter((one) => isEntry(one, { id, source }));
      if (found.length > 0) void control.unload({ model, engine: source.engine });
      return found.length;
    },
    failureOf: (id) => failures.get(id),
  };
}

/** Whether a model in memory is this one of the catalogue. */
export const isEntry = (
  { model, engine }: PooledModel,
  { id, source }: Pick<CatalogueEntry, 'id' | 'source'>,
): boolean => model === id && engine === source.engine;

/** Settles once a model is in this state, from now on. */
function stateReached(
  entry: CatalogueEntry,
  events: Pick<WorkerEvents, 'subscribe'>,
  state: PooledModel['state'],
): Disposable & { readonly reached: Promise<void> } {
  const { promise, resolve } = Promise.withResolvers<void>();
  const subscription = events.subscribe((event: WorkerEvent) => {
    if (event.is === 'models' && event.models.some((model) => isEntry(model, entry) && model.state === state))
      resolve();
  });
  return { reached: promise, [Symbol.dispose]: () => subscription[Symbol.dispose]() };
}
