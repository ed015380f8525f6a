import { expect, setDefaultTimeout, test } from 'bun:test';
import { SECOND_MS } from '../../../src/base/units.ts';
import type { ProjectView } from '../../../src/contract/operator/projects.ts';
import { API_PREFIX } from '../../../src/contract/routes.ts';
import { anLlmTask, someCapabilities, synthetic } from '../../fakes/builders.ts';
import { type BareWorker, bareWorker, jobOf } from '../../fakes/studio/bare-worker.ts';
import { fakeStudio, type FakeStudio } from '../../fakes/studio/fake-studio.ts';
import { postgresOfFile } from '../../fakes/studio/postgres-of-file.ts';
import { FakeClock } from '../../fakes/system/fake-clock.ts';
import { needs, POSTGRES } from '../../needs.ts';
import { TEST_MS } from '../wait-for.ts';
import { accept, result } from './local-studio-scene.ts';
import { asProject, projectToken } from './project-scene.ts';

setDefaultTimeout(TEST_MS);

const { newDatabase } = postgresOfFile();

const onServer = needs(POSTGRES);

const aDraft = { task: anLlmTask(), model: 'synthetic', modelSource: { ...synthetic } };
const messageOf = async (answer: Response): Promise<string> => ((await answer.json()) as { message: string }).message;
const projectOf = async (studio: FakeStudio, name: string): Promise<ProjectView> =>
  (await (await studio.operator('GET', `/projects/${name}`)).json()) as ProjectView;

test('a project’s token creates jobs there, and sees no others', async () => {
  await using studio = await fakeStudio();
  for (const name of ['p', 'q']) await studio.operator('POST', '/projects', { name });
  const token = await projectToken(studio);
  const foreign = await studio.createJob(anLlmTask(), { project: 'q' });
  const own = await asProject(studio, token, 'POST', '/jobs', aDraft);
  expect(own.status).toBe(201);
  const { id, project } = (await own.json()) as { id: string; project: string };
  expect(project).toBe('p');
  const { jobs } = (await (await asProject(studio, token, 'GET', '/jobs')).json()) as { jobs: { id: string }[] };
  expect(jobs.map((job) => job.id)).toEqual([id]);
  const answers = ['/jobs/nobody', `/jobs/${foreign.id}`].map((path) => asProject(studio, token, 'GET', path));
  const [unknown, unseen] = await Promise.all(answers);
  expect([unknown?.status, unseen?.status]).toEqual([404, 404]);
  const elsewhere = await asProject(studio, token, 'POST', '/jobs', { ...aDraft, project: 'q' });
  expect([elsewhere.status, await messageOf(elsewhere)]).toEqual([403, expect.stringContaining('project p')]);
  expect((await asProject(studio, token, 'GET', '/jobs?project=q')).status).toBe(403);
});

test('what a project’s job waits for names no worker and no job of others', async () => {
  await using studio = await fakeStudio();
  await studio.operator('POST', '/projects', { name: 'p', maxRunning: 1 });
  const token = await projectToken(studio);
  using worker = await bareWorker(await studio.enrol());
  const busy = await studio.createJob(anLlmTask());
  await worker.next('offer');
  const created = await (await asProject(studio, token, 'POST', '/jobs', aDraft)).text();
  expect(created).not.toContain(busy.id);
  expect(JSON.parse(created)).not.toHaveProperty('waitsFor');
  await studio.operator('PATCH', '/projects/p', { maxRunning: 0 });
  const { id } = JSON.parse(created) as { id: string };
  const waits = 'project p runs 0 of at most 0 jobs';
  expect(await (await asProject(studio, token, 'GET', `/jobs/${id}`)).json()).toMatchObject({ waitsFor: waits });
  expect((await studio.job(id)).waitsFor).toBe(waits);
});

/** A project that runs one job, which this worker is at work on, and a job of it that waits. */
async function fullProject(studio: FakeStudio, worker: BareWorker) {
  await studio.operator('POST', '/projects', { name: 'p', maxRunning: 1 });
  const running = await studio.createJob(anLlmTask(), { project: 'p' });
  await worker.next('offer');
  worker.send(accept(running.id));
  await studio.jobIs(running.id, 'running');
  const waiting = await studio.createJob(anLlmTask(), { project: 'p' });
  return { running, waiting };
}

const claimingOff = { capabilities: someCapabilities({ autoEnabled: false }) };

const WAYS_TO_END: Readonly<Record<string, (studio: FakeStudio, worker: BareWorker, jobId: string) => unknown>> = {
  'is completed': (_, worker, jobId) => worker.send(result(jobId)),
  'is uploaded': (_, worker, jobId) => worker.upload(jobId),
  'is cancelled': (studio, _, jobId) => studio.operator('POST', `/jobs/${jobId}/cancel`),
  'fails at its deadline': (studio, _, jobId) => studio.operator('PATCH', `/jobs/${jobId}`, { deadlineInMs: 1 }),
};

for (const [ends, end] of Object.entries(WAYS_TO_END)) {
  test(`when a job ${ends}, an idle worker has its project’s place at once`, async () => {
    await using studio = await fakeStudio();
    using first = await bareWorker(await studio.enrol());
    const { running, waiting } = await fullProject(studio, first);
    using idle = await bareWorker(await studio.enrol());
    await first.heartbeat({ currentJobId: running.id, ...claimingOff });
    await end(studio, first, running.id);
    expect(jobOf(await idle.next('offer'))).toBe(waiting.id);
  });
}

test('a worker whose job ends has its project’s place before any other', async () => {
  const clock = new FakeClock(); // the moment in which it is left to it does not pass
  await using studio = await fakeStudio({ clock });
  using first = await bareWorker(await studio.enrol());
  const { running, waiting } = await fullProject(studio, first);
  using idle = await bareWorker(await studio.enrol());
  first.send(result(running.id));
  await first.next('completeAck');
  expect(jobOf(await first.next('offer'))).toBe(waiting.id);
  await clock.advanceAsync(SECOND_MS);
  await idle.heartbeat();
  expect(idle.waiting).toEqual([]);
});

onServer('a place freed at one studio goes to an idle worker of another', async () => {
  const database = await newDatabase();
  await using one = await fakeStudio({ database });
  await using other = await fakeStudio({ database });
  using first = await bareWorker(await one.enrol());
  const { running, waiting } = await fullProject(one, first);
  using idle = await bareWorker(await other.enrol());
  await first.heartbeat({ currentJobId: running.id, ...claimingOff });
  first.send(result(running.id));
  expect(jobOf(await idle.next('offer'))).toBe(waiting.id);
});

test('a full queue, a spent day and full storage are refused with both numbers', async () => {
  const clock = new FakeClock();
  await using studio = await fakeStudio({ clock });
  await studio.operator('POST', '/projects', { name: 'p', maxQueued: 1 });
  await studio.createJob(anLlmTask(), { project: 'p' });
  const full = await studio.operator('POST', '/jobs', { ...aDraft, project: 'p' });
  expect([full.status, await messageOf(full)]).toEqual([409, 'project p has 1 of at most 1 queued jobs']);
  await studio.operator('PATCH', '/projects/p', { maxQueued: 'none', maxPerDay: 1, maxArtifactBytes: 0 });
  const spent = await studio.operator('POST', '/jobs', { ...aDraft, project: 'p' });
  expect([spent.status, Number(spent.headers.get('retry-after')) > 0]).toEqual([429, true]);
  expect(await messageOf(spent)).toContain('1 of at most 1 jobs today');
  await studio.operator('PATCH', '/projects/p', { maxPerDay: 'none' });
  const stuffed = await studio.operator('POST', '/jobs', { ...aDraft, project: 'p' });
  expect([stuffed.status, await messageOf(stuffed)]).toEqual([409, expect.stringContaining('of at most 0 B')]);
  expect(await projectOf(studio, 'p')).toMatchObject({
    limits: { maxArtifactBytes: 0 },
    usage: { queued: 1, today: 1 },
  });
});

test('a raised limit lets waiting jobs run at once', async () => {
  await using studio = await fakeStudio();
  await studio.operator('POST', '/projects', { name: 'p', maxRunning: 0 });
  using worker = await bareWorker(await studio.enrol());
  const job = await studio.createJob(anLlmTask(), { project: 'p' });
  expect((await studio.job(job.id)).state).toBe('queued');
  await studio.operator('PATCH', '/projects/p', { maxRunning: 1 });
  expect(jobOf(await worker.next('offer'))).toBe(job.id);
});

test('a project is removed with its tokens; its jobs stay for the operator', async () => {
  await using studio = await fakeStudio();
  await studio.operator('POST', '/projects', { name: 'p' });
  const token = await projectToken(studio);
  using worker = await bareWorker(await studio.enrol());
  const running = await studio.createJob(anLlmTask(), { project: 'p' });
  await worker.next('offer');
  worker.send({ type: 'accept', jobId: running.id });
  await studio.jobIs(running.id, 'running');
  const waiting = await studio.createJob(anLlmTask(), { project: 'p' });
  const busy = await studio.operator('DELETE', '/projects/p');
  expect([busy.status, await messageOf(busy)]).toEqual([409, expect.stringContaining('jobs that have not ended (2)')]);
  expect((await studio.operator('DELETE', '/projects/p?force=yes')).status).toBe(204);
  expect((await asProject(studio, token, 'GET', '/jobs')).status).toBe(401);
  for (const { id } of [running, waiting])
    expect(await studio.job(id)).toMatchObject({ state: 'cancelled', project: 'p' });
  expect((await studio.operator('POST', '/projects', { name: 'p' })).status).toBe(409);
  expect((await studio.operator('DELETE', '/projects/default')).status).toBe(409);
});

test.each(['', 'UPPER', 'a b', '../x', 'é', '-a', 'a'.repeat(65), 'a/b', "x'; --"])(
  'a project cannot be called %j',
  async (name) => {
    await using studio = await fakeStudio();
    const answer = await studio.operator('POST', '/projects', { name });
    expect([answer.status, await messageOf(answer)]).toEqual([400, expect.stringContaining('lower-case letters')]);
  },
);

test('a job or a token of an unknown project is refused by its name', async () => {
  await using studio = await fakeStudio();
  const job = await studio.operator('POST', '/jobs', { ...aDraft, project: 'nobody' });
  const token = await studio.operator('POST', '/tokens', { project: 'nobody', scopes: ['read'] });
  for (const answer of [job, token]) {
    expect([answer.status, await messageOf(answer)]).toEqual([404, 'no project "nobody"']);
  }
  const typo = await studio.operator('POST', '/tokens', { project: 'default', scopes: ['raed'] });
  expect([typo.status, await messageOf(typo)]).toEqual([400, expect.stringContaining('"create" or "read"')]);
});

test('a project follows the events of its jobs until its token is removed', async () => {
  await using studio = await fakeStudio();
  await studio.operator('POST', '/projects', { name: 'p' });
  const token = await projectToken(studio, { scopes: ['read'] });
  const stream = await asProject(studio, token, 'GET', '/events');
  const pieces = stream.body!.pipeThrough(new TextDecoderStream())[Symbol.asyncIterator]();
  const until = async (text: string): Promise<string> => {
    let seen = '';
    while (!seen.includes(text)) {
      const { done, value } = await pieces.next();
      if (done === true) return `${seen}(over)`;
      seen += value;
    }
    return seen;
  };
  await until('retry');
  const foreign = await studio.createJob(anLlmTask());
  const own = await studio.createJob(anLlmTask(), { project: 'p' });
  const seen = await until(own.id);
  expect([seen.includes(foreign.id), seen.includes('event: status'), seen.includes('waitsFor')]).toEqual([
    false,
    false,
    false,
  ]);
  await studio.operator('DELETE', `/tokens/${token.split('_', 2).join('_')}`);
  const late = await studio.createJob(anLlmTask(), { project: 'p' });
  expect(await until(late.id)).toBe('(over)');
});

onServer('a token that one studio created is revoked at another at once', async () => {
  const database = await newDatabase();
  await using one = await fakeStudio({ database });
  await using other = await fakeStudio({ database });
  await one.operator('POST', '/projects', { name: 'p' });
  const token = await projectToken(one);
  expect((await asProject(other, token, 'GET', '/jobs')).status).toBe(200);
  await fetch(`${other.url}${API_PREFIX}/admin/tokens/${token.split('_', 2).join('_')}`, {
    method: 'DELETE',
    headers: { authorization: `Bearer ${other.studio.operatorToken}` },
  });
  expect((await asProject(one, token, 'GET', '/jobs')).status).toBe(401);
});

onServer('two studios that create for one project at once keep to its limit', async () => {
  const database = await newDatabase();
  await using one = await fakeStudio({ database });
  await using other = await fakeStudio({ database });
  await one.operator('POST', '/projects', { name: 'p', maxPerDay: 7, maxQueued: 5 });
  const asked = Array.from({ length: 24 }, (_, at) =>
    (at % 2 === 0 ? one : other).operator('POST', '/jobs', { ...aDraft, project: 'p' }),
  );
  const statuses = (await Promise.all(asked)).map(({ status }) => status).toSorted();
  expect(statuses).toEqual([...Array(5).fill(201), ...Array(19).fill(409)]);
  expect(await projectOf(other, 'p')).toMatchObject({ usage: { queued: 5, today: 5 } });
});

test.each([
  ['POST', '/projects', { name: 'q', max_queued: 1 }, 'max_queued: is unknown'],
  ['PATCH', '/projects/p', { maxQueue: 1 }, 'maxQueue: is unknown'],
  ['PATCH', '/projects/p', {}, 'nothing is to be changed'],
  ['PATCH', '/projects/p', [], 'nothing is to be changed'],
  ['POST', '/tokens', { project: 'p', scopes: ['read'], expires: '1h' }, 'expires: is unknown'],
  ['POST', '/webhooks', { url: 'https://hooks.test/', event: ['failed'] }, 'event: is unknown'],
])('a misspelt limit is refused by name: %s %s %j', async (method, path, body, problem) => {
  await using studio = await fakeStudio();
  await studio.operator('POST', '/projects', { name: 'p' });
  const answer = await studio.operator(method, path, body);
  expect([answer.status, await messageOf(answer)]).toEqual([400, expect.stringContaining(problem)]);
  const { entries } = (await (await studio.operator('GET', '/audit')).json()) as { entries: { action: string }[] };
  expect(entries.map(({ action }) => action)).toEqual(['project.added']);
});
