import { expect, setDefaultTimeout, test } from 'bun:test';
import { createThumbnails } from '../../../src/worker/reports/thumbnails.ts';
import { openImages } from '../../../src/compose/children/images-child.ts';
import { WorkerError } from '../../../src/base/errors.ts';
import { toJobId } from '../../../src/base/ids.ts';
import { aTask } from '../../fakes/builders.ts';
import { ScriptedEngine } from '../../fakes/engines/scripted-engine.ts';
import { FakeClock } from '../../fakes/system/fake-clock.ts';
import { recordingLogger } from '../../fakes/recording-logger.ts';
import { TEST_MS, waitFor } from '../wait-for.ts';
import { setupApi, subscribe } from './scene.ts';

setDefaultTimeout(TEST_MS);

const images = openImages([process.execPath, 'src/main.ts']);

/** Thumbnails by the real reader of images. */
function setup() {
  const log = recordingLogger();
  const made: string[] = [];
  const clock = new FakeClock();
  const onMade = (jobId: string): void => void made.push(jobId);
  const thumbnails = createThumbnails({ images, log, after: (ms, call) => clock.after(ms, call), onMade });
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
  return { thumbnails, log, made, clock, add, settled };
}

/** How long a result waits for a moment in which no other comes, and at most. */
const [CALM_MS, AT_MOST_MS] = [250, 1000];

const picture = (width: number, height: number): Promise<Uint8Array> =>
  images.encode({ format: 'png', width, height, channels: 3, pixels: new Uint8Array(width * height * 3) });

test('an image job has a small image in its list, once it is made', async () => {
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

test('a running image job shows its previews, one after the other', async () => {
  const engine = new ScriptedEngine();
  await using at = await setupApi({ engines: [engine] });
  await using events = await subscribe(at.api);
  const { id } = await at.studio.createJob(aTask({ kind: 'image', prompt: 'a red fox' }));
  const run = await engine.started();
  const sizes: number[] = [];
  for (const previews of [1, 2]) {
    run.emit({ is: 'preview', bytes: await picture(16 * previews, 16), ext: 'png' });
    for (;;) {
      const { data } = await events.next('job');
      if (JSON.stringify(data).includes(`"previews":${previews}`)) break;
    }
    const { headers } = await at.ask(`/jobs/${id}/thumbnail?preview=${previews}`);
    sizes.push(Number(headers.get('content-length')));
    expect(headers.get('content-type')).toBe('image/png');
  }
  expect(sizes[0]).not.toBe(sizes[1]);
  run.fail(new WorkerError('task.invalid', 'the size is too large'));
  await at.studio.jobIs(id, 'failed');
  expect(await at.ask(`/jobs/${id}/thumbnail`)).toMatchObject({ status: 404, body: { error: 'no_thumbnail' } });
});

test('a preview that is no image is not shown, and costs the job nothing', async () => {
  const { thumbnails, log, settled } = setup();
  thumbnails.onPreview(toJobId('job-1'), new TextEncoder().encode('no image'));
  await settled(1);
  expect(log.events).toMatchObject([{ event: 'thumbnail.not-made', fields: { jobId: 'job-1' } }]);
  expect([thumbnails.of('job-1'), thumbnails.previewsOf('job-1')]).toEqual([undefined, undefined]);
});

test('what a job made takes the place of its previews', async () => {
  const { thumbnails, made, clock, add } = setup();
  const [preview, result] = [await picture(8, 8), await picture(20, 10)];
  thumbnails.onPreview(toJobId('job-1'), preview);
  add('job-1', result);
  clock.advance(CALM_MS);
  await waitFor(
    'the picture of the result',
    () => made.length > 0,
    () => 'none was made',
  );
  expect(await images.probe(thumbnails.of('job-1') ?? new Uint8Array())).toMatchObject({ width: 20, height: 10 });
  expect(thumbnails.previewsOf('job-1')).toBe(undefined);
});

test('a thumbnail is at most 384 pixels long, and never enlarged', async () => {
  const { thumbnails, clock, add, settled } = setup();
  add('wide', await picture(1000, 500));
  add('small', await picture(20, 10));
  clock.advance(CALM_MS);
  await settled(2);
  for (const [id, size] of [
    ['wide', { width: 384, height: 192 }],
    ['small', { width: 20, height: 10 }],
  ] as const) {
    expect(await images.probe(thumbnails.of(id) ?? new Uint8Array())).toMatchObject({ ...size, format: 'png' });
  }
});

test('what is no image has none, and the next one has', async () => {
  const { thumbnails, log, clock, add, settled } = setup();
  add('broken', new TextEncoder().encode('no image'));
  add('fine', await picture(8, 8));
  clock.advance(CALM_MS);
  await settled(2);
  expect(log.events).toMatchObject([{ event: 'thumbnail.not-made', fields: { jobId: 'broken' } }]);
  expect(thumbnails.of('broken')).toBe(undefined);
  expect(thumbnails.of('fine')).toBeDefined();
});

test('thumbnails are made once no result has come for a moment', async () => {
  const { made, clock, add, settled } = setup();
  const result = await picture(8, 8);
  add('first', result);
  clock.advance(CALM_MS - 1);
  add('second', result);
  clock.advance(CALM_MS - 1);
  expect(clock.armed).toBeGreaterThan(0); // the first one alone would have been due
  clock.advance(1);
  expect(clock.armed).toBe(0);
  await settled(2);
  expect(made).toEqual(['first', 'second']);
});

test('while results keep coming, the newest get thumbnails once a second', async () => {
  const { made, clock, add, settled } = setup();
  const result = await picture(8, 8);
  for (let at = 0; at < 5; at++) {
    clock.advance(AT_MOST_MS / 5);
    add(`job-${at}`, result);
  }
  clock.advance(AT_MOST_MS / 5 - 1);
  expect(clock.armed).toBeGreaterThan(0);
  add('job-5', result);
  clock.advance(1);
  expect(clock.armed).toBe(0);
  await settled(4);
  expect(made).toEqual(['job-2', 'job-3', 'job-4', 'job-5']);
});
