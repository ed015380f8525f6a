import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { synthetic } from '../../fakes/builders.ts';
import { enrol, type SpawnedStudio, spawnStudio } from '../../flow/studio/killed-studios.ts';
import type { FleetNews, FleetOrder } from './workers.ts';

/** Studios in processes of their own, and simulated workers in another. */
export interface Fleet extends AsyncDisposable {
  readonly studios: readonly SpawnedStudio[];
  /** Connects the workers; resolves when each was welcomed. */
  connect(workers: number): Promise<void>;
  /** When each worker was welcomed last, milliseconds since the epoch. */
  readonly welcomedAt: ReadonlyMap<number, number>;
  /** When each job was offered. */
  readonly offeredAt: ReadonlyMap<string, number>;
  /** Resolves when this many jobs were offered in all. */
  offered(jobs: number): Promise<void>;
  welcomed(workers: number, since: number): Promise<void>;
  /** Kills a studio and starts it again on its port and data, with something done while it is away. */
  restart(at: number, meanwhile?: () => Promise<void>): Promise<void>;
  /** Where a studio keeps its data. */
  folderOf(at: number): string;
}

const TOKEN = '0123456789abcdef'.repeat(4);
const REGISTERED_AT_ONCE = 16;
/** Jobs that are asked for at the same time. */
export const JOBS_AT_ONCE = 16;

/** Starts so many studios, on one database or, a single one, on a file. */
export async function startFleet(count: number, database: string | undefined): Promise<Fleet> {
  const dataDir = await mkdtemp(join(tmpdir(), 'fleet-'));
  const shared: [] | [string, string] = database === undefined ? [] : [database, TOKEN];
  const start = (at: number, port = 0) => spawnStudio(join(dataDir, String(at)), port, shared);
  const studios: SpawnedStudio[] = [];
  for (let at = 0; at < count; at++) studios.push(await start(at));
  const welcomedAt = new Map<number, number>();
  const offeredAt = new Map<string, number>();
  let wake = (): void => {};
  let simulated: Bun.Subprocess<'ignore', 'pipe', 'inherit'> | undefined;
  const until = async (fact: () => boolean): Promise<void> => {
    while (!fact()) await new Promise<void>((resolve) => (wake = resolve));
  };
  const hear = (news: FleetNews): void => {
    if (news.is === 'welcomed') welcomedAt.set(news.worker, news.at);
    else for (const [jobId, at] of news.offers) offeredAt.set(jobId, at);
    wake();
  };
  return {
    studios,
    welcomedAt,
    offeredAt,
    connect: async (workers) => {
      const order: FleetOrder = { urls: studios.map(({ url }) => url), workers: await register(studios, workers) };
      simulated = Bun.spawn([process.execPath, join(import.meta.dir, 'workers.ts'), JSON.stringify(order)], {
        stdin: 'ignore',
        stdout: 'pipe',
        stderr: 'inherit',
      });
      void follow(simulated.stdout, hear);
      await until(() => welcomedAt.size === workers);
    },
    offered: (jobs) => until(() => offeredAt.size >= jobs),
    welcomed: (workers, since) => until(() => [...welcomedAt.values()].filter((at) => at > since).length === workers),
    folderOf: (at) => join(dataDir, String(at)),
    restart: async (at, meanwhile) => {
      const dead = studios[at] as SpawnedStudio;
      dead.child.kill('SIGKILL');
      await dead.child.exited;
      await meanwhile?.();
      studios[at] = await start(at, dead.port);
    },
    [Symbol.asyncDispose]: async () => {
      simulated?.kill('SIGKILL');
      await simulated?.exited;
      for (const { child } of studios) child.kill('SIGKILL');
      await Promise.all(studios.map(({ child }) => child.exited));
      await rm(dataDir, { recursive: true, force: true });
    },
  };
}

async function register(studios: readonly SpawnedStudio[], count: number): Promise<FleetOrder['workers']> {
  const workers: { workerId: string; authToken: string }[] = [];
  const numbers = Array.from({ length: count }, (_, at) => at).values();
  await Promise.all(
    Array.from({ length: REGISTERED_AT_ONCE }, async () => {
      for (const at of numbers) {
        const { workerId, authToken } = await enrol(studios[at % studios.length] as SpawnedStudio);
        workers.push({ workerId, authToken });
      }
    }),
  );
  return workers;
}

async function follow(output: ReadableStream<Uint8Array>, hear: (news: FleetNews) => void): Promise<void> {
  let rest = '';
  const decoder = new TextDecoder();
  for await (const chunk of output) {
    const lines = (rest + decoder.decode(chunk, { stream: true })).split('\n');
    rest = lines.pop() ?? '';
    for (const line of lines) hear(JSON.parse(line) as FleetNews);
  }
}

const DRAFT = { task: { kind: 'llm', messages: [{ role: 'user', content: 'hi' }] }, modelSource: synthetic };

/** Asks one of the studios for a job; its id. */
export async function askForJob(studios: readonly SpawnedStudio[], at: number): Promise<string> {
  const answer = await (studios[at % studios.length] as SpawnedStudio).call('POST', '/admin/jobs', DRAFT);
  if (!answer.ok) throw new Error(`a job was answered ${answer.status}: ${await answer.text()}`);
  return ((await answer.json()) as { id: string }).id;
}

/** Creates so many jobs, some at a time, over all studios; when each was asked for, by its id. */
export async function createJobs(
  studios: readonly SpawnedStudio[],
  count: number,
  atOnce: number,
): Promise<ReadonlyMap<string, number>> {
  const askedAt = new Map<string, number>();
  const numbers = Array.from({ length: count }, (_, at) => at).values();
  await Promise.all(
    Array.from({ length: atOnce }, async () => {
      for (const at of numbers) {
        const asked = performance.timeOrigin + performance.now();
        askedAt.set(await askForJob(studios, at), asked);
      }
    }),
  );
  return askedAt;
}
