import { describe, expect, test } from 'bun:test';
import fc from 'fast-check';
import {
  allCompleted,
  boardLines,
  EMPTY_BOARD,
  updateLine,
  realTable,
  resultTable,
  withEvent,
} from '../../../src/cli/view/demo-view.ts';
import { redraw } from '../../../src/cli/view/redraw.ts';
import { tableLines } from '../../../src/cli/output.ts';
import { textWidth } from '../../../src/cli/view/text-width.ts';
import type { World } from '../../../src/cli/world.ts';
import type { DemoChoice, DemoRun } from '../../../src/cli/world/demo.ts';
import type { DemoEvent } from '../../../src/demo/play.ts';
import { setup } from './a-world.ts';

const news = (event: Partial<DemoEvent> = {}): DemoEvent => ({
  jobId: 'j1',
  kind: 'image',
  engine: 'synthetic',
  model: 'synthetic',
  state: 'queued',
  ...event,
});
const GOOD = [
  news(),
  news({ jobId: 'j2', kind: 'llm' }),
  news({ state: 'running', progress: 0.5 }),
  news({ state: 'running', progress: 0.75 }),
  news({ state: 'completed', durationMs: 340, file: 'studio-worker-demo/image.webp' }),
  news({ jobId: 'j2', kind: 'llm', state: 'completed', durationMs: 12, text: 'Hello\nthere' }),
];
const boardOf = (events: readonly DemoEvent[]) => events.reduce(withEvent, EMPTY_BOARD);
const LOOK = { frame: 0, columns: 80, colour: false };

/** A demonstration that tells these events and then ends. */
function aDemo(events: readonly DemoEvent[], stopAsked: Promise<void> = Promise.resolve()) {
  const asked: DemoChoice[] = [];
  let stops = 0;
  const demo: World['demo'] = async (options): Promise<DemoRun> => {
    asked.push(options);
    return {
      url: 'http://127.0.0.1:4000',
      operatorToken: 'op-token',
      pageUrl: () => 'http://127.0.0.1:4000/#code=once',
      events: (async function* tell() {
        yield* events;
      })(),
      stopAsked,
      stop: async () => void (stops += 1),
    };
  };
  return { demo, asked, stops: () => stops };
}

describe('the board', () => {
  test('shows one line per job with a bar while it runs', () => {
    expect(boardLines(boardOf(GOOD.slice(0, 3)), LOOK)).toEqual([
      '⠋ image      running    synthetic ██████████░░░░░░░░░░  50 %',
      '· llm        queued     synthetic',
    ]);
  });

  test('shows how long a job took and what came of it', () => {
    expect(boardLines(boardOf(GOOD), LOOK)).toEqual([
      '✓ image      completed  synthetic in 340 ms: studio-worker-demo/image.webp',
      '✓ llm        completed  synthetic in 12 ms: Hello there',
    ]);
  });

  test('no line is ever wider than the screen', () => {
    const anyNews = fc.record({
      jobId: fc.constantFrom('j1', 'j2'),
      kind: fc.constantFrom('image' as const, 'audio_stt' as const),
      engine: fc.constant('synthetic'),
      model: fc.string({ unit: 'grapheme', maxLength: 60 }),
      state: fc.constantFrom('queued' as const, 'running' as const, 'failed' as const),
      progress: fc.double({ min: -1, max: 2, noNaN: true }),
      error: fc.string({ unit: 'grapheme', maxLength: 60 }),
    });
    fc.assert(
      fc.property(fc.array(anyNews, { maxLength: 5 }), fc.integer({ min: 4, max: 100 }), (events, columns) => {
        const lines = boardLines(boardOf(events), { frame: 3, columns, colour: true });
        for (const line of lines) expect(textWidth(line)).toBeLessThan(columns);
      }),
    );
  });

  test('a demo of real engines ends with each one’s device and times', () => {
    const facts = { engine: 'onnx', ranOn: 'cpu', waitMs: 5, loadMs: 20, runMs: 300 };
    const failed = news({ jobId: 'j2', kind: 'llm', engine: 'llama-cpp', state: 'failed', error: 'no such engine' });
    expect(tableLines(realTable(boardOf([{ ...(GOOD[4] ?? news()), ...facts }, failed])))).toEqual([
      'kind   engine     ran on  wait  load   run     in all  file or text',
      'image  onnx       cpu     5 ms  20 ms  300 ms  340 ms  studio-worker-demo/image.webp',
      'llm    llama-cpp  -       -     -      -       -       failed: no such engine',
    ]);
  });

  test('an ended job stays ended whatever comes late', () => {
    const board = boardOf([...GOOD, news({ state: 'running', progress: 0.1 })]);
    expect(board.get('j1')).toMatchObject({ state: 'completed', durationMs: 340 });
    expect(allCompleted(board)).toBe(true);
    expect(allCompleted(EMPTY_BOARD)).toBe(false);
  });

  test('redrawing goes up over its former lines and clears each', () => {
    expect(redraw(['a', 'b'], 0)).toBe('\r\u001B[2Ka\n\r\u001B[2Kb\n');
    expect(redraw(['a'], 2)).toStartWith('\u001B[2A');
  });

  test('progress alone is no news for a pipe', () => {
    expect(updateLine(GOOD[2], GOOD[3] ?? news())).toBeUndefined();
    expect(updateLine(undefined, news())).toBe('image (synthetic): queued');
  });

  test('the table names kind, model, times apart and what came of it', () => {
    const failed = news({ jobId: 'j3', kind: 'video', state: 'failed', error: 'no engine' });
    const [queued = news(), ...later] = GOOD;
    const board = boardOf([queued, news({ waitMs: 310, loadMs: 0, runMs: 8 }), ...later, failed]);
    expect(tableLines(resultTable(board))).toEqual([
      'kind   model      wait    load  run   in all  file or text',
      'image  synthetic  310 ms  0 ms  8 ms  340 ms  studio-worker-demo/image.webp',
      'llm    synthetic  -       -     -     12 ms   Hello there',
      'video  synthetic  -       -     -     -       failed: no engine',
    ]);
  });
});

describe('demo', () => {
  test('prints plain lines to a pipe, then the table, and exits 0', async () => {
    const { demo, asked, stops } = aDemo(GOOD);
    await using cli = await setup({ world: { demo } });
    expect(await cli.run('demo')).toBe(0);
    expect(cli.out().split('\n').slice(0, 6)).toEqual([
      'image (synthetic): queued',
      'llm (synthetic): queued',
      'image (synthetic): running',
      'image (synthetic): completed in 340 ms: studio-worker-demo/image.webp',
      'llm (synthetic): completed in 12 ms: Hello there',
      '',
    ]);
    expect(cli.out()).not.toContain('\u001B');
    expect(asked).toMatchObject([{ outDir: './studio-worker-demo' }]);
    expect(stops()).toBe(1);
  });

  test('redraws in place on a terminal and leaves no timer behind', async () => {
    const { demo } = aDemo(GOOD);
    await using cli = await setup({ world: { demo }, look: { isTty: true, columns: 100, colourDepth: 24 } });
    expect(await cli.run('demo', '--out', 'there')).toBe(0);
    expect(cli.out()).toContain('\u001B[2A');
    expect(cli.out()).toContain('\u001B[32m✓\u001B[39m llm');
    expect(cli.clock.armed).toBe(0);
  });

  test('turns the spinner while nothing else happens', async () => {
    const more = Promise.withResolvers<void>();
    const first = Promise.withResolvers<void>();
    const { demo } = aDemo([]);
    await using cli = await setup({
      look: { isTty: true },
      world: {
        demo: async (options) => ({
          ...(await demo(options)),
          events: (async function* tell() {
            yield news({ state: 'running' });
            first.resolve();
            await more.promise;
            yield news({ state: 'completed' });
          })(),
        }),
      },
    });
    const ended = cli.run('demo');
    await first.promise;
    cli.clock.advance(160);
    more.resolve();
    expect(await ended).toBe(0);
    for (const picture of ['⠋', '⠙', '⠹']) expect(cli.out()).toContain(picture);
  });

  test('as JSON prints nothing but the outcome of each job', async () => {
    const { demo } = aDemo(GOOD);
    await using cli = await setup({ world: { demo }, look: { isTty: true } });
    expect(await cli.run('demo', '--json')).toBe(0);
    const file = 'studio-worker-demo/image.webp';
    const about = { engine: 'synthetic', model: 'synthetic', state: 'completed' };
    expect(JSON.parse(cli.out())).toEqual([
      { ...about, kind: 'image', durationMs: 340, file },
      { ...about, kind: 'llm', durationMs: 12, text: 'Hello\nthere' },
    ]);
  });

  test('hands the weights that were given to real engines, and to nobody else', async () => {
    const { demo, asked } = aDemo(GOOD);
    await using cli = await setup({ world: { demo } });
    expect(await cli.run('demo', '--real', '--llm', 'qwen.gguf', '--recording', 'fox.wav')).toBe(0);
    expect(asked).toMatchObject([{ real: { llm: 'qwen.gguf', recording: 'fox.wav' } }]);
    expect(await cli.run('demo', '--tts', 'voice.onnx')).toBe(64);
    expect(cli.err()).toContain('--tts needs --real');
    expect(asked).toHaveLength(1);
  });

  test('exits 1 when a job failed or the end never came', async () => {
    for (const events of [[news({ state: 'failed', error: 'no engine' })], [news()], []]) {
      await using cli = await setup({ world: { demo: aDemo(events).demo } });
      expect(await cli.run('demo')).toBe(1);
    }
  });

  test('keeps running on request and prints URL and token', async () => {
    const asked = Promise.withResolvers<void>();
    const { demo, stops } = aDemo(GOOD, asked.promise);
    await using cli = await setup({ world: { demo } });
    const ended = cli.run('demo', '--keep');
    asked.resolve();
    expect(await ended).toBe(0);
    expect(cli.out()).toContain('studio:          http://127.0.0.1:4000\noperator token:  op-token\n');
    expect(stops()).toBe(1);
  });

  test('opens the dashboard of its studio before the first job, and keeps running', async () => {
    const asked = Promise.withResolvers<void>();
    const shown: string[] = [];
    const { demo, stops } = aDemo(GOOD, asked.promise);
    const showPage = async (url: string) => (shown.push(url), 'app' as const);
    await using cli = await setup({ world: { demo, showPage } });
    const ended = cli.run('demo', '--open');
    asked.resolve();
    expect(await ended).toBe(0);
    expect(shown).toEqual(['http://127.0.0.1:4000/#code=once']);
    expect(cli.out()).toContain('Press Ctrl-C to stop.');
    expect(stops()).toBe(1);
  });

  test('prints the address of the page where nothing here can show it', async () => {
    const { demo } = aDemo(GOOD);
    await using cli = await setup({ world: { demo, showPage: async () => 'none' } });
    expect(await cli.run('demo', '--open')).toBe(0);
    expect(cli.err()).toContain('http://127.0.0.1:4000/#code=once');
  });
});
