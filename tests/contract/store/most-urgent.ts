import { expect } from 'bun:test';
import fc from 'fast-check';
import type { TaskKindId } from '../../../src/contract/tasks/index.ts';
import { takeNext } from '../../../src/local-studio/storage/sql/next-job.ts';
import type { JobTable, NewJob } from '../../../src/local-studio/storage/tables/jobs.ts';
import type { Sql } from '../../../src/system/database/sql.ts';

/** An empty job table whose numbers begin at 1. */
interface JobsUnderTest extends AsyncDisposable {
  readonly sql: Sql;
  readonly jobs: JobTable;
}

let serial = 0;
/** A queued job. */
export const aNewJob = (about: Partial<NewJob> = {}): NewJob => ({
  id: `job-${++serial}`,
  project: 'default',
  kind: 'llm',
  model: 'm',
  modelSource: '{"engine":"synthetic"}',
  task: '{}',
  prompt: '',
  gameId: 'g',
  assetName: 'a',
  vramGb: 1,
  priority: 0,
  maxAttempts: 3,
  createdAt: 0,
  ...about,
});

/** Random queues: a worker always gets the job that a plain sort would give it. */
export async function assertMostUrgent(open: () => Promise<JobsUnderTest>): Promise<void> {
  const kind = fc.constantFrom<TaskKindId[]>('image', 'llm', 'video');
  const vram = fc.constantFrom(0, 1, 3.5, 4, 7.25, 8);
  const engine = fc.constantFrom('onnx', 'synthetic', 'piper');
  const queue = fc.array(fc.record({ kind, engine, vramGb: vram, priority: fc.integer({ min: -1, max: 1 }) }), {
    maxLength: 15,
  });
  const choice = fc.record({
    kinds: fc.uniqueArray(kind),
    engines: fc.uniqueArray(engine),
    thresholdGb: fc.constantFrom(0, 3.5, 3.75, 7.5, 24),
  });
  await fc.assert(
    fc.asyncProperty(
      queue,
      choice,
      fc.array(fc.integer({ min: 1, max: 15 })),
      async (drafts, { kinds, engines, thresholdGb }, except) => {
        await using world = await open();
        for (const draft of drafts)
          await world.jobs.add(aNewJob({ ...draft, modelSource: JSON.stringify({ engine: draft.engine }) }));
        const [expected] = drafts
          .map((draft, at) => ({ ...draft, seq: at + 1 }))
          .filter(
            (job) =>
              kinds.includes(job.kind) &&
              engines.includes(job.engine) &&
              job.vramGb <= thresholdGb &&
              !except.includes(job.seq),
          )
          .toSorted((a, b) => b.priority - a.priority || a.seq - b.seq);
        const got = await takeNext(world.sql, { workerId: 'w', kinds, engines, thresholdGb, except }, 1);
        expect(got?.seq).toBe(expected?.seq as number);
      },
    ),
    { numRuns: 60 },
  );
}
