import { expect, test } from 'bun:test';
import { validateBytes } from 'gltf-validator';
import sharp from 'sharp';
import { toModelId } from '../../../../src/base/ids.ts';
import { toWorkerError, WorkerError } from '../../../../src/base/errors.ts';
import { averageColour } from '../../../../src/engines/synthetic/mesh.ts';
import { GOOD } from '../../../../src/jobs/results/check-finding.ts';
import { checkGlb } from '../../../../src/jobs/results/glb.ts';
import { aTask, synthetic } from '../../../fakes/builders.ts';
import { aSynthetic } from '../../../fakes/engines/synthetic-engine.ts';
import { USUAL } from '../../../fakes/engines/loading.ts';

const signal = new AbortController().signal;
const files = { model: toModelId('synthetic-mesh'), paths: new Map(), loras: [], defaults: synthetic.cliDefaults };

async function meshOf(web: Uint8Array | WorkerError, ext = 'glb') {
  const fetchImage = () => (web instanceof WorkerError ? Promise.reject(web) : Promise.resolve(web));
  await using loaded = await aSynthetic({ fetchImage }).load(files, signal, USUAL);
  const task = aTask({ kind: 'mesh', imageUrl: 'https://example.invalid/fox.png', ext });
  const result = await loaded.run(task, { signal, progress: () => {}, emit: () => {} });
  if (result.is !== 'artifact') throw new Error('a mesh is an artifact');
  return result;
}

const plain = async (background: string, width = 8, height = 8) =>
  new Uint8Array(
    await sharp({ create: { width, height, channels: 3, background } })
      .png()
      .toBuffer(),
  );

/** The JSON chunk and the binary chunk of a GLB. */
function chunksOf(glb: Uint8Array) {
  const view = new DataView(glb.buffer, glb.byteOffset);
  const jsonEnd = 20 + view.getUint32(12, true);
  const json = JSON.parse(new TextDecoder().decode(glb.subarray(20, jsonEnd)));
  return { json, bin: glb.subarray(jsonEnd + 8) };
}

test("Khronos' own validator finds no fault in a mesh, and counts its triangles", async () => {
  const { bytes } = await meshOf(await plain('#d9742b'));
  const { issues, info } = await validateBytes(bytes);
  expect(issues).toMatchObject({ numErrors: 0, numWarnings: 0, messages: [] });
  expect(info).toMatchObject({
    generator: 'studio-worker synthetic',
    totalVertexCount: 24,
    totalTriangleCount: 12,
    maxAttributes: 3,
    resources: expect.arrayContaining([
      expect.objectContaining({ image: expect.objectContaining({ width: 64, height: 64 }), mimeType: 'image/png' }),
    ]),
  });
  expect(checkGlb(bytes)).toEqual(GOOD);
});

test('every triangle of the cube faces outwards', async () => {
  const { json, bin } = chunksOf((await meshOf(await plain('#d9742b'))).bytes);
  const view = new DataView(bin.buffer, bin.byteOffset);
  const vector = (accessor: number, at: number): [number, number, number] => {
    const { byteOffset } = json.bufferViews[accessor];
    const part = (axis: number) => view.getFloat32(byteOffset + at * 12 + axis * 4, true);
    return [part(0), part(1), part(2)];
  };
  for (let triangle = 0; triangle < 12; triangle++) {
    const [a = 0, b = 0, c = 0] = [0, 1, 2].map((corner) =>
      view.getUint16(json.bufferViews[3].byteOffset + (3 * triangle + corner) * 2, true),
    );
    const [p, q, r] = [vector(0, a), vector(0, b), vector(0, c)];
    const [u, w] = [q.map((part, axis) => part - (p[axis] ?? 0)), r.map((part, axis) => part - (p[axis] ?? 0))];
    const [ux = 0, uy = 0, uz = 0] = u;
    const [wx = 0, wy = 0, wz = 0] = w;
    expect([uy * wz - uz * wy, uz * wx - ux * wz, ux * wy - uy * wx].map((part) => part + 0)).toEqual(vector(1, a));
  }
});

test("the texture is a checker of the image's average colour and its half", async () => {
  const { json, bin } = chunksOf((await meshOf(await plain('#d9742b'))).bytes);
  const { byteOffset, byteLength } = json.bufferViews[4];
  const { data, info } = await sharp(bin.slice(byteOffset, byteOffset + byteLength))
    .raw()
    .toBuffer({ resolveWithObject: true });
  const at = (x: number, y: number) => [...data.subarray((y * 64 + x) * info.channels).subarray(0, 3)];
  const [full, half] = [
    [0xd9, 0x74, 0x2b],
    [108, 58, 21],
  ];
  expect([at(0, 0), at(15, 15), at(16, 0), at(0, 16), at(16, 16), at(63, 63)]).toEqual(
    [full, full, half, half, full, full].map((colour) => colour ?? []),
  );
});

const never = () => Promise.resolve();

test('an average is rounded down, knows grey and leaves alpha out', async () => {
  const colours = { pixels: Uint8Array.of(1, 2, 3, 0, 2, 4, 6, 255), width: 2, height: 1, channels: 4 } as const;
  expect(await averageColour(colours, never)).toEqual([1, 3, 4]);
  const grey = { pixels: Uint8Array.of(10, 21), width: 2, height: 1, channels: 1 } as const;
  expect(await averageColour(grey, never)).toEqual([15, 15, 15]);
});

test('a large image lets the event loop run every million pixels', async () => {
  let breaths = 0;
  const pixels = new Uint8Array(3 * 1024 * 1024).fill(7);
  const breathe = () => Promise.resolve(void (breaths += 1));
  expect(await averageColour({ pixels, width: 3072, height: 1024, channels: 1 }, breathe)).toEqual([7, 7, 7]);
  expect(breaths).toBe(2);
});

test('a mesh is a GLB, whatever extension its task asks for', async () => {
  expect((await meshOf(await plain('#fff'), 'obj')).ext).toBe('glb');
});

test.each([
  [new TextEncoder().encode('<svg/>'), 'the picture cannot be used: the input image is no PNG, JPEG or WebP'],
  [new WorkerError('download.missing', 'GET x -> 404'), 'the picture cannot be used: GET x -> 404'],
])('an image that no retry makes usable ends the task for good', async (web, message) => {
  expect(await meshOf(web).catch(toWorkerError)).toMatchObject({ code: 'task.invalid', message, retryable: false });
});

test('an image whose server is down may be tried again', async () => {
  const down = new WorkerError('download.failed', 'GET x -> 503');
  expect(await meshOf(down).catch(toWorkerError)).toBe(down);
});
