import { expect, test } from 'bun:test';
import { toWorkerError } from '../../../../src/base/errors.ts';
import type { FindChoice } from '../../../../src/release/feed/find.ts';
import type { TrustedRelease } from '../../../../src/release/feed/trusted.ts';
import { type ByHandDeps, createUpdates } from '../../../../src/release/update/by-hand.ts';
import { openUpdateMemory, whyShelved, withFault } from '../../../../src/release/update/state.ts';
import { aRelease, versionOf } from '../../../fakes/release/a-release.ts';
import { recordingLogger } from '../../../fakes/recording-logger.ts';
import { MemoryFiles } from '../../../fakes/system/memory-files.ts';
import { failureOf } from '../../../fakes/system/temp-folder.ts';

const releaseOf = (version: string, minFrom = '0.0.0'): TrustedRelease =>
  aRelease(version, { minFrom, artifacts: [{ name: 'w', kind: 'worker', target: 'linux', sizeBytes: 1, sha256: '' }] });

/** An installation of 0.5.0 whose previous version is 0.4.0, and a feed whose newest release is this one. */
function setup(newest: TrustedRelease | undefined, over: Partial<ByHandDeps['installation']> = {}) {
  const memory = openUpdateMemory({ path: '/config/state.json', files: new MemoryFiles(), log: recordingLogger() });
  const did: string[] = [];
  const choices: FindChoice[] = [];
  const updates = createUpdates({
    running: '0.5.0',
    memory,
    facts: () => ({ running: versionOf('0.5.0'), prereleases: false, target: 'linux', cohort: 0 }),
    async find(choice, over) {
      choices.push(choice);
      await over.change((state) => ({ ...state, lastCheckAt: 7 }));
      return newest;
    },
    stage: async ({ version: { text } }) => ({ version: text, folder: '', program: text, installer: undefined }),
    installation: {
      unable: async () => undefined,
      install: async ({ program }) => void did.push(`install ${program}`),
      previousVersion: async () => '0.4.0',
      putBack: async () => void did.push('put back'),
      ...over,
    },
    now: () => 9,
  });
  return { updates, memory, did, choices };
}

test('a check names the newest release and leaves no trace', async () => {
  const { updates, memory } = setup(releaseOf('0.6.0'));
  expect(await updates.check()).toEqual({ current: '0.5.0', latest: '0.6.0', heldBack: undefined });
  expect(await memory.read()).toEqual({ faults: [] });
});

test('a check says why the worker does not move by itself', async () => {
  const { updates, memory } = setup(releaseOf('0.6.0'));
  await memory.change((state) => ({ ...state, pinned: '0.5.1' }));
  expect((await updates.check()).heldBack).toContain('0.5.1');
});

test('a check of a feed with nothing newer names no release', async () => {
  const { updates } = setup(undefined);
  expect(await updates.check()).toEqual({ current: '0.5.0', latest: undefined, heldBack: undefined });
});

test('a plan leads to the version asked for and leaves no trace', async () => {
  const { updates, memory, choices, did } = setup(releaseOf('0.6.0'));
  expect(await updates.plan({ version: '0.6.0', force: true })).toEqual({ from: '0.5.0', to: '0.6.0' });
  expect(choices).toEqual([{ wish: 'forced', version: '0.6.0' }]);
  expect(await memory.read()).toEqual({ faults: [] });
  expect(did).toEqual([]);
});

test('an installation stages the release and remembers that it looked', async () => {
  const { updates, memory, did } = setup(releaseOf('0.6.0'));
  expect(await updates.install({})).toEqual({ from: '0.5.0', to: '0.6.0' });
  expect(did).toEqual(['install 0.6.0']);
  expect((await memory.read()).lastCheckAt).toBe(7);
});

test('nothing is installed where the newest release runs already', async () => {
  const { updates, did } = setup(releaseOf('0.5.0'));
  expect(await updates.install({})).toEqual({ from: '0.5.0', to: undefined });
  expect(did).toEqual([]);
});

test('a forced version is forgiven what it did before', async () => {
  const { updates, memory } = setup(releaseOf('0.6.0'));
  await memory.change((state) => withFault(state, { version: '0.6.0', at: 1, because: 'it died' }, 2));
  await updates.install({ version: '0.6.0', force: true });
  expect(whyShelved(await memory.read(), '0.6.0')).toBe(undefined);
});

test('a rollback restores the executable and shelves the version it left', async () => {
  const { updates, memory, did, choices } = setup(releaseOf('0.6.0'));
  expect(await updates.install({ rollback: true })).toEqual({ from: '0.5.0', to: '0.4.0' });
  expect(did).toEqual(['put back']);
  expect(choices).toEqual([]);
  expect(whyShelved(await memory.read(), '0.5.0')).toContain('the operator went back');
});

test('a program that cannot be replaced is refused before anything is read', async () => {
  const { updates, choices } = setup(releaseOf('0.6.0'), { unable: async () => 'this is a checkout' });
  const error = toWorkerError(await failureOf(updates.install({})));
  expect(error).toMatchObject({ code: 'update.unsupported', message: 'this is a checkout' });
  expect(choices).toEqual([]);
});

test('a pin is remembered until it is lifted', async () => {
  const { updates, memory } = setup(undefined);
  await updates.pin('0.6.0');
  expect((await memory.read()).pinned).toBe('0.6.0');
  await updates.pin(undefined);
  expect((await memory.read()).pinned).toBe(undefined);
});

test.each(['latest', '', '0.6', 'v0.6.0 '])('a pin on %p is refused', async (version) => {
  const { updates, memory } = setup(undefined);
  expect(toWorkerError(await failureOf(updates.pin(version))).code).toBe('cli.usage');
  expect((await memory.read()).pinned).toBe(undefined);
});
