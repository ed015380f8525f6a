import { expect, test } from 'bun:test';
import { formatSecretKey, generateSecretKey, publicKeyOf, signMinisign } from '../../../install/sign.ts';
import { type SignatureCheck, verifyMinisign } from '../../../src/release/minisign.ts';
import { signatureCrypto } from '../../../src/system/signature-crypto.ts';
import { needs } from '../../needs.ts';
import { tempFolder } from '../../fakes/system/temp-folder.ts';

const CONTENT = new TextEncoder().encode('{"schema": "studio-worker-release/1"}\n');
const COMMENT = 'studio-worker 0.6.0 – stable';
const daily = generateSecretKey();
const offline = generateSecretKey();
const KEYS = [
  { use: 'daily', publicKey: publicKeyOf(daily) },
  { use: 'offline', publicKey: publicKeyOf(offline) },
] as const;

const verify = (text: string, content: Uint8Array = CONTENT): SignatureCheck =>
  verifyMinisign(content, text, KEYS, signatureCrypto);

test.each([{ isLegacy: false }, { isLegacy: true }])(
  'a signature by either key is valid, prehashed or not: %o',
  (way) => {
    for (const [at, key] of [daily, offline].entries()) {
      const text = signMinisign(CONTENT, key, COMMENT, way);
      expect(verify(text)).toEqual({ is: 'valid', key: KEYS[at]!, trustedComment: COMMENT });
      expect(verify(text.replaceAll('\n', '\r\n'))).toMatchObject({ is: 'valid', trustedComment: COMMENT });
    }
  },
);

test('a signature by a key that is not built in names that key', () => {
  const check = verify(signMinisign(CONTENT, generateSecretKey(), COMMENT));
  expect(check).toMatchObject({ because: expect.stringMatching(/^it is signed by the key [0-9A-F]{16}, which is/) });
});

test('a stranger who gives a key the id of ours signs nothing', () => {
  const stranger = { ...generateSecretKey(), id: daily.id };
  expect(verify(signMinisign(CONTENT, stranger, COMMENT))).toEqual({
    is: 'invalid',
    because: 'the signature does not match the content',
  });
});

test('a trusted comment that was changed or taken from another signature is refused', () => {
  const text = signMinisign(CONTENT, daily, COMMENT);
  const because = 'the signature does not match its trusted comment';
  expect(verify(text.replace('stable', 'prerelease'))).toEqual({ is: 'invalid', because });
  const other = signMinisign(CONTENT.slice(1), daily, 'another').split('\n').slice(2).join('\n');
  expect(verify([...text.split('\n').slice(0, 2), other].join('\n'))).toEqual({ is: 'invalid', because });
});

test('whether a signature is prehashed cannot be changed after it was made', () => {
  for (const isLegacy of [true, false]) {
    const text = signMinisign(CONTENT, daily, COMMENT, { isLegacy });
    const [from, to] = isLegacy ? ['RW', 'RU'] : ['RU', 'RW'];
    expect(verify(text.replace(`\n${from}`, `\n${to}`))).toMatchObject({ is: 'invalid' });
  }
});

test('no change of one character of a signature or of its content is accepted', () => {
  const text = signMinisign(CONTENT, daily, COMMENT);
  const signed = text.indexOf('\n') + 1; // the untrusted comment is nobody's
  const accepted: string[] = [];
  for (let at = signed; at < text.trimEnd().length; at += 1) {
    for (const other of ['A', 'z', ' ', '\n', '']) {
      const changed = text.slice(0, at) + other + text.slice(at + 1);
      if (changed !== text && verify(changed).is === 'valid') accepted.push(`${at}: ${JSON.stringify(other)}`);
    }
  }
  for (let at = 0; at < CONTENT.byteLength; at += 1) {
    const changed = CONTENT.map((byte, index) => (index === at ? byte ^ 1 : byte));
    if (verify(text, changed).is === 'valid') accepted.push(`content ${at}`);
  }
  expect(accepted).toEqual([]);
});

test.each([
  '',
  'untrusted comment: x',
  'x\n\ny\n',
  '\n'.repeat(9000),
  'untrusted comment: \nRW==\ntrusted comment: \nRW==',
])('a text that is no signature is refused without being thrown about: %j', (text) => {
  expect(verify(text)).toEqual({ is: 'invalid', because: 'the signature is not in the format of minisign' });
});

test('a key that is built in and broken trusts nothing', () => {
  const text = signMinisign(CONTENT, daily, COMMENT);
  for (const publicKey of ['', 'RW', publicKeyOf(daily).slice(0, -4), publicKeyOf(daily).replace(/^RW/, 'RU')]) {
    const check = verifyMinisign(CONTENT, text, [{ use: 'daily', publicKey }], signatureCrypto);
    expect(check).toMatchObject({ is: 'invalid' });
  }
});

const withMinisign = needs('minisign');

async function minisign(args: readonly string[], input = ''): Promise<{ code: number; said: string }> {
  const child = Bun.spawn(['minisign', ...args], { stdin: new Blob([input]), stdout: 'pipe', stderr: 'pipe' });
  const [out, err, code] = await Promise.all([
    new Response(child.stdout).text(),
    new Response(child.stderr).text(),
    child.exited,
  ]);
  return { code, said: out + err };
}

withMinisign('the program minisign verifies what is signed here, in both ways', async () => {
  await using folder = await tempFolder();
  await Bun.write(folder.at('file'), CONTENT);
  for (const isLegacy of [true, false]) {
    await Bun.write(folder.at('file.minisig'), signMinisign(CONTENT, daily, COMMENT, { isLegacy }));
    const args = ['-Vm', folder.at('file'), '-P', publicKeyOf(daily)];
    const { code, said } = await minisign(args);
    expect({ code, said }).toEqual({ code: 0, said: expect.stringContaining(`Trusted comment: ${COMMENT}`) });
    expect((await minisign(['-Vm', folder.at('file'), '-P', publicKeyOf(offline)])).code).not.toBe(0);
  }
});

withMinisign('what the program minisign signs with an encrypted key made here is verified here', async () => {
  await using folder = await tempFolder();
  await Bun.write(folder.at('file'), CONTENT);
  await Bun.write(folder.at('key'), formatSecretKey(daily, 'pass'));
  for (const legacy of [[], ['-l']]) {
    const args = ['-S', '-W', ...legacy, '-s', folder.at('key'), '-t', COMMENT, '-m', folder.at('file')];
    const signed = await minisign(args, 'pass\n');
    expect(signed).toMatchObject({ code: 0 });
    const text = await Bun.file(folder.at('file.minisig')).text();
    expect(verify(text)).toEqual({ is: 'valid', key: KEYS[0], trustedComment: COMMENT });
  }
});
