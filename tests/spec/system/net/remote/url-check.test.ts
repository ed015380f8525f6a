import { expect, test } from 'bun:test';
import { createUrlCheck } from '../../../../../src/system/net/remote/url-check.ts';
import type { Resolve } from '../../../../../src/system/net/remote/net-guard.ts';
import { FakeClock } from '../../../../fakes/system/fake-clock.ts';

const clock = new FakeClock();
const NAMES: Readonly<Record<string, readonly string[]>> = {
  'public.example': ['93.184.216.34'],
  'inside.example': ['10.0.0.7'],
};
const resolve: Resolve = async (host) => NAMES[host] ?? Promise.reject(new Error('no such name'));

/** What is held against a URL, by the code and the words of its refusal. */
async function problemWith(url: string, allowPrivate = false, by = resolve): Promise<string | undefined> {
  const refusal = await createUrlCheck({ clock, allowPrivate: () => allowPrivate, resolve: by })('mask', url);
  return refusal && `${refusal.code}: ${refusal.message}`;
}

test.each([
  ['https://public.example/a.png', undefined],
  ['http://127.0.0.1:9/a.png', undefined],
  ['http://localhost:9/a.png', undefined],
  ['https://unknown.example/a.png', undefined],
  ['https://inside.example/a.png', 'mask URL leads to 10.0.0.7, which is not on the public internet'],
  ['https://169.254.169.254/latest', 'mask URL leads to 169.254.169.254'],
  ['https://[::ffff:10.0.0.1]/', 'which is not on the public internet'],
  ['http://public.example/a.png', 'mask URL must use https'],
  ['file:///etc/passwd', 'mask URL must use https'],
  ['a.png', 'invalid mask URL "a.png"'],
])('against %s is held: %p', async (url, problem) => {
  const held = await problemWith(url);
  if (problem === undefined) expect(held).toBe(undefined);
  else expect(held).toContain(problem);
});

test('an operator may allow private addresses but no scheme besides https', async () => {
  expect(await problemWith('https://inside.example/', true)).toBe(undefined);
  expect(await problemWith('http://inside.example/', true)).toContain('must use https');
});

test('a silent name server delays a check by two seconds at most', async () => {
  const checking = problemWith('https://slow.example/', false, () => new Promise(() => {}));
  clock.advance(2_000);
  expect(await checking).toBe(undefined);
});
