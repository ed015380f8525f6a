import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as v from 'valibot';
import { JobViewSchema } from '../../../src/contract/operator/views.ts';
import { pause } from '../../../src/base/pause.ts';
import { systemClock } from '../../../src/system/clock.ts';
import { anLlmTask, synthetic } from '../../fakes/builders.ts';
import { postgresOfFile } from '../../fakes/studio/postgres-of-file.ts';
import { fakeRandom } from '../../fakes/system/fake-random.ts';
import { needs, POSTGRES } from '../../needs.ts';
import { completed, enrol, type SpawnedStudio, spawnStudio, stubbornWorker } from './killed-studios.ts';

const { newDatabase } = postgresOfFile();

const KILLS = 9;
const JOBS_BETWEEN = 4;
const TOKEN = '0123456789abcdef'.repeat(4);

needs(POSTGRES)(
  'kills of one studio of three lose no job and complete none twice',
  async () => {
    const dataDir = await mkdtemp(join(tmpdir(), 'killed-studios-'));
    const database = await newDatabase();
    const random = fakeRandom(11);
    const stop = new AbortController();
    const start = (at: number, port = 0) => spawnStudio(join(dataDir, String(at)), port, [database, TOKEN]);
    const studios: SpawnedStudio[] = [];
    const any = (): SpawnedStudio => studios[Math.floor(random.unit() * studios.length)] as SpawnedStudio;
    try {
      for (let at = 0; at < 3; at++) studios.push(await start(at));
      const workers: Promise<void>[] = [];
      for (let at = 0; at < 4; at++) workers.push(stubbornWorker(await enrol(any()), stop.signal, () => any().url));
      const ids: string[] = [];
      for (let kill = 0; kill < KILLS; kill++) {
        for (let at = 0; at < JOBS_BETWEEN; at++) {
          const draft = { task: anLlmTask(), modelSource: synthetic };
          ids.push(v.parse(JobViewSchema, await (await any().call('POST', '/admin/jobs', draft)).json()).id);
        }
        await pause(systemClock, random.unit() * 8);
        const victim = any();
        victim.child.kill('SIGKILL');
        await victim.child.exited;
        studios[studios.indexOf(victim)] = await start(studios.indexOf(victim), victim.port);
      }
      for (const id of ids) await completed(any(), id);
      stop.abort();
      await Promise.all(workers);
    } finally {
      stop.abort();
      for (const { child } of studios) child.kill('SIGKILL');
      await Promise.all(studios.map(({ child }) => child.exited));
      await rm(dataDir, { recursive: true, force: true });
    }
  },
  90_000,
);
