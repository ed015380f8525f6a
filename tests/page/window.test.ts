import { afterAll, expect } from 'bun:test';
import type { Page } from 'playwright-core';
import type { ApiLogLine } from '../../src/local-api/contract/logs.ts';
import { seriousFaults } from './axe.ts';
import { inChromium, openWindows } from './browser.ts';
import { FACTS, IDLE, RUNNING } from './fixtures.ts';
import { openWorkerApi, type WorkerFacts } from './worker-api.ts';

const windows = openWindows();
afterAll(() => windows[Symbol.asyncDispose]());

async function open(facts: WorkerFacts = FACTS, fragment = '#status', query = '') {
  const api = openWorkerApi(facts);
  const window = await windows.open({ url: `${api.url}/${query}${fragment}`, reducedMotion: true });
  await window.page.getByText('workbench', { exact: true }).first().waitFor({ state: 'attached' });
  return {
    api,
    page: window.page,
    complaints: window.complaints,
    async [Symbol.asyncDispose]() {
      await window[Symbol.asyncDispose]();
      await api[Symbol.asyncDispose]();
    },
  };
}

inChromium('a window is steered by the keyboard alone', async () => {
  await using window = await open();
  const { page, api } = window;
  await page.keyboard.press('Control+.');
  await page.getByRole('button', { name: 'Resume' }).waitFor();
  expect(api.asked).toEqual(['POST /daemon/pause']);
  await page.evaluate(() => (location.hash = '#jobs'));
  await page.getByRole('heading', { level: 1, name: 'Jobs' }).waitFor();
  await page.keyboard.press('Control+f');
  expect(await page.evaluate(() => document.activeElement?.getAttribute('type'))).toBe('search');
  await page.keyboard.press('Tab');
  await page.keyboard.press('ArrowDown');
  await page.keyboard.press('ArrowDown');
  await page.keyboard.press('ArrowDown');
  await page.keyboard.press('Enter');
  await page.getByRole('heading', { name: 'There is not enough GPU memory' }).waitFor();
  await page.keyboard.press('Escape');
  await page.getByText('No job is open').waitFor();
});

inChromium('the first thing that Tab reaches skips to the content', async () => {
  await using window = await open();
  const { page } = window;
  await page.keyboard.press('Tab');
  expect(await page.evaluate(() => document.activeElement?.textContent)).toBe('Skip to content');
  await page.keyboard.press('Enter');
  expect(await page.evaluate(() => document.activeElement?.id)).toBe('main');
});

inChromium('a tab that cannot close itself says that the window is elsewhere', async () => {
  await using window = await open(FACTS, '#status', '?window');
  const { page, api } = window;
  await page.getByRole('link', { name: 'Jobs' }).click();
  await page.getByRole('heading', { level: 1, name: 'Jobs' }).waitFor();
  api.send({ event: 'status', data: { ...FACTS.status, windowOpenedAt: 100 } });
  await page.getByText('The window was opened again').waitFor();
  for (const width of [360, 1100]) {
    await page.setViewportSize({ width, height: 700 });
    expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBeLessThanOrEqual(width);
    expect(await seriousFaults(page)).toEqual([]);
  }
  api.change({ status: { ...FACTS.status, windowOpenedAt: 100 } });
  await page.getByRole('button', { name: 'Use this one instead' }).press('Enter');
  await page.getByRole('heading', { level: 1, name: 'Jobs' }).waitFor();
});

inChromium('an enlarged image takes the focus and gives it back', async () => {
  await using window = await open(FACTS, '#jobs/job-9e0417');
  const { page } = window;
  await page.getByRole('button', { name: 'Enlarge' }).click();
  const dialog = page.getByRole('dialog');
  await dialog.waitFor();
  expect(await dialog.evaluate((one) => one.contains(document.activeElement))).toBe(true);
  await page.keyboard.press('Tab');
  expect(await dialog.evaluate((one) => one.contains(document.activeElement))).toBe(true);
  await page.keyboard.press('Escape');
  await dialog.waitFor({ state: 'detached' });
  await page.getByRole('button', { name: 'Enlarge' }).and(page.locator(':focus')).waitFor();
});

inChromium('a running job advances, ends and joins the history without a reload', async () => {
  await using window = await open();
  const { page, api } = window;
  await page.evaluate(() => (location.hash = '#jobs'));
  await page.getByText('Step 13 of 20', { exact: true }).waitFor();
  api.send({ event: 'progress', data: { jobId: RUNNING.jobId, done: 17, total: 20, share: 0.85 } });
  await page.getByText('Step 17 of 20', { exact: true }).waitFor();
  const bar = page.getByRole('progressbar', { name: 'Running job' });
  expect(await bar.getAttribute('aria-valuenow')).toBe('85');
  api.send({ event: 'job', data: { ...RUNNING, status: 'completed', finishedAt: Date.now() } });
  api.send({ event: 'status', data: IDLE });
  await bar.waitFor({ state: 'detached' });
  await page.getByText('Today, 10 jobs').waitFor();
});

inChromium('what is copied is on the clipboard, and the button says so', async () => {
  await using window = await open();
  const { page } = window;
  await page.getByRole('button', { name: 'Copy worker ID' }).click();
  await page.getByRole('button', { name: 'Copied' }).waitFor();
  expect(await page.evaluate(() => navigator.clipboard.readText())).toBe('wkr-7f3c9a12e0b4');
});

inChromium('a button whose copy the browser refuses says that nothing was copied', async () => {
  await using window = await open();
  const { page, complaints } = window;
  await page.route(
    ({ pathname }) => pathname === '/',
    async (route) => {
      const response = await route.fetch();
      await route.fulfill({ response, headers: { ...response.headers(), 'permissions-policy': 'clipboard-write=()' } });
    },
  );
  await page.reload();
  await page.getByRole('button', { name: 'Copy worker ID' }).click();
  await page.getByRole('button', { name: 'Not copied' }).waitFor();
  expect(complaints.filter((complaint) => !complaint.startsWith('Permissions policy'))).toEqual([]);
});

inChromium('a page is stale while the worker is gone, and live once it returns', async () => {
  await using window = await open(FACTS, '#jobs/job-9e0417');
  const { page, api } = window;
  await api.stop();
  await page.getByText('The worker is not reachable', { exact: true }).waitFor();
  await page.locator('.split__list.stale').waitFor();
  await page.getByRole('button', { name: 'Retry now' }).first().click(); // it also retries by itself
  api.start();
  await page.getByText('The worker is not reachable', { exact: true }).waitFor({ state: 'detached' });
  await page.locator('.stale').first().waitFor({ state: 'detached' });
});

const line = (seq: number): ApiLogLine => ({
  seq,
  ts: new Date(Date.now()).toISOString(),
  level: seq % 100 === 0 ? 'warn' : 'info',
  category: 'jobs',
  message: `line ${seq} of a long log`,
});

/** How often a log is drawn from now on, and how many rows are made or moved for it. */
const watchRows = (page: Page) =>
  page.evaluateHandle(() => {
    const counted = { draws: 0, rows: 0 };
    new MutationObserver((changes) => {
      counted.draws += 1;
      for (const { addedNodes } of changes) counted.rows += addedNodes.length;
    }).observe(document.querySelector('.log')!, { childList: true });
    return counted;
  });

inChromium('of fifty thousand lines a window draws five hundred, once for each change', async () => {
  const lines = Array.from({ length: 50_000 }, (_, index) => line(index + 1));
  await using window = await open({ ...FACTS, lines }, '#logs');
  const { page, api } = window;
  await page.getByText('500 newest of 50,000 lines').waitFor();
  const rows = page.locator('.log__row');
  expect(await rows.count()).toBe(500);
  await using watched = await watchRows(page);
  await page.getByRole('searchbox').fill('line 4999');
  await page.getByText('11 of 50,000 lines').waitFor();
  expect([await rows.count(), await watched.jsonValue()]).toEqual([11, { draws: 1, rows: 1 }]);
  await page.getByRole('searchbox').fill('');
  await page.getByText('500 newest of 50,000 lines').waitFor();
  expect([await rows.count(), await watched.jsonValue()]).toEqual([500, { draws: 2, rows: 491 }]);
  api.send({ event: 'log', data: line(50_001) });
  await page.getByText('line 50001 of a long log').waitFor();
  expect([await rows.count(), await watched.jsonValue()]).toEqual([500, { draws: 3, rows: 492 }]);
});

inChromium('a reader who scrolls up is left there, and told how many lines came', async () => {
  await using window = await open(
    { ...FACTS, lines: Array.from({ length: 600 }, (_, index) => line(index + 1)) },
    '#logs',
  );
  const { page, api } = window;
  await page.getByText('line 600 of a long log').waitFor();
  await page.getByRole('region', { name: 'Log', exact: true }).press('ArrowUp');
  await page.getByRole('button', { name: 'Follow', pressed: false }).waitFor();
  api.send({ event: 'log', data: line(601) });
  api.send({ event: 'log', data: line(602) });
  await page.getByRole('button', { name: '2 newer lines' }).click();
  await page.getByText('line 602 of a long log').waitFor();
  await page.getByRole('button', { name: 'Follow', pressed: true }).waitFor();
});

inChromium('settings are changed, corrected and saved with the keyboard', async () => {
  await using window = await open(FACTS, '#config');
  const { page, api } = window;
  await page.getByLabel('Disk space to leave free').fill('-5');
  await page.getByLabel('Take jobs').press('Space');
  await page.getByText('2 unsaved changes').waitFor();
  await page.getByText('Use 0 or more.').waitFor();
  await page.keyboard.press('Control+s');
  expect(api.asked).toEqual([]);
  await page.getByRole('region', { name: 'Unsaved changes' }).getByRole('link').click();
  expect(await page.evaluate(() => document.activeElement?.id)).toBe('disk_floor_gb');
  await page.keyboard.press('Control+a');
  await page.keyboard.type('8');
  await page.keyboard.press('Control+s');
  await page.getByText('Config saved').waitFor();
  expect(api.asked).toEqual(['PATCH /config']);
  await page.getByText('2 unsaved changes').waitFor({ state: 'detached' });
  expect(await page.getByLabel('Disk space to leave free').inputValue()).toBe('8');
});

inChromium('a rejected form value is explained at its field and stays typed', async () => {
  await using window = await open(FACTS, '#config');
  const { page, api } = window;
  api.refuse(400, 'invalid_config', 'models_max_gb: too small', { fields: { models_max_gb: 'must be 10 or more' } });
  await page.getByLabel('Max disk space').fill('1');
  await page.getByRole('button', { name: 'Save' }).click();
  await page.getByText('must be 10 or more').waitFor();
  expect(await page.getByLabel('Max disk space').getAttribute('aria-invalid')).toBe('true');
  await page.getByRole('link', { name: 'Status' }).click();
  await page.goBack();
  expect(await page.getByLabel('Max disk space').inputValue()).toBe('1');
  await page.getByRole('button', { name: 'Undo Max disk space' }).click();
  await page.getByText('unsaved change').waitFor({ state: 'detached' });
});

inChromium('what a refusal says leaves the button to save again free', async () => {
  for (const width of [360, 1200]) {
    await using window = await open(FACTS, '#config');
    const { page, api } = window;
    await page.setViewportSize({ width, height: 700 });
    api.refuse(500, 'file_not_written', 'the disk is full');
    await page.getByLabel('Max disk space').fill('100');
    await page.getByRole('button', { name: 'Save' }).click();
    await page.getByText('the disk is full').waitFor();
    await page.getByRole('button', { name: 'Save' }).click({ trial: true, timeout: 3_000 });
  }
});

inChromium('a change that needs a restart says so beside its button', async () => {
  await using window = await open(FACTS, '#config');
  const { page, api } = window;
  await page.getByText('Restart needed for 1 change').waitFor();
  await page.getByRole('button', { name: 'Restart worker' }).click();
  await page.getByText('The worker restarts when its job is done').waitFor();
  expect(api.asked).toEqual(['POST /daemon/restart']);
});

inChromium('the largest job to take is set with the slider', async () => {
  await using window = await open();
  const { page, api } = window;
  await page.getByRole('slider', { name: 'Largest job to take' }).press('ArrowLeft');
  await page.getByText('Largest job to take: 11.5 GiB').waitFor();
  expect(api.asked).toEqual(['PATCH /config']);
});

inChromium('a model is loaded, unloaded, downloaded and verified with the button of its row', async () => {
  await using window = await open(FACTS, '#models');
  const { page, api } = window;
  await page.getByRole('button', { name: 'Load Wan 2.2 TI2V 5B' }).click();
  await page.getByText('Wan 2.2 TI2V 5B is loading').waitFor();
  await page.getByRole('button', { name: 'Unload Qwen 3.5 2B' }).click();
  await page.getByText('Qwen 3.5 2B is unloaded').waitFor();
  await page.getByRole('button', { name: 'Download Qwen 3.5 0.8B' }).click();
  await page.getByRole('progressbar', { name: 'Downloading Qwen 3.5 0.8B' }).waitFor();
  await page.getByRole('button', { name: 'More for Wan 2.2 TI2V 5B' }).click();
  await page.getByRole('button', { name: 'Verify Wan 2.2 TI2V 5B' }).click();
  await page.getByText('Damaged', { exact: true }).waitFor();
  expect(api.asked).toEqual([
    'POST /models/wan2.2-ti2v-5b/load',
    'POST /models/qwen3.5-2b/unload',
    'POST /models/qwen3.5-0.8b/pull',
    'POST /models/wan2.2-ti2v-5b/verify',
  ]);
});

inChromium('a model in use says why it cannot be unloaded, and nothing is asked', async () => {
  await using window = await open(FACTS, '#models');
  const { page, api } = window;
  const button = page.getByRole('button', { name: 'Unload Z-Image Turbo' });
  expect(await button.getAttribute('title')).toContain('In use');
  await button.click({ force: true });
  expect(api.asked).toEqual([]);
});

inChromium('a model is removed only after the question, which goes with Escape', async () => {
  await using window = await open(FACTS, '#models');
  const { page, api } = window;
  await page.getByRole('button', { name: 'More for Wan 2.2 TI2V 5B' }).click();
  await page.getByRole('button', { name: 'Remove' }).click();
  await page.getByText('Its files (8.1 GiB)').waitFor();
  await page.keyboard.press('Escape');
  expect(api.asked).toEqual([]);
  await page.getByRole('button', { name: 'Remove' }).click();
  await page.getByRole('button', { name: 'Remove model' }).click();
  await page.getByText('Wan 2.2 TI2V 5B is removed').waitFor();
  await page.getByRole('button', { name: 'Load Wan 2.2 TI2V 5B' }).waitFor({ state: 'detached' });
});

inChromium('a model is added by its address, once what was typed is right', async () => {
  await using window = await open(FACTS, '#models');
  const { page, api } = window;
  await page.getByRole('button', { name: 'Add a model' }).click();
  await page.getByLabel('Address of the file').fill('https://models.example.com/Qwen3.5 4B-q4.gguf');
  expect(await page.getByLabel('ID', { exact: true }).inputValue()).toBe('Qwen3.5-4B-q4');
  await page.getByLabel('SHA-256').fill('abc');
  await page.getByRole('button', { name: 'Add and download' }).click();
  await page.getByText('Use 64 hexadecimal digits.').waitFor();
  await page.getByLabel('SHA-256').fill('');
  await page.getByRole('button', { name: 'Add and download' }).click();
  await page.getByRole('dialog').waitFor({ state: 'detached' });
  expect(api.asked).toEqual(['POST /models', 'POST /models/Qwen3.5-4B-q4/pull']);
});
