import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { openLog } from '../../src/log/open-log.ts';
import { openOutbox } from '../../src/studio/delivery/outbox.ts';
import { systemClock } from '../../src/system/clock.ts';
import { sha256 } from '../../src/system/disk/digest.ts';
import { systemFiles } from '../../src/system/disk/files.ts';
import { recordingLogger } from '../fakes/recording-logger.ts';
import { fillOutbox } from '../fakes/studio/fill-outbox.ts';
import { usageOf } from './processes.ts';
import { SCRATCH, startTaker } from './programs.ts';
import type { Measurement } from './report.ts';
import { startTimedStudio, type TimedStudio } from './timed-studio.ts';

/** How much there is of each in the end. The limit of each is ten times what a tenth of it takes. */
export interface CostSizes {
  readonly jobs: number;
  readonly outboxEntries: number;
  readonly logLines: number;
  readonly models: number;
}

const TENTH = 10;
/** Short beside the moments in which a machine is busy. */
const TURN_JOBS = 50;
/** What two measurements of the same differ by on a machine that others use. */
const NOT_WORSE_THAN_LINEAR = { atMostTimes: 1.2 } as const;

/** What a worker takes for much of something, beside ten times what it takes for a tenth: above it, costs would explode. */
export async function measureCosts(sizes: CostSizes): Promise<readonly Measurement[]> {
  return [
    await jobCosts(sizes.jobs),
    await grown(`outbox of ${count(sizes.outboxEntries)} results opened`, sizes.outboxEntries, outboxMs),
    await outboxStartCosts(sizes.outboxEntries),
    await grown(`${count(sizes.logLines)} lines logged, shown and kept for the studio`, sizes.logLines, async (lines) =>
      logMs(lines),
    ),
    await modelCosts(sizes.models),
  ];
}

const count = (items: number): string => items.toLocaleString('en');

async function grown(name: string, items: number, takesMs: (items: number) => Promise<number>): Promise<Measurement> {
  await takesMs(items / TENTH); // compiles what it takes
  const tenthMs = await takesMs(items / TENTH);
  const limit = { what: `ten times ${count(items / TENTH)}`, measured: tenthMs * TENTH };
  return { name, unit: 'ms', measured: await takesMs(items), limit, goal: NOT_WORSE_THAN_LINEAR };
}

/**
 * CPU time for jobs on a model in memory: of a worker that has done many, in turn with one that has done few. What other
 * programs take of the machine's caches falls on both, and was up to half of what one after the other differed by.
 */
async function jobCosts(jobs: number): Promise<Measurement> {
  const part = jobs / TENTH;
  await using many = await startWorker();
  await many.studio.exchanges('json', jobs - 2 * part);
  await using few = await startWorker();
  await inTurn([many, few], part); // the code of the second is compiled by then, and the first was not idle meanwhile
  const [manyMs = 0, fewMs = 0] = await inTurn([many, few], part);
  return {
    name: `CPU time of a worker for ${count(part)} JSON jobs, the last of ${count(jobs)}`,
    unit: 'ms',
    measured: manyMs,
    limit: { what: `the second ${count(part)} of another, in turn`, measured: fewMs },
    goal: NOT_WORSE_THAN_LINEAR,
  };
}

interface StartedWorker extends AsyncDisposable {
  readonly studio: TimedStudio;
  readonly pid: number;
}

/** A worker with a studio of its own. */
async function startWorker(): Promise<StartedWorker> {
  await using undo = new AsyncDisposableStack();
  const studio = undo.use(startTimedStudio());
  const { pid } = undo.use(await startTaker(studio, 'worker'));
  const started = undo.move();
  return { studio, pid, [Symbol.asyncDispose]: () => started.disposeAsync() };
}

/** So many jobs for each worker, some at a time. Gives the CPU time that each took for them, in milliseconds. */
async function inTurn(workers: readonly StartedWorker[], jobs: number): Promise<readonly number[]> {
  const sums = workers.map(() => 0);
  for (let left = jobs; left > 0; left -= TURN_JOBS) {
    for (const [at, { studio, pid }] of workers.entries()) {
      sums[at] = (sums[at] ?? 0) + (await cpuMsOf(studio, pid, Math.min(TURN_JOBS, left)));
    }
  }
  return sums;
}

async function cpuMsOf(studio: TimedStudio, pid: number, jobs: number): Promise<number> {
  const before = usageOf(pid).cpuMs;
  await studio.exchanges('json', jobs);
  return usageOf(pid).cpuMs - before;
}

async function outboxMs(entries: number): Promise<number> {
  const dir = folder('outbox');
  fillOutbox(dir, { count: entries, lastAt: Date.now() });
  const since = performance.now();
  const outbox = await openOutbox({
    dir,
    maxBytes: Number.MAX_SAFE_INTEGER,
    files: systemFiles,
    clock: systemClock,
    sha256,
    log: recordingLogger(),
  });
  await outbox.whole;
  const tookMs = performance.now() - since;
  const found = outbox.entries().length;
  await outbox.close();
  rmSync(dir, { recursive: true });
  if (found !== entries) throw new Error(`the outbox found ${found} of ${entries} results`);
  return tookMs;
}

/** A start that finds so many results which no studio has yet. */
async function outboxStartCosts(entries: number): Promise<Measurement> {
  const helloMs = async (found: number): Promise<number> => {
    await using studio = startTimedStudio();
    const prepare = (configFolder: string): void => {
      fillOutbox(join(configFolder, 'outbox'), { count: found, lastAt: Date.now() });
    };
    await using taker = await startTaker(studio, 'worker', { prepare });
    return taker.helloMs;
  };
  const none = await helloMs(0);
  return {
    name: `start → hello with ${count(entries)} results in the outbox`,
    unit: 'ms',
    measured: await helloMs(entries),
    limit: { what: 'with none', measured: none },
  };
}

function logMs(lines: number): number {
  const terminal = { write: () => {}, colourDepth: 1, isTty: false } as const;
  const { logger } = openLog({ clock: systemClock, format: 'console', levels: { every: 'info', areas: {} }, terminal });
  const since = performance.now();
  for (let at = 0; at < lines; at++) logger.warn('offer.malformed', { jobId: `job-${at}`, problem: 'no task' });
  return performance.now() - since;
}

/** A start that finds so many models of the operator, which its `hello` names. */
async function modelCosts(models: number): Promise<Measurement> {
  const helloMs = async (files: number): Promise<number> => {
    const root = folder('models');
    mkdirSync(join(root, 'llm'));
    for (let at = 0; at < files; at++) writeFileSync(join(root, 'llm', `model-${at}.gguf`), 'GGUF');
    await using studio = startTimedStudio();
    await using taker = await startTaker(studio, 'worker', { settings: `models_root = ${JSON.stringify(root)}\n` });
    rmSync(root, { recursive: true });
    return taker.helloMs;
  };
  await helloMs(models); // fills the page cache
  const none = await helloMs(0);
  return {
    name: `start → hello with ${count(models)} models of the operator`,
    unit: 'ms',
    measured: await helloMs(models),
    limit: { what: 'with none', measured: none },
    goal: { atMostTimes: 2 },
  };
}

function folder(name: string): string {
  mkdirSync(SCRATCH, { recursive: true });
  return mkdtempSync(join(SCRATCH, `${name}-`));
}
