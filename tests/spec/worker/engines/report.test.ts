import { expect, test } from 'bun:test';
import { READY } from '../../../../src/engines/readiness.ts';
import { reportOf } from '../../../../src/worker/engines/report.ts';
import { ScriptedEngine } from '../../../fakes/engines/scripted-engine.ts';

const MISSING = { because: 'there is no driver', hint: 'Install one.' };

test('an engine that is ready is reported without empty facts', async () => {
  const engine = new ScriptedEngine();
  engine.ready = READY;
  expect(await reportOf(engine, [])).toEqual({
    engine: 'synthetic',
    ready: true,
    kinds: ['llm', 'image'],
    models: ['synthetic'],
  });
});

test('an engine that lacks something is reported with what helps', async () => {
  const engine = new ScriptedEngine();
  engine.ready = { ready: false, where: undefined, configured: true, ...MISSING };
  expect(await reportOf(engine, [])).toMatchObject({ ready: false, ...MISSING });
});

test('an engine on the CPU is reported with what keeps it from the GPU', async () => {
  const engine = new ScriptedEngine();
  engine.ready = { ready: true, where: { on: 'cpu', whyNotGpu: MISSING } };
  expect(await reportOf(engine, [])).toMatchObject({ ready: true, runsOn: 'cpu', onCpu: MISSING });
});

test('an engine is reported with where its packs stand', async () => {
  const packs = [{ pack: 'cuda', state: 'fetched' }];
  expect((await reportOf(new ScriptedEngine(), packs)).packs).toEqual(packs);
});
