import { expect, test } from 'bun:test';
import { toWorkerError } from '../../../src/base/errors.ts';
import { checkBaseUrl } from '../../../src/config/urls.ts';

function check(url: string, allowInsecureHttp = false) {
  try {
    return checkBaseUrl(url, { allowInsecureHttp });
  } catch (thrown) {
    return toWorkerError(thrown);
  }
}

for (const url of ['https://studio.minis.gg/', 'http://localhost:9790', 'http://127.0.0.1/x', 'http://[::1]:80/']) {
  test(`${url} is fine without a word`, () => {
    expect(check(url)).toEqual({});
  });
}

for (const url of ['', 'studio.minis.gg', 'ftp://studio.minis.gg', 'file:///etc/passwd', 'http://']) {
  test(`\`${url}\` is refused as no http(s) URL`, () => {
    expect(check(url)).toMatchObject({ code: 'config.invalid' });
  });
}

test('plain http to another machine needs the consent of the operator', () => {
  expect(check('http://192.168.1.5:9790')).toMatchObject({
    code: 'config.insecure-url',
    hint: 'Use an https URL, or set `allow_insecure_http = true` in the config file.',
  });
});

test('plain http with that consent continues with a warning', () => {
  expect(check('http://studio.lan', true)).toEqual({
    warning:
      "plain http to studio.lan is not encrypted: others can read the worker's token and everything else in transit",
  });
});

test('a password in a refused URL is not shown', () => {
  expect(check('ftp://pat:hunter2@studio.lan')).toMatchObject({
    message: 'api_base_url must be an http(s) URL, not `ftp://studio.lan`',
  });
});

for (const url of [
  'http://ada:S3CRET@localhost:9790/',
  'https://studio.lan/?token=S3CRET',
  'https://studio.lan/#S3CRET',
]) {
  test(`${url} is refused, and its secret is not echoed`, () => {
    const refused = check(url);
    expect(refused).toMatchObject({ code: 'config.invalid' });
    expect(Bun.inspect(refused)).not.toContain('S3CRET');
  });
}
