import { expect, setDefaultTimeout, test } from 'bun:test';
import { readFile } from 'node:fs/promises';
import { anLlmTask } from '../../fakes/builders.ts';
import { GIB } from '../../../src/base/units.ts';
import { ScriptedEngine } from '../../fakes/engines/scripted-engine.ts';
import { needs } from '../../needs.ts';
import { aGpu, reportOf } from '../../fakes/system/a-gpu.ts';
import { objectionsOf } from '../../spec/metrics/promtool.ts';
import type { SceneChoice } from '../harness.ts';
import { TEST_MS } from '../wait-for.ts';
import { setupApi } from './scene.ts';

setDefaultTimeout(TEST_MS);

/** The figures of a worker that has done one job, read twice. */
async function figures(choice: SceneChoice = {}) {
  const engine = new ScriptedEngine();
  await using at = await setupApi({ engines: [engine], ...choice });
  await at.ask('/metrics');
  const { id } = await at.studio.createJob(anLlmTask());
  (await engine.started()).finish();
  await at.studio.jobIs(id, 'completed');
  await at.worker.done();
  return await at.ask('/metrics');
}

test('a job is counted by kind, engine and outcome, and timed', async () => {
  const { text, headers } = await figures();
  expect(headers.get('content-type')).toStartWith('text/plain; version=0.0.4');
  const job = 'kind="llm",engine="synthetic"';
  expect(text).toContain(`studio_worker_jobs_total{${job},origin="studio",outcome="completed"} 1\n`);
  expect(text).toContain(`studio_worker_job_duration_seconds_count{${job}} 1\n`);
  expect(text).toContain('studio_worker_session_connected 1\n');
  expect(text).toContain('studio_worker_offers_accepted_total 1\n');
  expect(text).toMatch(/studio_worker_process_resident_memory_bytes \d{7,}\n/);
});

/** A machine with two GPUs of one name, of which one may not be used. */
const TWO_GPUS: SceneChoice = {
  gpus: { probe: async () => ({ ...reportOf(aGpu(4)), gpus: [aGpu(4), aGpu(0, { uuid: 'GPU-2', index: 1 })] }) },
};

test('the memory of each GPU is measured under its own label', async () => {
  const { text } = await figures(TWO_GPUS);
  const free = (gpu: string, uuid: string, gib: number): string =>
    `studio_worker_gpu_memory_free_bytes{gpu="${gpu}",name="RTX 4090",uuid="${uuid}"} ${gib * GIB}\n`;
  expect(text).toContain(free('0', 'GPU-1', 20));
  expect(text).toContain(free('1', 'GPU-2', 24));
});

needs('promtool')('the figures are as Prometheus wants them', async () => {
  const { text } = await figures(TWO_GPUS);
  expect(await objectionsOf(text)).toBe('');
});

test('the dashboard asks for figures that the worker has', async () => {
  const dashboard = await readFile('docs/grafana-dashboard.json', 'utf8');
  const { text } = await figures();
  const named = new Set([...text.matchAll(/^# TYPE (\w+)/gm)].map(([, name = '']) => name));
  const asked = [...dashboard.matchAll(/studio_worker_\w+/g)].map(([name]) => name.replace(/_bucket$/, ''));
  expect(asked.length).toBeGreaterThan(10);
  // A machine without a GPU, and a session without a heartbeat yet, have none of these.
  const sometimes = new Set(['studio_worker_heartbeat_round_trip_seconds']);
  expect([...new Set(asked)].filter((name) => !named.has(name) && !sometimes.has(name))).toEqual([]);
});
