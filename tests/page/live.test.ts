import { effect, type ReadonlySignal } from '@preact/signals';
import { expect, test } from 'bun:test';
import { type LivePage, openPage } from '../../src/page/live/page.ts';
import { ENDED, FACTS, IDLE, LINES, RUNNING } from './fixtures.ts';
import { PULL, WAN } from './models.ts';
import { openPlainBrowser } from './program.ts';
import { openWorkerApi } from './worker-api.ts';

/** Waits for a signal to hold what is expected. */
const until = async <Value>(signal: ReadonlySignal<Value>, holds: (value: Value) => boolean): Promise<Value> => {
  const { promise, resolve } = Promise.withResolvers<Value>();
  const stop = effect(() => {
    if (holds(signal.value)) resolve(signal.value);
  });
  const value = await promise;
  stop();
  return value;
};

async function open(facts = FACTS, fragment = '') {
  const api = openWorkerApi(facts);
  const browser = openPlainBrowser(api.url, fragment);
  const page: LivePage = openPage(browser);
  return {
    api,
    browser,
    ...page,
    async [Symbol.asyncDispose]() {
      page.close();
      await api[Symbol.asyncDispose]();
    },
  };
}

const isLive = ({ is }: { readonly is: string }): boolean => is === 'live';
const isLost = ({ is }: { readonly is: string }): boolean => is === 'lost';

test('a window reads its lists once, then follows the events', async () => {
  await using page = await open();
  await until(page.model.jobs, (jobs) => jobs.length === ENDED.length + 1);
  await until(page.model.logs, ({ lines }) => lines.length === LINES.length);
  page.api.send({ event: 'progress', data: { jobId: RUNNING.jobId, done: 14, total: 20, share: 0.7 } });
  await until(page.model.jobs, ([first]) => first?.progress?.done === 14);
  page.api.send({ event: 'job', data: { ...RUNNING, status: 'completed', finishedAt: Date.now() } });
  await until(page.model.jobs, ([first]) => first?.status === 'completed');
  page.api.send({ event: 'log', data: { ...LINES[0]!, seq: 9, message: 'one more' } });
  await until(page.model.logs, ({ lines }) => lines.at(-1)?.message === 'one more');
  page.api.send({ event: 'models', data: [] });
  await until(page.model.status, (status) => status?.memory.models.length === 0);
});

test('a window that missed events reads its lists again', async () => {
  await using page = await open();
  await until(page.model.jobs, (jobs) => jobs.length > 0);
  page.api.change({ jobs: [RUNNING] });
  page.api.send({ event: 'missed', data: {} });
  await until(page.model.jobs, (jobs) => jobs.length === 1);
});

test('a lost worker is asked every two seconds until it is back', async () => {
  await using page = await open();
  await until(page.model.link, isLive);
  await page.api.stop();
  expect(await until(page.model.link, isLost)).toMatchObject({ attempts: 1, nextAt: page.browser.now() + 2_000 });
  page.browser.advance(2_000);
  await until(page.model.link, (link) => link.is === 'lost' && link.attempts === 2 && link.nextAt !== undefined);
  expect(page.model.status.value?.hero).toBe('busy');
  page.api.start();
  page.browser.advance(2_000);
  await until(page.model.link, isLive);
});

test('a worker silent for three signs of life counts as gone', async () => {
  await using page = await open();
  await until(page.model.link, isLive);
  await until(page.model.status, (status) => status !== undefined);
  page.browser.advance(44_000);
  expect(page.model.link.value).toEqual({ is: 'live' });
  page.browser.advance(1_000);
  expect(await until(page.model.link, isLost)).toMatchObject({ attempts: 1 });
});

test('a retry can be brought forward', async () => {
  await using page = await open();
  await until(page.model.link, isLive);
  await page.api.stop();
  await until(page.model.link, isLost);
  page.api.start();
  page.actions.retryNow();
  await until(page.model.link, isLive);
});

test('a stream is resumed behind the last event', async () => {
  await using page = await open();
  await until(page.model.link, isLive);
  await until(page.model.status, (status) => status !== undefined);
  await page.api.stop();
  await until(page.model.link, isLost);
  page.api.start();
  page.actions.retryNow();
  await until(page.model.link, isLive);
  expect(page.api.resumedFrom).toEqual([null, '1']);
});

test('a worker that does not know the window is not asked again by itself', async () => {
  await using page = await open();
  await until(page.model.link, isLive);
  page.api.forgetSessions();
  await until(page.model.link, isLost);
  page.browser.advance(2_000);
  expect(await until(page.model.link, ({ is }) => is === 'signed-out')).toEqual({ is: 'signed-out' });
  page.browser.advance(60_000);
  expect(page.model.link.value).toEqual({ is: 'signed-out' });
});

test('the address’s one-time code is exchanged first and then removed', async () => {
  await using page = await open(FACTS, '#code=once-only');
  await until(page.model.link, isLive);
  expect(page.api.asked).toEqual(['POST /page/session']);
  expect(page.browser.fragment()).toBe('#status');
});

test('pausing says what came of it, and the state changes by an event', async () => {
  await using page = await open({ ...FACTS, status: IDLE });
  await until(page.model.link, isLive);
  await page.actions.pause();
  await until(page.model.status, (status) => status?.paused === true);
  expect(page.model.toasts.value).toMatchObject([{ tone: 'ok', say: 'Paused' }]);
  page.browser.advance(6_000);
  expect(page.model.toasts.value).toEqual([]);
});

test('what the worker refuses stays to be read until it is closed', async () => {
  await using page = await open();
  await until(page.model.link, isLive);
  page.api.refuse(503, 'unavailable', 'the worker is stopping');
  await page.actions.pause();
  page.browser.advance(60_000);
  const [toast] = page.model.toasts.value;
  expect(toast).toMatchObject({ tone: 'bad', say: 'Not paused: the worker is stopping' });
  page.actions.dismissToast(toast!.id);
  expect(page.model.toasts.value).toEqual([]);
});

test('a message that is being read does not go', async () => {
  await using page = await open();
  await until(page.model.link, isLive);
  await page.actions.cancelJob(RUNNING.jobId);
  page.actions.holdToasts(true);
  page.browser.advance(60_000);
  expect(page.model.toasts.value).toMatchObject([{ say: 'Job handed back' }]);
  page.actions.holdToasts(false);
  page.browser.advance(6_000);
  expect(page.model.toasts.value).toEqual([]);
});

test('an action while the worker is gone says so', async () => {
  await using page = await open();
  await until(page.model.link, isLive);
  await page.api.stop();
  await page.actions.resume();
  expect(page.model.toasts.value).toMatchObject([{ say: 'Not resumed: the worker is not reachable' }]);
  expect(await page.actions.readJobLog(RUNNING.jobId)).toEqual({ is: 'unreachable' });
});

test('the log of a job is read, or said to be gone', async () => {
  await using page = await open();
  await until(page.model.link, isLive);
  expect(await page.actions.readJobLog('job-9e0417')).toMatchObject({ is: 'log', log: { dropped: 0 } });
  expect(await page.actions.readJobLog('job-unknown')).toEqual({ is: 'gone' });
});

test('only what was changed of the settings is written, and a refusal loses nothing', async () => {
  await using page = await open();
  await until(page.model.link, isLive);
  await page.actions.readConfig();
  page.actions.editConfig('keep_warm_secs', '42');
  page.actions.editConfig('auto_enabled', true);
  page.api.refuse(400, 'invalid_config', 'too long', { fields: { keep_warm_secs: 'too long' } });
  await page.actions.saveConfig();
  expect(page.model.refusals.value).toEqual({ keep_warm_secs: 'too long' });
  expect(page.model.edits.value).toHaveProperty('keep_warm_secs', '42');
  await page.actions.saveConfig();
  expect(page.model.edits.value).toEqual({});
  expect(page.api.written).toEqual([{ keep_warm_secs: 42 }]);
  expect(page.model.config.value?.fields.find(({ key }) => key === 'keep_warm_secs')?.value).toBe(42);
});

test('settings that are wrong are not sent at all', async () => {
  await using page = await open();
  await until(page.model.link, isLive);
  await page.actions.readConfig();
  page.actions.editConfig('keep_warm_secs', 'long');
  await page.actions.saveConfig();
  expect(page.api.asked).toEqual([]);
  page.actions.undoEdits('keep_warm_secs');
  expect(page.model.edits.value).toEqual({});
});

test('a download is shown from its events, and its end reloads the list', async () => {
  await using page = await open();
  await until(page.model.link, isLive);
  await page.actions.readModels();
  const [model] = page.model.models.value!;
  page.api.send({ event: 'pull', data: { id: model!.id, pull: { ...PULL, doneBytes: 5 } } });
  await until(page.model.models, (models) => models?.[0]?.pull?.doneBytes === 5);
  page.api.change({ models: [] });
  page.api.send({ event: 'pull', data: { id: model!.id, pull: { ...PULL, state: 'done' } } });
  await until(page.model.models, (models) => models?.length === 0);
});

test('a model that does not fit says why, and stays where it is', async () => {
  await using page = await open();
  await until(page.model.link, isLive);
  page.api.refuse(409, 'insufficient_memory', 'Wan needs 9 GiB of memory, 4 GiB are free');
  await page.actions.loadModel(WAN);
  const [toast] = page.model.toasts.value;
  expect(toast?.say).toBe('Wan 2.2 TI2V 5B not loaded: Wan needs 9 GiB of memory, 4 GiB are free');
});

test('engines are asked for, and an update is told with its version', async () => {
  await using page = await open();
  await until(page.model.link, isLive);
  await page.actions.readEngines();
  expect(page.model.engines.value).toHaveLength(4);
  await page.actions.update('newest');
  expect(page.model.toasts.value.at(-1)?.say).toBe('Moving to 0.6.1 between two jobs');
  page.api.refuse(409, 'update_unsupported', 'this worker runs from a checkout');
  await page.actions.update('rollback');
  expect(page.model.toasts.value.at(-1)?.say).toBe('Not updated: this worker runs from a checkout');
});
