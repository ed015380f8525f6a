import sharp from 'sharp';
import { pageShell } from '../../src/compose/page-shell.ts';
import { studioUrl } from '../../src/contract/routes.ts';
import type { ModelSource } from '../../src/contract/model-source.ts';
import { someCapabilities } from '../fakes/builders.ts';
import { type BareWorker, bareWorker, jobOf } from '../fakes/studio/bare-worker.ts';
import { fakeStudio, type FakeStudio } from '../fakes/studio/fake-studio.ts';

/*
 * A studio in the middle of its work, as it is drawn: one worker asks to join, two are busy, one is idle, one is gone; jobs
 * in every state, a day of them behind.
 */

const recipe = (engine: ModelSource['engine'], ...names: readonly string[]) => ({
  engine,
  cliDefaults: { cfgScale: 1, steps: 20, width: 1024, height: 1024 },
  files: names.map((filename, at) => ({
    role: (['diffusion-model', 'text-encoder', 'vae'] as const)[at] ?? 'model',
    url: `https://models.example/${filename}`,
    filename,
    approxBytes: [5_583_457_485, 2_469_606_195, 167_772_160][at] ?? 1_000_000,
    sha256: at < 2 ? `${'e2b7c0d41a'.repeat(6)}91fd` : undefined,
  })),
});

const MODELS = [
  ['z-image-turbo', 'Z-Image Turbo', 'image', 7.8, 'sd-cpp'],
  ['qwen3.5-2b', 'Qwen 3.5 2B', 'llm', 2.6, 'llama-cpp'],
  ['whisper-large-v3-turbo', 'Whisper large v3 turbo', 'audio_stt', 1.9, 'whisper-cpp'],
  ['en_GB-alba-medium', 'Alba, British English', 'audio_tts', 0, 'piper'],
  ['wan2.2-a14b', 'Wan 2.2 A14B', 'video', 19.2, 'sd-cpp'],
  ['trellis-2', 'TRELLIS 2', 'mesh', 8.4, 'torch'],
] as const;

/** What three workers lend, in the order in which they joined. */
const WORKERS = [
  {
    machineName: 'workbench',
    vramTotalGb: 16,
    taskKinds: ['image', 'video'],
    modelEngines: ['sd-cpp'],
    supportedModels: ['z-image-turbo'],
  },
  {
    machineName: 'attic-3060',
    vramTotalGb: 12,
    vramThresholdGb: 10,
    taskKinds: ['audio_tts'],
    modelEngines: [],
    extensionEngines: ['piper'],
  },
  {
    machineName: 'render-mini',
    vramTotalGb: 24,
    vramThresholdGb: 16,
    taskKinds: ['audio_stt'],
    modelEngines: [],
    extensionEngines: ['whisper-cpp'],
  },
] as const;

const LIGHTHOUSE = `<svg xmlns="http://www.w3.org/2000/svg" width="512" height="512" viewBox="0 0 64 64">
  <defs><linearGradient id="s" x2="0" y2="1"><stop stop-color="#3d3a6b"/><stop offset=".7" stop-color="#d98a6a"/>
  <stop offset="1" stop-color="#f3cf8f"/></linearGradient></defs>
  <path fill="url(#s)" d="M0 0h64v44H0z"/><path fill="#2f4a68" d="M0 42h64v22H0z"/>
  <path fill="#3a3230" d="M10 48l6-12 12-4 14 3 10 13-6 7H16z"/><path fill="#f3efe6" d="M27 33l2-19h6l2 19z"/>
  <path fill="#b8402f" d="M28.4 20h7.2l.5 5h-8.2zM27.4 29h9.2l.4 4h-10z"/><path fill="#ffe9a8" d="M29 10h6v4h-6z"/>
  <path fill="#3a3230" d="M28 8h8v2h-8zM28 14h8v1h-8z"/><path fill="#ffe9a833" d="M35 10l29-6v14l-29-5z"/>
</svg>`;

export interface DashboardScene extends AsyncDisposable {
  readonly studio: FakeStudio;
  /** The job whose result is to be shown. */
  readonly shownJob: string;
  /** Each worker gives a sign of life, so that none counts as gone however long pictures take. */
  beat(): Promise<void>;
}

/** Sets the scene. */
export async function dashboardScene(): Promise<DashboardScene> {
  const shell = pageShell('studio');
  const studio = await fakeStudio({ shell: (request, url) => shell.answer(request, url) });
  await aDayOfJobs(studio);
  for (const [id, displayName, kind, vramGbEstimate, engine] of MODELS) {
    const files = id === 'z-image-turbo' ? ['z-image-turbo-q4_k.gguf', 'qwen3-4b-q4_k_m.gguf', 'ae.safetensors'] : [];
    await studio.operator('POST', '/models', {
      id,
      displayName,
      kind,
      vramGbEstimate,
      source: recipe(engine, ...(files.length > 0 ? files : [`${id}.gguf`])),
    });
  }
  const joined: { readonly worker: BareWorker; readonly capabilities: object; jobId?: string }[] = [];
  for (const about of WORKERS) {
    const capabilities = { ...someCapabilities({ agentVersion: '0.6.0', username: 'ada' }), ...about };
    joined.push({ worker: await bareWorker(await studio.enrol(), capabilities), capabilities });
  }
  const [workbench, attic] = joined;
  const gone = await bareWorker(await studio.enrol(), {
    ...someCapabilities(),
    machineName: 'lab-a4000',
    modelEngines: [],
  });
  gone.socket.close();
  const shownJob = await finish(studio, workbench!.worker, 'Lighthouse on a basalt cliff at dusk, warm lamp, calm sea');
  await fail(studio, workbench!.worker, 'Battle map of a flooded cathedral, top-down');
  workbench!.jobId = await begin(
    studio,
    workbench!.worker,
    image('Floating island with a small house, pines and a waterfall'),
  );
  attic!.jobId = await begin(studio, attic!.worker, {
    model: 'en_GB-alba-medium',
    task: { kind: 'audio_tts', text: 'Chapter 2, narration: “The harbour slept under fog.”' },
  });
  await studio.operator('POST', '/jobs', image('Moss-covered stone golem, three-quarter view'));
  await studio.operator('POST', '/jobs', {
    model: 'wan2.2-a14b',
    task: { kind: 'video', prompt: 'Storm over the sea, waves breaking on rocks', seconds: 4 },
  });
  await log(workbench!.worker, shownJob);
  await share(studio);
  await askToJoin(studio);
  return {
    studio,
    shownJob,
    async beat() {
      for (const { worker, capabilities, jobId } of joined) {
        await worker.heartbeat({ capabilities, ...(jobId !== undefined && { currentJobId: jobId }) });
      }
    },
    async [Symbol.asyncDispose]() {
      for (const { worker } of joined) worker[Symbol.dispose]();
      await studio[Symbol.asyncDispose]();
    },
  };
}

const image = (prompt: string) => ({ model: 'z-image-turbo', task: { kind: 'image', prompt } });

/** Queues a job that this worker takes. */
async function begin(studio: FakeStudio, worker: BareWorker, request: object): Promise<string> {
  await studio.operator('POST', '/jobs', request);
  const jobId = jobOf(await worker.next('offer'));
  worker.send({ type: 'accept', jobId });
  await studio.jobIs(jobId, 'running');
  return jobId;
}

async function finish(studio: FakeStudio, worker: BareWorker, prompt: string): Promise<string> {
  const jobId = await begin(studio, worker, image(prompt));
  await worker.upload(jobId, await sharp(Buffer.from(LIGHTHOUSE)).webp({ quality: 90 }).toBuffer(), { prompt });
  return jobId;
}

async function fail(studio: FakeStudio, worker: BareWorker, prompt: string): Promise<void> {
  const jobId = await begin(studio, worker, image(prompt));
  worker.send({
    type: 'fail',
    jobId,
    error: 'not enough GPU memory: 11.2 GiB are needed, 7.9 are free',
    retryable: false,
  });
  await worker.next('failAck');
}

/** Jobs that ended in each hour of the last day, as many as a studio has by day and by night. */
async function aDayOfJobs({ studio: { store } }: FakeStudio): Promise<void> {
  const HOUR = 3_600_000;
  for (let ago = 23; ago > 0; ago--) {
    const many = Math.max(0, Math.round(4 + 4 * Math.cos(((ago - 3) / 24) * 2 * Math.PI)));
    for (let at = 0; at < many; at++) {
      const id = `job-day-${ago}-${at}`;
      const created = Date.now() - ago * HOUR + at * 60_000;
      await store.jobs.add({
        id,
        project: 'default',
        kind: 'llm',
        model: 'qwen3.5-2b',
        modelSource: '{"engine":"llama-cpp"}',
        task: '{}',
        prompt: 'Name six taverns in a harbour town',
        gameId: 'local',
        assetName: `local/${id}`,
        vramGb: 2.6,
        priority: 0,
        maxAttempts: 3,
        createdAt: created,
      });
      const asked = { workerId: 'w-0', kinds: ['llm'], engines: ['llama-cpp'], thresholdGb: 12, except: [] } as const;
      await store.jobs.offerNext(asked, created);
      await store.jobs.start(id, 'w-0', created + 9_000);
      const isFailed = at === 0 && ago % 9 === 0;
      const end = created + 9_000 + 240_000;
      if (isFailed) await store.jobs.end(id, 'w-0', { to: 'failed', outcome: 'failed', error: 'out of memory' }, end);
      else await store.jobs.complete(id, 'w-0', { prompt: undefined, result: '{"content":"The Gull"}' }, end);
    }
  }
}

/** What a worker says of a job. */
async function log(worker: BareWorker, jobId: string): Promise<void> {
  const line = (ago: number, level: string, category: string, message: string) => ({
    ts: new Date(Date.now() - ago).toISOString(),
    level,
    category,
    message,
    jobId,
  });
  worker.send({
    type: 'logBatch',
    entries: [
      line(9_000, 'info', 'ws', 'offer received model=z-image-turbo vram=7.8'),
      line(6_000, 'info', 'ws', 'image dispatched in 21.8 s'),
      line(5_000, 'warn', 'ws', 'failed to send result: the studio answered 503; next try in 1.0 s'),
      line(4_000, 'info', 'ws', 'binary upload ok'),
      line(2_000, 'error', 'engines', 'the onnx engine runs on the CPU: libcudnn.so.9 is missing'),
    ],
  });
}

/** Two teams, programs of theirs, and one that is told of jobs. */
async function share(studio: FakeStudio): Promise<void> {
  await studio.operator('POST', '/projects', { name: 'chapter-two', maxQueued: 200, maxRunning: 2, maxPerDay: 1_000 });
  await studio.operator('POST', '/projects', { name: 'website', maxArtifactBytes: 5_368_709_120 });
  await studio.operator('POST', '/tokens', {
    project: 'chapter-two',
    scopes: ['create', 'read'],
    name: 'asset pipeline',
  });
  await studio.operator('POST', '/tokens', { project: 'website', scopes: ['read'], expiresInSeconds: 2_592_000 });
  const url = 'http://127.0.0.1:4310/jobs?token=never-shown';
  await studio.operator('POST', '/webhooks', { url, events: ['completed', 'failed'] });
}

const askToJoin = (studio: FakeStudio): Promise<Response> =>
  fetch(studioUrl(studio.url, '/workers/register-request') ?? '', {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({
      installId: 'ins-c07e-1184',
      registrationSecretHash: 'a'.repeat(64),
      userAgent: 'studio-worker/0.6.0',
      capabilities: someCapabilities({
        machineName: 'loft-7900xt',
        username: 'render',
        agentVersion: '0.6.0',
        vramTotalGb: 20,
        supportedModels: [
          'z-image-turbo',
          'qwen3.5-2b',
          'whisper-large-v3-turbo',
          'en_GB-alba-medium',
          'wan2.2',
          'lama',
        ],
      }),
    }),
  });
