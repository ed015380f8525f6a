import { compiled, runToEnd, startTaker, WORKER } from './programs.ts';
import type { Measurement } from './report.ts';
import { median } from './statistics.ts';
import { startTimedStudio } from './timed-studio.ts';

/** From the start of the process to `hello`, and to the end of `--version`; medians. */
export async function measureStarts(times: number): Promise<readonly Measurement[]> {
  const empty = await compiled('empty');
  await compiled('bare');
  await using studio = startTimedStudio();
  const runs: { worker: number; bare: number; version: number; empty: number }[] = [];
  // The first of each fills the page cache, and the kinds take turns for the rest.
  for (let run = 0; run <= times; run++) {
    runs.push({
      worker: await helloOf('worker'),
      bare: await helloOf('bare'),
      version: await runToEnd([WORKER, '--version']),
      empty: await runToEnd([empty]),
    });
  }
  const of = (what: keyof (typeof runs)[number]): number => median(runs.slice(1).map((run) => run[what]));
  return [
    {
      name: 'start → hello',
      unit: 'ms',
      measured: of('worker'),
      goal: { atMost: 44 },
      limit: { what: 'bare pair', measured: of('bare') },
    },
    {
      name: '`--version`',
      unit: 'ms',
      measured: of('version'),
      goal: { atMost: 10 },
      limit: { what: 'empty program', measured: of('empty') },
    },
  ];

  async function helloOf(program: 'worker' | 'bare'): Promise<number> {
    await using taker = await startTaker(studio, program);
    return taker.helloMs;
  }
}
