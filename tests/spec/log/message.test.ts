import { describe, expect, test } from 'bun:test';
import * as v from 'valibot';
import { type LogEntry as StudioLogEntry, LogEntrySchema } from '../../../src/contract/log-entry.ts';
import type { Fields, LogEvent } from '../../../src/log/logger.ts';
import { sentenceFor, sentenceOf, toLogEntry } from '../../../src/log/message.ts';
import { CONTRACT_SENTENCES } from '../../../src/log/sentences/contract.ts';
import { MACHINE_SENTENCES } from '../../../src/log/sentences/machine.ts';
import { STUDIO_SENTENCES } from '../../../src/log/sentences/studio.ts';
import { UPDATE_SENTENCES } from '../../../src/log/sentences/update.ts';
import { WORKER_SENTENCES } from '../../../src/log/sentences/worker.ts';

const anEvent = (event: string, fields: Fields = {}, over: Partial<LogEvent> = {}): LogEvent => ({
  at: Date.UTC(2026, 4, 25, 12),
  level: 'info',
  area: 'session',
  event,
  fields,
  ...over,
});
const said = (event: string, fields: Fields = {}): string => toLogEntry(anEvent(event, fields))?.message ?? '';

describe('the studio reads the texts its operators search for', () => {
  const offer = { jobId: 'job-1', gameId: 'g1', assetName: 'hero', model: 'm', kind: 'image', vramGbEstimate: 7.5 };
  const cases: readonly (readonly [event: string, fields: Fields, text: string])[] = [
    ['session.connecting', { url: 'wss://s/x' }, 'connecting to wss://s/x'],
    ['session.connect-failed', { error: 'refused' }, 'connect failed: refused'],
    ['session.connect-failed', { error: new Error('refused') }, 'connect failed: refused'],
    [
      'capabilities.advertised',
      {
        engine: 'multi',
        vramTotalGb: 24,
        vramThresholdGb: 12.25,
        autoEnabled: true,
        onlyWhenIdle: false,
        userPresence: 'unknown',
        kinds: ['image', 'llm'],
        modelEngines: ['sd-cpp', 'synthetic'],
        models: ['synthetic', 'synthetic-image'],
      },
      'advertising engine=multi, vram=24.0/12.3GB threshold, auto_enabled=true, only_when_idle=false, ' +
        'user_presence=unknown, kinds=[image, llm], model_engines=[sd-cpp, synthetic], 2 model(s)=[synthetic, synthetic-image]',
    ],
    [
      'threshold.exceeds-vram',
      { vramTotalGb: 8, vramThresholdGb: 12 },
      'the threshold of 12.0 GiB exceeds the detected 8.0 GiB of GPU memory: jobs may not fit',
    ],
    ['session.welcomed', { workerId: 'w-1', serverTime: 'now' }, 'server welcomed w-1 server_time=now'],
    [
      'registration.revoked',
      { reason: 'server closed 4004: deleted' },
      "studio revoked this worker's registration (server closed 4004: deleted); asking for approval again",
    ],
    ['approval.awaited', {}, 'waiting for operator approval before opening the session'],
    ['offer.received', offer, 'offer received job-1 game=g1 asset=hero model=m vram=7.5'],
    ['offer.rejected', { jobId: 'job-1', rule: 'claiming', because: 'x' }, 'rejecting offer job-1: worker is paused'],
    [
      'offer.rejected',
      { jobId: 'job-1', rule: 'updating', because: 'an update is waiting to install' },
      'rejecting offer job-1: an update is waiting to install',
    ],
    ['offer.rejected', { jobId: 'job-1', rule: 'busy', because: 'x' }, 'rejecting offer job-1: worker is already busy'],
    [
      'offer.rejected',
      { jobId: 'job-1', rule: 'idle', presence: 'active' },
      'rejecting offer job-1: only when idle, and the person is active',
    ],
    [
      'offer.rejected',
      { jobId: 'job-1', rule: 'idle', presence: 'unknown' },
      'rejecting offer job-1: only when idle, and the person is unknown',
    ],
    ['job.ran', { jobId: 'job-1', kind: 'image', durationMs: 2_400 }, 'image dispatched in 2.4 s'],
    ['artifact.uploaded', { jobId: 'job-1', sizeBytes: 9, durationMs: 1 }, 'binary upload ok'],
    ['result.sent', { jobId: 'job-1' }, 'json result sent'],
    ['job.failed', { jobId: 'job-1', error: 'out of memory', code: 'engine.failed' }, 'dispatch failed: out of memory'],
    ['delivery.failed', { jobId: 'job-1', error: 'gone' }, 'failed to send result: gone'],
    ['accept.not-sent', { jobId: 'job-1', error: 'gone' }, 'accept send failed for offer job-1: gone'],
    ['failure.not-sent', { jobId: 'job-1', error: 'gone' }, 'failed to notify studio of job job-1 failure: gone'],
    ['studio.reported-error', { code: 'protocol_violation', message: 'no' }, 'server error ProtocolViolation: no'],
    ['session.lost', { reason: '', attempt: 2, retryInMs: 1900 }, 'disconnected; reconnect attempt 2 in 1900ms'],
    ['session.lost', { attempt: 1, retryInMs: 10 }, 'disconnected; reconnect attempt 1 in 10ms'],
    [
      'session.lost',
      { reason: 'read idle for 20 s', attempt: 1, retryInMs: 1000 },
      'session error: read idle for 20 s; reconnect attempt 1 in 1000ms',
    ],
    ['session.gave-up', { failures: 5 }, 'giving up after 5 reconnect attempts'],
    ['session.refused', { code: 4001, reason: 'revoked' }, 'auth failed: revoked. Re-register the worker.'],
    ['session.refused', { code: 4004, reason: 'worker deleted' }, 'fatal: worker deleted'],
    ['claiming.changed', { claiming: 'on', before: 'off' }, 'claiming enabled: offers are taken again'],
    ['claiming.changed', { claiming: 'off', before: 'paused' }, 'claiming disabled: offers are rejected'],
    [
      'claiming.changed',
      { claiming: 'paused', before: 'on' },
      'claiming paused by operator; new offers are rejected until resumed',
    ],
    [
      'claiming.changed',
      { claiming: 'on', before: 'paused' },
      'claiming resumed by operator; accepting new offers again',
    ],
    ['frame.ignored', { problem: 'unknown type "x"' }, 'ignoring a frame: unknown type "x"'],
    ['offer.malformed', { jobId: 'job-1', problem: 'no task' }, 'offer job-1 is malformed: no task'],
  ];
  test.each(cases)('%s with %j', (event, fields, text) => {
    expect(said(event, fields)).toBe(text);
  });
});

describe('what operators read most is in our own sentences', () => {
  const pending = { requestId: 'rr-1' };
  const jobId = 'job-1';
  const finishing = 'stopping: job job-1 has 30.0 s to finish; another signal hands it back to the studio';
  const banner = { version: '0.5.0', studio: 'https://s/', registration: 'approved as w-1', claiming: 'on' };
  const cases: readonly (readonly [event: string, fields: Fields, text: string])[] = [
    [
      'worker.started',
      { ...banner, vramThresholdGb: 12, configPath: '/c.toml' },
      'studio-worker 0.5.0 for https://s/: approved as w-1, claiming on, threshold 12 GiB, config /c.toml',
    ],
    [
      'worker.already-running',
      { pid: 7, configPath: '/c.toml' },
      'another worker (pid 7) is already running in this folder: /c.toml',
    ],
    [
      'worker.refused',
      { code: 4004, reason: 'the worker was deleted', remedy: 'Register again.' },
      'the worker ends, as the studio refused its session (4004): the worker was deleted. Register again.',
    ],
    ['worker.stopped', {}, 'stopped'],
    ['stop.requested', {}, 'stopping'],
    ['stop.requested', { jobIds: [jobId], graceMs: 30_000 }, finishing],
    [
      'stop.requested',
      { jobIds: [jobId, 'job-2'], graceMs: 30_000 },
      'stopping: jobs job-1, job-2 have 30.0 s to finish; another signal hands them back to the studio',
    ],
    ['job.handed-back', { jobId }, 'handing job job-1 back to the studio; another signal exits at once'],
    ['registration.requested', pending, 'asked the studio to approve this worker (request rr-1)'],
    ['registration.pending', pending, 'checking whether request rr-1 was approved'],
    ['registration.approved', { workerId: 'w-1' }, 'approved as w-1'],
    [
      'registration.rejected',
      { reason: 'unknown machine', remedy: 'Run it.' },
      'the studio rejected this worker: unknown machine. Run it.',
    ],
    ['registration.failed', { error: 'no answer', retryInMs: 30_000 }, 'no answer; retrying in 30.0 s'],
    ['registration.restarted', { because: '404' }, 'registering again: 404'],
    ['config.created', { path: '/c.toml' }, 'created the config file /c.toml'],
    ['engine.ready', { engine: 'onnx' }, 'the onnx engine is ready'],
    [
      'engine.not-ready',
      { engine: 'onnx', because: 'no files', hint: 'Run `bun install`.' },
      'the onnx engine is not ready: no files. Run `bun install`.',
    ],
    ['engine.on-cpu', { because: 'no driver', hint: 'Install it.' }, 'no driver. Install it.'],
    [
      'job.retried-lean',
      { error: 'cudaMalloc failed', gpu: 'RTX 4090', freeGb: 5.2, totalGb: 24 },
      'cudaMalloc failed; retrying with less memory (5.2 of 24 GiB were free on RTX 4090)',
    ],
    ['job.retried-lean', { error: 'no memory' }, 'no memory; retrying with less memory'],
    [
      'pack.fetch-started',
      { pack: 'vulkan', size: '12.3 MiB', url: 'https://r/p' },
      'downloading the vulkan pack, 12.3 MiB, from https://r/p',
    ],
    ['pack.fetch-advanced', { pack: 'vulkan', percent: 30, size: '12.3 MiB' }, 'vulkan pack: 30 % of 12.3 MiB'],
    ['pack.fetched', { pack: 'vulkan', folder: '/c' }, 'the vulkan pack is in /c'],
    [
      'pack.not-fetched',
      { pack: 'cuda', error: 'nobody there', hint: 'Look.' },
      'cannot download the cuda pack: nobody there. Look.',
    ],
    ['engine.crashed', { error: 'the onnx engine exited', model: 'lama' }, 'the onnx engine exited (model lama)'],
    [
      'engine.quarantined',
      { error: 'lama keeps crashing the onnx engine', forMs: 1_800_000 },
      'lama keeps crashing the onnx engine: its offers are rejected for 30 min',
    ],
    ['config.changed', { changedKeys: ['auto_enabled'], needsRestart: [] }, 'config changed: [auto_enabled]'],
    [
      'config.changed',
      { changedKeys: ['api_base_url'], needsRestart: ['api_base_url'] },
      'config changed: [api_base_url]; [api_base_url] applies at the next start',
    ],
    ['config.edit-ignored', { because: 'line 3' }, 'keeping the previous config: line 3'],
    [
      'delivery.retried',
      { jobId: 'job-1', error: '503', attempt: 1, retryInMs: 1_000 },
      'upload of job job-1 failed: 503; retrying in 1.0 s',
    ],
    ['delivery.unauthorized', { status: 401, hint: 'Look.' }, "the studio rejects the worker's token (401). Look."],
    ['result.kept', { jobId: 'job-1', because: '503' }, 'result of job job-1 stays on disk: 503'],
    ['result.discarded', { jobId: 'job-1', because: '409' }, 'result of job job-1 discarded: 409'],
  ];
  test.each(cases)('%s with %j', (event, fields, text) => {
    expect(said(event, fields)).toBe(text);
  });
});

test('a studio in the same process reports its own side of an event', () => {
  const welcomed = anEvent('session.welcomed', { workerId: 'w-1' }, { area: 'studio' });
  expect(sentenceOf(welcomed)).toBe('[studio] w-1 connected');
  expect(toLogEntry(welcomed)).toMatchObject({ category: 'studio', message: 'w-1 connected' });
});

test('an unloaded model is reported with the reason and the memory', () => {
  const fields = { model: 'fox', engine: 'sd-cpp', because: 'evicted', freedMb: 900 };
  expect(said('model.unloaded', fields)).toBe('unloaded fox (sd-cpp) to make room: 900 MiB freed');
});

/** Above debug, by the literal names in the source; what a level is chosen for at run time counts as well. */
const LOGGED = /(child\(\{\}, 'studio'\))?(?:\.|\b)(?:info|warn|error|log\[level\])\(\s*'([a-z-]+\.[a-z-]+)'/g;

test('every event above debug reads as a sentence', async () => {
  const missing: string[] = [];
  for await (const path of new Bun.Glob('src/**/*.ts').scan('.')) {
    for (const [, ofStudio, event = ''] of (await Bun.file(path).text()).matchAll(LOGGED)) {
      const area = ofStudio !== undefined || path.startsWith('src/local-studio/') ? 'studio' : 'worker';
      if (sentenceFor({ area, event }) === undefined) missing.push(`${path}: ${event}`);
    }
  }
  expect(missing).toEqual([]);
});

test('a missing fact shows as a question mark instead of a gap', () => {
  expect(said('session.connecting')).toBe('connecting to ?');
});

test('an event without a sentence is shown by its name and facts', () => {
  const fields = { path: '/a b', sizeBytes: 3, empty: '', list: ['x', 1n], missing: undefined, stack: 'at x' };
  expect(said('config.reloaded', fields)).toBe('config.reloaded path="/a b" sizeBytes=3 empty="" list=[x, "1"]');
});

test('every sentence belongs to an event that the source logs', async () => {
  const texts: string[] = [];
  for await (const path of new Bun.Glob('src/**/*.ts').scan('.')) {
    if (!path.startsWith('src/log/sentences/')) texts.push(await Bun.file(path).text());
  }
  const source = texts.join('\n');
  const names = [CONTRACT_SENTENCES, WORKER_SENTENCES, MACHINE_SENTENCES, UPDATE_SENTENCES, STUDIO_SENTENCES].flatMap(
    Object.keys,
  );
  expect(names.filter((name) => !source.includes(`'${name}'`))).toEqual([]);
});

describe('an entry for the studio', () => {
  test('has the time in UTC, the level, the category and the job', () => {
    const entry = toLogEntry(anEvent('result.sent', { jobId: 'job-1' }, { level: 'warn', area: 'engines' }));
    expect(entry).toEqual({
      ts: '2026-05-25T12:00:00.000Z',
      level: 'warn',
      category: 'ws',
      message: 'json result sent',
      jobId: 'job-1',
    });
  });

  test('leaves the job out when there is none and passes the studio contract', () => {
    const entry = toLogEntry(anEvent('result.sent'));
    expect(entry).not.toContainKey('jobId');
    const sent: StudioLogEntry | undefined = entry;
    expect(v.is(LogEntrySchema, sent)).toBe(true);
  });

  test.each([
    ['session', 'ws'],
    ['jobs', 'ws'],
    ['delivery', 'ws'],
    ['update', 'auto-update'],
    ['engines', 'engines'],
    ['config', 'config'],
  ] as const)('from the area %s belongs to the category %s', (area, category) => {
    expect(toLogEntry(anEvent('thing.happened', {}, { area }))?.category).toBe(category);
  });

  test('is never made of a debug event or of a prompt', () => {
    expect(toLogEntry(anEvent('frame.heard', {}, { level: 'debug' }))).toBeUndefined();
    expect(said('offer.received', { jobId: 'job-1', promptPreview: 'a castle' })).not.toContain('castle');
  });
});

test('a console sentence shows a job’s kind and its artifact’s size', () => {
  expect(sentenceOf(anEvent('offer.received', { jobId: 'j', kind: 'image' }))).toEndWith('(image)');
  expect(sentenceOf(anEvent('artifact.uploaded', { sizeBytes: 2_048, durationMs: 40 }))).toBe(
    'binary upload ok (2.0 KiB in 40 ms)',
  );
});
