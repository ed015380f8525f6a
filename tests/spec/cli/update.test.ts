import { expect, test } from 'bun:test';
import { WorkerError } from '../../../src/base/errors.ts';
import type { UpdateRequest } from '../../../src/release/update/updater.ts';
import { aWorker } from './a-worker.ts';
import { setup, someUpdates } from './a-world.ts';

const installing = (asked: UpdateRequest[]) => ({
  updates: async () =>
    someUpdates({
      install: async (request) => {
        asked.push(request);
        return { from: '0.5.0', to: '0.6.0' };
      },
      plan: async () => ({ from: '0.5.0', to: '0.6.0' }),
      pin: async (version) => void asked.push({ version: version ?? 'none' }),
    }),
});

test('without a running worker the release is installed at once', async () => {
  const asked: UpdateRequest[] = [];
  await using cli = await setup({ world: installing(asked) });
  expect(await cli.run('update', '--version', '0.6.0', '--force')).toBe(0);
  expect(asked).toEqual([{ version: '0.6.0', force: true, rollback: false }]);
  expect(cli.out()).toBe('updated: 0.5.0 -> 0.6.0\n');
});

test('a dry run says where the update would lead, and installs nothing', async () => {
  const asked: UpdateRequest[] = [];
  await using cli = await setup({ world: installing(asked) });
  expect(await cli.run('update', '--dry-run')).toBe(0);
  expect([cli.out(), asked]).toEqual(['would update: 0.5.0 -> 0.6.0\n', []]);
});

test('nothing to move to is no failure', async () => {
  const plan = async () => ({ from: '0.5.0', to: undefined });
  await using cli = await setup({ world: { updates: async () => someUpdates({ plan }) } });
  expect(await cli.run('update', '--dry-run', '--json')).toBe(0);
  expect(JSON.parse(cli.out())).toEqual({ from: '0.5.0' });
});

test('a version is pinned and set free', async () => {
  const asked: UpdateRequest[] = [];
  await using cli = await setup({ world: installing(asked) });
  await cli.run('update', '--pin', '0.6.0');
  await cli.run('update', '--unpin');
  expect(asked).toEqual([{ version: '0.6.0' }, { version: 'none' }]);
  expect(cli.out()).toBe('pinned to 0.6.0\nno version is pinned\n');
});

test('updates are switched off in the config, and the running worker is told', async () => {
  await using cli = await setup({ worker: aWorker() });
  expect(await cli.run('update', '--off')).toBe(0);
  expect(cli.saved).toEqual([{ autoUpdateEnabled: false }]);
  expect(cli.reloads()).toBe(1);
  expect(cli.out()).toBe('updates are off; applied to the running worker\n');
});

test.each(['--pin 0.6.0 --unpin', '--on --off', '--rollback --version 0.6.0'])(
  'contradictory wishes are refused: %s',
  async (flags) => {
    await using cli = await setup();
    expect(await cli.run('update', ...flags.split(' '))).toBe(64);
    expect(cli.err()).toContain('do not go together');
  },
);

test('what stands against a release is the error, with its exit code', async () => {
  const install = () =>
    Promise.reject(new WorkerError('update.refused', 'release 0.4.0 is not installed: 0.5.0 was seen'));
  await using cli = await setup({ world: { updates: async () => someUpdates({ install }) } });
  expect(await cli.run('update', '--version', '0.4.0')).toBe(77);
  expect(cli.err()).toContain('[update.refused]');
});

test.each([
  [{ at: 'idle', lastCheckAt: 0 }, 'on, checked 0 ms ago'],
  [{ at: 'draining', version: '0.6.0' }, 'waiting for the running job, 0.6.0'],
  [{ at: 'shelved', version: '0.6.0', because: 'it died\nagain' }, 'not tried again, 0.6.0, it died again'],
  [{ at: 'off', because: 'this is a checkout', pinned: '0.5.0' }, 'off, this is a checkout, pinned to 0.5.0'],
] as const)('status shows an updater at %p', async (update, shown) => {
  await using cli = await setup({ worker: aWorker({ update }) });
  cli.clock.jumpWallClock(-cli.clock.now());
  await cli.run('status');
  expect(cli.out()).toContain(`update:             ${shown}\n`);
});
