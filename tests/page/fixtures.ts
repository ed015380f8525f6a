import type { ApiEngine } from '../../src/local-api/contract/engines.ts';
import type { ApiJob } from '../../src/local-api/contract/jobs.ts';
import type { ApiLogLine } from '../../src/local-api/contract/logs.ts';
import type { LiveStatus } from '../../src/local-api/contract/status.ts';
import { type Config, KEYS, specOf } from '../../src/config/schema.ts';
import { configView } from '../../src/local-api/view/config-view.ts';
import { MODELS } from './models.ts';
import { NOW } from './moment.ts';
import { CHAT, MESH, SPEECH } from './results.ts';
import type { WorkerFacts } from './worker-api.ts';

const SECOND = 1000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;

export const RUNNING: ApiJob = {
  jobId: 'job-9e041c',
  kind: 'image',
  model: 'z-image-turbo',
  engine: 'sd-cpp',
  prompt: 'Floating island with a small house, pines and a waterfall, soft morning light',
  source: 'studio',
  status: 'running',
  phase: 'running',
  progress: { done: 13, total: 20, share: 0.65 },
  settings: { width: 1024, height: 1024, steps: 20 },
  startedAt: NOW - 18 * SECOND,
  hasThumbnail: false,
};

interface EndedFacts {
  readonly id: string;
  readonly kind: ApiJob['kind'];
  readonly model: string;
  readonly prompt: string;
  readonly tookS: number;
  readonly endedAgoMin: number;
  readonly more?: Partial<ApiJob>;
}

const ended = ({ id, kind, model, prompt, tookS, endedAgoMin, more }: EndedFacts): ApiJob => ({
  jobId: id,
  kind,
  model,
  engine: 'sd-cpp',
  prompt,
  source: 'studio',
  status: 'completed',
  startedAt: NOW - endedAgoMin * MINUTE - tookS * SECOND,
  finishedAt: NOW - endedAgoMin * MINUTE,
  ranOn: 'CUDA',
  runMs: tookS * 900,
  settings: {},
  hasThumbnail: false,
  ...more,
});

export const LIGHTHOUSE = ended({
  id: 'job-9e0417',
  kind: 'image',
  model: 'z-image-turbo',
  prompt: 'Lighthouse on a basalt cliff at dusk, warm lamp, calm sea',
  tookS: 24,
  endedAgoMin: 0.4,
  more: {
    hasThumbnail: true,
    settings: { width: 1024, height: 1024, steps: 20, seed: '8214550193' },
    result: { type: 'image/svg+xml', ext: 'svg', sizeBytes: 1_363_148 },
  },
});

export const FAILED = ended({
  id: 'job-9e03c2',
  kind: 'image',
  model: 'z-image-turbo',
  prompt: 'Battle map of a flooded cathedral, top-down, 2048 × 2048',
  tookS: 41,
  endedAgoMin: 5,
  more: {
    status: 'failed',
    settings: { width: 2048, height: 2048, steps: 20 },
    code: 'engine.out-of-memory',
    reason: 'there is not enough GPU memory for the model: it needed 14.1 GiB and 13.9 GiB were free',
    hint: 'Close other programs that use the GPU, or lower vram_threshold_gb so that such jobs are rejected at once.',
  },
});

export const ENDED: readonly ApiJob[] = [
  LIGHTHOUSE,
  ended({
    id: 'job-9e0415',
    kind: 'llm',
    model: 'qwen3.5-2b',
    prompt: 'Write three one-line descriptions for a cursed brass compass',
    tookS: 3,
    endedAgoMin: 1.2,
    more: { result: { type: 'application/json', ext: 'json', sizeBytes: CHAT.byteLength } },
  }),
  ended({
    id: 'job-9e03f0',
    kind: 'audio_tts',
    model: 'en_GB-alba-medium',
    prompt: 'The gate opens at dawn. Bring a lantern and keep to the left path.',
    tookS: 2,
    endedAgoMin: 3,
    more: {
      ranOn: 'CPU',
      settings: { voice: 'alba', language: 'en' },
      result: { type: 'audio/wav', ext: 'wav', sizeBytes: SPEECH.byteLength },
    },
  }),
  FAILED,
  ended({
    id: 'job-9e0390',
    kind: 'mesh',
    model: 'trellis-2',
    prompt: '',
    tookS: 134,
    endedAgoMin: 10,
    more: { settings: { seed: '7' }, result: { type: 'model/gltf-binary', ext: 'glb', sizeBytes: MESH.byteLength } },
  }),
  ended({
    id: 'job-9e0388',
    kind: 'audio_stt',
    model: 'whisper-large-v3-turbo',
    prompt: 'council-notes-04.wav',
    tookS: 11,
    endedAgoMin: 14,
  }),
  ended({
    id: 'job-9e0360',
    kind: 'video',
    model: 'wan2.2-ti2v-5b',
    prompt: 'Clouds passing over green hills, slow pan to the right',
    tookS: 184,
    endedAgoMin: 22,
  }),
  ended({
    id: 'job-local-7',
    kind: 'llm',
    model: 'qwen3.5-2b',
    prompt: 'Summarise these patch notes in two sentences',
    tookS: 5,
    endedAgoMin: 29,
    more: { source: 'local' },
  }),
  ended({
    id: 'job-9e0341',
    kind: 'image',
    model: 'z-image-turbo',
    prompt: 'Portrait of a clockmaker in a cluttered workshop',
    tookS: 8,
    endedAgoMin: 35,
    more: { status: 'cancelled', reason: 'the studio cancelled it' },
  }),
  ended({
    id: 'job-9e0102',
    kind: 'image',
    model: 'z-image-turbo',
    prompt: 'Misty pine forest, first light',
    tookS: 23,
    endedAgoMin: 24 * 60,
  }),
];

const DONE_PER_HOUR = [6, 9, 11, 8, 12, 14, 10, 7, 5, 3, 2, 1, 0, 0, 0, 0, 1, 4, 8, 11, 9, 13, 10, 5];
const FAILED_HOURS = new Set([2, 19, 23]);

export const BUSY: LiveStatus = {
  version: '0.6.0',
  pid: 48213,
  startedAt: NOW - 30 * HOUR,
  configPath: '/home/op/.config/minis-studio-worker/config.toml',
  localApiUrl: 'http://127.0.0.1:4787',
  machineName: 'workbench',
  hero: 'busy',
  paused: false,
  enabled: true,
  conditions: [],
  busy: true,
  stopping: false,
  registered: true,
  workerId: 'wkr-7f3c9a12e0b4',
  studioUrl: 'https://studio.example.com/',
  registration: { state: 'approved' },
  session: { state: 'connected', since: NOW - 6 * HOUR - 12 * MINUTE },
  reconnects: 1,
  heartbeat: { outcome: 'ok', lastAttemptAt: NOW - 2 * SECOND, roundTripMs: 41 },
  obstacles: [],
  offers: { offers: 155, accepted: 152, rejections: [] },
  engines: ['llama-cpp', 'sd-cpp', 'whisper-cpp', 'onnx', 'piper'],
  presence: { is: 'idle', because: 'nobody uses this machine (X11)' },
  gpuRuntime: { ok: true, detail: 'CUDA 12.8' },
  vramTotalGb: 16,
  vramThresholdGb: 12,
  memory: {
    at: NOW,
    gpus: [{ id: 'GPU-4070', name: 'RTX 4070 Ti SUPER', label: 'RTX 4070 Ti SUPER #0', totalGb: 16, freeGb: 4.2 }],
    deniedGpus: [],
    ram: { totalGb: 64, freeGb: 41.5 },
    models: [
      {
        model: 'z-image-turbo',
        engine: 'sd-cpp',
        state: 'in use',
        pid: 51020,
        since: NOW - 20 * MINUTE,
        lastUsedAt: NOW,
        gb: 7.9,
      },
      {
        model: 'qwen3.5-2b',
        engine: 'llama-cpp',
        state: 'idle',
        pid: 51033,
        since: NOW - HOUR,
        lastUsedAt: NOW - 108 * SECOND,
        gb: 2.6,
        unloadsAt: NOW + 192 * SECOND,
      },
    ],
  },
  outbox: { count: 0, sizeBytes: 0 },
  update: { at: 'idle', lastCheckAt: NOW - 20 * MINUTE },
  currentJobId: RUNNING.jobId,
  activeJobs: [RUNNING],
  day: {
    hours: DONE_PER_HOUR.map((completed, index) => ({
      at: Math.floor(NOW / HOUR) * HOUR - (23 - index) * HOUR,
      completed,
      failed: FAILED_HOURS.has(index) ? 1 : 0,
      cancelled: 0,
      busyShare: completed * 0.05,
    })),
    completed: 149,
    failed: 3,
    cancelled: 1,
    busyShare: 0.33,
  },
  logsSeq: 18,
};

export const IDLE: LiveStatus = { ...BUSY, hero: 'idle', busy: false, activeJobs: [], currentJobId: null };

const UNSERVED = {
  ...IDLE,
  registered: false,
  workerId: null,
  heartbeat: null,
  offers: { offers: 0, accepted: 0, rejections: [] },
};

export const UNREGISTERED: LiveStatus = {
  ...UNSERVED,
  hero: 'not-registered',
  registration: { state: 'pristine' },
  session: { state: 'waiting_for_approval' },
};

export const PENDING: LiveStatus = {
  ...UNSERVED,
  hero: 'waiting',
  registration: { state: 'pending', requestId: 'req-5b81-c20d-47ae', since: NOW - 252 * SECOND },
  session: { state: 'waiting_for_approval' },
};

export const REJECTED: LiveStatus = {
  ...UNSERVED,
  hero: 'rejected',
  registration: { state: 'rejected', reason: 'Not one of our machines. Ask in the workshop channel first.' },
  session: { state: 'stopped' },
};

const line = (seq: number, agoS: number, rest: Omit<ApiLogLine, 'seq' | 'ts'>): ApiLogLine => ({
  seq,
  ts: new Date(NOW - agoS * SECOND).toISOString(),
  ...rest,
});

export const LINES: readonly ApiLogLine[] = [
  line(1, 48, {
    level: 'info',
    category: 'session',
    message: 'offer received job-9e0417 game=harbour-tales asset=lighthouse_01 model=z-image-turbo vram=7.8',
    jobId: 'job-9e0417',
  }),
  line(2, 47.9, {
    level: 'info',
    category: 'jobs',
    message: 'fits: needs 7.8 GiB, 12.1 GiB free on RTX 4070 Ti SUPER',
    jobId: 'job-9e0417',
  }),
  line(3, 40, { level: 'info', category: 'models', message: 'downloading qwen-image-edit-2511: 58 % of 12.4 GiB' }),
  line(4, 30, { level: 'info', category: 'jobs', message: 'image done in 21.8 s', jobId: 'job-9e0417' }),
  line(5, 28, {
    level: 'warn',
    category: 'delivery',
    message: 'upload of job job-9e0417 put off: the studio answered 503; next attempt in 1.0 s',
    jobId: 'job-9e0417',
  }),
  line(6, 26, {
    level: 'info',
    category: 'delivery',
    message: 'binary upload ok (1.3 MiB in 0.6 s)',
    jobId: 'job-9e0417',
  }),
  line(7, 24, {
    level: 'warn',
    category: 'engines',
    message: 'the onnx engine runs on the CPU: libcudnn.so.9 is missing',
  }),
  line(8, 20, {
    level: 'error',
    category: 'models',
    message: 'lama-big is damaged: its SHA-256 begins with 9c41 instead of e2b7; it is not used',
  }),
];

const LIGHTHOUSE_SVG = `<svg xmlns="http://www.w3.org/2000/svg" width="384" height="384" viewBox="0 0 8 8">
  <path fill="#2b3a67" d="M0 0h8v8H0z" /><path fill="#f2b872" d="M0 4h8v1H0z" /><path fill="#1b2440" d="M0 5h8v3H0z" />
  <path fill="#e8e4da" d="M5 2h1l.3 4h-1.6z" /><path fill="#ffd84a" d="M5 1.4h1V2H5z" />
</svg>`;

const defaults = Object.fromEntries(
  KEYS.flatMap((key) => {
    const value = specOf(key)?.default;
    return value === undefined ? [] : [[key, value]];
  }),
) as unknown as Config;
const atStart: Config = { ...defaults, api_base_url: 'https://studio.example.com/', local_api_token: 'secret' };

/** As a worker makes it of a real config, of which one key waits for a restart. */
export const CONFIG = configView({
  config: {
    current: { ...atStart, local_api_port: 4790, schedule: [{ days: ['sat', 'sun'], from: '22:00', to: '07:00' }] },
    path: '/home/op/.config/minis-studio-worker/config.toml',
    overridden: ['models_root'],
    inFile: ['api_base_url', 'local_api_port', 'local_api_token'],
  },
  atStart,
  canRestart: true,
});

export const ENGINES: readonly ApiEngine[] = [
  { engine: 'llama-cpp', ready: true, runsOn: 'CUDA', kinds: ['llm'], models: [] },
  { engine: 'sd-cpp', ready: true, runsOn: 'CUDA', kinds: ['image', 'video'], models: [] },
  {
    engine: 'onnx',
    ready: true,
    runsOn: 'CPU',
    onCpu: {
      because: 'libcudnn.so.9 is missing',
      hint: 'install cuDNN 9, or leave it: a removal takes 9 s instead of 1 s',
    },
    kinds: ['image'],
    models: [],
  },
  {
    engine: 'gradio',
    ready: false,
    because: 'no app is configured',
    hint: 'set gradio_endpoint_url to the app on this machine',
    kinds: ['image'],
    models: [],
  },
];

export const FACTS: WorkerFacts = {
  config: CONFIG,
  engines: ENGINES,
  models: MODELS,
  findings: [
    { id: 'config.valid', title: 'the config file can be read', is: 'ok', message: '/home/op/config.toml' },
    {
      id: 'service.linger',
      title: 'the worker runs while nobody is logged in',
      is: 'warning',
      message: 'the worker stops when you log out',
      hint: 'Run `loginctl enable-linger`.',
    },
    {
      id: 'studio.clock',
      title: 'the clocks agree',
      is: 'failed',
      message: 'the clock is 4 m behind',
      hint: 'Set the clock.',
    },
  ],
  status: BUSY,
  jobs: [RUNNING, ...ENDED],
  lines: LINES,
  jobLogs: {
    'job-9e0417': LINES.filter(({ jobId }) => jobId === 'job-9e0417'),
    'job-9e03c2': LINES.slice(0, 2),
    'job-9e0415': [],
    'job-9e03f0': [],
    'job-9e0390': [],
  },
  thumbnails: { [LIGHTHOUSE.jobId]: LIGHTHOUSE_SVG },
  results: {
    [LIGHTHOUSE.jobId]: new TextEncoder().encode(LIGHTHOUSE_SVG),
    'job-9e0415': CHAT,
    'job-9e03f0': SPEECH,
    'job-9e0390': MESH,
  },
};
