import { expect, setDefaultTimeout, test } from 'bun:test';
import type { Task } from '../../../src/contract/tasks/index.ts';
import type { TaskResult } from '../../../src/engines/result.ts';
import { aTask, anLlmTask } from '../../fakes/builders.ts';
import { ScriptedEngine, type ScriptedRun } from '../../fakes/engines/scripted-engine.ts';
import { createGate, type Scene, setup } from '../harness.ts';
import { TEST_MS } from '../wait-for.ts';

setDefaultTimeout(TEST_MS);

/*
 * The socket is dropped at every point of a job's life. Whatever the point, the studio gets exactly one result, the
 * worker breaks no rule on the way, and both are fit for the next job.
 */

interface Drama extends Scene {
  readonly engine: ScriptedEngine;
  readonly kind: keyof typeof SAMPLES;
  readonly jobId: string;
  cut(): void;
}

const SAMPLES: Readonly<Record<'JSON' | 'binary', { readonly task: Task; readonly result: TaskResult }>> = {
  JSON: { task: anLlmTask(), result: { is: 'json', value: { text: 'done' } } },
  binary: {
    task: aTask({ kind: 'image', prompt: 'a fox' }),
    result: { is: 'artifact', bytes: crypto.getRandomValues(new Uint8Array(50_000)), ext: 'webp' },
  },
};

const end = (run: ScriptedRun, { kind }: Drama): void => run.finish(SAMPLES[kind].result);
const startedRun = ({ engine }: Drama): Promise<ScriptedRun> => engine.started();
const isLost = ({ worker }: Drama): Promise<void> =>
  worker.until('a lost socket', () => worker.status().session.at === 'backing-off');

/** A point at which the socket is dropped. */
interface Moment {
  readonly name: string;
  readonly kinds: readonly (keyof typeof SAMPLES)[];
  /** Before the job is queued. */
  readonly prepare?: (drama: Omit<Drama, 'jobId'>) => void;
  readonly play: (drama: Drama) => Promise<void>;
}

const BOTH = ['JSON', 'binary'] as const;
const MOMENTS: readonly Moment[] = [
  {
    name: 'before its offer arrives',
    kinds: BOTH,
    prepare: ({ studio }) => void studio.mischief.silent.add('offer'),
    play: async (drama) => {
      await drama.studio.jobIs(drama.jobId, 'offered');
      drama.studio.mischief.silent.clear();
      drama.cut();
      end(await startedRun({ ...drama, engine: await cameBack(drama) }), drama);
    },
  },
  {
    name: 'before its accept arrives',
    kinds: BOTH,
    prepare: ({ studio }) => void studio.mischief.cutAfter.add('accept'),
    play: async (drama) => {
      const run = await startedRun(drama);
      await cameBack(drama);
      end(run, drama);
    },
  },
  {
    name: 'right after its accept',
    kinds: BOTH,
    play: async (drama) => {
      await drama.studio.jobIs(drama.jobId, 'running');
      drama.cut();
      const run = await startedRun(drama);
      await cameBack(drama);
      end(run, drama);
    },
  },
  {
    name: 'while it runs, and ends after the next welcome',
    kinds: BOTH,
    play: async (drama) => {
      const run = await startedRun(drama);
      await drama.studio.jobIs(drama.jobId, 'running');
      drama.cut();
      await isLost(drama);
      await cameBack(drama);
      end(run, drama);
    },
  },
  {
    name: 'while it runs, and ends while there is no socket',
    kinds: BOTH,
    play: async (drama) => {
      const run = await startedRun(drama);
      await drama.studio.jobIs(drama.jobId, 'running');
      drama.cut();
      await isLost(drama);
      end(run, drama);
      await drama.worker.logged('job.ran');
    },
  },
  {
    name: 'before its result arrives',
    kinds: ['JSON'],
    prepare: ({ studio }) => void studio.mischief.cutAfter.add('completeJson'),
    play: async (drama) => {
      end(await startedRun(drama), drama);
      await cameBack(drama);
    },
  },
  {
    name: 'after its result, before the ack',
    kinds: ['JSON'],
    prepare: ({ studio }) => void studio.mischief.silent.add('completeAck'),
    play: async (drama) => {
      end(await startedRun(drama), drama);
      await drama.studio.jobIs(drama.jobId, 'completed');
      drama.studio.mischief.silent.clear();
      drama.cut();
      await cameBack(drama);
    },
  },
  {
    name: 'while its upload is under way',
    kinds: ['binary'],
    play: async (drama) => {
      const gate = createGate();
      drama.studio.mischief.freeze = gate;
      end(await startedRun(drama), drama);
      await gate.reached;
      drama.cut();
      await isLost(drama);
      await cameBack(drama);
      gate.open();
    },
  },
  {
    name: 'after its upload, and the answer is lost as well',
    kinds: ['binary'],
    prepare: ({ studio }) => void studio.mischief.loseAnswers.push(new Response('oops', { status: 502 })),
    play: async (drama) => {
      end(await startedRun(drama), drama);
      await drama.studio.jobIs(drama.jobId, 'completed');
      drama.cut();
      await drama.worker.logged('delivery.retried');
      drama.worker.clock.skip(1_000);
    },
  },
];

async function cameBack({ worker, engine }: Drama): Promise<ScriptedEngine> {
  await worker.until('a lost socket', () => worker.events.some(({ event }) => event === 'session.lost'));
  await worker.live();
  return engine;
}

const CASES = MOMENTS.flatMap((moment) =>
  moment.kinds.flatMap((kind) => [true, false].map((resumes) => ({ moment, kind, resumes }))),
).map(({ moment, kind, resumes }) => ({
  moment,
  kind,
  resumes,
  what: `a ${kind} job outlives a drop ${moment.name}, ${resumes ? 'with' : 'without'} resume`,
}));

test.each(CASES)('$what', async ({ moment, kind, resumes }) => {
  const engine = new ScriptedEngine();
  await using scene = await setup({ engines: [engine], studio: { withoutResume: !resumes } });
  const { studio, worker } = scene;
  const stage = { ...scene, engine, kind, cut: () => studio.cut(worker.id) };
  moment.prepare?.(stage);
  const { id } = await studio.createJob(SAMPLES[kind].task);
  await moment.play({ ...stage, jobId: id });

  // What the studio queued again is done again, as often as it takes.
  void (async () => {
    for (;;) end(await engine.started(), { ...stage, jobId: id });
  })();
  await worker.live();
  await worker.done();
  worker.clock.skip(5_000); // the heartbeat by which a studio without `resume` learns that the worker is idle
  const job = await studio.jobIs(id, 'completed');
  const completions = studio.events.filter((event) => event.is === 'moved' && event.to === 'completed');
  expect(completions).toHaveLength(1);
  if (resumes) expect(job.attempts).toBe(1);

  const next = await studio.createJob(SAMPLES[kind].task);
  await studio.jobIs(next.id, 'completed');
  await worker.done();
  expect(worker.status()).toMatchObject({ session: { at: 'live' }, outbox: { count: 0 } });
  expect(studio.log.events.filter(({ event }) => event === 'session.refused')).toEqual([]);
});
