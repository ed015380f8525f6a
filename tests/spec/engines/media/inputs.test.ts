import { expect, test } from 'bun:test';
import { WorkerError } from '../../../../src/base/errors.ts';
import { createInputFetcher } from '../../../../src/engines/media/inputs.ts';
import type { RemoteAnswer } from '../../../../src/system/net/remote/remote.ts';
import { aRemote } from '../../../fakes/system/a-remote.ts';
import { failureOf } from '../../../fakes/system/temp-folder.ts';

const URL_WITH_KEY = 'https://cdn.example/a.png?key=S3CRET';
const signal = new AbortController().signal;

/** A server that gives these chunks. */
function setup(about: { status?: number; told?: number; chunks?: readonly (readonly number[])[] } = {}) {
  const { status = 200, told, chunks = [[1, 2], [3]] } = about;
  let closed = 0;
  const answer: RemoteAnswer = {
    status,
    headers: told === undefined ? {} : { 'content-length': String(told) },
    chunks: (async function* () {
      for (const chunk of chunks) yield Uint8Array.from(chunk);
    })(),
    [Symbol.dispose]: () => void (closed += 1),
  };
  const fetchInput = createInputFetcher({ open: () => Promise.resolve(answer) }, 4);
  return { closed: () => closed, load: () => fetchInput('mask', URL_WITH_KEY, signal) };
}

test('an input comes whole, and its line is closed', async () => {
  const { load, closed } = setup({ told: 3 });
  expect(await load()).toEqual(Uint8Array.of(1, 2, 3));
  expect(closed()).toBe(1);
});

test.each([
  [404, 'download.missing', false],
  [403, 'download.missing', false],
  [204, 'download.missing', false],
  [429, 'download.failed', true],
  [500, 'download.failed', true],
])('an answer of %i is %s, and nothing secret is told of it', async (status, code, retryable) => {
  const { load, closed } = setup({ status });
  const error = await failureOf(load());
  expect(error).toMatchObject({ code, retryable, fields: { status } });
  expect(String(error)).not.toContain('S3CRET');
  expect(closed()).toBe(1);
});

test.each([
  ['says', { told: 5, chunks: [] }],
  ['is', { chunks: [[1, 2, 3], [4, 5], [6]] }],
])('an input that %s more than may be held is refused', async (_how, about) => {
  const { load, closed } = setup(about);
  expect(await failureOf(load())).toMatchObject({
    code: 'download.too-large',
    message: 'the mask of https://cdn.example/a.png is larger than 4 B',
  });
  expect(closed()).toBe(1);
});

test('an input that ends early is a failed download', async () => {
  const { load } = setup({ told: 4 });
  expect(await failureOf(load())).toMatchObject({ code: 'download.failed', retryable: true });
});

test('a URL into this network is refused by the guard before anything is sent', async () => {
  const fetchInput = createInputFetcher(aRemote());
  for (const url of ['http://cdn.example/a', 'https://169.254.169.254/latest', 'file:///etc/passwd', '']) {
    const error = await failureOf(fetchInput('mask', url, signal));
    expect(error).toBeInstanceOf(WorkerError);
    expect(error).toMatchObject({ code: 'url.refused' });
  }
});
