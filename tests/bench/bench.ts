/** Measures the executable in `dist/`: `bun run bench [--quick] [--only <name>] [--readme]`. */
import { rmSync, writeFileSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { parseArgs } from 'node:util';
import { VERSION } from '../../src/base/version.ts';
import { type ApiSizes, measureApi } from './api.ts';
import { measureArchives } from './archives.ts';
import { type ChatSizes, measureChat } from './chat.ts';
import { type CostSizes, measureCosts } from './costs.ts';
import { type DownloadSizes, measureDownloads } from './downloads.ts';
import { measureExchanges, type Scale } from './exchanges.ts';
import { type Looks, measureGrowth } from './growth.ts';
import { type HostSizes, measureHost } from './host.ts';
import { measureIdle } from './idle.ts';
import { type ImageSizes, measureImages } from './images.ts';
import { measureInstalls } from './installs.ts';
import { machineClass } from './processes.ts';
import { type Measurement, docsBlock, type Report, tableOf, withBlock } from './report.ts';
import { measureStarts } from './starts.ts';
import { measureUpdates } from './updates.ts';
import { measureWindow, type WindowSizes } from './window.ts';

const OUTFILE = 'dist/bench.json';
const PAGE = 'docs/benchmarks.md';

interface Sizes {
  readonly json: Scale;
  readonly binary: Scale;
  readonly starts: number;
  readonly installs: number;
  readonly updates: number;
  readonly idleSeconds: number;
  /** After how many jobs memory is looked at. */
  readonly jsonGrowth: Looks;
  readonly imageGrowth: Looks;
  readonly images: ImageSizes;
  readonly costs: CostSizes;
  readonly chat: ChatSizes;
  readonly api: ApiSizes;
  readonly host: HostSizes;
  readonly download: DownloadSizes;
  readonly window: WindowSizes;
}

const FULL: Sizes = {
  json: { jobs: 1_000, rounds: 5, warmUp: 300 },
  binary: { jobs: 300, rounds: 5, warmUp: 50 },
  starts: 25,
  installs: 5,
  updates: 10,
  idleSeconds: 60,
  jsonGrowth: [2_000, 20_000, 38_000],
  imageGrowth: [200, 2_000, 3_800],
  images: { jobs: 40, restMs: 50_000 },
  costs: { jobs: 10_000, outboxEntries: 100_000, logLines: 50_000, models: 1_000 },
  chat: { tokens: 256, times: 9, settleMs: 10_000 },
  api: { tokens: 256, times: 9, streams: 50 },
  host: { trips: 1_000, cancels: 40 },
  download: { megabytes: 512, times: 7 },
  window: { paints: 7, logLines: 36_000, pages: 50, changes: 20 },
};
/** Shows that everything can be measured; the numbers mean little. */
const QUICK: Sizes = {
  json: { jobs: 50, rounds: 1, warmUp: 10 },
  binary: { jobs: 10, rounds: 1, warmUp: 2 },
  starts: 2,
  installs: 1,
  updates: 1,
  idleSeconds: 1,
  jsonGrowth: [50, 100, 150],
  imageGrowth: [5, 10, 15],
  images: { jobs: 5, restMs: 100 },
  costs: { jobs: 100, outboxEntries: 100, logLines: 500, models: 10 },
  chat: { tokens: 8, times: 1, settleMs: 100 },
  api: { tokens: 8, times: 2, streams: 50 },
  host: { trips: 20, cancels: 3 },
  download: { megabytes: 100, times: 1 },
  window: { paints: 1, logLines: 500, pages: 5, changes: 2 },
};

const MEASUREMENTS: Readonly<Record<string, (sizes: Sizes) => Promise<readonly Measurement[]>>> = {
  json: ({ json }) => measureExchanges('json', json),
  binary: ({ binary }) => measureExchanges('binary', binary),
  starts: ({ starts }) => measureStarts(starts),
  install: ({ installs }) => measureInstalls(installs),
  update: ({ updates }) => measureUpdates(updates),
  archives: measureArchives,
  idle: ({ idleSeconds }) => measureIdle(idleSeconds),
  growth: async ({ jsonGrowth, imageGrowth }) => [
    ...(await measureGrowth('json', jsonGrowth)),
    ...(await measureGrowth('image', imageGrowth)),
  ],
  images: ({ images }) => measureImages(images),
  costs: ({ costs }) => measureCosts(costs),
  chat: ({ chat }) => measureChat(chat),
  api: ({ api }) => measureApi(api),
  host: ({ host }) => measureHost(host),
  download: ({ download }) => measureDownloads(download),
  window: ({ window }) => measureWindow(window),
};

async function main(): Promise<void> {
  const { values } = parseArgs({
    options: { quick: { type: 'boolean', default: false }, only: { type: 'string' }, readme: { type: 'boolean' } },
  });
  const names = Object.keys(MEASUREMENTS);
  if (values.only !== undefined && !names.includes(values.only)) {
    throw new Error(`--only ${values.only}: there are ${names.join(', ')}`);
  }
  if (values.readme === true && (values.quick || values.only !== undefined)) {
    throw new Error('--readme shows a whole run: leave --quick and --only out');
  }
  const measurements: Measurement[] = [];
  for (const [name, measure] of Object.entries(MEASUREMENTS)) {
    if (values.only !== undefined && values.only !== name) continue;
    console.error(`measuring ${name} …`);
    measurements.push(...(await measure(values.quick ? QUICK : FULL)));
  }
  const report: Report = {
    date: new Date().toISOString(),
    machine: machineClass(),
    bun: Bun.version,
    version: VERSION,
    quick: values.quick,
    measurements,
  };
  console.log(tableOf(measurements));
  writeFileSync(OUTFILE, `${JSON.stringify(report, undefined, 2)}\n`);
  if (values.readme === true) writeFileSync(PAGE, withBlock(await readFile(PAGE, 'utf8'), docsBlock(report)));
  rmSync('dist/bench', { recursive: true, force: true });
}

await main();
