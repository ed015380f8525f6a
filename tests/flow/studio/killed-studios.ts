import { expect } from 'bun:test';
import { createHash } from 'node:crypto';
import * as v from 'valibot';
import { AttemptListSchema, type JobView, JobViewSchema } from '../../../src/contract/operator/views.ts';
import { writeJson } from '../../../src/contract/json.ts';
import type { Credentials } from '../../../src/studio/session/session.ts';
import { pause } from '../../../src/base/pause.ts';
import { systemClock } from '../../../src/system/clock.ts';
import { bareSocket, type BareWorker, helloOf, jobOf } from '../../fakes/studio/bare-worker.ts';
import { someCapabilities } from '../../fakes/builders.ts';

const Address = v.object({ url: v.string(), port: v.number(), operatorToken: v.string() });

const STUDIO = [process.execPath, `${import.meta.dir}/../../fakes/studio/studio-process.ts`];

/**
 * A studio in a process of its own, on a folder that outlives it; what it shares is a database, a token and a store. Another
 * `command` takes the same arguments.
 */
export async function spawnStudio(
  dataDir: string,
  port = 0,
  shared: readonly string[] = [],
  command: readonly string[] = STUDIO,
) {
  const child = Bun.spawn([...command, dataDir, String(port), ...shared], {
    stdin: 'pipe',
    stdout: 'pipe',
    stderr: 'inherit',
  });
  const output = child.stdout.getReader();
  const line = async (): Promise<string> => new TextDecoder().decode((await output.read()).value);
  const address = v.parse(Address, JSON.parse(await line()));
  const call = (method: string, path: string, body?: unknown) =>
    fetch(`${address.url}/graphics/api${path}`, {
      method,
      headers: { authorization: `Bearer ${address.operatorToken}`, 'content-type': 'application/json' },
      ...(body === undefined ? {} : { body: writeJson(body) }),
    });
  /** Writes a line to its standard input, and waits for the one that answers it. */
  const tell = async (text: string): Promise<string> => {
    await child.stdin.write(`${text}\n`);
    await child.stdin.flush();
    return line();
  };
  return { ...address, child, call, tell };
}
export type SpawnedStudio = Awaited<ReturnType<typeof spawnStudio>>;

/** An approved worker, without the waiting. */
export async function enrol({ call, url }: Pick<SpawnedStudio, 'call' | 'url'>): Promise<Credentials> {
  const { token } = (await (await call('POST', '/admin/bootstrap-tokens')).json()) as { token: string };
  const body = { bootstrapToken: token, capabilities: someCapabilities() };
  const answer = await call('POST', '/workers/register', body);
  if (!answer.ok) throw new Error(`a registration was answered ${answer.status}: ${await answer.text()}`);
  return { apiBaseUrl: url, ...((await answer.json()) as Omit<Credentials, 'apiBaseUrl'>) };
}

/** A worker with the two duties that matter here: it keeps a result until thanked, and lets go of what is not its own. */
export async function stubbornWorker(
  credentials: Credentials,
  stop: AbortSignal,
  urlOf = (): string => credentials.apiBaseUrl,
): Promise<void> {
  const own: { jobId: string | undefined; kind: string } = { jobId: undefined, kind: '' };
  while (!stop.aborted) {
    try {
      using worker = await bareSocket({ ...credentials, apiBaseUrl: urlOf() });
      stop.addEventListener('abort', () => worker[Symbol.dispose](), { once: true });
      worker.send(helloOf(credentials));
      await speak(worker, own);
    } catch {
      await pause(systemClock, 10, stop); // the studio is dead; it will be back
    }
  }
}

async function speak(worker: BareWorker, own: { jobId: string | undefined; kind: string }): Promise<never> {
  for (;;) {
    const frame = await Promise.race([worker.any(), worker.closed.then(() => Promise.reject(new Error('closed')))]);
    if (frame.type === 'welcome') {
      const named = own.jobId === undefined ? {} : { currentJobId: own.jobId };
      worker.send({ type: 'heartbeat', capabilities: someCapabilities(), ...named });
    } else if (frame.type === 'offer') {
      if (own.jobId !== undefined) throw new Error(`${jobOf(frame)} was offered to a busy worker`);
      own.jobId = jobOf(frame);
      own.kind = (frame['claim'] as { task: { kind: string } }).task.kind;
      worker.send({ type: 'accept', jobId: own.jobId });
      await deliver(worker, own);
    } else if (frame.type === 'heartbeatAck' && own.jobId !== undefined) {
      const held = (frame['claim'] as { held?: boolean } | undefined)?.held;
      if (held === true) await deliver(worker, own);
      else own.jobId = undefined;
    } else if (frame.type === 'completeAck') {
      own.jobId = undefined;
    } else if (frame.type === 'error') throw new Error(JSON.stringify(frame));
  }
}

const bytesOf = (jobId: string): Uint8Array => new Uint8Array(createHash('sha512').update(jobId).digest());

async function deliver(worker: BareWorker, own: { jobId: string | undefined; kind: string }): Promise<void> {
  const { jobId = '', kind } = own;
  if (kind === 'llm') return worker.send({ type: 'completeJson', jobId, result: { of: jobId }, prompt: 'hi' });
  const answer = await worker.upload(jobId, bytesOf(jobId));
  if (!answer.ok && answer.status !== 409) throw new Error(`the upload was answered ${answer.status}`);
  own.jobId = undefined;
}

/** The job ends completed, exactly once, and its result is the one that its worker made. */
export async function completed({ call }: Pick<SpawnedStudio, 'call'>, id: string): Promise<void> {
  const job = await ended(() => call('GET', `/admin/jobs/${id}`));
  expect([id, job.state, job.error]).toEqual([id, 'completed', undefined]);
  const answer: unknown = await (await call('GET', `/admin/jobs/${id}/attempts`)).json();
  const { attempts } = v.parse(AttemptListSchema, answer);
  expect(attempts.filter((attempt) => attempt.outcome === 'completed')).toHaveLength(1);
  if (job.artifact === undefined) return expect(job.result).toEqual({ of: id });
  const artifact = await (await call('GET', `/admin/jobs/${id}/artifact`)).arrayBuffer();
  expect([...new Uint8Array(artifact)]).toEqual([...bytesOf(id)]);
}

/** Asks until the job has ended; the last studio stays alive, so that it does. */
async function ended(ask: () => Promise<Response>): Promise<JobView> {
  for (let tries = 0; tries < 500; tries++) {
    const job = v.parse(JobViewSchema, await (await ask()).json());
    if (job.state === 'completed' || job.state === 'failed') return job;
    await pause(systemClock, 20);
  }
  throw new Error(`the job did not end: ${await (await ask()).text()}`);
}
