import { expect, setDefaultTimeout, test } from 'bun:test';
import { toJobId } from '../../../src/base/ids.ts';
import { anLlmTask } from '../../fakes/builders.ts';
import { command } from '../child.ts';
import { setupStudio } from '../harness.ts';
import { TEST_MS } from '../wait-for.ts';

setDefaultTimeout(TEST_MS);

/** A worker as a process of its own, which has done one job. */
async function setup() {
  const scene = await setupStudio();
  const child = await scene.spawnWorker({ config: { local_api_port: 0 } });
  await child.logged('session.welcomed');
  const { id } = await scene.studio.createJob(anLlmTask('tell me of foxes'));
  await scene.studio.jobIs(id, 'completed');
  const run = (...argv: readonly string[]) => command(child.folder, ...argv);
  return { ...scene, child, run, jobId: toJobId(id) };
}

test('an idle worker has nothing to show, and its job in the list', async () => {
  await using at = await setup();
  expect(await at.run('ps')).toMatchObject({ code: 0, out: 'no job is running\nno model is in memory\n' });
  expect(JSON.parse((await at.run('ps', '--json')).out)).toEqual({ jobs: [], models: [] });
  const { out } = await at.run('jobs');
  expect(out).toMatch(new RegExp(`^job .*\\n${at.jobId} +llm +synthetic +completed .*tell me of foxes`));
  expect(JSON.parse((await at.run('jobs', '--status', 'failed', '--json')).out)).toEqual([]);
});

test('the log of a worker is printed, and that of one job alone', async () => {
  await using at = await setup();
  const all = (await at.run('logs', '--lines', '1000')).out;
  expect(all).toContain('offer received');
  const ofJob = (await at.run('logs', '--job', at.jobId, '--json')).out.trimEnd().split('\n');
  expect(ofJob.map((line) => (JSON.parse(line) as { jobId: string }).jobId)).toSatisfy((ids: readonly string[]) =>
    ids.every((id) => id === at.jobId),
  );
  expect((await at.run('logs', '--lines', '1')).out.trimEnd().split('\n')).toHaveLength(1);
});

test('pause and resume reach the running worker', async () => {
  await using at = await setup();
  expect((await at.run('pause')).out).toStartWith('the worker is paused: it takes no jobs until');
  expect((await at.run('status')).out).toContain('paused (run `studio-worker resume` to take jobs)');
  expect((await at.run('resume')).out).toBe('the worker takes jobs again\n');
  await at.run('disable');
  expect((await at.run('resume')).out).toContain('claiming is off: run `studio-worker enable`');
  expect(JSON.parse((await at.run('pause', '--json')).out)).toEqual({ paused: true, autoEnabled: false });
});

test('cancel names the job, and says when there is none', async () => {
  await using at = await setup();
  expect(await at.run('cancel')).toMatchObject({ code: 64, err: expect.stringContaining('no job is running') });
});

test('without a worker they say how to start one', async () => {
  await using at = await setup();
  at.child.kill('SIGTERM');
  await at.child.exited;
  for (const name of ['ps', 'jobs', 'logs', 'cancel', 'pause', 'resume']) {
    const { code, err } = await at.run(name);
    expect({ code, err }).toEqual({ code: 69, err: expect.stringContaining('Start one with `studio-worker run`') });
  }
});
