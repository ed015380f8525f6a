import { expect, test } from 'bun:test';
import { createSchemaCheck, readSchemaQuestion, SCHEMA_LIMIT_MS } from '../../../../src/jobs/results/schema-check.ts';
import { openSchemaCheck } from '../../../../src/compose/children/schema-check.ts';
import { systemClock } from '../../../../src/system/clock.ts';
import { spawnIpc, type IpcChild } from '../../../../src/system/process/processes.ts';
import { FakeClock } from '../../../fakes/system/fake-clock.ts';
import { failureOf, within } from '../../../fakes/system/temp-folder.ts';

const { signal } = new AbortController();
/** Holds one core for longer than anybody waits. */
const ENDLESS = { pattern: 'a*a*a*a*a*a*b' };
const LONG = JSON.stringify('a'.repeat(5000));

/** A check whose processes are known. */
function setup() {
  const clock = new FakeClock();
  const children: IpcChild[] = [];
  const check = createSchemaCheck({
    spawn: (command, options) => {
      const child = spawnIpc(command, options);
      children.push(child);
      return child;
    },
    command: [process.execPath, 'src/main.ts', '__schema'],
    env: {},
    clock,
  });
  return { clock, children, check };
}

test('an endless pattern fails its job finally and kills its process', async () => {
  const { clock, children, check } = setup();
  const checking = failureOf(check(LONG, ENDLESS, signal));
  clock.advance(SCHEMA_LIMIT_MS);
  expect(await within(10_000, 'the end', checking)).toMatchObject({
    code: 'task.invalid',
    retryable: false,
    message: "the reply could not be checked against the task's schema within 10 s",
  });
  expect(await children[0]?.ended).toMatchObject({ is: 'killed', signal: 'SIGKILL' });
  expect(clock.armed).toBe(0);
});

test('a job that is cancelled ends the check of its reply', async () => {
  const { clock, children, check } = setup();
  const abort = new AbortController();
  const reason = new Error('cancelled');
  const checking = failureOf(check(LONG, ENDLESS, abort.signal));
  abort.abort(reason);
  expect(await within(10_000, 'the end', checking)).toBe(reason);
  expect(await children[0]?.ended).toMatchObject({ is: 'killed' });
  expect(clock.armed).toBe(0);
});

test('a small schema without patterns and references is checked without a process', async () => {
  const { children, check } = setup();
  const schema = { type: 'object', properties: { a: { enum: [1, 2] } } };
  expect(await check('{"a":2}', schema, signal)).toEqual({ is: 'good' });
  expect(await check('{"a":3}', schema, signal)).toMatchObject({ is: 'bad' });
  expect(children).toEqual([]);
});

test.each([
  ['a pattern', { pattern: '^y' }, '"yes"', '"no"'],
  ['names by pattern', { patternProperties: { '^y': { const: 1 } } }, '{"y":1}', '{"y":2}'],
  ['a reference to itself', { properties: { next: { $ref: '#' } }, required: ['v'] }, '{"v":1}', '{"v":1,"next":{}}'],
  ['a bound with all its digits', { $defs: {}, maximum: 9007199254740993n, format: 'x' }, '1', '1e17'],
  ['unique items', { uniqueItems: true }, '[1,2]', '[1,1]'],
])('a schema with %s is checked in a process, to the same end', async (_, schema, good, bad) => {
  const check = openSchemaCheck({ clock: systemClock });
  expect(await check(good, schema, signal)).toEqual({ is: 'good' });
  expect(await check(bad, schema, signal)).toMatchObject({ is: 'bad' });
});

test.each([
  ['answers nothing', [process.execPath, '-e', '']],
  ['answers something else', [process.execPath, '-e', 'process.send(1)']],
  ['cannot be started', ['/nowhere/studio-worker']],
])('a process that %s is no reason to lose a reply', async (_, command) => {
  const check = createSchemaCheck({ spawn: spawnIpc, command, env: {}, clock: systemClock });
  expect(await check('"yes"', { pattern: 'y' }, signal)).toMatchObject({ is: 'unchecked' });
});

test('a process that checks replies reads questions and nothing else', () => {
  expect(readSchemaQuestion({ text: '{}', schema: { type: 'object' } })).toEqual({
    text: '{}',
    schema: { type: 'object' },
  });
  for (const message of [undefined, null, 'text', 7, {}, { text: '{}' }, { schema: {} }]) {
    expect(readSchemaQuestion(message)).toBe(undefined);
  }
});
