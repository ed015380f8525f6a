import { TASK_KIND_IDS } from '../../../src/contract/tasks/index.ts';
import type { Query } from '../../../src/system/database/sql.ts';
import type { Store } from '../../../src/local-studio/storage/store.ts';
import type { Completion, JobTable, NewJob, OfferCriteria } from '../../../src/local-studio/storage/tables/jobs.ts';

/** A store of its own for each test, which can be closed and opened again. */
export interface StoreUnderTest extends AsyncDisposable {
  readonly store: Store;
  readonly reopen: () => Promise<Store>;
  /** A statement of somebody else's, such as a studio of an older release. */
  readonly query: Query;
  /** What takes the schema back to that of an older release. */
  readonly older: { readonly beforeEndedBecause: readonly string[] };
}

/** Declares one test over a store of its own. */
export type It = (title: string, body: (subject: StoreUnderTest) => Promise<void>) => void;

/** A job to queue, of an engine and a size that the worker of `criteria` serves. */
export const aJob = (id: string, about: Partial<NewJob> = {}): NewJob => ({
  id,
  project: 'default',
  kind: 'llm',
  model: 'm-1',
  modelSource: '{"engine":"synthetic"}',
  task: '{}',
  prompt: 'as created',
  gameId: 'g',
  assetName: 'a',
  vramGb: 1,
  priority: 0,
  maxAttempts: 3,
  createdAt: 1,
  ...about,
});

export const criteria = (workerId: string): OfferCriteria => ({
  workerId,
  kinds: TASK_KIND_IDS.filter((kind) => kind !== 'image'),
  engines: ['synthetic'],
  thresholdGb: 7.5,
  except: [],
});

export const aResult: Completion = { prompt: undefined, result: '{}' };

/** Creates a job and takes it to a situation, by worker `w-1`. Nothing else may be queued. */
export async function bringTo(
  jobs: JobTable,
  id: string,
  situation: string,
  about: Partial<NewJob> = {},
): Promise<void> {
  await jobs.add(aJob(id, about));
  if (situation === 'queued') return;
  if (situation === 'cancelled') return void (await jobs.cancel(id, 2));
  await jobs.offerNext({ ...criteria('w-1'), except: await othersThan(jobs, id) }, 2);
  if (situation === 'offered') return;
  await jobs.start(id, 'w-1', 3);
  if (situation === 'running') return;
  if (situation === 'completed') return void (await jobs.complete(id, 'w-1', aResult, 4));
  const to = situation === 'failed' ? 'failed' : 'queued';
  await jobs.end(id, 'w-1', { to, outcome: 'lost', error: 'no luck' }, 4);
}

const othersThan = async (jobs: JobTable, id: string): Promise<readonly number[]> =>
  (await jobs.list({ state: 'queued', before: undefined, limit: 50 })).flatMap((job) =>
    job.id === id ? [] : [job.seq],
  );
