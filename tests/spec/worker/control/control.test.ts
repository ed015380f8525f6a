import { describe, expect, test } from 'bun:test';
import { WorkerError } from '../../../../src/base/errors.ts';
import { toJobId, toModelId } from '../../../../src/base/ids.ts';
import { VERSION } from '../../../../src/base/version.ts';
import { writeJson } from '../../../../src/contract/json.ts';
import type { JobRecord } from '../../../../src/jobs/job-record.ts';
import { repliesTo } from '../../../../src/worker/control/replies.ts';
import { type AskName, CONTROL, isAskName, PROTOCOL, type RequestOf } from '../../../../src/worker/control/table.ts';
import { explain } from '../../../../src/worker/explain.ts';
import { aControl, asJson, clientOf, clientOfReplies } from '../../../fakes/a-control.ts';
import { anOffer, synthetic } from '../../../fakes/builders.ts';
import { FIT } from '../../../fakes/offer-facts.ts';
import { aWorker } from '../../cli/a-worker.ts';

const model = toModelId('fox');
const job: JobRecord = {
  jobId: toJobId('j-1'),
  origin: 'studio',
  kind: 'image',
  model,
  engine: 'gradio',
  prompt: 'a fox',
  settings: {},
  status: 'running',
  phase: 'loading',
  startedAt: 5,
};
const busy = aWorker({
  runningJobs: [job],
  recentJobs: [{ ...job, status: 'failed', reason: 'no', hint: 'Try.', finishedAt: 9, ranOn: 'cpu', runMs: 2 }],
  models: [{ engine: 'onnx', model, state: 'idle', pid: 7, since: 1, lastUsedAt: 2, gb: 1.5, unloadsAt: 60_000 }],
  session: { at: 'backing-off', failures: 2, retryInMs: 1_000, because: 'silence' },
});

/** The replies of a worker to a text that somebody sent, as that somebody receives them. */
async function repliesOf(value: unknown, worker = aControl(busy)): Promise<readonly unknown[]> {
  return await Array.fromAsync(
    repliesTo(worker.control, { is: 'read', value: asJson(value) }, AbortSignal.abort()),
    asJson,
  );
}

describe('every request reaches the worker and its answer comes back whole', () => {
  test('status', async () => {
    const obstacles = [{ what: 'outbox-full', because: 'the outbox is full' }] as const;
    const asked = await clientOf(aControl(busy, { obstacles: async () => obstacles }).control).ask('status', {});
    expect(asked).toEqual({ is: 'answered', answer: { ...busy, obstacles } });
  });

  test('pause and resume answer with what is so now', async () => {
    const client = clientOf(aControl(busy).control);
    expect(await client.ask('pause', {})).toEqual({ is: 'answered', answer: { enabled: true, paused: true } });
    expect(await client.ask('status', {})).toMatchObject({ answer: { paused: true } });
    expect(await client.ask('resume', {})).toEqual({ is: 'answered', answer: { enabled: true, paused: false } });
  });

  test('reload, load, unload and stop', async () => {
    const { control, did } = aControl(busy);
    const client = clientOf(control);
    expect(await client.ask('reload', {})).toEqual({ is: 'answered', answer: { enabled: true, paused: false } });
    expect(await client.ask('load', { model, source: synthetic })).toEqual({
      is: 'answered',
      answer: { is: 'loaded' },
    });
    expect(await client.ask('unload', { model, engine: 'onnx' })).toMatchObject({ is: 'answered' });
    expect(await client.ask('stop', {})).toEqual({ is: 'answered', answer: { stopping: true } });
    expect(did).toEqual(['reload', 'load fox', 'unload fox', 'stop']);
  });

  test('a model that does not fit is an answer with its reason', async () => {
    const { control } = aControl(busy, {
      load: async () => ({ what: 'memory', because: 'memory is short' }),
    });
    expect(await clientOf(control).ask('load', { model, source: synthetic, gb: 3 })).toEqual({
      is: 'answered',
      answer: { is: 'not-loaded', what: 'memory', because: 'memory is short' },
    });
  });

  test('explain hands the offer over as it was written, and answers every rule', async () => {
    const offers: string[] = [];
    const explanation = explain(anOffer(), { facts: FIT, engines: [], readiness: undefined, refusedUrl: undefined });
    const { control } = aControl(busy, {
      explain: async ({ jobId }) => {
        offers.push(jobId);
        return explanation;
      },
    });
    const client = clientOf(control);
    expect(await client.ask('explain', { offer: writeJson(anOffer()) })).toEqual({
      is: 'answered',
      answer: explanation,
    });
    expect(offers).toEqual(['job-1']);
    expect(await client.ask('explain', { offer: '{"jobId":"j"}' })).toMatchObject({
      is: 'failed',
      error: { code: 'frame.malformed', message: expect.stringContaining('claim.model') },
    });
  });

  test('cancel says whether the job was there to cancel', async () => {
    const client = clientOf(aControl(busy).control);
    expect(await client.ask('cancel', { jobId: job.jobId })).toEqual({ is: 'answered', answer: { cancelled: true } });
    expect(await client.ask('cancel', { jobId: toJobId('j-2') })).toEqual({
      is: 'answered',
      answer: { cancelled: false },
    });
  });

  test('update carries the requested version there and back', async () => {
    const worker = aControl(busy);
    const asked = await clientOf(worker.control).ask('update', { version: '0.7.0', force: true });
    expect(asked).toEqual({ is: 'answered', answer: { is: 'updating', version: '0.7.0' } });
    expect(worker.did).toEqual(['update 0.7.0']);
  });
});

test('a request about another config is refused by its name', async () => {
  const worker = aControl(busy);
  const asked = await clientOf(worker.control, '/etc/worker/other.toml').ask('stop', {});
  expect(asked).toMatchObject({
    is: 'failed',
    error: {
      code: 'worker.other-config',
      message: 'the worker that runs in this folder uses another config: /etc/worker/config.toml',
    },
  });
  expect(worker.did).toEqual([]);
});

describe('what a worker replies to a request it cannot serve', () => {
  test('one it does not know gets a reply of its own, with its version', async () => {
    expect(await repliesOf({ ask: 'self-destruct' })).toEqual([
      { protocol: PROTOCOL, version: VERSION, is: 'unknown-request', ask: 'self-destruct' },
    ]);
  });

  test.each(['toString', '__proto__', 'constructor'])('%s is no request', async (ask) => {
    expect(await repliesOf({ ask })).toMatchObject([{ is: 'unknown-request' }]);
  });

  test('a name that never ends is cut', async () => {
    const [reply] = await repliesOf({ ask: 'x'.repeat(50_000) });
    expect(JSON.stringify(reply).length).toBeLessThan(200);
  });

  test('one of another protocol is unknown, and has no effect', async () => {
    const worker = aControl(busy);
    expect(await repliesOf({ protocol: PROTOCOL + 1, ask: 'stop' }, worker)).toMatchObject([{ is: 'unknown-request' }]);
    expect(worker.did).toEqual([]);
  });

  test.each([
    [{ ask: 'cancel' }, 'jobId: is missing'],
    [{ ask: 'cancel', with: { jobId: 7 } }, 'jobId: expected string'],
    [{ ask: 'unload', with: { model: 'fox', engine: 'abacus' } }, 'engine: expected'],
    [{ ask: 'load', with: { model: 'fox', source: { engine: 'onnx' } } }, 'source.files: is missing'],
    [{ ask: 'load', with: { model: 'fox', source: synthetic, gb: -1 } }, 'gb: expected >=0'],
    [{ ask: 'status', with: 'please' }, 'with: expected'],
    [{ ask: 7 }, 'ask: expected string'],
    [null, 'value: expected Object'],
    [[], 'ask: is missing'],
  ])('%j is invalid, and the reply names the field', async (value, because) => {
    const [reply] = await repliesOf(value);
    expect(reply).toMatchObject({ version: VERSION, is: 'invalid-request', because: expect.stringContaining(because) });
  });

  test('what fails while it is carried out carries code, message and hint', async () => {
    const worker = aControl(busy, {
      reload: () => Promise.reject(new WorkerError('config.not-saved', 'read-only disk', { hint: 'Remount it.' })),
    });
    expect(await repliesOf({ ask: 'reload' }, worker)).toEqual([
      {
        protocol: PROTOCOL,
        version: VERSION,
        is: 'failed',
        code: 'config.not-saved',
        message: 'read-only disk',
        hint: 'Remount it.',
      },
    ]);
  });

  test('a surprise is a reply as well', async () => {
    const worker = aControl(busy, { reload: () => Promise.reject(new TypeError('oops')) });
    expect(await repliesOf({ ask: 'reload' }, worker)).toMatchObject([
      { is: 'failed', code: 'internal', message: 'oops' },
    ]);
  });
});

describe('what a command makes of a worker of another version', () => {
  const stamp = { protocol: 1, version: '0.4.0' };

  test('an older one that does not know the request is named with its version', async () => {
    const asked = await clientOfReplies({ ...stamp, is: 'unknown-request', ask: 'reload' }).ask('reload', {});
    expect(asked).toMatchObject({
      is: 'failed',
      error: {
        code: 'worker.incompatible',
        message: 'the running worker is version 0.4.0 and does not know the request `reload`',
        hint: `Restart the worker, so that it runs the same release as this command (${VERSION}).`,
      },
    });
  });

  test('one that rejects a field is named with its version', async () => {
    const reply = { ...stamp, is: 'invalid-request', because: 'jobId: expected number' };
    expect(await clientOfReplies(reply).ask('cancel', { jobId: job.jobId })).toMatchObject({
      is: 'failed',
      error: {
        message: 'the running worker, version 0.4.0, rejected the request `cancel`: jobId: expected number',
      },
    });
  });

  test('a newer one may tell more than this command shows', async () => {
    const answer = { ...busy, fans: 2, outbox: { ...busy.outbox, oldest: 3 } };
    const asked = await clientOfReplies(asJson({ ...stamp, is: 'answer', answer })).ask('status', {});
    expect(asked).toEqual({ is: 'answered', answer: busy });
  });

  test('a failure with an unknown newer code stays a failure', async () => {
    const reply = { ...stamp, is: 'failed', code: 'moon.full', message: 'not tonight' };
    expect(await clientOfReplies(reply).ask('pause', {})).toMatchObject({
      is: 'failed',
      error: { code: 'internal', message: 'not tonight' },
    });
  });

  test.each([
    ['a status without its fields', { ...stamp, is: 'answer', answer: { pid: 1 } }],
    ['a reply of no known kind', { ...stamp, is: 'shrug' }],
    ['a reply without a version', { ok: true, answer: { is: 'status' } }],
    ['an event', { ...stamp, is: 'event', event: {} }],
    ['nothing of meaning', null],
  ])('%s is never taken for no worker', async (_what, reply) => {
    expect(await clientOfReplies(reply).ask('status', {})).toMatchObject({
      is: 'failed',
      error: { code: 'worker.incompatible' },
    });
  });

  test('only a transport that finds nobody means that none is running', async () => {
    expect(await clientOf(undefined).ask('status', {})).toEqual({ is: 'not-running' });
  });
});

/** A request of each kind: an entry of the table without one does not compile. */
const SAMPLES: { readonly [N in AskName]: RequestOf<N> } = {
  status: {},
  pause: {},
  resume: {},
  explain: { offer: writeJson(anOffer()) },
  offers: {},
  reload: {},
  load: { model, source: synthetic },
  unload: { model },
  cancel: { jobId: job.jobId },
  deliver: { files: [] },
  discard: { file: 'one' },
  stop: {},
  update: {},
};

test('every request in the table is served and its answer parses', async () => {
  const client = clientOf(aControl(busy).control);
  const refused: string[] = [];
  for (const name of Object.keys(SAMPLES).filter(isAskName)) {
    const asked = await client.ask(name, SAMPLES[name]);
    if (asked.is !== 'answered') refused.push(name);
  }
  expect(refused).toEqual([]);
  expect(Object.keys(SAMPLES).toSorted()).toEqual(Object.keys(CONTROL).toSorted());
});

test('every entry waits a bounded time for its answer', () => {
  for (const { timeoutMs } of Object.values(CONTROL)) {
    expect(timeoutMs).toBeGreaterThanOrEqual(1_000);
    expect(timeoutMs).toBeLessThanOrEqual(600_000);
  }
});
