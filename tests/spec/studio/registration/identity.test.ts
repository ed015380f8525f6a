import { expect, test } from 'bun:test';
import { hashSecret, mintInstallId, mintSecret } from '../../../../src/studio/registration/identity.ts';
import { sha256 } from '../../../../src/system/disk/digest.ts';
import { systemRandom } from '../../../../src/system/random.ts';

test('an install id is sixteen random bytes in the shape of a UUID', () => {
  expect(mintInstallId({ hex: (bytes) => '3f2b8c1d9e4a1b7cc2d34e5f60718293'.slice(0, 2 * bytes) })).toBe(
    '3f2b8c1d-9e4a-1b7c-c2d3-4e5f60718293',
  );
  expect(mintInstallId(systemRandom)).not.toBe(mintInstallId(systemRandom));
});

test('a secret is thirty-two random bytes in hex', () => {
  expect(mintSecret(systemRandom)).toMatch(/^[0-9a-f]{64}$/);
});

test('the hash is taken over the hex text of the secret', () => {
  expect(hashSecret('0123456789abcdef'.repeat(4), sha256)).toBe(
    'a8ae6e6ee929abea3afcfc5258c8ccd6f85273e0d4626d26c7279f3250f77c8e',
  );
});
