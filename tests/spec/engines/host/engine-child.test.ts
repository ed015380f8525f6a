import { expect, test } from 'bun:test';
import { toModelId } from '../../../../src/base/ids.ts';
import type { WorkerError } from '../../../../src/base/errors.ts';
import { startEngineChild } from '../../../../src/engines/host/engine-child.ts';
import type { ChildEnd } from '../../../../src/system/process/child.ts';
import type { IpcOptions } from '../../../../src/system/process/processes.ts';
import { aTask, synthetic } from '../../../fakes/builders.ts';
import { FakeClock, settle } from '../../../fakes/system/fake-clock.ts';
import { failureOf } from '../../../fakes/system/temp-folder.ts';
import type { TaskDelta } from '../../../../src/engines/result.ts';

/** A child whose every word and end is the test's. */
function setup() {
  const clock = new FakeClock();
  const end = Promise.withResolvers<ChildEnd>();
  const heard: unknown[] = [];
  const crashes: WorkerError[] = [];
  const notes: unknown[] = [];
  let child: IpcOptions | undefined;
  const talk = startEngineChild({
    engine: 'gradio',
    command: ['engine'],
    env: {},
    clock,
    onCrash: (error) => void crashes.push(error),
    onNote: (event, fields) => void notes.push([event, fields]),
    spawn: (_command, options) => {
      child = options;
      return {
        pid: 7,
        ended: end.promise,
        kill: () => {},
        hold: () => {},
        killGroup: () => end.resolve({ is: 'killed', signal: 'SIGKILL' }),
        send: (message) => heard.push(message) > 0,
      };
    },
  });
  const abort = new AbortController();
  const progress: number[] = [];
  const deltas: TaskDelta[] = [];
  const emit = (delta: TaskDelta): void => void deltas.push(delta);
  const order = { do: 'run', task: aTask({ kind: 'image', prompt: 'x' }), inputs: new Map() } as const;
  const ask = () =>
    talk.ask({ order, signal: abort.signal, progress: (done) => void progress.push(done), emit, stallMs: 1_000 });
  return { clock, talk, ask, order, heard, crashes, notes, abort, progress, deltas, emit, end, child: () => child! };
}

test('progress keeps a slow child alive for as long as it goes on', async () => {
  const { clock, ask, child, progress } = setup();
  const running = ask();
  for (let step = 1; step <= 10; step++) {
    clock.advance(999);
    child().onMessage({ is: 'progress', done: step, total: 10 });
  }
  child().onMessage({ is: 'done', result: { is: 'json', value: 1 } });
  expect(await running).toEqual({ is: 'done', result: { is: 'json', value: 1 } });
  expect(progress).toHaveLength(10);
  expect(clock.armed).toBe(0);
});

test('pieces of a result are handed on in order, and keep the child alive', async () => {
  const { clock, ask, child, deltas } = setup();
  const running = ask();
  const pieces = [
    { is: 'text', text: 'Hel' },
    { is: 'text', text: 'lo' },
    { is: 'preview', bytes: Uint8Array.of(1), ext: 'png' },
  ] as const;
  for (const delta of pieces) {
    clock.advance(999);
    child().onMessage({ is: 'delta', delta });
  }
  child().onMessage({ is: 'done', result: { is: 'json', value: 1 } });
  await running;
  child().onMessage({ is: 'delta', delta: { is: 'text', text: ' too late' } });
  expect(deltas).toEqual([...pieces]);
});

test('after a cancel no piece of the result is handed on', async () => {
  const { ask, child, abort, deltas } = setup();
  const running = failureOf(ask());
  abort.abort(new Error('given up'));
  child().onMessage({ is: 'delta', delta: { is: 'text', text: 'unwanted' } });
  child().onMessage({ is: 'failed', failure: { code: 'job.cancelled', message: 'so be it', fields: {} } });
  expect(await running).toMatchObject({ message: 'given up' });
  expect(deltas).toEqual([]);
});

test('a crash tells what the engine printed, not what its runtime writes about itself', async () => {
  const { ask, child, end } = setup();
  const running = failureOf(ask());
  child().onMessage({ is: 'taken' });
  // What Bun 1.4.5 prints for a signal in native code.
  const lines = [
    'ggml.c:71: GGML_ASSERT(wtype != GGML_TYPE_COUNT) failed',
    '='.repeat(60),
    'Bun v1.4.5 (a7733435c) Linux x64',
    'Args: "studio-worker" "__engine" "10"',
    '',
    'panic(main thread): Segmentation fault at address 0x6FF5',
    'oh no: Bun has crashed. This indicates a bug in Bun, not your code.',
    "To send a redacted crash report to Bun's team,",
    'please file a GitHub issue using the link below:',
    ' https://bun.report/1.4.5/l_1a773343',
  ];
  for (const line of lines) child().onLine(line);
  end.resolve({ is: 'killed', signal: 'SIGSEGV' });
  expect(await running).toMatchObject({
    code: 'engine.crashed',
    message:
      'the gradio engine was killed by SIGSEGV while it ran a task; its output: ' +
      'ggml.c:71: GGML_ASSERT(wtype != GGML_TYPE_COUNT) failed | Segmentation fault at address 0x6FF5',
  });
});

test('a crash tells the same when a library writes into what its runtime writes', async () => {
  const { ask, child, end } = setup();
  const running = failureOf(ask());
  child().onMessage({ is: 'taken' });
  const lines = [
    'no such tensor',
    '='.repeat(60),
    'failed to load',
    'Bun v1.4.5 (a7733435c)',
    'panic(main thread): ouch',
  ];
  for (const line of lines) child().onLine(line);
  end.resolve({ is: 'killed', signal: 'SIGSEGV' });
  expect(await running).toMatchObject({ message: expect.stringMatching(/its output: no such tensor \| ouch$/) });
});

test('a crash quotes the first and last lines, each cut', async () => {
  const { ask, child, end } = setup();
  const running = failureOf(ask());
  child().onMessage({ is: 'taken' });
  for (let line = 1; line <= 99; line++) child().onLine(`line ${line}${'.'.repeat(line === 1 ? 400 : 0)}`);
  end.resolve({ is: 'exited', code: 134 });
  expect(await running).toMatchObject({
    message:
      `the gradio engine exited with code 134 while it ran a task; its output: line 1${'.'.repeat(294)} | line 2 | … | ` +
      'line 96 | line 97 | line 98 | line 99',
  });
});

test('a child that ends before a run is not blamed on it', async () => {
  const { ask, talk, end, crashes } = setup();
  const running = failureOf(ask());
  end.resolve({ is: 'killed', signal: 'SIGKILL' });
  await running;
  expect(talk.taken).toBe(false);
  expect(crashes[0]?.message).toContain('between two tasks');
  const other = setup();
  const begun = failureOf(other.ask());
  other.child().onMessage({ is: 'taken' });
  other.end.resolve({ is: 'killed', signal: 'SIGKILL' });
  await begun;
  expect(other.talk.taken).toBe(true);
});

test('what a child copes with is logged at any time, and is no answer', async () => {
  const { ask, child, notes, crashes } = setup();
  const running = ask();
  child().onMessage({ is: 'noted', event: 'phonemes.dropped', fields: { count: 2 } });
  child().onMessage({ is: 'done', result: { is: 'json', value: 1 } });
  await running;
  child().onMessage({ is: 'noted', event: 'voice.old', fields: {} });
  expect(notes).toEqual([
    ['phonemes.dropped', { count: 2 }],
    ['voice.old', {}],
  ]);
  expect(crashes).toEqual([]);
});

test('a child that exceeds its stall timeout is ended', async () => {
  const { clock, ask, child, crashes } = setup();
  const running = failureOf(ask());
  child().onMessage({ is: 'progress', done: 1, total: 10 });
  clock.advance(999);
  expect(crashes).toEqual([]);
  clock.advance(1);
  expect(await running).toMatchObject({ code: 'engine.stalled' });
  expect(crashes).toHaveLength(1);
});

test('progress after a cancel buys no time', async () => {
  const { clock, ask, child, abort, heard, progress, crashes } = setup();
  const running = failureOf(ask());
  const reason = new Error('given up');
  abort.abort(reason);
  expect(heard.at(-1)).toEqual({ do: 'cancel' });
  child().onMessage({ is: 'progress', done: 1, total: 2 });
  clock.advance(200);
  expect(await running).toBe(reason);
  expect({ progress, crashes }).toEqual({ progress: [], crashes: [] });
});

test('a result that comes after the cancel is discarded', async () => {
  const { ask, child, abort } = setup();
  const running = failureOf(ask());
  const reason = new Error('given up');
  abort.abort(reason);
  child().onMessage({ is: 'done', result: { is: 'json', value: 1 } });
  expect(await running).toBe(reason);
});

test('a child that closes its channel is ended as crashed', async () => {
  const { clock, ask, child } = setup();
  const running = failureOf(ask());
  child().onDisconnect();
  clock.advance(200);
  expect(await running).toMatchObject({
    code: 'engine.crashed',
    message: 'the gradio engine closed its connection to the worker',
  });
});

test.each([
  'text',
  { is: 'done', result: { is: 'json', value: new Date(0) } },
  { is: 'done', result: { is: 'json', value: { at: undefined } } },
  { is: 'done', result: { is: 'artifact', bytes: [1, 2], ext: 'png' } },
  { is: 'failed', failure: { code: 'toString', message: 'x', fields: {} } },
  { is: 'noted', event: 'a sentence of 7 words', fields: {} },
  { is: 'progress', done: Number.NaN, total: 1 },
])('a child that says %j has crashed', async (words) => {
  const { ask, child } = setup();
  const running = failureOf(ask());
  child().onMessage(words);
  expect(await running).toMatchObject({ code: 'engine.crashed', message: expect.stringContaining('invalid message') });
});

test('a kill that nobody here asked for reads as a lack of memory', async () => {
  const { ask, end } = setup();
  const running = failureOf(ask());
  end.resolve({ is: 'killed', signal: 'SIGKILL' });
  expect(await running).toMatchObject({
    code: 'engine.out-of-memory',
    message: expect.stringContaining('the system does that when memory runs out'),
    fields: { signal: 'SIGKILL' },
  });
});

test('a child that ends while idle is known to be gone', async () => {
  const { talk, end, crashes } = setup();
  expect(talk.over).toBe(false);
  end.resolve({ is: 'exited', code: 1 });
  await settle();
  expect(talk.over).toBe(true);
  expect(crashes.map(({ message }) => message)).toEqual(['the gradio engine exited with code 1 between two tasks']);
});

test('two requests at once are refused as our mistake', async () => {
  const { ask, child } = setup();
  const first = ask();
  expect(await failureOf(ask())).toMatchObject({ code: 'internal' });
  child().onMessage({ is: 'done', result: { is: 'json', value: 1 } });
  expect(await first).toMatchObject({ is: 'done' });
});

test('a child asked to end gets a moment, then none, and its request ends', async () => {
  const { clock, talk, ask, heard, crashes } = setup();
  const running = failureOf(ask());
  const left = talk.leave();
  expect(heard.at(-1)).toEqual({ do: 'unload' });
  clock.advance(200);
  await left;
  expect(await running).toMatchObject({ code: 'job.cancelled' });
  expect(crashes).toEqual([]);
});

test('the weights travel by role, and nothing of them but path and defaults', async () => {
  const { talk, heard, abort, child, emit } = setup();
  const files = {
    model: toModelId('m'),
    paths: new Map([['model', '/m/x.onnx']] as const),
    loras: ['/m/style.gguf'],
    defaults: synthetic.cliDefaults,
  };
  const order = { do: 'load', engine: 'gradio', files, how: { lean: true, binariesFolder: undefined } } as const;
  const loading = talk.ask({ order, signal: abort.signal, progress: () => {}, emit, stallMs: 1_000 });
  child().onMessage({ is: 'loaded', ranOn: 'cuda' });
  expect(await loading).toEqual({ is: 'loaded', ranOn: 'cuda' });
  expect(heard).toEqual([order]);
});
