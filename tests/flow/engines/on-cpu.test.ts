import { expect, test } from 'bun:test';
import { writeJson } from '../../../src/contract/json.ts';
import { systemClock } from '../../../src/system/clock.ts';
import { createCpuRule } from '../../../src/worker/rules/cpu-rule.ts';
import { anOffer, anLlmTask } from '../../fakes/builders.ts';
import { recordingLogger } from '../../fakes/recording-logger.ts';
import { ScriptedEngine } from '../../fakes/engines/scripted-engine.ts';
import { setup as setupScene } from '../harness.ts';

/** A worker whose only engine cannot reach the GPU of the machine now. */
async function setup(allowCpu: boolean) {
  const engine = new ScriptedEngine();
  const whyNotGpu = { because: 'there is no libvulkan.so.1', hint: 'Install libvulkan1.' };
  engine.ready = { ready: true, where: { on: 'cpu', whyNotGpu } };
  engine.ranOn = 'cpu';
  const log = recordingLogger();
  const cpuRule = createCpuRule({
    allowCpu: () => allowCpu,
    gpuNames: () => Promise.resolve(['RTX 4090']),
    clock: systemClock,
    log,
  });
  const scene = await setupScene({ engines: [cpuRule.over(engine)], cpuRule });
  return { scene, engine, log, [Symbol.asyncDispose]: () => scene[Symbol.asyncDispose]() };
}

test('an offer for an engine barred from the CPU is rejected with the reason', async () => {
  await using at = await setup(false);
  at.scene.studio.say(at.scene.worker.id, writeJson({ type: 'offer', claim: anOffer() }));
  expect(await at.scene.studio.next('reject')).toMatchObject({ code: 'busy' });
  expect((await at.scene.worker.logged('offer.rejected')).fields.because).toBe(
    'synthetic runs on the CPU although this machine has RTX 4090: there is no libvulkan.so.1',
  );
});

test('where the CPU is allowed the job runs, and its result says where', async () => {
  await using at = await setup(true);
  const { id } = await at.scene.studio.createJob(anLlmTask());
  (await at.engine.started()).finish();
  const job = await at.scene.studio.jobIs(id, 'completed');
  expect(job).toMatchObject({ ranOn: 'cpu', result: { text: 'done', ran_on: 'cpu' } });
  expect(at.log.find('engine.on-cpu')?.level).toBe('warn');
});
