import { expect, test } from 'bun:test';
import fc from 'fast-check';
import { compareVersions, parseVersion, type Version, versionOfTag } from '../../../../src/release/feed/semver.ts';

const version = (text: string): Version => {
  const parsed = parseVersion(text);
  if (parsed === undefined) throw new Error(`${text} is no version`);
  return parsed;
};

test.each([
  ['1.2.3', '1.2.3'],
  ['v1.2.3', '1.2.3'],
  ['studio-worker-v1.2.3', '1.2.3'],
  ['studio-worker-v1.0.0-rc.1', '1.0.0-rc.1'],
  ['garbage', undefined],
  ['sdcpp-prebuilt-master-920-2f88688', undefined],
  ['a-v9-v1.2.3', '1.2.3'],
  ['vv1.2.3', undefined],
  ['studio-worker-v', undefined],
  ['', undefined],
])('the tag %p names the version %p', (tag, text) => {
  expect(versionOfTag(tag)?.text).toBe(text as string);
});

/** In rising order of precedence. */
const RISING = [
  ['0.0.1', '0.0.2', '0.0.10', '0.1.0', '0.10.0', '1.0.0'],
  ['1.0.0-0', '1.0.0-2', '1.0.0-10', '1.0.0-alpha', '1.0.0-alpha.1', '1.0.0-alpha.beta', '1.0.0-beta'],
  ['1.0.0-beta', '1.0.0-beta.2', '1.0.0-beta.11', '1.0.0-rc.1', '1.0.0', '1.0.1-rc.1'],
  ['9007199254740992.0.0', '9007199254740993.0.0'],
];

test.each(RISING.flatMap((texts) => texts.slice(1).map((higher, at) => [texts[at] ?? '', higher] as const)))(
  '%s is older than %s, and not the other way round',
  (lower, higher) => {
    expect(compareVersions(version(lower), version(higher))).toBeLessThan(0);
    expect(compareVersions(version(higher), version(lower))).toBeGreaterThan(0);
  },
);

test('build metadata makes no version newer', () => {
  expect(compareVersions(version('1.0.0+a.1'), version('1.0.0+b'))).toBe(0);
});

test.each(['1', '1.2', '01.2.3', '1.2.3-', '1.2.3-01', '1.2.3+', ' 1.2.3', '1.2.3\n', `1.2.${'3'.repeat(300)}`])(
  '%p is no version',
  (text) => {
    expect(parseVersion(text)).toBeUndefined();
  },
);

test('any three versions have an order that does not contradict itself', () => {
  const identifier = fc.oneof(fc.nat(12).map(String), fc.constantFrom('a', 'b', 'rc', '-'));
  const any = fc
    .tuple(fc.nat(3), fc.nat(3), fc.nat(3), fc.array(identifier, { maxLength: 3 }))
    .map(([a, b, c, pre]) => version(`${a}.${b}.${c}${pre.length === 0 ? '' : `-${pre.join('.')}`}`));
  fc.assert(
    fc.property(any, any, any, (a, b, c) => {
      expect(Math.sign(compareVersions(a, b)) + Math.sign(compareVersions(b, a))).toBe(0);
      if (compareVersions(a, b) <= 0 && compareVersions(b, c) <= 0) {
        expect(compareVersions(a, c)).toBeLessThanOrEqual(0);
      }
    }),
  );
});
