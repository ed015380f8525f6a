import { expect, test } from 'bun:test';
import { decorate } from '../../../src/engines/decorate.ts';
import { notReady } from '../../../src/engines/readiness.ts';
import { LEAN } from '../../fakes/engines/loading.ts';
import { ScriptedEngine } from '../../fakes/engines/scripted-engine.ts';
import { toModelId } from '../../../src/base/ids.ts';
import { synthetic } from '../../fakes/builders.ts';
import { failureOf } from '../../fakes/system/temp-folder.ts';

const files = { model: toModelId('m'), paths: new Map(), loras: [], defaults: synthetic.cliDefaults };

test('an engine that is decorated with nothing is the same engine', async () => {
  const inner = new ScriptedEngine();
  const outer = decorate(inner, {});
  inner.memory = 'gpu';
  inner.canRunLean = true;
  await using _model = await outer.load(files, new AbortController().signal, LEAN);
  expect([outer.id, outer.models, outer.memory, outer.canRunLean]).toEqual(['synthetic', inner.models, 'gpu', true]);
  expect([await outer.readiness(), inner.loads]).toEqual([inner.ready, [LEAN]]);
});

test('what a decoration names replaces the engine’s own', async () => {
  const missing = notReady({ because: 'no driver', hint: 'Install it.' });
  let memory: 'gpu' | 'none' = 'none';
  const outer = decorate(new ScriptedEngine(), {
    memory: () => memory,
    readiness: () => Promise.resolve(missing),
    load: () => Promise.reject(new Error('nothing is loaded')),
  });
  memory = 'gpu';
  expect([outer.memory, await outer.readiness()]).toEqual(['gpu', missing]);
  const failure = await failureOf(outer.load(files, new AbortController().signal, LEAN));
  expect(failure).toHaveProperty('message', 'nothing is loaded');
});
