import { diskMs, engineMs } from './alone.ts';
import { compiled, type Program, startTaker } from './programs.ts';
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
  const rounds = new Map<Program, Round[]>();
  const programs: readonly Program[] = kind === 'json' ? ['worker', 'bare'] : ['steady', 'bare', 'bare-safe'];
  for (let round = 0; round < scale.rounds; round++) {
    for (const program of programs) {
      rounds.set(program, [...(rounds.get(program) ?? []), await oneRound(program, kind, scale)]);
    }
  }
  const of = (program: Program, read: (round: Round) => number): number =>
    median((rounds.get(program) ?? []).map(read));
  return kind === 'json' ? jsonFacts(of) : binaryFacts(of);
}

/** The median of a program's rounds. */
type Of = (program: Program, read: (round: Round) => number) => number;

function jsonFacts(of: Of): readonly Measurement[] {
  const beside = (read: (round: Round) => number) => ({
    measured: of('worker', read),
    limit: { what: 'bare pair', measured: of('bare', read) },
  });
  return [
    { name: 'offer → accept, p50', unit: 'ms', goal: { atMost: 0.2 }, ...beside((round) => round.accept50) },
    { name: 'offer → accept, p99', unit: 'ms', goal: { atMost: 2 }, ...beside((round) => round.accept99) },
    { name: 'JSON job, p50', unit: 'ms', goal: { atMost: 1 }, ...beside((round) => round.done50) },
    { name: 'JSON job, p99', unit: 'ms', ...beside((round) => round.done99) },
    { name: 'JSON jobs one after the other', unit: 'jobs/s', ...beside((round) => round.perSecond) },
    { name: 'the engine alone: JSON task, p50', unit: 'ms', measured: engineMs() },
    { name: 'the disk alone: 1 kB in a file of its own, fsynced, p50', unit: 'ms', measured: diskMs(1_000) },
  ];
}

function binaryFacts(of: Of): readonly Measurement[] {
  const beside = (read: (round: Round) => number, program: 'bare' | 'bare-safe' = 'bare') => ({
    measured: of('steady', read),
    limit: { what: program === 'bare' ? 'bare pair' : 'bare pair, result on disk first', measured: of(program, read) },
  });
  return [
    { name: '1 MiB job, p50', unit: 'ms', goal: { atMostTimes: 1.5 }, ...beside((round) => round.done50) },
    { name: '1 MiB job, p99', unit: 'ms', ...beside((round) => round.done99) },
    { name: '1 MiB job, p50, at equal safety', unit: 'ms', ...beside((round) => round.done50, 'bare-safe') },
    { name: '1 MiB jobs one after the other', unit: 'jobs/s', ...beside((round) => round.perSecond) },
    { name: 'the disk alone: 1 MiB in a file of its own, fsynced, p50', unit: 'ms', measured: diskMs(ARTIFACT_BYTES) },
  ];
}

async function oneRound(program: Program, kind: JobKind, scale: Scale): Promise<Round> {
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
