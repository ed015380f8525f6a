import { expect, test } from 'bun:test';
import { toWorkerError, WorkerError } from '../../../../src/base/errors.ts';
import { HOUR_MS, MINUTE_MS } from '../../../../src/base/units.ts';
import { createScheduler } from '../../../../src/jobs/scheduler.ts';
import { sentenceFor } from '../../../../src/log/message.ts';
import type { FindChoice } from '../../../../src/release/feed/find.ts';
import { createUpdater } from '../../../../src/release/update/driver.ts';
import { createKnowledge } from '../../../../src/release/update/knowledge.ts';
import { openUpdateMemory, whyShelved } from '../../../../src/release/update/state.ts';
import type { Trial } from '../../../../src/release/update/trial.ts';
import type { UpdateHost, UpdaterDeps } from '../../../../src/release/update/updater.ts';
import { aRelease } from '../../../fakes/release/a-release.ts';
import { recordingLogger } from '../../../fakes/recording-logger.ts';
import { FakeClock, settle } from '../../../fakes/system/fake-clock.ts';
import { MemoryFiles } from '../../../fakes/system/memory-files.ts';
import { failureOf } from '../../../fakes/system/temp-folder.ts';

const done = Promise.resolve();
const WORKS: Trial = { ready: done, serve: () => done, end: () => done, output: () => 'its log' };

interface Given {
  readonly trial?: Trial;
  readonly host?: Partial<UpdateHost>;
  readonly deps?: Partial<UpdaterDeps>;
}

/** An updater of 0.5.0 beside a worker with a real scheduler; releases, the trial and the disk are the test's. */
async function setup({ trial = WORKS, ...given }: Given = {}) {
  const clock = new FakeClock();
  const log = recordingLogger();
  const scheduler = createScheduler({ clock });
  const memory = openUpdateMemory({ path: '/config/update-state.json', files: new MemoryFiles(), log });
  const did: string[] = [];
  const choices: FindChoice[] = [];
  let enabled = true;
  let onEnabled = (): void => {};
  const updater = createUpdater({
    running: '0.5.0',
    unable: async () => undefined,
    knowledge: createKnowledge(memory, log),
    clock,
    random: { unit: () => 0.5 },
    log,
    startTrial: (program) => {
      did.push(`try ${program}`);
      return trial;
    },
    install: async ({ version }) => void did.push(`install ${version}`),
    previousVersion: async () => '0.4.0',
    putBack: async () => void did.push('put back'),
    cleanUp: async () => {},
    restart: async () => void did.push('restart'),
    ...given.deps,
  });
  const disconnect = updater.connect({
    enabled: () => enabled,
    onEnabled: (call) => {
      onEnabled = call;
      return () => {};
    },
    intervalMs: () => HOUR_MS,
    find: async (choice) => {
      choices.push(choice);
      await memory.change((known) => ({ ...known, lastCheckAt: clock.now() }));
      return aRelease();
    },
    stage: async () => ({ version: '0.6.0', folder: '/f', program: '/f/new', installer: undefined }),
    waitForMachine: (purpose, wait) => scheduler.waitFor({ origin: 'maintenance', purpose }, wait),
    resultsSafe: async () => true,
    hasSession: () => true,
    handOver: () => void did.push('hand over'),
    onStatus: () => {},
    ...given.host,
  });
  await settle();
  return {
    clock,
    log,
    scheduler,
    updater,
    memory,
    did,
    choices,
    disconnect,
    /** Lines of the log, as the studio reads them. */
    said: () => log.events.map((event) => sentenceFor(event)?.message(event.fields)),
    enable(on: boolean) {
      enabled = on;
      onEnabled();
    },
  };
}

test('a check comes one interval after the start, and the new version takes over', async () => {
  const at = await setup();
  await at.clock.advanceAsync(HOUR_MS - 1);
  expect(at.choices).toEqual([]);
  await at.clock.advanceAsync(1);
  expect(at.choices).toEqual([{ wish: 'by-itself' }]);
  expect(at.did).toEqual(['try /f/new', 'hand over']);
  expect(at.updater.takesOver).toBe(true);
  expect(at.scheduler.held).toEqual([]); // or the old worker could not end
  await at.updater.takeOver();
  expect(at.did.slice(2)).toEqual(['install 0.6.0', 'restart']);
  expect(at.said()).toEqual([
    'update available 0.5.0 -> 0.6.0; applying',
    'trying 0.6.0 while this version waits',
    'binary replaced; restart pending',
  ]);
});

test('a running job is waited for, and offers are rejected meanwhile', async () => {
  const at = await setup();
  const job = at.scheduler.reserve({ origin: 'studio', purpose: 'job-1' });
  await at.clock.advanceAsync(HOUR_MS);
  expect(at.updater.status()).toMatchObject({ at: 'draining', version: '0.6.0' });
  expect(at.scheduler.refusal({ origin: 'studio' })).toMatchObject({ because: 'maintenance' });
  expect(at.said().at(-1)).toBe(
    'update 0.5.0 -> 0.6.0 waits for the running job to end; new offers are turned away until then (at most 30 min)',
  );
  if (job.is === 'leased') job[Symbol.dispose]();
  await settle();
  expect(at.did).toEqual(['try /f/new', 'hand over']);
});

test('a job of more than half an hour puts an update off', async () => {
  const at = await setup();
  using _job = at.scheduler.reserve({ origin: 'studio', purpose: 'job-1' }) as Disposable & object;
  await at.clock.advanceAsync(HOUR_MS + 30 * MINUTE_MS);
  expect(at.said().at(-1)).toBe(
    'update 0.5.0 -> 0.6.0 gave up waiting for the running job after 30 min; offers flow again, and the next check tries again',
  );
  expect(at.scheduler.refusal({ origin: 'studio' })).toMatchObject({ because: 'busy' });
  expect(at.updater.status()).toMatchObject({ at: 'idle' });
  await at.clock.advanceAsync(HOUR_MS);
  expect(at.choices).toHaveLength(2);
});

test('a result that the studio has not acknowledged is not put at risk', async () => {
  const at = await setup({ host: { resultsSafe: async () => false } });
  await at.clock.advanceAsync(HOUR_MS);
  expect(at.did).toEqual([]);
  expect(at.scheduler.refusal({ origin: 'studio' })).toBeUndefined();
  expect(at.updater.status()).toMatchObject({ at: 'idle' });
});

test('a version that does not start costs no session and is shelved', async () => {
  const ready = Promise.reject(new WorkerError('update.failed', 'the new version exited with 1 before it served'));
  ready.catch(() => {});
  const at = await setup({ trial: { ...WORKS, ready } });
  await at.clock.advanceAsync(HOUR_MS);
  expect(at.did).toEqual(['try /f/new']);
  expect(at.scheduler.refusal({ origin: 'studio' })).toBeUndefined();
  const state = await at.memory.read();
  expect(whyShelved(state, '0.6.0')).toBe('the new version exited with 1 before it served');
  expect(state.faults[0]?.output).toBe('its log');
});

test('a version that does not serve gives the machine back to the old worker', async () => {
  const serve = (): Promise<void> => Promise.reject(new WorkerError('update.failed', 'it did not serve within 1 min'));
  const at = await setup({ trial: { ...WORKS, serve } });
  await at.clock.advanceAsync(HOUR_MS);
  await at.updater.takeOver();
  expect(at.updater.takesOver).toBe(false);
  expect(at.did).toEqual(['try /f/new', 'hand over']);
  expect(at.updater.status()).toMatchObject({ at: 'shelved', version: '0.6.0' });
});

test('an install that fails is rolled back, and twice shelves its version', async () => {
  const install = (): Promise<void> => Promise.reject(new WorkerError('update.failed', 'the installer exited with 1'));
  const at = await setup({ deps: { install } });
  for (const expected of ['rolled-back', 'shelved'] as const) {
    await at.updater.request({});
    await settle();
    await at.updater.takeOver();
    expect(at.updater.status()).toMatchObject({ at: expected, version: '0.6.0' });
  }
  expect(at.did).not.toContain('restart');
});

test('what the network or the disk does is no fault of the version', async () => {
  const stage = (): Promise<never> => Promise.reject(new WorkerError('disk.full', 'no space left'));
  const at = await setup({ host: { stage } });
  await at.clock.advanceAsync(HOUR_MS);
  expect(at.said().at(-1)).toBe('update failed: no space left');
  expect((await at.memory.read()).faults).toEqual([]);
  expect(at.updater.status()).toMatchObject({ at: 'idle', because: 'no space left' });
});

test('a system that lets nothing be replaced is named as such', async () => {
  const because = { because: 'permission denied' };
  const install = (): Promise<void> => Promise.reject(new WorkerError('update.blocked', 'EACCES', { fields: because }));
  const at = await setup({ deps: { install } });
  await at.clock.advanceAsync(HOUR_MS);
  await at.updater.takeOver();
  expect(at.said().at(-1)).toBe('update blocked by the OS: permission denied (EACCES)');
  expect((await at.memory.read()).faults).toEqual([]);
});

test('a feed that cannot be read is a warning, and the next check comes', async () => {
  let tries = 0;
  const find = (): Promise<never> => {
    tries += 1;
    return Promise.reject(new WorkerError('update.feed-unreadable', 'feed returned 503'));
  };
  const at = await setup({ host: { find } });
  await at.clock.advanceAsync(2 * HOUR_MS);
  expect(tries).toBe(2);
  expect(at.said()).toEqual(['check failed: feed returned 503', 'check failed: feed returned 503']);
});

test('a worker that ends while the update waits leaves nothing behind', async () => {
  const at = await setup();
  using _job = at.scheduler.reserve({ origin: 'studio', purpose: 'job-1' }) as Disposable & object;
  await at.clock.advanceAsync(HOUR_MS);
  at.disconnect();
  expect(at.scheduler.refusal({ origin: 'studio' })).toMatchObject({ because: 'busy' });
  expect(at.clock.armed).toBe(0);
  await at.clock.advanceAsync(24 * HOUR_MS);
  expect(at.did).toEqual([]);
});

test('stopping the worker during a trial ends the trial and frees the machine', async () => {
  const never = Promise.withResolvers<void>();
  let ended = 0;
  const end = async (): Promise<void> => void (ended += 1);
  const at = await setup({ trial: { ...WORKS, serve: () => never.promise, end } });
  await at.clock.advanceAsync(HOUR_MS);
  const takingOver = at.updater.takeOver();
  at.updater.stop();
  never.resolve();
  await settle();
  await takingOver;
  expect(ended).toBe(1);
  expect(at.did).not.toContain('install 0.6.0');
});

test('updates that are switched off are not checked for, until they are on again', async () => {
  const at = await setup();
  at.enable(false);
  await at.clock.advanceAsync(10 * HOUR_MS);
  expect(at.choices).toEqual([]);
  expect(at.updater.status()).toEqual({ at: 'off', because: 'auto_update_enabled is false' });
  at.enable(true);
  await at.clock.advanceAsync(HOUR_MS);
  expect(at.choices).toHaveLength(1);
});

test('an operator is answered once it is clear where the update leads', async () => {
  const at = await setup({ host: { find: async () => undefined } });
  expect(await at.updater.request({})).toEqual({ is: 'current', version: '0.5.0' });
  const busy = await setup();
  expect(await busy.updater.request({ version: '0.6.0', force: true })).toEqual({ is: 'updating', version: '0.6.0' });
  expect(busy.choices).toEqual([{ wish: 'forced', version: '0.6.0' }]);
  const second = toWorkerError(await failureOf(busy.updater.request({})));
  expect(second.message).toStartWith('an update is under way already');
});

test('a rollback needs no trial and shelves the present version', async () => {
  const at = await setup();
  expect(await at.updater.request({ rollback: true })).toEqual({ is: 'updating', version: '0.4.0' });
  await settle();
  await at.updater.takeOver();
  expect(at.did).toEqual(['hand over', 'put back', 'restart']);
  expect(whyShelved(await at.memory.read(), '0.5.0')).toContain('the operator went back');
});

test('a program that cannot be replaced says why, and checks nothing', async () => {
  const at = await setup({ deps: { unable: async () => 'this is a checkout' } });
  await at.clock.advanceAsync(10 * HOUR_MS);
  expect(at.choices).toEqual([]);
  expect(at.updater.status()).toEqual({ at: 'off', because: 'this is a checkout' });
  expect(toWorkerError(await failureOf(at.updater.request({})))).toMatchObject({ code: 'update.unsupported' });
});

test('a worker that its studio locks out updates before its next check', async () => {
  const at = await setup({ host: { hasSession: () => false } });
  await at.updater.lastChance(); // long before the first check is due
  expect(at.updater.takesOver).toBe(true);
  expect(at.did).toEqual(['try /f/new', 'hand over']);
});

test('a last chance ends at once after a recent check, or without a release', async () => {
  let checks = 0;
  const find = async (): Promise<undefined> => void (checks += 1);
  const at = await setup({ host: { find } });
  await at.updater.lastChance();
  expect([checks, at.updater.takesOver]).toEqual([1, false]);
  await at.memory.change((known) => ({ ...known, lastCheckAt: at.clock.now() }));
  at.disconnect();
  const recent = await setup({ host: { find } });
  await recent.memory.change((known) => ({ ...known, lastCheckAt: recent.clock.now() }));
  await recent.updater.request({});
  await recent.updater.lastChance();
  expect(checks).toBe(2);
});
