import { closeSync, fsyncSync, openSync, renameSync, rmSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { compiled, startTaker } from './programs.ts';
import type { Measurement } from './report.ts';
import { median, percentile } from './statistics.ts';
import { type Exchange, startTimedStudio, type TimedStudio } from './timed-studio.ts';
import { ARTIFACT_BYTES, type JobKind } from './wire.ts';

/** How long a run measures. */
export interface Scale {
  readonly jobs: number;
  readonly rounds: number;
  readonly warmUp: number;
}

/** The time one round of jobs took, by what is asked about it. */
interface Round {
  readonly accept50: number;
  readonly accept99: number;
  readonly done50: number;
  readonly done99: number;
  readonly perSecond: number;
}

/** A studio that thinks for a moment between two jobs meets a worker that has tidied up after the last. */
const BETWEEN_JOBS_MS = 1;

/**
 * Offer to accept and offer to result of one kind, for the worker and for the bare pair in turn, so that a busy moment
 * of the machine falls on both. Of several rounds the median counts.
 */
export async function measureExchanges(kind: 'json' | 'binary', scale: Scale): Promise<readonly Measurement[]> {
  await compiled('bare');
  if (kind === 'binary') await compiled('steady');
  const worker: Round[] = [];
  const bare: Round[] = [];
  for (let round = 0; round < scale.rounds; round++) {
    worker.push(await oneRound(kind === 'json' ? 'worker' : 'steady', kind, scale));
    bare.push(await oneRound('bare', kind, scale));
  }
  const both = (read: (round: Round) => number) => ({
    measured: median(worker.map(read)),
    limit: { what: 'bare pair', measured: median(bare.map(read)) },
  });
  const disk = diskMs(kind === 'json' ? 1_000 : ARTIFACT_BYTES);
  const ms = 'ms';
  return kind === 'json'
    ? [
        { name: 'offer → accept, p50', unit: ms, goal: { atMost: 0.2 }, ...both((round) => round.accept50) },
        { name: 'offer → accept, p99', unit: ms, goal: { atMost: 2 }, ...both((round) => round.accept99) },
        { name: 'JSON job, p50', unit: ms, goal: { atMost: 1 }, ...both((round) => round.done50) },
        { name: 'JSON job, p99', unit: ms, ...both((round) => round.done99) },
        { name: 'JSON jobs one after the other', unit: 'jobs/s', ...both((round) => round.perSecond) },
        { name: 'disk: 1 kB written and fsynced in place, p50', unit: ms, measured: disk },
      ]
    : [
        { name: '1 MiB job, p50', unit: ms, goal: { atMostTimes: 1.5 }, ...both((round) => round.done50) },
        { name: '1 MiB job, p99', unit: ms, ...both((round) => round.done99) },
        { name: '1 MiB jobs one after the other', unit: 'jobs/s', ...both((round) => round.perSecond) },
        { name: 'disk: 1 MiB written and fsynced in place, p50', unit: ms, measured: disk },
      ];
}

async function oneRound(program: 'worker' | 'bare' | 'steady', kind: JobKind, scale: Scale): Promise<Round> {
  await using studio = startTimedStudio();
  await using _taker = await startTaker(studio, program);
  await studio.exchanges(kind, scale.warmUp);
  const spaced = await spacedExchanges(studio, kind, scale.jobs);
  const since = performance.now();
  await studio.exchanges(kind, scale.jobs);
  const perSecond = (scale.jobs / (performance.now() - since)) * 1_000;
  const accepted = spaced.map((one) => one.acceptedMs);
  const done = spaced.map((one) => one.doneMs);
  return {
    accept50: median(accepted),
    accept99: percentile(accepted, 0.99),
    done50: median(done),
    done99: percentile(done, 0.99),
    perSecond,
  };
}

async function spacedExchanges(studio: TimedStudio, kind: JobKind, count: number): Promise<readonly Exchange[]> {
  const all: Exchange[] = [];
  while (all.length < count) {
    await Bun.sleep(BETWEEN_JOBS_MS);
    all.push(await studio.exchange(kind));
  }
  return all;
}

const DISK_TRIES = 100;

/** What the disk alone takes for a result to be safe: written, fsynced, moved into place, its folder fsynced. */
function diskMs(sizeBytes: number): number {
  const folder = 'dist/bench';
  const [temporary, target] = [join(folder, 'disk.tmp'), join(folder, 'disk')];
  const bytes = new Uint8Array(sizeBytes);
  const sync = (path: string, flags: string, write?: Uint8Array): void => {
    const file = openSync(path, flags);
    if (write !== undefined) writeSync(file, write);
    fsyncSync(file);
    closeSync(file);
  };
  const times = Array.from({ length: DISK_TRIES }, () => {
    const since = performance.now();
    sync(temporary, 'w', bytes);
    renameSync(temporary, target);
    sync(folder, 'r');
    return performance.now() - since;
  });
  rmSync(target, { force: true });
  return median(times);
}
