import { expect, test } from 'bun:test';
import { WorkerError } from '../../../../src/base/errors.ts';
import { toModelId } from '../../../../src/base/ids.ts';
import type { InnerEngine, Warn } from '../../../../src/engines/host/inner.ts';
import { serveEngine } from '../../../../src/engines/host/serve.ts';
import { aTask, synthetic } from '../../../fakes/builders.ts';
import { settle } from '../../../fakes/system/fake-clock.ts';
import { failureOf } from '../../../fakes/system/temp-folder.ts';

const files = { model: toModelId('m'), paths: new Map(), loras: [], defaults: synthetic.cliDefaults };
const LOAD = { do: 'load', engine: 'gradio', files, how: { lean: true, binariesFolder: undefined } };
const RUN = { do: 'run', task: aTask({ kind: 'image', prompt: 'go', seed: 7 }), inputs: new Map() };

/** A child in this process, whose worker is the test. */
function setup() {
  const said: unknown[] = [];
  const warnings: Warn[] = [];
  const gone = Promise.withResolvers<void>();
  let hear: (message: unknown) => void = () => {};
  let freed = 0;
  const engine: InnerEngine = {
    load: async (_files, { progress, lean }) => {
      progress(1, 2);
      return {
        ranOn: lean ? 'cuda' : 'cpu',
        run: (task, _inputs, { signal }) =>
          task.kind === 'image' && task.prompt === 'go'
            ? Promise.resolve({ is: 'json', value: 'done' })
            : new Promise((_resolve, reject) =>
                signal.addEventListener('abort', () => reject(signal.reason), { once: true }),
              ),
        [Symbol.asyncDispose]: async () => void (freed += 1),
      };
    },
  };
  const parent = {
    send: (message: unknown) => void said.push(message),
    onMessage: (call: typeof hear) => void (hear = call),
    gone: gone.promise,
  };
  const served = serveEngine(parent, {
    gradio: (warn) => {
      warnings.push(warn);
      return Promise.resolve(engine);
    },
  });
  const tell = async (message: unknown): Promise<void> => {
    hear(message);
    await settle();
  };
  return { said, warnings, gone, served, tell, freed: () => freed };
}

test('a child loads, runs, and frees its model before it ends', async () => {
  const { said, served, tell, freed } = setup();
  await tell(LOAD);
  await tell(RUN);
  await tell({ do: 'unload' });
  await served;
  expect(said).toEqual([
    { is: 'progress', done: 1, total: 2 },
    { is: 'loaded', ranOn: 'cuda' },
    { is: 'taken' },
    { is: 'done', result: { is: 'json', value: 'done' } },
  ]);
  expect(freed()).toBe(1);
});

test('an engine that copes with something writes it to the worker’s log', async () => {
  const { said, warnings, tell } = setup();
  await tell(LOAD);
  warnings[0]?.('phonemes.dropped', { count: 2 });
  expect(said.at(-1)).toEqual({ is: 'noted', event: 'phonemes.dropped', fields: { count: 2 } });
});

test('a cancel ends what is underway, and only that', async () => {
  const { said, tell } = setup();
  await tell({ do: 'cancel' });
  await tell(LOAD);
  await tell({ ...RUN, task: aTask({ kind: 'image', prompt: 'wait' }) });
  await tell({ do: 'cancel' });
  expect(said.at(-1)).toMatchObject({ is: 'failed', failure: { code: 'job.cancelled' } });
  await tell(RUN);
  expect(said.at(-1)).toMatchObject({ is: 'done' });
});

test('a child whose worker is gone frees its model and ends', async () => {
  const { gone, served, tell, freed } = setup();
  await tell(LOAD);
  gone.resolve();
  await served;
  expect(freed()).toBe(1);
});

test('an engine that this program does not carry is reported as unavailable', async () => {
  const { said, tell } = setup();
  await tell({ ...LOAD, engine: 'parakeet' });
  expect(said).toMatchObject([{ is: 'failed', failure: { code: 'engine.unavailable' } }]);
});

test('a run before a load is our own mistake, and is answered', async () => {
  const { said, tell } = setup();
  await tell(RUN);
  expect(said).toMatchObject([{ is: 'failed', failure: { code: 'internal' } }]);
});

test.each([
  undefined,
  { do: 'dance' },
  { ...RUN, task: { kind: 'image' } },
  { ...LOAD, files: { ...files, paths: {} } },
  { ...LOAD, engine: 'toString' },
])('a child that receives %j ends, because it cannot know what was meant', async (message) => {
  const { served, tell } = setup();
  const end = failureOf(served);
  await tell(message);
  const error = await end;
  expect(error).toBeInstanceOf(WorkerError);
  expect(error).toMatchObject({ message: expect.stringContaining('the worker sent an invalid message') });
});
