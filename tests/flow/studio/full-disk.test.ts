import { expect } from 'bun:test';
import { MIB } from '../../../src/base/units.ts';
import { anLlmTask, synthetic } from '../../fakes/builders.ts';
import { onSmallDisk, SMALL_DISK } from '../../fakes/system/small-disk.ts';
import { tempFolder } from '../../fakes/system/temp-folder.ts';
import { needs } from '../../needs.ts';
import { completed, enrol, type SpawnedStudio, spawnStudio, stubbornWorker } from './killed-studios.ts';
import { anImage } from './local-studio-scene.ts';

const PROGRAM = `${import.meta.dir}/../../fakes/studio/full-disk-process.ts`;
const DISK_BYTES = 8 * MIB;
const JOBS = 8;

needs(...SMALL_DISK)(
  'a studio whose disk is full takes nothing more, and loses nothing',
  async () => {
    await using folder = await tempFolder();
    const studio = await spawnStudio(
      folder.path,
      0,
      [],
      [...onSmallDisk(folder.path, DISK_BYTES), process.execPath, PROGRAM],
    );
    const stop = new AbortController();
    const workers: Promise<void>[] = [];
    try {
      for (let at = 0; at < 2; at++) workers.push(stubbornWorker(await enrol(studio), stop.signal));
      const before = await ask(studio, JOBS);
      expect(before.statuses).toEqual([201]);

      await studio.tell('fill');
      const meanwhile = await ask(studio, 4 * JOBS);
      expect(meanwhile.statuses).toContain(507);
      expect(meanwhile.errors).toEqual(['disk-full']);

      await studio.tell('free');
      const after = await ask(studio, JOBS);
      expect(after.statuses).toEqual([201]);
      for (const id of [...before.ids, ...meanwhile.ids, ...after.ids]) await completed(studio, id);
      const { jobs } = (await (await studio.call('GET', '/admin/status')).json()) as { jobs: Record<string, number> };
      const all = before.ids.length + meanwhile.ids.length + after.ids.length;
      expect(jobs).toMatchObject({ completed: all, queued: 0, offered: 0, running: 0, failed: 0 });
    } finally {
      stop.abort();
      studio.child.kill('SIGKILL');
      await studio.child.exited;
      await Promise.all(workers);
    }
  },
  60_000,
);

/** Asks for jobs one after the other; what came of it, each answer once. */
async function ask({ call }: SpawnedStudio, count: number) {
  const [ids, statuses, errors] = [new Set<string>(), new Set<number>(), new Set<string>()];
  for (let at = 0; at < count; at++) {
    const draft = { task: at % 2 === 0 ? anLlmTask() : anImage, modelSource: synthetic };
    const answer = await call('POST', '/admin/jobs', draft);
    statuses.add(answer.status);
    const { id, error } = (await answer.json()) as { id?: string; error?: string };
    if (id !== undefined) ids.add(id);
    if (error !== undefined) errors.add(error);
  }
  return { ids: [...ids], statuses: [...statuses], errors: [...errors] };
}
