import { describe, expect, test } from 'bun:test';
import { readdirSync } from 'node:fs';
import * as v from 'valibot';
import { describeIssues } from '../../src/contract/read.ts';
import { aWorker } from '../spec/cli/a-worker.ts';

/*
 * What a running worker and the commands of another version may send each other. Each schema between them has one body
 * that it rejects, and names the field that is wrong without an echo of its value.
 */

const SOURCE = new URL('../../src/worker/control/', import.meta.url);

/** Every schema of the worker's control by its name. */
async function schemas(): Promise<Map<string, v.GenericSchema>> {
  const found = new Map<string, v.GenericSchema>();
  for (const file of readdirSync(SOURCE)) {
    const module = (await import(new URL(file, SOURCE).href)) as Record<string, unknown>;
    for (const [name, exported] of Object.entries(module)) {
      if (name.endsWith('Schema')) found.set(name, exported as v.GenericSchema);
    }
  }
  return found;
}

const RULE = { rule: 'paused', outcome: 'passes', inputs: { paused: false }, because: '' };
const REJECTION = { rule: 'paused', count: 1, lastAt: 5, lastJobId: 'j', lastBecause: 'it is paused' };
const MODEL = { engine: 'onnx', model: 'm', state: 'idle', since: 1, lastUsedAt: 2, gb: 1.5 };

/** A body each schema must reject, and the problem that it must name. */
const REJECTED: Readonly<Record<string, readonly [body: unknown, problem: string]>> = {
  ConditionSchema: [{ what: 'battery', isMet: 'hunter2', isKnown: true, because: '' }, 'isMet: expected boolean'],
  EventSchema: [{ is: 'missed' }, 'count: is missing'],
  ExplanationSchema: [
    { verdict: 'taken', because: '', rules: [{ ...RULE, inputs: { paused: ['hunter2'] } }] },
    'rules.0.inputs.paused: expected string or number or boolean',
  ],
  JobSchema: [
    {
      jobId: 7,
      origin: 'studio',
      kind: 'image',
      model: 'm',
      engine: 'onnx',
      prompt: '',
      status: 'running',
      startedAt: 1,
    },
    'jobId: expected string',
  ],
  LogRequestSchema: [{ lines: 'hunter2', follow: true }, 'lines: expected number'],
  ModelSchema: [{ ...MODEL, since: 'hunter2' }, 'since: expected number'],
  OfferCountsSchema: [
    { offers: 1, accepted: 0, rejections: [{ ...REJECTION, lastAt: 'hunter2' }] },
    'rejections.0.lastAt: expected number',
  ],
  RegistrationSchema: [{ at: 'approved' }, 'workerId: is missing'],
  SessionSchema: [{ at: 'refused', code: 'hunter2', because: '' }, 'code: expected number'],
  StatusSchema: [{ ...aWorker(), pid: 'hunter2' }, 'pid: expected number'],
};

test('every schema of the worker’s control has a body that it rejects', async () => {
  expect([...(await schemas()).keys()].toSorted()).toEqual(Object.keys(REJECTED).toSorted());
});

describe('a problem names the field', () => {
  test.each(Object.entries(REJECTED))('%s rejects what is wrong and names it', async (name, [body, problem]) => {
    const schema = (await schemas()).get(name);
    if (schema === undefined) throw new Error(`there is no ${name}`);
    const named = describeIssues(v.safeParse(schema, body).issues ?? []);

    expect(named).toBe(problem);
  });
});
