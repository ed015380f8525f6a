import { expect, test } from 'bun:test';
import { toWorkerError } from '../../../../src/base/errors.ts';
import { discardWaiting } from '../../../../src/studio/delivery/kept/discard-waiting.ts';
import type { OutboxEntry } from '../../../../src/studio/delivery/entry.ts';
import { failureOf } from '../../../fakes/system/temp-folder.ts';

const entry = (file: string) => ({ file }) as OutboxEntry;

/** An outbox with two results, and the lock of its worker. */
function setup() {
  const did: string[] = [];
  let isRead = false;
  const outbox = {
    whole: Promise.resolve().then(() => void (isRead = true)),
    entryOf: (file: string) => (isRead && ['one', 'two'].includes(file) ? entry(file) : undefined),
    remove: async ({ file }: OutboxEntry) => void did.push(`remove ${file}`),
    close: async () => void did.push('close'),
  };
  const acquire = async () => ({ is: 'held', release: () => void did.push('release') }) as const;
  return { did, outbox, acquire };
}

test('a result that waits is discarded under the lock of the worker', async () => {
  const { did, outbox, acquire } = setup();
  expect(await discardWaiting('two', { acquire, open: async () => outbox })).toBe(true);
  expect(did).toEqual(['remove two', 'close', 'release']);
});

test('a result that was delivered meanwhile is not there to discard', async () => {
  const { did, outbox, acquire } = setup();
  expect(await discardWaiting('three', { acquire, open: async () => outbox })).toBe(false);
  expect(did).toEqual(['close', 'release']);
});

test('an outbox that cannot be opened gives its lock back', async () => {
  const { did, acquire } = setup();
  await failureOf(discardWaiting('one', { acquire, open: () => Promise.reject(new Error('no folder')) }));
  expect(did).toEqual(['release']);
});

test('the outbox of a running worker is not opened', async () => {
  const acquire = async () => ({ is: 'taken', by: { pid: 4, since: undefined } }) as const;
  const open = () => Promise.reject(new Error('this must not run'));
  const error = toWorkerError(await failureOf(discardWaiting('one', { acquire, open })));
  expect(error.code).toBe('worker.already-running');
});
