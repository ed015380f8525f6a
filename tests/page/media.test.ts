import { afterAll, expect } from 'bun:test';
import type { Page } from 'playwright-core';
import { inChromium, openWindows } from './browser.ts';
import { ENDED, FACTS } from './fixtures.ts';
import { openWorkerApi, type WorkerFacts } from './worker-api.ts';

const windows = openWindows();
afterAll(() => windows[Symbol.asyncDispose]());

/** The details of one job. */
async function open(jobId: string, { facts = FACTS, reducedMotion = true, width = 1100 } = {}) {
  const api = openWorkerApi(facts);
  const window = await windows.open({ url: `${api.url}/#jobs/${jobId}`, reducedMotion, width });
  return {
    page: window.page,
    async [Symbol.asyncDispose]() {
      await window[Symbol.asyncDispose]();
      await api[Symbol.asyncDispose]();
    },
  };
}

/** The facts with another result of one job. */
const withResult = (jobId: string, type: string, bytes: Uint8Array): WorkerFacts => ({
  ...FACTS,
  jobs: ENDED.filter((job) => job.jobId === jobId).map((job) =>
    Object.assign({}, job, { result: { type, ext: 'x', sizeBytes: bytes.length } }),
  ),
  results: { ...FACTS.results, [jobId]: bytes },
});

inChromium('an image opens large from its picture, and Escape gives the focus back', async () => {
  await using window = await open('job-9e0417');
  const { page } = window;
  const picture = page.getByRole('button', { name: 'Result: Lighthouse' });
  await picture.click();
  const dialog = page.getByRole('dialog');
  await dialog.waitFor();
  expect(await dialog.locator('img').evaluate((image: HTMLImageElement) => image.naturalWidth)).toBeGreaterThan(0);
  await page.keyboard.press('Escape');
  await dialog.waitFor({ state: 'detached' });
  expect(await picture.evaluate((one) => one === document.activeElement)).toBe(true);
});

inChromium('a result is saved under the name of its job', async () => {
  await using window = await open('job-9e03f0');
  const { page } = window;
  const [download] = await Promise.all([
    page.waitForEvent('download'),
    page.getByRole('link', { name: 'Save' }).click(),
  ]);
  expect(download.suggestedFilename()).toBe('job-9e03f0.wav');
});

inChromium('speech plays, and its wave is the way to a moment', async () => {
  await using window = await open('job-9e03f0');
  const { page } = window;
  const position = page.getByRole('slider', { name: 'Position' });
  await page.getByText('0:00 / 0:01').waitFor();
  const heights = (): Promise<readonly (string | null)[]> =>
    position.locator('rect').evaluateAll((bars) => bars.map((bar) => bar.getAttribute('height')));
  await page.waitForFunction(() => document.querySelector('.audio__wave rect')?.getAttribute('height') !== '6.0%');
  expect(new Set(await heights()).size).toBeGreaterThan(0);
  await position.press('End');
  await page.waitForFunction(() => document.querySelector('[role=slider]')?.getAttribute('aria-valuenow') === '1');
  expect(await position.locator('rect.played').count()).toBe(96);
  await position.press('Home');
  await page.waitForFunction(() => document.querySelector('[role=slider]')?.getAttribute('aria-valuenow') === '0');
  await page.getByRole('button', { name: 'Play' }).click();
  await page.waitForFunction(() => document.querySelector('audio')?.ended === true);
  await page.getByRole('button', { name: 'Play' }).waitFor();
});

inChromium('a recording that the browser cannot play says what helps', async () => {
  await using window = await open('job-9e03f0', { facts: withResult('job-9e03f0', 'audio/flac', new Uint8Array(64)) });
  await window.page.getByText('This browser cannot play it. Save it').waitFor();
});

inChromium('a video has the controls of the browser, or says why not', async () => {
  await using window = await open('job-9e0360', { facts: withResult('job-9e0360', 'video/mp4', new Uint8Array(64)) });
  await window.page.getByText('This browser cannot play it. Save it').waitFor();
  expect(await window.page.getByRole('link', { name: 'Save' }).count()).toBe(1);
});

/** The model as it stands now. */
const shot = async (page: Page): Promise<string> => (await page.locator('canvas').screenshot()).toBase64();

inChromium('a 3D model is drawn, and turns with keys, buttons and the pointer', async () => {
  await using window = await open('job-9e0390');
  const { page } = window;
  const canvas = page.getByRole('img', { name: '3D model, 12 triangles' });
  await canvas.waitFor();
  const first = await shot(page);
  await canvas.press('ArrowRight');
  const turned = await shot(page);
  await page.getByRole('button', { name: 'Turn left' }).click();
  await page.mouse.move(0, 0);
  await canvas.press('Home');
  const home = await shot(page);
  expect(turned).not.toBe(first);
  expect(home).toBe(first);
  const box = (await canvas.boundingBox())!;
  await page.mouse.move(box.x + 40, box.y + 40);
  await page.mouse.down();
  await page.mouse.move(box.x + 140, box.y + 60);
  await page.mouse.up();
  expect(await shot(page)).not.toBe(first);
});

inChromium('a 3D model turns by itself until somebody stops it', async () => {
  await using window = await open('job-9e0390', { reducedMotion: false });
  const { page } = window;
  await page.getByRole('img', { name: '3D model, 12 triangles' }).waitFor();
  const first = await shot(page);
  await page.waitForFunction(() => document.querySelector('canvas')?.dataset['state'] === 'drawn');
  await page.getByRole('button', { name: 'Stop turning' }).click();
  await page.getByRole('button', { name: 'Keep turning' }).waitFor();
  const stopped = await shot(page);
  expect(stopped).not.toBe(first);
  expect(await shot(page)).toBe(stopped);
});

inChromium('with reduced motion a 3D model stands still', async () => {
  await using window = await open('job-9e0390');
  const { page } = window;
  await page.getByRole('button', { name: 'Keep turning' }).waitFor();
});

inChromium('a 3D file that is broken says so instead of an empty frame', async () => {
  await using window = await open('job-9e0390', {
    facts: withResult('job-9e0390', 'model/gltf-binary', new Uint8Array(64)),
  });
  await window.page.getByText('This browser cannot show it. Save it').waitFor();
});

inChromium('the reply of a chat is read and copied from its job', async () => {
  await using window = await open('job-9e0415');
  const { page } = window;
  await page.getByText('It points at what you lost.').waitFor();
  await page
    .getByRole('region', { name: 'Job', exact: true })
    .getByRole('button', { name: 'Copy', exact: true })
    .first()
    .click();
  expect(await page.evaluate(() => navigator.clipboard.readText())).toBe(
    'It points at what you lost.\nIt ticks when you lie.',
  );
});

inChromium('of a job whose result is gone that is said, with its facts', async () => {
  await using window = await open('job-9e0360');
  const { page } = window;
  await page.getByText('Its result is no longer kept on this machine').waitFor();
  await page.getByText('wan2.2-ti2v-5b', { exact: true }).last().waitFor();
});

inChromium('the facts of a failed job name its code and what it asked for', async () => {
  await using window = await open('job-9e03c2');
  const { page } = window;
  await page.getByText('engine.out-of-memory').waitFor();
  await page.getByText('2048 × 2048', { exact: true }).waitFor();
});
