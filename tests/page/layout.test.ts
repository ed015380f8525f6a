import { afterAll, expect } from 'bun:test';
import type { Page } from 'playwright-core';
import { inChromium, openWindows } from './browser.ts';
import { BUSY, FACTS, IDLE, RUNNING } from './fixtures.ts';
import { openWorkerApi } from './worker-api.ts';

const windows = openWindows();
afterAll(() => windows[Symbol.asyncDispose]());

/** `ready`: a text that is there once all is drawn. */
async function open(fragment: string, width: number, ready: string) {
  const api = openWorkerApi(FACTS);
  const window = await windows.open({ url: `${api.url}/${fragment}`, reducedMotion: true, width });
  const { page } = window;
  await page.getByText(ready).first().waitFor();
  await drawn(page);
  await watchShifts(page);
  return {
    api,
    page,
    async [Symbol.asyncDispose]() {
      await window[Symbol.asyncDispose]();
      await api[Symbol.asyncDispose]();
    },
  };
}

/** A share of the window; less is a word behind a number that grew by a digit. */
const MIN_SHIFT = 0.001;

/** Collects what the browser counts as a jump: something that moved without anybody having pressed anything. */
const watchShifts = (page: Page): Promise<void> =>
  page.evaluate((MIN_SHIFT) => {
    const seen: string[] = [];
    Object.assign(globalThis, { shifts: seen });
    new PerformanceObserver((list) => {
      for (const entry of list.getEntries()) {
        const { value, sources } = entry as unknown as { value: number; sources: readonly { node: Node | null }[] };
        const what = sources.map(({ node }) => (node instanceof Element ? node.className : '')).join(' ');
        if (value >= MIN_SHIFT) seen.push(`${value.toFixed(4)} ${what}`);
      }
    }).observe({ type: 'layout-shift', buffered: false });
  }, MIN_SHIFT);
const shiftsOf = (page: Page): Promise<readonly string[]> =>
  page.evaluate(() => (globalThis as unknown as { shifts: readonly string[] }).shifts);

/** What was sent is drawn, and the observer had its turn. */
const drawn = (page: Page): Promise<void> =>
  page.evaluate(
    () =>
      new Promise<void>((resolve) => {
        requestAnimationFrame(() => requestAnimationFrame(() => resolve()));
      }),
  );

for (const width of [1100, 360]) {
  inChromium(`nothing jumps at ${width} px while a job advances and a session ends`, async () => {
    await using window = await open('#status', width, 'busy 33 % of the time');
    const { page, api } = window;
    for (const done of [14, 15, 16]) {
      api.send({ event: 'progress', data: { jobId: RUNNING.jobId, done, total: 20, share: done / 20 } });
      await drawn(page);
    }
    const heartbeat = { outcome: 'ok', lastAttemptAt: Date.now(), roundTripMs: 1400 } as const;
    api.send({ event: 'status', data: { ...BUSY, heartbeat, offers: { ...BUSY.offers, offers: 12_345 } } });
    await drawn(page);
    api.send({
      event: 'status',
      data: {
        ...BUSY,
        memory: { ...BUSY.memory, gpus: BUSY.memory.gpus.map((gpu) => Object.assign({}, gpu, { freeGb: 4.6 })) },
      },
    });
    await drawn(page);
    expect(await shiftsOf(page)).toEqual([]);
  });

  inChromium(`nothing jumps at ${width} px while lines of a log arrive`, async () => {
    await using window = await open('#logs', width, 'lama-big is damaged');
    const { page, api } = window;
    for (let seq = 100; seq < 110; seq++) {
      const ts = new Date().toISOString();
      api.send({ event: 'log', data: { seq, ts, level: 'info', category: 'jobs', message: `line ${seq}` } });
      await drawn(page);
    }
    await page.getByText('line 109').waitFor();
    expect(await shiftsOf(page)).toEqual([]);
  });
}

inChromium('a job that ends leaves the rest of the Jobs page where it was', async () => {
  await using window = await open('#jobs/job-9e0417', 1100, 'binary upload ok');
  const { page, api } = window;
  const before = await page.getByRole('region', { name: 'Job', exact: true }).boundingBox();
  api.send({ event: 'job', data: { ...RUNNING, status: 'completed', finishedAt: Date.now() } });
  api.send({ event: 'status', data: IDLE });
  await page.getByText('Today, 10 jobs').waitFor();
  const after = await page.getByRole('region', { name: 'Job', exact: true }).boundingBox();
  expect(after?.x).toBe(before?.x);
});
