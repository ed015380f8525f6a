import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { mkdir, writeFile } from 'node:fs/promises';
import type { Credentials } from '../../../../src/studio/session/session.ts';
import type { ArtifactPlace } from '../../../../src/local-studio/storage/places.ts';
import { fakeRandom } from '../../../fakes/system/fake-random.ts';
import type { Random } from '../../../../src/system/random.ts';
import { type PostgresServer, startPostgresServer } from '../../../fakes/studio/postgres-server.ts';
import { startS3Server } from '../../../fakes/studio/s3-server.ts';
import { spawnChild } from '../../child.ts';
import { enrol, type SpawnedStudio, spawnStudio } from '../killed-studios.ts';
import { type FaultyLine, openFaultyLine } from './faulty-line.ts';
import { type FaultyStore, openFaultyStore } from '../../../fakes/studio/faulty-store.ts';
import { type Diary, lightWorker } from './light-worker.ts';

/** Studios on one database and one store, with workers whose lines and whose store can be broken. */
export interface ChaosScene extends AsyncDisposable {
  readonly studios: readonly SpawnedStudio[];
  readonly database: PostgresServer;
  readonly databaseUrl: string;
  readonly line: FaultyLine;
  readonly store: FaultyStore;
  /** Where artifacts are. */
  readonly place: ArtifactPlace;
  /** Ids of the workers that are whole programs. */
  readonly realWorkers: readonly string[];
  /** Ends the light workers; what they wrote down. */
  stopWorkers(): Promise<readonly Diary[]>;
  restartStudio(at: number): Promise<void>;
}

/** How many there are of each. */
export interface ChaosSizes {
  readonly studios: number;
  readonly lightWorkers: number;
  readonly realWorkers: number;
}

const TOKEN = '0123456789abcdef'.repeat(4);
const PREFIX = 'chaos/';

/** Starts everything; resolves once all workers were registered. */
export async function startChaos(sizes: ChaosSizes, seed: number): Promise<ChaosScene> {
  // Each has chance of its own: who draws first is for the scheduler of this machine to say.
  const chance = (of: number): Random => fakeRandom(seed + of);
  const stack = new AsyncDisposableStack();
  const folder = await mkdtemp(join(tmpdir(), 'chaos-'));
  stack.defer(() => rm(folder, { recursive: true, force: true }));
  const database = stack.use(await startPostgresServer());
  const databaseUrl = await database.newDatabase();
  const s3 = stack.use(await startS3Server());
  const store = stack.use(await openFaultyStore(s3.options.endpoint, s3.options.bucket, chance(1)));
  const place = { ...s3.options, endpoint: store.endpoint, prefix: PREFIX, redirects: false };
  const start = (at: number, port = 0) =>
    spawnStudio(join(folder, `studio-${at}`), port, [databaseUrl, TOKEN, JSON.stringify(place)]);
  const studios: SpawnedStudio[] = [];
  stack.defer(async () => {
    for (const { child } of studios) child.kill('SIGKILL');
    await Promise.all(studios.map(({ child }) => child.exited));
  });
  for (let at = 0; at < sizes.studios; at++) studios.push(await start(at));
  const line = stack.use(
    await openFaultyLine(
      studios.map(({ port }) => port),
      chance(2),
    ),
  );
  const enrolled = async (at: number): Promise<Credentials> => ({
    ...(await enrol(studios[at % studios.length] as SpawnedStudio)),
    apiBaseUrl: line.url,
  });
  const stop = new AbortController();
  const light: Promise<Diary>[] = [];
  for (let at = 0; at < sizes.lightWorkers; at++)
    light.push(lightWorker(await enrolled(at), chance(10 + at), stop.signal));
  stack.defer(() => stop.abort());
  const realWorkers: string[] = [];
  for (let at = 0; at < sizes.realWorkers; at++) {
    const credentials = await enrolled(at);
    stack.use(await realWorker(join(folder, `worker-${at}`), credentials));
    realWorkers.push(credentials.workerId);
  }
  return {
    studios,
    database,
    databaseUrl,
    line,
    store,
    place,
    realWorkers,
    stopWorkers: () => {
      stop.abort();
      return Promise.all(light);
    },
    restartStudio: async (at) => {
      const dead = studios[at] as SpawnedStudio;
      dead.child.kill('SIGKILL');
      await dead.child.exited;
      studios[at] = await start(at, dead.port);
    },
    [Symbol.asyncDispose]: () => stack.disposeAsync(),
  };
}

/** The program itself, on a folder of its own. */
async function realWorker(folder: string, { apiBaseUrl, workerId, authToken }: Credentials) {
  await mkdir(folder);
  const config = {
    api_base_url: apiBaseUrl,
    worker_id: workerId,
    auth_token: authToken,
    models_root: join(folder, 'models'),
  };
  const lines = Object.entries(config).map(([key, value]) => `${key} = ${JSON.stringify(value)}`);
  await writeFile(join(folder, 'config.toml'), `${lines.join('\n')}\n`, { mode: 0o600 });
  return spawnChild(folder);
}
