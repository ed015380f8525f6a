import { expect, test } from 'bun:test';
import fc from 'fast-check';
import { checkedAddresses, checkUrl, isPublicAddress } from '../../../../../src/system/net/remote/net-guard.ts';
import { failureOf } from '../../../../fakes/system/temp-folder.ts';

const gate = { what: 'model', allowPrivate: false };
const allowed = (url: string): boolean => {
  try {
    checkUrl(url, gate);
    return true;
  } catch {
    return false;
  }
};

test.each([
  ['https://huggingface.co/x/y', true],
  ['http://127.0.0.1:1234/m', true],
  ['http://localhost:1/m', true],
  ['http://[::1]:1/m', true],
  ['http://example.com/m', false],
  ['file:///etc/passwd', false],
  ['ftp://example.com/m', false],
  ['javascript:alert(1)', false],
  ['not a url', false],
])('%s may be asked: %p', (url, may) => {
  expect(allowed(url)).toBe(may);
});

test('a refusal names what the URL is of, and none of its secrets', () => {
  expect(() => checkUrl('http://ada:pw@example.com/m?token=x', gate)).toThrow(
    'model URL must use https (loopback http is allowed for tests/mirrors): http://example.com/m',
  );
  expect(() => checkUrl('//nothing', gate)).toThrow('invalid model URL');
});

test.each([
  '0.0.0.0',
  '10.1.2.3',
  '100.64.0.1',
  '100.100.100.200',
  '127.0.0.1',
  '169.254.169.254',
  '172.16.0.1',
  '172.31.255.255',
  '192.0.2.1',
  '192.168.1.1',
  '198.18.0.1',
  '224.0.0.1',
  '255.255.255.255',
  '::',
  '::1',
  '::ffff:10.0.0.1',
  '::ffff:169.254.169.254',
  '64:ff9b::a9fe:a9fe',
  '2001::1',
  '2001:db8::1',
  '2002:a00:1::',
  'fc00::1',
  'fd00:ec2::254',
  'fe80::1',
  'ff02::1',
])('%s is not on the public internet', (address) => {
  expect(isPublicAddress(address)).toBe(false);
});

test.each(['1.1.1.1', '8.8.8.8', '172.32.0.1', '100.128.0.1', '2606:4700::1111', '::ffff:8.8.8.8', '64:ff9b::808:808'])(
  '%s is on the public internet',
  (address) => {
    expect(isPublicAddress(address)).toBe(true);
  },
);

test('an IPv4 address is as public as the IPv6 address that carries it', () => {
  fc.assert(
    fc.property(fc.ipV4(), (address) => {
      expect(isPublicAddress(`::ffff:${address}`)).toBe(isPublicAddress(address));
    }),
  );
});

test('a host name with any private address is rejected unless allowed', async () => {
  const url = new URL('https://models.example/m?token=x');
  const resolve = async () => ['93.184.216.34', '10.0.0.7'];
  const failure = await failureOf(checkedAddresses(url, gate, resolve));
  expect(failure).toMatchObject({ code: 'url.refused', retryable: false });
  expect(String(failure)).toContain('leads to 10.0.0.7');
  expect(String(failure)).not.toContain('token');
  expect(await checkedAddresses(url, { ...gate, allowPrivate: true }, resolve)).toEqual(['93.184.216.34', '10.0.0.7']);
});

test.each([
  'https://2130706433/',
  'https://0x7f.1/',
  'https://[::ffff:a00:1]/',
  'https://169.254.169.254/latest/meta-data',
])('%s is an address inside, however it is spelled', async (url) => {
  const pinned = checkedAddresses(new URL(url), gate, async () => ['8.8.8.8']);
  const outcome = await pinned.then(String, (thrown: unknown) => (thrown as { code: string }).code);
  expect(['url.refused', '127.0.0.1']).toContain(outcome);
});

test('a name of this machine must lead to this machine', async () => {
  const url = new URL('http://models.localhost/');
  expect(await checkedAddresses(url, gate, async () => ['127.0.0.1'])).toEqual(['127.0.0.1', '::1']);
  expect(await checkedAddresses(url, gate, () => Promise.reject(new Error('no DNS')))).toEqual(['127.0.0.1', '::1']);
  expect(await failureOf(checkedAddresses(url, gate, async () => ['10.0.0.1']))).toMatchObject({ code: 'url.refused' });
});

test('a name without addresses is a failure that may pass', async () => {
  const failure = await failureOf(checkedAddresses(new URL('https://models.example/'), gate, async () => []));
  expect(failure).toMatchObject({ code: 'download.failed', retryable: true });
});

test('only an offer itself may name this machine, not a redirect from elsewhere', () => {
  const cameFrom = new URL('https://models.example/m');
  expect(() => checkUrl('http://127.0.0.1:9/m', { ...gate, cameFrom })).toThrow('redirects to this machine');
  expect(checkUrl('http://127.0.0.1:9/m', { ...gate, cameFrom: new URL('http://localhost:1/') }).port).toBe('9');
});
