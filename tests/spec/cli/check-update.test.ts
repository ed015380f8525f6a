import { expect, test } from 'bun:test';
import { WorkerError } from '../../../src/base/errors.ts';
import type { CheckedFeed } from '../../../src/release/update/by-hand.ts';
import { setup, someUpdates } from './a-world.ts';

const feedOf = (checked: Partial<CheckedFeed>) => ({
  updates: async () =>
    someUpdates({ check: async () => ({ current: '0.5.0', latest: undefined, heldBack: undefined, ...checked }) }),
});

test('a newer release is one line, and no failure', async () => {
  await using cli = await setup({ world: feedOf({ latest: '0.6.0', heldBack: 'the operator pinned 0.5.0' }) });
  expect(await cli.run('check-update')).toBe(0);
  expect([cli.out(), cli.err()]).toEqual(['update available: 0.5.0 -> 0.6.0\n', '']);
});

test('no newer release is one line, too', async () => {
  await using cli = await setup({ world: feedOf({}) });
  expect(await cli.run('check-update')).toBe(0);
  expect([cli.out(), cli.err()]).toEqual(['up to date: 0.5.0\n', '']);
});

test('as JSON it also says why the worker does not move by itself', async () => {
  await using cli = await setup({ world: feedOf({ latest: '0.6.0', heldBack: 'the operator pinned 0.5.0' }) });
  await cli.run('check-update', '--json');
  expect(JSON.parse(cli.out())).toEqual({
    current: '0.5.0',
    latest: '0.6.0',
    updateAvailable: true,
    heldBack: 'the operator pinned 0.5.0',
  });
});

test('a feed that cannot be read exits with 69 and prints nothing on stdout', async () => {
  const check = () => Promise.reject(new WorkerError('update.feed-unreadable', 'feed https://x returned 503'));
  await using cli = await setup({ world: { updates: async () => someUpdates({ check }) } });
  expect(await cli.run('check-update')).toBe(69);
  expect([cli.out(), cli.err()]).toEqual(['', 'error: feed https://x returned 503 [update.feed-unreadable]\n']);
});
