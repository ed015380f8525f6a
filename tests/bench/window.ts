import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Page } from 'playwright-core';
import * as v from 'valibot';
import { PageCodeSchema } from '../../src/contract/page/access.ts';
import { openWindows } from '../page/browser.ts';
import { FACTS } from '../page/fixtures.ts';
import { openWorkerApi } from '../page/worker-api.ts';
import { usageOf } from './processes.ts';
import { startTaker } from './programs.ts';
import type { Measurement } from './report.ts';
import { median } from './statistics.ts';
import { startTimedStudio, type TimedStudio } from './timed-studio.ts';

export interface WindowSizes {
  /** Workers that are started for a first look at their window. */
  readonly paints: number;
  /** Of a log that one window follows; an hour of ten lines a second has 36,000. */
  readonly logLines: number;
  /** Windows of one worker at once, as far as the worker sees them. */
  readonly pages: number;
  /** Changes that all of them are told of. */
  readonly changes: number;
}

const MB = 1e6;

/** What a window costs its reader and its worker. Needs Chromium, as the tests of the page do. */
export async function measureWindow({
  paints,
  logLines,
  pages,
  changes,
}: WindowSizes): Promise<readonly Measurement[]> {
  const shown = await firstPaints(paints);
  const memory = await logMemory(logLines);
  const many = await manyPages(pages, changes);
  return [
    { name: 'window of a worker that just started → first paint, p50', unit: 'ms', measured: shown.paint },
    { name: 'the same → its state is there, p50', unit: 'ms', measured: shown.state },
    { name: 'heap of the window before its log grows', unit: 'MB', measured: memory.before / MB },
    {
      name: `growth of it with ${logLines.toLocaleString('en-GB')} log lines`,
      unit: 'MB',
      measured: (memory.after - memory.before) / MB,
    },
    { name: `a change → the last of ${pages} windows was told, p50`, unit: 'ms', measured: many.toldMs },
    { name: 'a change → the only window was told, p50', unit: 'ms', measured: many.aloneMs },
    { name: `memory of the worker for each of ${pages} windows`, unit: 'kB', measured: many.kbEach },
  ];
}

/** A worker's API, as a window finds it. */
interface Api {
  readonly url: string;
  readonly headers: { readonly authorization: string };
}

const FoundSchema = v.object({ url: v.string(), token: v.string() });

/** A worker from its start, with the way to its API. */
async function startWorker(studio: TimedStudio) {
  let folder = '';
  const taker = await startTaker(studio, 'worker', {
    settings: 'local_api_port = 0\n',
    prepare: (made) => void (folder = made),
  });
  const found = v.parse(FoundSchema, JSON.parse(await readFile(join(folder, 'local-api.json'), 'utf8')));
  const api: Api = { url: found.url, headers: { authorization: `Bearer ${found.token}` } };
  return { api, pid: taker.pid, [Symbol.asyncDispose]: () => taker[Symbol.asyncDispose]() };
}

/** From the moment a browser that runs already is sent to the page. The first worker warms the browser up. */
async function firstPaints(times: number): Promise<{ readonly paint: number; readonly state: number }> {
  await using windows = openWindows();
  await using studio = startTimedStudio();
  const seen: { paint: number; state: number }[] = [];
  for (let run = 0; run <= times; run++) {
    await using worker = await startWorker(studio);
    const code = await fetch(`${worker.api.url}/page/codes`, { method: 'POST', headers: worker.api.headers });
    const { url } = v.parse(PageCodeSchema, await code.json());
    await using window = await windows.open({ url });
    await window.page.getByRole('heading', { level: 2 }).first().waitFor();
    const state = await window.page.evaluate(() => performance.now());
    seen.push({ state, paint: await paintOf(window.page) });
  }
  const of = (what: 'paint' | 'state'): number => median(seen.slice(1).map((one) => one[what]));
  return { paint: of('paint'), state: of('state') };
}

/** When the first of the page's content was painted, in milliseconds since it was asked for. */
const paintOf = (page: Page): Promise<number> =>
  page.evaluate(
    () =>
      new Promise<number>((painted) => {
        new PerformanceObserver((list) => {
          for (const { name, startTime } of list.getEntries()) {
            if (name === 'first-contentful-paint') painted(startTime);
          }
        }).observe({ type: 'paint', buffered: true });
      }),
  );

/** How many lines one event stream is sent before the page has its turn. */
const LINES_AT_ONCE = 100;

/** The Logs page follows lines as fast as it can take them: what it holds goes by their number. */
async function logMemory(lines: number): Promise<{ readonly before: number; readonly after: number }> {
  await using windows = openWindows();
  await using api = openWorkerApi(FACTS);
  await using window = await windows.open({ url: `${api.url}/#logs` });
  const { page } = window;
  await page.getByText('lama-big is damaged').waitFor();
  const browser = await page.context().newCDPSession(page);
  const heap = async (): Promise<number> => {
    await browser.send('HeapProfiler.collectGarbage');
    return (await browser.send('Runtime.getHeapUsage')).usedSize;
  };
  const before = await heap();
  for (let seq = 100; seq < 100 + lines; seq++) {
    const message = `step ${seq} of a job that takes its time: 18.2 s so far, 7.9 GiB of memory`;
    const ts = new Date().toISOString();
    api.send({ event: 'log', data: { seq, ts, level: 'info', category: 'jobs', message, jobId: 'job-9e0417' } });
    if (seq % LINES_AT_ONCE === 0) await page.evaluate(() => new Promise((drawn) => requestAnimationFrame(drawn)));
  }
  await page.getByText(`step ${99 + lines} of a job`).waitFor();
  return { before, after: await heap() };
}

async function manyPages(pages: number, changes: number) {
  await using studio = startTimedStudio();
  await using worker = await startWorker(studio);
  const aloneMs = await toldAfter(worker.api, 1, changes);
  const before = usageOf(worker.pid).rssBytes;
  const toldMs = await toldAfter(worker.api, pages, changes);
  const kbEach = (usageOf(worker.pid).rssBytes - before) / pages / 1_000;
  return { aloneMs, toldMs, kbEach };
}

/** From a pause or its end, as somebody asks for it, until the last of so many streams says so; p50. */
async function toldAfter(api: Api, streams: number, changes: number): Promise<number> {
  const leaving = new AbortController();
  const followers = await Promise.all(
    Array.from({ length: streams }, async () => {
      const response = await fetch(`${api.url}/events`, { headers: api.headers, signal: leaving.signal });
      if (response.body === null) throw new Error('a stream without a body');
      return createFollower(response.body);
    }),
  );
  const took: number[] = [];
  for (let change = 0; change < changes; change++) {
    const isPaused = change % 2 === 0;
    const told = Promise.all(followers.map((follower) => follower.says(`"paused":${isPaused}`)));
    const since = performance.now();
    await fetch(`${api.url}/daemon/${isPaused ? 'pause' : 'resume'}`, { method: 'POST', headers: api.headers });
    await told;
    took.push(performance.now() - since);
  }
  leaving.abort();
  return median(took);
}

/** Reads a stream of events, and knows what came of it. */
function createFollower(body: ReadableStream<Uint8Array>) {
  const reader = body.getReader();
  const decoder = new TextDecoder();
  let text = '';
  return {
    async says(what: string): Promise<void> {
      while (!text.includes(what)) {
        const { done, value } = await reader.read();
        if (done) throw new Error('the stream ended');
        text += decoder.decode(value, { stream: true });
      }
      text = text.slice(text.lastIndexOf(what) + what.length);
    },
  };
}
