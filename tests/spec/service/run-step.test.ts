import { expect, test } from 'bun:test';
import { changeCeiling } from '../../../src/service/ceiling.ts';
import { createRunStep, succeeds } from '../../../src/service/run-step.ts';
import { systemClock } from '../../../src/system/clock.ts';
import { memoryProperties } from '../../../src/system/process/memory-scope.ts';
import { createAskProgram } from '../../../src/system/process/ask-program.ts';
import { childEnvironment, processVariables } from '../../../src/system/process/processes.ts';
import { runProgram } from '../../../src/system/process/programs.ts';

const runStep = createRunStep(createAskProgram(runProgram, systemClock), childEnvironment(processVariables()));
const shell = (script: string) => ['sh', '-c', script] as const;

test('a step gives what a program printed and how it ended', async () => {
  const answer = await runStep([...shell('echo out; echo err >&2; exit 3')]);
  expect(answer).toEqual({ code: 3, output: 'out\n', lastError: 'err' });
});

test('a step whose program is killed says so', async () => {
  expect(await runStep([...shell('kill -9 $$')])).toEqual({
    code: -1,
    output: '',
    lastError: 'it was killed by SIGKILL',
  });
});

test('a step that takes too long says so', async () => {
  const slow = createRunStep(async () => ({ end: { is: 'timed-out' }, output: '', lastError: '' }), {});
  expect((await slow(['systemctl'])).lastError).toBe('it did not end in time');
});

test('only a program that exists and exits with 0 succeeds', async () => {
  expect(await succeeds(runStep, ['true'])).toBe(true);
  expect(await succeeds(runStep, ['false'])).toBe(false);
  expect(await succeeds(runStep, ['there-is-no-such-program'])).toBe(false);
});

test('a running service is given another memory ceiling by systemd', async () => {
  const commands: string[] = [];
  const because = await changeCeiling(memoryProperties(8), async (command) => {
    commands.push(command.join(' '));
    return { code: 0, output: '', lastError: '' };
  });
  expect(because).toBe(undefined);
  expect(commands).toEqual([
    'systemctl --user set-property --runtime minis-studio-worker.service MemoryHigh=7372M MemoryMax=8G',
  ]);
});

test.each([
  [{ code: 1, output: '', lastError: 'Access denied' }, 'Access denied'],
  [{ code: 4, output: '', lastError: '' }, 'systemctl exited with code 4'],
])('a ceiling that systemd does not take is reported with its words', async (answer, because) => {
  expect(await changeCeiling(memoryProperties(8), async () => answer)).toBe(because);
});

test('a machine without systemd keeps its ceiling, and says why', async () => {
  const missing = () => Promise.reject(new Error('there is no systemctl'));
  expect(await changeCeiling(memoryProperties(8), missing)).toBe('there is no systemctl');
});
