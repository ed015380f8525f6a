import { expect, test } from 'bun:test';
import { unlessAborted } from '../../../src/base/abort.ts';
import { ERROR_CODES, errorChain, toWorkerError, WorkerError } from '../../../src/base/errors.ts';
import {
  cutToBytes,
  DAY_MS,
  formatBytes,
  formatDiskSpace,
  formatDuration,
  GIB,
  HOUR_MS,
  KIB,
  MIB,
  MINUTE_MS,
} from '../../../src/base/units.ts';
import { USER_AGENT, VERSION } from '../../../src/base/version.ts';

test('every error code is a noun and what happened to it', () => {
  const shaped = Object.keys(ERROR_CODES).filter((code) => /^[a-z]+(\.[a-z-]+)?$/.test(code));
  expect(shaped).toEqual(Object.keys(ERROR_CODES));
});

test('what we did not foresee becomes internal and keeps its cause', () => {
  const cause = new TypeError('x is undefined');
  expect(toWorkerError(cause)).toMatchObject({ code: 'internal', message: 'x is undefined', cause });
  expect(toWorkerError('a string').message).toBe('a string');
  expect(toWorkerError({ odd: 1 }).message).toBe('{"odd":1}');
  expect(toWorkerError(undefined).message).toBe('unknown');
});

test('a named error passes through untouched', () => {
  const error = new WorkerError('disk.full', 'no space', { hint: 'Free some.' });
  expect(toWorkerError(error)).toBe(error);
  expect(error.retryable).toBe(true);
});

test('an error chain reads outermost first and repeats nothing', () => {
  const inner = new Error('connection refused');
  const middle = new Error('connect failed: connection refused', { cause: inner });
  expect(errorChain(new Error('session error', { cause: middle }))).toBe(
    'session error: connect failed: connection refused',
  );
});

test('durations and sizes read as people say them', () => {
  expect([340, 2_400, 3 * MINUTE_MS + 20_000, 2 * HOUR_MS, DAY_MS + 5 * HOUR_MS].map(formatDuration)).toEqual([
    '340 ms',
    '2.4 s',
    '3 min 20 s',
    '2 h',
    '1 d 5 h',
  ]);
  expect([812, 14.5 * KIB, MIB, 2.25 * GIB].map(formatBytes)).toEqual(['812 B', '14.5 KiB', '1.0 MiB', '2.3 GiB']);
});

test('disk space is shown in the decimal units that the config uses', () => {
  expect([812, 14_500, 1e6, 2 * GIB].map(formatDiskSpace)).toEqual(['812 B', '14.5 kB', '1.0 MB', '2.1 GB']);
});

test('the version comes from the package and names us to others', () => {
  expect(VERSION).toBe('0.5.0');
  expect(USER_AGENT).toBe('studio-worker/0.5.0');
});

test('work is abandoned when its signal aborts, with the reason', async () => {
  const abort = new AbortController();
  const waiting = unlessAborted(new Promise(() => {}), abort.signal);
  const reason = new WorkerError('job.cancelled', 'stop');
  abort.abort(reason);
  expect(await waiting.catch((thrown: unknown) => thrown)).toBe(reason);
});

test('a signal that has already aborted starts nothing', async () => {
  const reason = new WorkerError('job.cancelled', 'stop');
  const signal = AbortSignal.abort(reason);
  expect(await unlessAborted(Promise.resolve(1), signal).catch((thrown: unknown) => thrown)).toBe(reason);
});

test('work that ends in time gives its value', async () => {
  expect(await unlessAborted(Promise.resolve(7), new AbortController().signal)).toBe(7);
});

test('a text is cut to so many bytes without cutting a character in two', () => {
  expect(cutToBytes('short', 123)).toBe('short');
  expect(cutToBytes('aé🦊b', 3)).toBe('aé');
  expect(cutToBytes('aé🦊b', 6)).toBe('aé');
  expect(cutToBytes('aé🦊b', 7)).toBe('aé🦊');
});
