import { expect, setDefaultTimeout, test } from 'bun:test';
import { createThumbnails } from '../../../src/worker/reports/thumbnails.ts';
import { openImages } from '../../../src/compose/children/images-child.ts';
import { toJobId } from '../../../src/base/ids.ts';
import { aTask } from '../../fakes/builders.ts';
import { recordingLogger } from '../../fakes/recording-logger.ts';
import { TEST_MS, waitFor } from '../wait-for.ts';
import { setupApi, subscribe } from './scene.ts';

setDefaultTimeout(TEST_MS);

const images = openImages([process.execPath, 'src/main.ts']);

/** Thumbnails by the real reader of images. */
function setup() {
  const log = recordingLogger();
  const made: string[] = [];
  const thumbnails = createThumbnails({ images, log, onMade: (jobId) => void made.push(jobId) });
  const add = (id: string, bytes: Uint8Array): void =>
    thumbnails.onResult(
      { id: toJobId(id), task: aTask({ kind: 'image', prompt: '' }) },
      { is: 'artifact', bytes, ext: 'png' },
    );
  const settled = (count: number): Promise<void> =>
    waitFor(
      `${count} thumbnails or refusals`,
      () => made.length + log.events.length === count,
      () => JSON.stringify({ made, events: log.events }),
    );
  return { thumbnails, log, made, add, settled };
}

const picture = (width: number, height: number): Promise<Uint8Array> =>
  images.encode({ format: 'png', width, height, channels: 3, pixels: new Uint8Array(width * height * 3) });

test('an image job has a small picture in its list, once it is made', async () => {
  await using at = await setupApi();
  await using events = await subscribe(at.api);
  const task = aTask({ kind: 'image', prompt: 'a red fox', width: 640, height: 320, ext: 'webp' });
  const { id } = await at.studio.createJob(task);
  await at.studio.jobIs(id, 'completed');
  for (;;) {
    const { data } = await events.next('job');
    if (JSON.stringify(data).includes('"hasThumbnail":true')) break;
  }
  const { status, headers } = await at.ask(`/jobs/${id}/thumbnail`);
  expect({ status, type: headers.get('content-type') }).toEqual({ status: 200, type: 'image/png' });
  expect(await at.ask('/jobs/other/thumbnail')).toMatchObject({ status: 404, body: { error: 'no_thumbnail' } });
});

test('a thumbnail is at most 384 pixels long, and never enlarged', async () => {
  const { thumbnails, add, settled } = setup();
  add('wide', await picture(1000, 500));
  add('small', await picture(20, 10));
  await settled(2);
  for (const [id, size] of [
    ['wide', { width: 384, height: 192 }],
    ['small', { width: 20, height: 10 }],
  ] as const) {
    expect(await images.probe(thumbnails.of(id) ?? new Uint8Array())).toMatchObject({ ...size, format: 'png' });
  }
});

test('what is no image has none, and the next one has', async () => {
  const { thumbnails, log, add, settled } = setup();
  add('broken', new TextEncoder().encode('no image'));
  add('fine', await picture(8, 8));
  await settled(2);
  expect(log.events).toMatchObject([{ event: 'thumbnail.not-made', fields: { jobId: 'broken' } }]);
  expect(thumbnails.of('broken')).toBe(undefined);
  expect(thumbnails.of('fine')).toBeDefined();
});
