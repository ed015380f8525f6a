import { expect, test } from 'bun:test';
import { bucketIn, databaseIn, spanIn, tlsIn } from '../../../src/cli/commands/studio/places.ts';

const env = (variables: Readonly<Record<string, string>>) => ({ env: (name: string) => variables[name] });

test('the database is that of the flag, else that of the environment', () => {
  const variables = env({ STUDIO_WORKER_STUDIO_DATABASE: 'postgres://a@b/c' });
  expect(databaseIn('postgresql://x/y', variables)).toBe('postgresql://x/y');
  expect(databaseIn(undefined, variables)).toBe('postgres://a@b/c');
  expect(databaseIn(undefined, env({}))).toBeUndefined();
  expect(databaseIn(undefined, env({ STUDIO_WORKER_STUDIO_DATABASE: '' }))).toBeUndefined();
});

test('another kind of database is rejected without its password', () => {
  const wrong = () => databaseIn('mysql://root:secret@host/x', env({}));
  expect(wrong).toThrow('--database is "mysql://host/x"; allowed: a URL that starts with postgres://');
});

for (const password of ['S3#CRET', 'S3/CRET', 'S3%CRET', '12#34']) {
  test(`a database whose password is ${password} is rejected with what helps, and not shown`, () => {
    const wrong = () =>
      databaseIn(undefined, env({ STUDIO_WORKER_STUDIO_DATABASE: `postgres://ada:${password}@db/x` }));
    expect(wrong).toThrow('STUDIO_WORKER_STUDIO_DATABASE is no whole URL: "postgres://db/x"');
  });
}

test('what is special in a password may be percent-encoded', () => {
  const url = 'postgres://ada:S3%23%2F%25@db/x?sslmode=require';
  expect(databaseIn(url, env({}))).toBe(url);
});

for (const [url, bucket, prefix] of [
  ['s3://renders', 'renders', ''],
  ['s3://renders/', 'renders', ''],
  ['s3://my.renders-1/a/b//', 'my.renders-1', 'a/b/'],
] as const) {
  test(`${url} names a bucket and what comes before its keys`, () => {
    expect(bucketIn(url, 'http://127.0.0.1:9')).toEqual({ bucket, prefix, endpoint: 'http://127.0.0.1:9' });
  });
}

for (const url of [
  '',
  'renders',
  's3://',
  's3://UPPER',
  's3://a',
  'https://host/bucket',
  's3://renders/a b',
  's3://x/../y',
]) {
  test(`${JSON.stringify(url)} names no bucket`, () => {
    expect(() => bucketIn(url, undefined)).toThrow('--artifacts');
  });
}

test('a server without a bucket, and one that is no URL, are rejected', () => {
  expect(() => bucketIn(undefined, 'http://x')).toThrow('--endpoint names the server of --artifacts');
  expect(() => bucketIn('s3://renders', 'host:9000')).toThrow('--endpoint is "host:9000"');
});

test('a time to keep is hours, days or weeks', () => {
  expect([
    spanIn('--keep', '12h'),
    spanIn('--keep', '30d'),
    spanIn('--keep', '1w'),
    spanIn('--keep', undefined),
  ]).toEqual([43_200_000, 2_592_000_000, 604_800_000, undefined]);
  for (const wrong of ['', '0d', '30', '-1d', '1.5d', '30 d', '1y'])
    expect(() => spanIn('--keep', wrong)).toThrow('--keep');
});

test('a certificate and its key are read together, and hold PEM', async () => {
  const files: Readonly<Record<string, string>> = {
    cert: '-----BEGIN CERTIFICATE-----',
    key: '-----BEGIN KEY-----',
    der: '0',
  };
  const world = { readText: (path: string) => Promise.resolve(files[path]) };
  expect(await tlsIn({ cert: undefined, key: undefined }, world)).toBeUndefined();
  expect(await tlsIn({ cert: 'cert', key: 'key' }, world)).toMatchObject({
    cert: '-----BEGIN CERTIFICATE-----',
    key: '-----BEGIN KEY-----',
  });
  for (const [cert, key, message] of [
    ['cert', undefined, 'use --tls-cert and --tls-key together'],
    [undefined, 'key', 'use --tls-cert and --tls-key together'],
    ['none', 'key', '--tls-cert: none does not exist'],
    ['cert', 'der', '--tls-key: der holds no PEM'],
  ] as const) {
    expect(await tlsIn({ cert, key }, world).catch((thrown: Error) => thrown.message)).toContain(message);
  }
});
