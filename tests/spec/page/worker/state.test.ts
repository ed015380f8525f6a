import { expect, test } from 'bun:test';
import { WORKER_STATES, type LiveStatus } from '../../../../src/local-api/contract/status.ts';
import {
  stateLook,
  stateSentence,
  jobProgress,
  shareOf,
  sidebarLook,
  sidebarSentence,
} from '../../../../src/page/worker/state.ts';
import { timeLeft } from '../../../../src/page/worker/time-left.ts';
import { memoryViews } from '../../../../src/page/worker/status/memory-parts.ts';
import { BUSY, IDLE, PENDING, REJECTED, RUNNING, UNREGISTERED } from '../../../page/fixtures.ts';
import { NOW } from '../../../page/moment.ts';

const LIVE = { is: 'live' } as const;

test('each state has a shape of its own, and a word', () => {
  const looks = WORKER_STATES.map((hero) => stateLook({ ...IDLE, hero }));
  expect(new Set(looks.map(({ glyph }) => glyph)).size).toBe(WORKER_STATES.length);
  expect(new Set(looks.map(({ word }) => word)).size).toBe(WORKER_STATES.length);
});

test('the sidebar and the page call a state by the same word', () => {
  for (const hero of WORKER_STATES) {
    const status = { ...IDLE, hero };
    expect(sidebarLook(LIVE, status)).toEqual(stateLook(status));
  }
  expect(stateLook(PENDING).word).toBe('Waiting for approval');
  expect(sidebarSentence(LIVE, PENDING, NOW)).toBe('The studio’s operator was asked 4m 12s ago');
});

test('a session that was not up yet is connecting, not lost', () => {
  const connecting: LiveStatus = { ...IDLE, hero: 'disconnected', session: { state: 'connecting' } };
  expect(sidebarLook(LIVE, connecting)).toMatchObject({ word: 'Connecting', tone: 'accent' });
  expect(stateSentence(connecting, NOW)).toBe('Connecting to studio.example.com');
});

test('a worker that does not answer is disconnected, whatever it said last', () => {
  const lost = { is: 'lost', lastAt: NOW - 78_000, attempts: 3, nextAt: NOW + 900 } as const;
  expect(sidebarLook(lost, BUSY)).toMatchObject({ word: 'Disconnected', tone: 'bad' });
  expect(sidebarSentence(lost, BUSY, NOW)).toBe('Not reachable for 1m 18s. Next attempt in 1s');
  expect(sidebarSentence({ is: 'lost', lastAt: NOW - 78_000, attempts: 3 }, BUSY, NOW)).toBe(
    'Not reachable for 1m 18s. Trying now',
  );
});

test('the window says when it is signed out', () => {
  expect(sidebarSentence({ is: 'signed-out' }, BUSY, NOW)).toBe('This window is signed out');
});

test('the big statement says for whom the worker works', () => {
  expect(stateSentence(BUSY, NOW)).toBe('Working for studio.example.com');
  const local: LiveStatus = { ...BUSY, activeJobs: [{ ...RUNNING, source: 'local' }] };
  expect(stateSentence(local, NOW)).toBe('Working for a program on this machine');
});

test('the sidebar says what one job is at, and counts several', () => {
  const live = { is: 'live' } as const;
  expect(sidebarSentence(live, BUSY, NOW)).toContain(RUNNING.model);
  const two: LiveStatus = { ...BUSY, activeJobs: [RUNNING, { ...RUNNING, jobId: 'job-2' }] };
  expect(sidebarSentence(live, two, NOW)).toBe('2 jobs are running');
});

test('an idle worker that takes no jobs does not claim to be ready', () => {
  const limited: LiveStatus = { ...IDLE, obstacles: [{ what: 'in-use', because: 'somebody uses the machine' }] };
  expect(stateSentence(limited, NOW)).toBe('Connected to studio.example.com, not taking jobs now');
  expect(sidebarSentence(LIVE, limited, NOW)).toBe('Not taking jobs now. The Status page says why');
});

test('a lost session says which attempt comes, and when', () => {
  const lost: LiveStatus = {
    ...IDLE,
    hero: 'disconnected',
    session: { state: 'reconnecting', attempt: 4, retryAt: NOW + 8_000, reason: 'the studio closed it' },
  };
  expect(stateSentence(lost, NOW)).toBe('The session with studio.example.com was lost. Attempt 4, the next in 8s');
  expect(sidebarSentence(LIVE, lost, NOW)).toBe('Session lost. Next attempt in 8s');
});

test('a session that ended for good says so', () => {
  const ended: LiveStatus = { ...IDLE, hero: 'disconnected', session: { state: 'fatal', reason: 'too old' } };
  expect(stateSentence(ended, NOW)).toContain('ended for good');
});

test('registration is told in words for each of its steps', () => {
  expect(sidebarSentence(LIVE, UNREGISTERED, NOW)).toBe('Asking studio.example.com, which has not answered yet');
  expect(stateSentence(PENDING, NOW)).toMatch(/^studio\.example\.com was asked at \d\d:\d\d:\d\d, 4m 1\ds ago\./);
  expect(sidebarSentence(LIVE, REJECTED, NOW)).toBe('By studio.example.com. Local jobs still run');
});

test('a running job shows its steps, or what it does while nothing is counted', () => {
  expect(jobProgress(RUNNING)).toBe('Image, step 13 of 20');
  expect(shareOf(RUNNING)).toBe(0.65);
  const loading = { ...RUNNING, phase: 'loading' } as const;
  expect(jobProgress(loading)).toBe('Image: loading the model');
  expect(shareOf(loading)).toBe(undefined);
});

test('time left is told once steps were seen done, and counts down between them', () => {
  const first = { at: 1_000, done: 3 };
  expect(timeLeft(RUNNING, { first, last: first }, 2_000)).toBe(undefined);
  const times = { first, last: { at: 11_000, done: 13 } };
  expect(timeLeft(RUNNING, times, 11_000)).toBe(7_000);
  expect(timeLeft(RUNNING, times, 12_500)).toBe(5_500);
  expect(timeLeft(RUNNING, times, 60_000)).toBe(0);
  expect(timeLeft({ ...RUNNING, phase: 'checking' }, times, 11_000)).toBe(undefined);
});

test('what is neither free nor a model’s belongs to other programs', () => {
  const [view] = memoryViews(BUSY.memory);
  expect(view?.parts.map(({ name, part }) => [name, part])).toEqual([
    ['z-image-turbo', 1],
    ['qwen3.5-2b', 2],
    ['Other programs', 'other'],
  ]);
  expect(view?.parts.at(-1)?.amount).toBeCloseTo(1.3);
  expect(view?.sentence).toBe(
    'GPU memory: z-image-turbo 7.9 GiB, qwen3.5-2b 2.6 GiB, Other programs 1.3 GiB, free 4.2 GiB',
  );
});

test('the memory bar shows RAM without a GPU, and invents no free memory', () => {
  expect(memoryViews({ ...BUSY.memory, gpus: [] })).toMatchObject([{ gpu: undefined, total: 64, free: 41.5 }]);
  const old = { id: 'nvidia-0', name: 'Old GPU', label: 'Old GPU #0', totalGb: 8, freeGb: null };
  const [silent] = memoryViews({ ...BUSY.memory, gpus: [old] });
  expect(silent).toMatchObject({ total: 8, free: undefined });
  expect(silent?.parts).toHaveLength(2);
  expect(memoryViews({ ...BUSY.memory, gpus: [], ram: { totalGb: 0, freeGb: 0 } })).toEqual([]);
});

test('each of several GPUs has a memory bar with the models on it', () => {
  const gpus = [0, 1].map((at) => ({
    id: `GPU-${at}`,
    name: 'RTX 4090',
    label: `RTX 4090 #${at}`,
    totalGb: 24,
    freeGb: 20,
  }));
  const [image, chat] = BUSY.memory.models;
  if (image === undefined || chat === undefined) throw new Error('two models are expected');
  const placed = { ...BUSY.memory, gpus, models: [image, { ...chat, gpu: 'RTX 4090 #1' }] };
  expect(memoryViews(placed).map(({ gpu, total, parts }) => [gpu, total, parts.map(({ name }) => name)])).toEqual([
    ['RTX 4090 #0', 24, ['Other programs']],
    ['RTX 4090 #1', 24, ['qwen3.5-2b', 'Other programs']],
    [undefined, 64, ['z-image-turbo', 'Other programs']],
  ]);
  expect(memoryViews(placed)[1]?.sentence).toStartWith('RTX 4090 #1: qwen3.5-2b 2.6 GiB');
});
