import { expect, test } from 'bun:test';
import { acquireLock } from '../../../../src/system/disk/lock.ts';
import { onePerConfig } from '../../../../src/worker/process/one-per-config.ts';
import { recordingLogger } from '../../../fakes/recording-logger.ts';
import { failureOf, tempFolder } from '../../../fakes/system/temp-folder.ts';

test('the lock is held while the worker lives, and free after it', async () => {
  await using folder = await tempFolder();
  const acquire = () => acquireLock(folder.at('daemon.lock'), { pid: process.pid });
  const parts = { configPath: '/c', acquire, notify: undefined, log: recordingLogger() };
  const code = await onePerConfig(parts, async () => ((await acquire()).is === 'taken' ? 7 : 1));
  expect(code).toBe(7);
  expect(await onePerConfig(parts, async () => 8)).toBe(8);
});

test('a worker that fails gives the lock back', async () => {
  await using folder = await tempFolder();
  const acquire = () => acquireLock(folder.at('daemon.lock'), { pid: process.pid });
  const parts = { configPath: '/c', acquire, notify: undefined, log: recordingLogger() };
  await failureOf(onePerConfig(parts, () => Promise.reject(new Error('it broke'))));
  expect((await acquire()).is).toBe('held');
});

test('a second worker ends in good order and satisfies its service manager', async () => {
  const log = recordingLogger();
  const sent: unknown[] = [];
  const acquire = async () => ({ is: 'taken', by: { pid: 42, since: undefined } }) as const;
  const notify = { send: (facts: unknown) => sent.push(facts) > 0 };
  const work = () => Promise.reject(new Error('this must not run'));
  expect(await onePerConfig({ configPath: '/c', acquire, notify, log }, work)).toBe(0);
  expect(sent).toEqual([{ READY: 1, STATUS: 'another worker runs with this config' }]);
  expect(log.find('worker.already-running')?.fields).toMatchObject({ pid: 42, configPath: '/c' });
});
