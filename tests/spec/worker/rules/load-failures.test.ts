import { expect, test } from 'bun:test';
import { type ErrorCode, WorkerError } from '../../../../src/base/errors.ts';
import { toModelId } from '../../../../src/base/ids.ts';
import { createLoadFailures } from '../../../../src/worker/rules/load-failures.ts';
import { synthetic } from '../../../fakes/builders.ts';
import { FakeClock } from '../../../fakes/system/fake-clock.ts';
import { ScriptedEngine } from '../../../fakes/engines/scripted-engine.ts';
import { failureOf } from '../../../fakes/system/temp-folder.ts';
import { USUAL } from '../../../fakes/engines/loading.ts';

const MODEL = toModelId('m');
const files = { model: MODEL, paths: new Map(), loras: [], defaults: synthetic.cliDefaults };

function setup() {
  const clock = new FakeClock();
  const unavailable = createLoadFailures(clock);
  let failing: ErrorCode | undefined;
  const inner = Object.assign(new ScriptedEngine(), {
    load: () =>
      failing === undefined
        ? Promise.resolve({
            process: undefined,
            run: () => Promise.reject(new Error('not asked')),
            [Symbol.asyncDispose]: () => Promise.resolve(),
          })
        : Promise.reject(new WorkerError(failing, 'cannot use native files in /cache')),
  });
  const engine = unavailable.over(inner);
  const load = () => engine.load(files, new AbortController().signal, USUAL);
  return { clock, load, unavailable, engine, fail: (code: ErrorCode | undefined) => (failing = code) };
}

test('a model that this machine lacks something for is refused for ten minutes', async () => {
  const { clock, load, unavailable, engine, fail } = setup();
  fail('native.unavailable');
  expect(await failureOf(load())).toMatchObject({ code: 'native.unavailable' });
  expect(unavailable.refusal(engine.id, MODEL)).toBe('cannot use native files in /cache');
  expect(unavailable.refusal(engine.id, toModelId('other'))).toBeUndefined();
  clock.advance(599_999);
  expect(unavailable.refusal(engine.id, MODEL)).toBeDefined();
  clock.advance(1);
  expect(unavailable.refusal(engine.id, MODEL)).toBeUndefined();
});

test('a load that succeeds, or fails for another reason, refuses nothing', async () => {
  const { load, unavailable, engine, fail } = setup();
  fail('native.unavailable');
  await failureOf(load());
  fail(undefined);
  await load();
  expect(unavailable.refusal(engine.id, MODEL)).toBeUndefined();
  fail('model.unusable');
  expect(await failureOf(load())).toMatchObject({ code: 'model.unusable' });
  expect(unavailable.refusal(engine.id, MODEL)).toBeUndefined();
});
