import { expect, test } from 'bun:test';
import { bundleText, type BundleParts, lastLines, secretsOf } from '../../../src/doctor/bundle.ts';
import { aDoctorConfig } from './deps.ts';

const parts = (about: Partial<BundleParts> = {}): BundleParts => ({
  version: '0.5.0',
  build: {},
  platform: 'linux',
  arch: 'x64',
  writtenAt: '2026-05-25T12:00:00.000Z',
  findings: [],
  config: undefined,
  worker: undefined,
  offers: undefined,
  gpus: undefined,
  engines: undefined,
  service: undefined,
  log: [],
  ...about,
});
const clean = (text: string): string => text.replaceAll('s3cret', '[redacted]');

test('a bundle has no secret, no prompt and no home folder, wherever they were', () => {
  const text = bundleText(
    parts({
      service: 'Environment=HTTPS_PROXY=http://ada:s3cret@proxy\nExecStart=/home/ada/bin/studio-worker run',
      worker: { runningJobs: [{ jobId: 'j', prompt: 'a private matter' }] },
      log: ['token s3cret in /home/ada/models'],
    }),
    clean,
    '/home/ada',
  );
  for (const never of ['s3cret', 'a private matter', '/home/ada']) expect(text).not.toContain(never);
  expect(JSON.parse(text)).toMatchObject({ version: '0.5.0', log: ['token [redacted] in ~/models'] });
});

test('an account whose home is the root keeps its paths', () => {
  expect(bundleText(parts({ log: ['/etc/a'] }), clean, '/')).toContain('/etc/a');
});

test('a bundle is kept clean of secret keys and of variables that hold secrets', () => {
  const config = { ...aDoctorConfig(), auth_token: 'a-token', bootstrap_token: '' };
  const variables: Readonly<Record<string, string>> = { SENTRY_DSN: 'https://key@host/1', HOME: '/home/ada' };
  expect(secretsOf(config, (name) => variables[name])).toEqual(['a-token', 'https://key@host/1']);
});

test('variables are kept out of a bundle even without a config', () => {
  const variable = (name: string) => (name === 'STUDIO_WORKER_STUDIO_TOKEN' ? 't' : undefined);
  expect(secretsOf(undefined, variable)).toEqual(['t']);
});

test('a log is cut to its last lines, none of them empty', () => {
  expect(lastLines('a\nb\nc\n', 2)).toEqual(['b', 'c']);
  expect(lastLines('a\nb', 5)).toEqual(['a', 'b']);
  expect(lastLines('', 5)).toEqual([]);
});
