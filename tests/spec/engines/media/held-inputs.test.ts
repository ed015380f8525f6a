import { expect, test } from 'bun:test';
import { createHeldInputs } from '../../../../src/engines/media/held-inputs.ts';
import { systemRandom } from '../../../../src/system/random.ts';

const signal = new AbortController().signal;
const elsewhere = Uint8Array.of(0);

/** Held files in front of a way to all other URLs. */
function setup() {
  const held = createHeldInputs(systemRandom);
  return { held, fetchInput: held.over(() => Promise.resolve(elsewhere), 4) };
}

test('a held file is served under its URL only', async () => {
  const { held, fetchInput } = setup();
  const file = held.hold(Uint8Array.of(1, 2, 3));
  expect(await fetchInput('image', file.url, signal)).toEqual(Uint8Array.of(1, 2, 3));
  expect(await fetchInput('image', `${file.url}0`, signal)).toBe(elsewhere);
});

test('a file that was let go is held no longer', async () => {
  const { held, fetchInput } = setup();
  const file = held.hold(Uint8Array.of(1));
  file[Symbol.dispose]();
  expect(await fetchInput('image', file.url, signal)).toBe(elsewhere);
});

test('a held file obeys the limit of its reader', async () => {
  const { held, fetchInput } = setup();
  const file = held.hold(new Uint8Array(5));
  const refusal = await fetchInput('image', file.url, signal).catch((thrown: unknown) => thrown);
  expect(refusal).toMatchObject({ code: 'download.too-large', message: 'the image is larger than 4 B' });
});
