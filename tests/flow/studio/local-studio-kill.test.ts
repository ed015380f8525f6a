import { test } from 'bun:test';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as v from 'valibot';
import { JobViewSchema } from '../../../src/contract/operator/views.ts';
import type { Task } from '../../../src/contract/tasks/index.ts';
import { pause } from '../../../src/base/pause.ts';
import { systemClock } from '../../../src/system/clock.ts';
import { aTask, anLlmTask, synthetic } from '../../fakes/builders.ts';
import { fakeRandom } from '../../fakes/system/fake-random.ts';
import { completed, enrol, spawnStudio, stubbornWorker } from './killed-studios.ts';

const JOBS = 24;
const KILLS = 6;

const someTask = (at: number): Task => (at % 2 === 0 ? anLlmTask() : aTask({ kind: 'image', prompt: 'a fox' }));

test('kills at random moments lose no job, complete none twice and leave whole artifacts', async () => {
  const dataDir = await mkdtemp(join(tmpdir(), 'killed-studio-'));
  const random = fakeRandom(7);
  const stop = new AbortController();
  let studio = await spawnStudio(dataDir);
  try {
    const workers = [await enrol(studio), await enrol(studio)].map((each) => stubbornWorker(each, stop.signal));
    const ids: string[] = [];
    for (let kill = 0; kill < KILLS; kill++) {
      for (let at = 0; at < JOBS / KILLS; at++) {
        const draft = { task: someTask(at), modelSource: synthetic };
        const created = v.parse(JobViewSchema, await (await studio.call('POST', '/admin/jobs', draft)).json());
        ids.push(created.id);
      }
      await pause(systemClock, random.unit() * 8);
      studio.child.kill('SIGKILL');
      await studio.child.exited;
      studio = await spawnStudio(dataDir, studio.port);
    }
    for (const id of ids) await completed(studio, id);
    stop.abort();
    await Promise.all(workers);
  } finally {
    stop.abort();
    studio.child.kill('SIGKILL');
    await studio.child.exited;
    await rm(dataDir, { recursive: true, force: true });
  }
}, 240_000);
