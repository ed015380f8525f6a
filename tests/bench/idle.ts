import { compiled, startTaker } from './programs.ts';
import { usageOf } from './processes.ts';
import type { Measurement } from './report.ts';
import { startTimedStudio } from './timed-studio.ts';

/** What a start leaves behind is handed back by then. */
const SETTLE_MS = 20_000;
const MB = 1e6;

/** A worker with a session open and nothing to do. */
export async function measureIdle(seconds: number): Promise<readonly Measurement[]> {
  await compiled('bare');
  const worker = await idle('worker', seconds);
  const bare = await idle('bare', seconds);
  const what = 'bare pair';
  return [
    {
      name: `idle memory (RSS) after ${seconds} s`,
      unit: 'MB',
      measured: worker.rssMb,
      goal: { atMost: 48 },
      limit: { what, measured: bare.rssMb },
    },
    {
      name: 'idle, share of a core',
      unit: '%',
      measured: worker.cpuPercent,
      goal: { atMost: 0.4 },
      limit: { what, measured: bare.cpuPercent },
    },
    { name: 'idle wake-ups', unit: '/s', measured: worker.wakeUps, limit: { what, measured: bare.wakeUps } },
  ];
}

async function idle(program: 'worker' | 'bare', seconds: number) {
  await using studio = startTimedStudio();
  await using taker = await startTaker(studio, program);
  await Bun.sleep(SETTLE_MS);
  const before = usageOf(taker.pid);
  const since = performance.now();
  await Bun.sleep(seconds * 1_000);
  const tookMs = performance.now() - since;
  const after = usageOf(taker.pid);
  return {
    rssMb: after.rssBytes / MB,
    cpuPercent: ((after.cpuMs - before.cpuMs) / tookMs) * 100,
    wakeUps: ((after.wakeUps - before.wakeUps) / tookMs) * 1_000,
  };
}
