import { expect, test } from 'bun:test';
import type { JobRequest, JobView } from '../../../src/contract/admin.ts';
import { type DemoEvent, play, type PlayOptions } from '../../../src/demo/play.ts';
import { FakeClock } from '../../fakes/fake-clock.ts';
import { MemoryFiles } from '../../fakes/memory-files.ts';

/** A studio whose jobs go one step further each time somebody looks. */
function setup(over: Partial<PlayOptions> = {}) {
  const clock = new FakeClock();
  const files = new MemoryFiles();
  const jobs = new Map<string, JobView>();
  const asked: string[] = [];
  const steps: readonly JobView['state'][] = ['queued', 'running', 'completed'];
  const artifact = { ext: 'webp', contentType: 'image/webp', sizeBytes: 3, sha256: '0'.repeat(64) };
  const textOf = { llm: { choices: [{ message: { content: 'hello' } }] }, audio_stt: { text: 'words' } };
  const operator: PlayOptions['operator'] = {
    registrations: () => Promise.resolve([{ requestId: 'rr-1' } as never]),
    approve: (requestId) => (asked.push(`approve ${requestId}`), Promise.resolve('w-1')),
    createJob: (draft: JobRequest) => {
      const { kind } = draft.task;
      const at = new Date(clock.now()).toISOString();
      const job = { id: `job-${kind}`, state: 'queued', kind, model: draft.model ?? '', createdAt: at, updatedAt: at };
      jobs.set(job.id, job as JobView);
      return Promise.resolve(job as JobView);
    },
    job: (id) => {
      const job = jobs.get(id)!;
      const state = steps[steps.indexOf(job.state) + 1] ?? 'completed';
      const isText = job.kind === 'llm' || job.kind === 'audio_stt';
      const done = isText ? { result: textOf[job.kind as 'llm'] } : { artifact };
      const next = {
        ...job,
        state,
        updatedAt: new Date(clock.now()).toISOString(),
        ...(state === 'completed' && done),
      };
      jobs.set(id, next);
      return Promise.resolve(next);
    },
    artifact: () => Promise.resolve(new Uint8Array([1, 2, 3])),
  };
  const options: PlayOptions = {
    operator,
    clock,
    pause: (ms) => Promise.resolve(clock.advance(ms)),
    files,
    join: (folder, name) => `${folder}/${name}`,
    outDir: '/out',
    signal: new AbortController().signal,
    progressOf: () => 0.5,
    ...over,
  };
  return { options, files, asked };
}

async function all(events: AsyncIterable<DemoEvent>): Promise<readonly DemoEvent[]> {
  const heard: DemoEvent[] = [];
  for await (const event of events) heard.push(event);
  return heard;
}

test('the player approves the worker and ends when one job of each kind has ended', async () => {
  const { options, files, asked } = setup();
  const events = await all(play(options));
  expect(asked).toEqual(['approve rr-1']);
  const ends = events.filter(({ state }) => state === 'completed');
  expect(ends.map(({ kind, file, text }) => [kind, file ?? text])).toEqual([
    ['image', '/out/image.webp'],
    ['llm', 'hello'],
    ['audio_stt', 'words'],
    ['audio_tts', '/out/audio_tts.webp'],
    ['video', '/out/video.webp'],
  ]);
  expect([...files.contents.keys()]).toEqual(['/out/image.webp', '/out/audio_tts.webp', '/out/video.webp']);
});

test('a running job is told with how far it is', async () => {
  const { options } = setup();
  const events = await all(play(options));
  expect(events.find(({ state }) => state === 'running')?.progress).toBe(0.5);
});

test('a folder that cannot be written is named before any work is done', async () => {
  const files = new MemoryFiles();
  files.makeDir = () => Promise.reject(new Error('EACCES: permission denied'));
  const { options, asked } = setup({ files });
  const failure: unknown = await all(play(options)).catch((thrown: unknown) => thrown);
  expect(failure).toMatchObject({
    code: 'folder.unusable',
    message: 'cannot write in /out: EACCES: permission denied',
    hint: 'Name another folder with `--out`.',
  });
  expect(asked).toEqual([]);
});

test('a worker that never asks to be approved ends the demonstration', async () => {
  const { options } = setup();
  const operator = { ...options.operator, registrations: () => Promise.resolve([]) };
  const failure: unknown = await all(play({ ...options, operator })).catch((thrown: unknown) => thrown);
  expect(failure).toMatchObject({ code: 'registration.failed' });
});

test('an aborted demonstration tells what it knows and asks no more', async () => {
  const stop = new AbortController();
  const { options } = setup({ signal: stop.signal });
  let heard = 0;
  for await (const event of play(options)) {
    heard += 1;
    expect(event.state).toBe('queued');
    stop.abort();
  }
  expect(heard).toBe(5);
});
