import { expect, test } from 'bun:test';
import { toWorkerError, WorkerError } from '../../../src/base/errors.ts';
import type { JobView, RegistrationView } from '../../../src/contract/operator/views.ts';
import { DEMO_JOBS, DEMO_SOURCE } from '../../../src/demo/jobs.ts';
import { type DemoEvent, play, type PlayOptions } from '../../../src/demo/play.ts';
import { FakeClock } from '../../fakes/system/fake-clock.ts';
import { MemoryFiles } from '../../fakes/system/memory-files.ts';

type Ending = Partial<JobView>;
const ARTIFACT = { ext: 'webp', contentType: 'image/webp', sizeBytes: 3, sha256: 'ab' };

/** How a studio ends a job of each kind on a good day. */
const GOOD: Readonly<Record<string, Ending>> = {
  image: { state: 'completed', artifact: ARTIFACT },
  llm: { state: 'completed', result: { choices: [{ message: { content: 'three things' } }] } },
  audio_stt: { state: 'completed', result: { text: 'a transcript' } },
  audio_tts: { state: 'completed', artifact: { ...ARTIFACT, ext: 'wav' } },
  video: { state: 'completed', artifact: ARTIFACT },
  mesh: { state: 'completed', artifact: { ...ARTIFACT, ext: 'glb' } },
};

/** The worker of a demonstration, as it asks to be let in. */
const ASKING: RegistrationView = {
  requestId: 'rr-1',
  installId: 'i-1',
  machineName: 'rig-01',
  username: 'webber',
  agentVersion: '0.5.0',
  vramTotalGb: 0,
  taskKinds: [],
  supportedModels: [],
  createdAt: '2026-05-25T12:00:00.000Z',
};

/** A studio in memory: with each pause every job moves on by one state. */
function setup({ endings = GOOD, workerAsksAfter = 0, about = {} as Partial<PlayOptions> } = {}) {
  const clock = new FakeClock();
  const files = new MemoryFiles();
  const stop = new AbortController();
  const jobs = new Map<string, JobView>();
  const did: string[] = [];
  let pauses = 0;
  const moved = (job: JobView): JobView => {
    if (job.state === 'queued') return { ...job, state: 'running' };
    if (job.state !== 'running') return job;
    return { ...job, finishedAt: '2026-05-25T12:00:02.500Z', ...endings[job.kind] };
  };
  const options: PlayOptions = {
    jobs: DEMO_JOBS,
    operator: {
      addModel: (draft) => {
        did.push(`add ${draft.id}`);
        return Promise.resolve({ ...draft, createdAt: '', updatedAt: '' });
      },
      registrations: () => Promise.resolve(pauses >= workerAsksAfter ? [ASKING] : []),
      approve: (requestId) => {
        did.push(`approve ${requestId}`);
        return Promise.resolve('w-1');
      },
      createJob: ({ task, model }) => {
        const at = '2026-05-25T12:00:00.000Z';
        const job: JobView = {
          id: `job-${task.kind}`,
          state: 'queued',
          kind: task.kind,
          model: model ?? '',
          prompt: '',
          priority: 0,
          attempts: 0,
          maxAttempts: 3,
          createdAt: at,
          updatedAt: at,
        };
        did.push(`create ${job.kind}`);
        jobs.set(job.id, job);
        return Promise.resolve(job);
      },
      job: async (id) => jobs.get(id) ?? Promise.reject(new WorkerError('studio.refused', `there is no job ${id}`)),
      artifact: (id) => Promise.resolve(new TextEncoder().encode(id)),
    },
    clock,
    pause: (ms) => {
      pauses += 1;
      clock.advance(ms);
      for (const [id, job] of jobs) jobs.set(id, moved(job));
      return Promise.resolve();
    },
    files,
    join: (folder, name) => `${folder}/${name}`,
    outDir: '/out',
    signal: stop.signal,
    progressOf: () => undefined,
    factsOf: () => undefined,
    ...about,
  };
  return { options, files, stop, did };
}

async function allOf(events: AsyncIterable<DemoEvent>): Promise<DemoEvent[]> {
  return await Array.fromAsync(events);
}
const of = (events: readonly DemoEvent[], kind: string): DemoEvent[] => events.filter((event) => event.kind === kind);

test('the worker is approved first, then one job of each kind is queued', async () => {
  const { options, did } = setup({ workerAsksAfter: 3 });
  await allOf(play(options));
  expect(did).toEqual(['approve rr-1', ...DEMO_JOBS.map(({ kind }) => `create ${kind}`)]);
  expect(DEMO_JOBS.map(({ kind }) => kind)).toEqual(['image', 'llm', 'audio_stt', 'audio_tts', 'video', 'mesh']);
});

test('every change of a job is reported once, in order', async () => {
  const { options } = setup();
  const events = await allOf(play(options));
  for (const { kind } of DEMO_JOBS) {
    expect(of(events, kind).map(({ state }) => state)).toEqual(['queued', 'running', 'completed']);
  }
});

test('artifacts are written under the name of their kind, texts are shown', async () => {
  const { options, files } = setup();
  const events = await allOf(play(options));
  expect([...files.contents.keys()].toSorted()).toEqual([
    '/out/audio_tts.wav',
    '/out/image.webp',
    '/out/index.html',
    '/out/mesh.glb',
    '/out/video.webp',
  ]);
  expect(new TextDecoder().decode(files.contents.get('/out/image.webp'))).toBe('job-image');
  expect(of(events, 'llm').at(-1)).toMatchObject({ text: 'three things', durationMs: 2_500 });
  expect(of(events, 'audio_stt').at(-1)).toMatchObject({ text: 'a transcript' });
  expect(of(events, 'image').at(-1)).toMatchObject({ file: '/out/image.webp' });
});

test.each(['../../x', 'webp:y', 'a/b'])('an artifact called %j by its studio is not written', async (ext) => {
  const { options, files } = setup({
    endings: { ...GOOD, image: { state: 'completed', artifact: { ...ARTIFACT, ext } } },
  });
  const failure = await allOf(play(options)).catch(toWorkerError);
  expect(failure).toMatchObject({ code: 'studio.invalid', message: expect.stringContaining('calls an artifact') });
  expect([...files.contents.keys()].some((path) => path.includes('image'))).toBe(false);
});

test('a result of unknown shape is shown as it came', async () => {
  const endings = { ...GOOD, llm: { state: 'completed', result: { odd: [1] } } as Ending };
  const events = await allOf(play(setup({ endings }).options));
  expect(of(events, 'llm').at(-1)).toMatchObject({ text: '{"odd":[1]}' });
});

test('a failed or cancelled job says why and holds up no other', async () => {
  const endings: Record<string, Ending> = {
    ...GOOD,
    image: { state: 'failed', error: 'out of memory' },
    llm: { state: 'cancelled' },
  };
  const events = await allOf(play(setup({ endings }).options));
  expect(of(events, 'image').at(-1)).toMatchObject({ state: 'failed', error: 'out of memory' });
  expect(of(events, 'llm').at(-1)).toMatchObject({ state: 'cancelled', error: 'cancelled' });
  expect(of(events, 'video').at(-1)).toMatchObject({ state: 'completed' });
});

test('a failed job says what to do when its worker knows', async () => {
  const endings: Record<string, Ending> = { ...GOOD, image: { state: 'failed', error: 'no native files.' } };
  const factsOf = (id: string) => (id === 'job-image' ? { hint: 'Set STUDIO_WORKER_CACHE_DIR.' } : undefined);
  const events = await allOf(play(setup({ endings, about: { factsOf } }).options));
  expect(of(events, 'image').at(-1)).toMatchObject({ error: 'no native files. Set STUDIO_WORKER_CACHE_DIR.' });
});

const REAL = [
  { kind: 'audio_tts', model: 'voice', source: DEMO_SOURCE, registered: true, task: { kind: 'audio_tts', text: 'a' } },
  {
    kind: 'audio_stt',
    model: 'ear',
    source: DEMO_SOURCE,
    registered: true,
    after: 'audio_tts',
    task: { kind: 'audio_stt', inputUrl: 'http://127.0.0.1/said.wav' },
  },
] as const;

test('a model is added to the studio first, and dependent jobs wait', async () => {
  const factsOf = () => ({ ranOn: 'cpu', loadMs: 20, runMs: 0 });
  const { options, did } = setup({ about: { jobs: REAL, factsOf } });
  const events = await allOf(play(options));
  expect(did).toEqual(['approve rr-1', 'add voice', 'create audio_tts', 'add ear', 'create audio_stt']);
  const spokenAt = events.findIndex(({ kind, state }) => kind === 'audio_tts' && state === 'completed');
  expect(events.findIndex(({ kind }) => kind === 'audio_stt')).toBeGreaterThan(spokenAt);
  expect(events.at(-1)).toMatchObject({ engine: 'synthetic', state: 'completed', ranOn: 'cpu', loadMs: 20, runMs: 0 });
});

test('a job whose input was never made is not begun, and says so', async () => {
  const endings = { ...GOOD, audio_tts: { state: 'failed', error: 'no voice' } as Ending };
  const { options, did } = setup({ endings, about: { jobs: REAL } });
  const events = await allOf(play(options));
  expect(did).not.toContain('create audio_stt');
  expect(events.at(-1)).toMatchObject({
    kind: 'audio_stt',
    state: 'cancelled',
    error: 'skipped: the audio_tts job it depends on failed',
  });
});

test('progress is reported while a job runs', async () => {
  const events = await allOf(
    play(setup({ about: { progressOf: (id) => (id === 'job-video' ? 0.5 : undefined) } }).options),
  );
  expect(of(events, 'video')[1]).toMatchObject({ state: 'running', progress: 0.5 });
  expect(of(events, 'image')[1]).not.toHaveProperty('progress');
});

test('a stop ends the news, even before the worker has asked', async () => {
  const { options, stop, did } = setup({ workerAsksAfter: Number.POSITIVE_INFINITY });
  const events = play({
    ...options,
    pause: (ms) => {
      stop.abort();
      return options.pause(ms);
    },
  });
  const seen = await allOf(events);
  expect(seen.every(({ state }) => state === 'queued')).toBe(true);
  expect(did).not.toContain('approve rr-1');
});

test('a worker that never asks ends the demonstration after half a minute', async () => {
  const { options } = setup({ workerAsksAfter: Number.POSITIVE_INFINITY });
  const failed = await allOf(play(options)).catch(toWorkerError);
  expect(failed).toMatchObject({ code: 'registration.failed' });
});

test('a folder that will not have the artifacts is named with what to do', async () => {
  const { options, files } = setup();
  const refuse = () => Promise.reject(new Error('EACCES'));
  const locked = await allOf(
    play({
      ...options,
      files: {
        makeDir: () => files.makeDir(),
        writeAtomic: refuse,
        list: async () => [],
        readText: async () => undefined,
      },
    }),
  ).catch(toWorkerError);
  expect(locked).toMatchObject({ code: 'folder.unusable', message: expect.stringContaining('/out') });
});

test('a full disk keeps its own name', async () => {
  const { options, files } = setup();
  files.full = true;
  expect(await allOf(play(options)).catch((thrown: unknown) => thrown)).toBeInstanceOf(WorkerError);
  expect(await allOf(play(options)).catch(toWorkerError)).toMatchObject({ code: 'disk.full' });
});
