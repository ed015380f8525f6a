import { expect, setDefaultTimeout, test } from 'bun:test';
import { toModelId } from '../../../src/base/ids.ts';
import { MINUTE_MS } from '../../../src/base/units.ts';
import { writeJson } from '../../../src/contract/json.ts';
import type { LocalPriority } from '../../../src/jobs/turn-order.ts';
import { anLlmTask, anOffer, synthetic } from '../../fakes/builders.ts';
import { ScriptedEngine } from '../../fakes/engines/scripted-engine.ts';
import { setup as setupScene } from '../harness.ts';
import { TEST_MS } from '../wait-for.ts';

setDefaultTimeout(TEST_MS);

/** A studio with two jobs for one worker, and programs of its machine that ask meanwhile. */
async function setup(local_priority: LocalPriority) {
  const engine = new ScriptedEngine();
  const scene = await setupScene({ engines: [engine], config: { local_priority } });
  const ask = (prompt: string) =>
    scene.worker.composed.models.local.run(
      { model: toModelId('synthetic'), task: anLlmTask(prompt), source: synthetic, vramGbEstimate: 0 },
      { signal: new AbortController().signal },
    );
  /** Finishes the next run, and gives its prompt. */
  const finishNext = async (): Promise<string> => {
    const run = await engine.started();
    run.finish();
    return run.task.kind === 'llm' ? (run.task.messages.at(-1)?.content ?? '') : '';
  };
  return Object.assign(scene, { engine, ask, finishNext });
}

test.each<[LocalPriority, readonly string[]]>([
  ['first', ['job 1', 'chat 1', 'chat 2', 'job 2']],
  ['fair', ['job 1', 'chat 1', 'job 2', 'chat 2']],
  ['last', ['job 1', 'job 2', 'chat 1', 'chat 2']],
])('with local_priority %s a busy worker works in the order %j', async (priority, order) => {
  await using at = await setup(priority);
  await at.studio.createJob(anLlmTask('job 1'));
  const first = await at.engine.started();
  const { id } = await at.studio.createJob(anLlmTask('job 2'));
  const chats = [at.ask('chat 1'), at.ask('chat 2')];
  await at.worker.until('both to wait', () => at.worker.composed.models.local.waiting === 2);
  first.finish();
  const rest = [await at.finishNext(), await at.finishNext(), await at.finishNext()];
  expect(['job 1', ...rest]).toEqual(order as string[]);
  await Promise.all(chats);
  await at.studio.jobIs(id, 'completed');
});

test('a request that gets no turn is told that jobs come first', async () => {
  await using at = await setup('last');
  await at.studio.createJob(anLlmTask('job 1'));
  const first = await at.engine.started();
  const asked = at.ask('chat 1').catch((thrown: unknown) => thrown);
  await at.worker.until('it to wait', () => at.worker.composed.models.local.waiting === 1);
  at.worker.clock.skip(11 * MINUTE_MS);
  expect(await asked).toMatchObject({ code: 'local.busy', message: expect.stringContaining('busy with') });
  first.finish();
});

test('an offer that comes while a local request runs is rejected as busy', async () => {
  await using at = await setup('last');
  const chat = at.ask('chat 1');
  const run = await at.engine.started();
  at.studio.say(at.worker.id, writeJson({ type: 'offer', claim: anOffer({ id: 'j-asked' }) }));
  expect(await at.studio.next('reject')).toMatchObject({ jobId: 'j-asked', code: 'busy' });
  run.finish();
  await chat;
});
