import { updateScene } from '../binary/update-scene.ts';
import type { Measurement } from './report.ts';
import { percentile } from './statistics.ts';

/**
 * How long an installed worker is without a session when it moves to another version: from the end of the old session to
 * the welcome of the trial, and from the end of that one to the welcome of the version in place, whichever is longer.
 */
export async function measureUpdates(times: number): Promise<readonly Measurement[]> {
  const outages: number[] = [];
  for (let run = 0; run < times; run++) {
    await using scene = await updateScene();
    await using worker = await scene.start();
    await scene.publish();
    await scene.command('update');
    await worker.logged('session.welcomed', 3);
    const at = (event: string): number[] =>
      worker.events.filter((one) => one.event === event).map(({ ts }) => Date.parse(String(ts)));
    const [ends, welcomes] = [at('stop.requested'), at('session.welcomed').slice(1)];
    outages.push(...welcomes.map((welcome, way) => welcome - (ends[way] ?? Number.NaN)));
  }
  return [
    {
      name: 'without a session during an update, p95',
      unit: 'ms',
      measured: percentile(outages, 0.95),
      goal: { atMost: 2_000 },
    },
  ];
}
