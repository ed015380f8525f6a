import { expect, test } from 'bun:test';
import * as fc from 'fast-check';
import { toJobId } from '../../../../src/base/ids.ts';
import { readGenerationMeta } from '../../../../src/contract/upload.ts';
import { type ArtifactUpload, multipartBody } from '../../../../src/studio/delivery/multipart-body.ts';
import { systemRandom } from '../../../../src/system/random.ts';
import { fakeRandom } from '../../../fakes/system/fake-random.ts';

const anArtifact = (fields: Partial<ArtifactUpload> = {}): ArtifactUpload => ({
  jobId: toJobId('job-1'),
  ext: 'png',
  prompt: 'a red fox',
  bytes: Uint8Array.of(1, 2, 3),
  ...fields,
});

const bytesOf = (parts: readonly Uint8Array[]): Uint8Array<ArrayBuffer> => Uint8Array.from(Buffer.concat([...parts]));

/** The body as a studio reads it. */
const read = async (artifact: ArtifactUpload) => {
  const { contentType, parts } = multipartBody(artifact, systemRandom);
  const headers = { 'content-type': contentType };
  const request = new Request('http://localhost/', { method: 'POST', body: bytesOf(parts), headers });
  return await request.formData();
};

test('an upload is, byte for byte, prompt, extension and file in that order', () => {
  const boundary = `studio-worker-${fakeRandom(1).hex(24)}`;
  const { contentType, parts } = multipartBody(anArtifact(), fakeRandom(1));
  expect(contentType).toBe(`multipart/form-data; boundary=${boundary}`);
  expect(Buffer.from(bytesOf(parts)).toString('latin1')).toBe(
    `--${boundary}\r\nContent-Disposition: form-data; name="prompt"\r\n\r\na red fox\r\n` +
      `--${boundary}\r\nContent-Disposition: form-data; name="ext"\r\n\r\npng\r\n` +
      `--${boundary}\r\nContent-Disposition: form-data; name="image"; filename="job-1.png"\r\n` +
      `Content-Type: image/png\r\n\r\n\x01\x02\x03\r\n--${boundary}--\r\n`,
  );
});

test('what an artifact was computed on comes after all that every studio knows', async () => {
  const form = await read(anArtifact({ ranOn: 'vulkan' }));
  expect([...form.keys()]).toEqual(['prompt', 'ext', 'image', 'generationMeta']);
  expect(form.get('generationMeta')).toBe('{"ranOn":"vulkan"}');
  expect(readGenerationMeta('{"ranOn":"vulkan"}')).toEqual({ ranOn: 'vulkan' });
});

test.each(['', 'null', '{"ranOn":7}', '{"ranOn":"two\\nlines"}', '{"other":1}'])(
  'generation meta that reads %j says nothing of where it ran',
  (text) => {
    expect(readGenerationMeta(text).ranOn).toBeUndefined();
  },
);

test('the artifact travels as the very bytes the engine made, uncopied', () => {
  const artifact = anArtifact();
  expect(multipartBody(artifact, systemRandom).parts.some((part) => part === artifact.bytes)).toBe(true);
});

test.each([
  ['png', 'image/png'],
  ['webp', 'image/webp'],
  ['gif', 'image/gif'],
  ['wav', 'audio/wav'],
  ['mp3', 'audio/mpeg'],
  ['mp4', 'video/mp4'],
  ['JPG', 'image/jpeg'],
  ['glb', 'model/gltf-binary'],
  ['bmp', 'application/octet-stream'],
])('a %s artifact is declared as %s under the part name image', async (ext, type) => {
  const { parts } = multipartBody(anArtifact({ ext }), systemRandom);
  expect(new TextDecoder().decode(parts[0])).toContain(`\r\nContent-Type: ${type}\r\n\r\n`);
  expect((await read(anArtifact({ ext }))).get('image')).toBeInstanceOf(File);
});

test('a job id with quotes or line ends stays inside its file name', () => {
  const { parts } = multipartBody(anArtifact({ jobId: toJobId('a"b\r\nX: y') }), systemRandom);
  expect(new TextDecoder().decode(parts[0])).toContain('filename="a%22b%0D%0AX: y.png"\r\n');
});

test('whatever the prompt and the bytes are, the studio reads exactly those', async () => {
  const content = fc.record({ prompt: fc.string({ unit: 'binary' }), bytes: fc.uint8Array({ maxLength: 300 }) });
  await fc.assert(
    fc.asyncProperty(content, async ({ prompt, bytes }) => {
      const form = await read(anArtifact({ prompt, bytes }));
      expect(form.get('prompt')).toBe(prompt.toWellFormed());
      expect(form.get('ext')).toBe('png');
      const file = form.get('image');
      expect(file instanceof File ? await file.bytes() : undefined).toEqual(bytes);
    }),
  );
});

test('every upload has a boundary of its own that nobody can foresee', () => {
  const boundaries = Array.from({ length: 50 }, () => multipartBody(anArtifact(), systemRandom).contentType);
  expect(new Set(boundaries).size).toBe(50);
  expect(boundaries[0]).toMatch(/boundary=studio-worker-[0-9a-f]{48}$/);
});
