import { expect, test } from 'bun:test';
import type { Engine } from '../../../../src/engines/engine.ts';
import { createReadyEngines, readinessOf } from '../../../../src/worker/engines/readiness.ts';
import { FakeClock, settle } from '../../../fakes/system/fake-clock.ts';
import { recordingLogger } from '../../../fakes/recording-logger.ts';
import { ScriptedEngine } from '../../../fakes/engines/scripted-engine.ts';
import { notReady, READY } from '../../../../src/engines/readiness.ts';

const MISSING = notReady({ because: 'no runtime', hint: 'Install it.' });

/** Until a look in the background is over. */
async function looked(): Promise<void> {
  for (let turn = 0; turn < 3; turn++) await settle();
}

function setup() {
  const clock = new FakeClock();
  const log = recordingLogger();
  const [one, two] = [new ScriptedEngine(), new ScriptedEngine()];
  const own = { models: '' };
  const changes: number[] = [];
  const ready = createReadyEngines([one, two], {
    clock,
    log,
    ownModels: () => Promise.resolve(own.models),
    onChange: () => void changes.push(clock.elapsed()),
  });
  return { clock, log, one, two, ready, own, changes };
}

test('only engines that say they are ready are offered', async () => {
  const { one, two, ready } = setup();
  two.ready = MISSING;
  await ready.refresh();
  expect(ready.current()).toEqual([one]);
});

test('an engine installed while the worker runs is offered within a minute', async () => {
  const { clock, one, two, ready } = setup();
  two.ready = MISSING;
  await ready.refresh();
  two.ready = READY;
  clock.advance(59_999);
  expect(ready.current()).toEqual([one]);
  await looked();
  expect(ready.current()).toEqual([one]);
  await looked();
  clock.advance(1);
  ready.current();
  await looked();
  expect(ready.current()).toEqual([one, two]);
});

test('a model that the operator adds is offered at once, and told', async () => {
  const { ready, own, one, changes } = setup();
  await ready.refresh();
  ready.current();
  await looked();
  expect(changes).toEqual([]);
  own.models = 'fox.gguf';
  Object.assign(one, { models: { llm: ['fox'] } });
  ready.current();
  await looked();
  expect(changes).toHaveLength(1);
  ready.current();
  await looked();
  expect(changes).toHaveLength(1);
});

test('an engine is logged once as not ready, and once as ready', async () => {
  const { clock, log, one, ready } = setup();
  one.ready = MISSING;
  await ready.refresh();
  await ready.refresh();
  one.ready = READY;
  clock.advance(60_000);
  await ready.refresh();
  expect(log.events.map(({ event, fields }) => [event, fields['because'], fields['hint']])).toEqual([
    ['engine.not-ready', 'no runtime', 'Install it.'],
    ['engine.ready', undefined, undefined],
  ]);
});

test('an engine that cannot even tell is not ready', async () => {
  const broken: Engine = Object.assign(new ScriptedEngine(), {
    readiness: () => Promise.reject(new Error('the probe fell over')),
  });
  expect(await readinessOf(broken)).toMatchObject({ ready: false, because: 'the probe fell over' });
});

test('an engine that is not set up is no warning to the operator', async () => {
  const { log, one, two, ready } = setup();
  one.ready = MISSING;
  two.ready = { ready: false, because: 'no app', hint: 'Name one.', where: undefined, configured: false };
  await ready.refresh();
  expect(log.events.map(({ event, level }) => [event, level])).toEqual([
    ['engine.not-ready', 'warn'],
    ['engine.not-ready', 'debug'],
  ]);
});
