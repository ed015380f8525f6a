import { expect, setDefaultTimeout, test } from 'bun:test';
import { synthetic } from '../../fakes/builders.ts';
import { paint } from '../../fakes/engines/onnx-engine.ts';
import { TEST_MS } from '../wait-for.ts';
import { setupApi } from './scene.ts';

setDefaultTimeout(TEST_MS);

type Bytes = Uint8Array<ArrayBuffer>;
const BOUNDARY = 'a-boundary';
const FORM = `multipart/form-data; boundary=${BOUNDARY}`;
const bytes = (text: string): Bytes => new Uint8Array(Buffer.from(text, 'latin1'));
const joined = (...parts: readonly Uint8Array[]): Bytes => new Uint8Array(Buffer.concat(parts));
const part = (head: string, content: Uint8Array | string): Bytes =>
  joined(
    bytes(`--${BOUNDARY}\r\ncontent-disposition: form-data; ${head}\r\n\r\n`),
    typeof content === 'string' ? bytes(content) : content,
    bytes('\r\n'),
  );

const image = await paint(8, 8, () => [255, 0, 0]);
const ASKED = joined(part('name="model"', 'painter'), part('name="prompt"', 'a fox'), part('name="size"', '64x64'));
const IMAGE = part('name="image"; filename="a.png"', image);
const END = bytes(`--${BOUNDARY}--\r\n`);
const WHOLE = joined(ASKED, IMAGE, END);

/** A worker with a model for images, and a program that posts these bytes to it. */
async function setup() {
  const at = await setupApi();
  await at.post('/models', { id: 'painter', kind: 'image', source: synthetic });
  const edit = (body: Bytes, type = FORM) =>
    at.ask('/v1/images/edits', { method: 'POST', headers: { 'content-type': type }, body });
  return { ...at, edit };
}

test.each<readonly [string, Bytes, string]>([
  ['no boundary in its type', WHOLE, 'multipart/form-data'],
  ['another boundary in its type', WHOLE, 'multipart/form-data; boundary=other'],
  ['an image that is cut off', WHOLE.slice(0, -60), FORM],
  ['no end', joined(ASKED, IMAGE), FORM],
  ['nothing in it', new Uint8Array(), FORM],
  ['a text in the place of the image', joined(ASKED, part('name="image"', 'no file'), END), FORM],
  ['an empty image', joined(ASKED, part('name="image"; filename="a.png"', ''), END), FORM],
  ['two images, of which one is meant', joined(ASKED, IMAGE, IMAGE, END), FORM],
  ['a zero byte in a name', joined(ASKED, part('name="im\0age"; filename="a.png"', image), END), FORM],
  ['the head of a part without end', bytes(`--${BOUNDARY}\r\ncontent-disposition: ${'a'.repeat(1_000_000)}`), FORM],
])('a form with %s is refused, and the next one taken', async (_what, body, type) => {
  await using at = await setup();
  expect(await at.edit(body, type)).toMatchObject({ status: 400, body: { error: { code: 'bad_request' } } });
  expect((await at.edit(WHOLE)).status).toBe(200);
});

test.each<readonly [string, Bytes, string]>([
  ['a quoted boundary', WHOLE, `multipart/form-data; boundary="${BOUNDARY}"`],
  ['a path for the name of its file', joined(ASKED, part('name="image"; filename="../../a"', image), END), FORM],
  ['a field named as a prototype', joined(ASKED, part('name="__proto__"', '{"model": "x"}'), IMAGE, END), FORM],
  ['thousands of fields', joined(ASKED, ...Array<Bytes>(20_000).fill(part('name="a"', '')), IMAGE, END), FORM],
])('a form with %s is read as any other', async (_what, body, type) => {
  await using at = await setup();
  const { status, body: answer } = await at.edit(body, type);
  expect({ status, answer }).toMatchObject({
    status: 200,
    answer: { data: [{ url: expect.stringMatching(/^data:/) }] },
  });
});
