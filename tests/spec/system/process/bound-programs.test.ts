import { expect, test } from 'bun:test';
import { readFileSync } from 'node:fs';
import { bindPrograms } from '../../../../src/system/process/bound-programs.ts';
import { childEnvironment, processVariables, ownCommand } from '../../../../src/system/process/processes.ts';
import { runProgram } from '../../../../src/system/process/programs.ts';
import { goneSoon, isGone } from '../../../fakes/system/gone.ts';
import { LINUX, needs } from '../../../needs.ts';

const onLinux = needs(LINUX);
const run = bindPrograms(runProgram, { platform: process.platform, pid: process.pid, ownCommand: ownCommand() });

async function outcomeOf(command: readonly string[]) {
  let [output, error] = ['', ''];
  const program = run(command, {
    env: childEnvironment(processVariables()),
    nice: 0,
    onOutput: (text) => void (output += text),
    onError: (text) => void (error += text),
  });
  return { end: await program.ended, output, error };
}

onLinux('a bound program ends with its parent, even when that is killed', async () => {
  await using parent = Bun.spawn([process.execPath, 'tests/fakes/system/program-parent.ts'], {
    stdio: ['ignore', 'pipe', 'ignore'],
  });
  const { value } = await parent.stdout.getReader().read();
  const [pid = '', ...words] = new TextDecoder().decode(value).trim().split(' ');
  expect(words.join(' ')).toBe("two words it's");
  expect(isGone(Number(pid))).toBe(false);
  const stat = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1]?.split(' ') ?? [];
  expect({ group: stat[2], nice: stat[16] }).toEqual({ group: pid, nice: '3' });
  parent.kill('SIGKILL');
  await goneSoon(Number(pid));
});

onLinux('a bound program says and ends what it would by itself', async () => {
  expect(await outcomeOf(['/bin/sh', '-c', 'echo out; echo err >&2; exit 7'])).toEqual({
    end: { is: 'exited', code: 7 },
    output: 'out\n',
    error: 'err\n',
  });
  expect((await outcomeOf(['/bin/sh', '-c', 'kill -SEGV $$'])).end).toEqual({ is: 'killed', signal: 'SIGSEGV' });
});

onLinux('a program that cannot be started says so as its last words', async () => {
  const { end, error } = await outcomeOf(['/etc/passwd']);
  expect(end).toEqual({ is: 'exited', code: 1 });
  expect(error.trim().split('\n').at(-1)).toStartWith('/etc/passwd could not be started: EACCES');
});

test('nobody but the worker begins a program by way of the executable', async () => {
  for (const words of [[], ['1'], ['one', '0', '/bin/true'], ['1', 'x', '/bin/true']]) {
    const child = Bun.spawn([...ownCommand(), '__program', ...words], { stdio: ['ignore', 'ignore', 'pipe'] });
    expect(await new Response(child.stderr).text()).toContain('[cli.usage]');
    expect(await child.exited).toBe(64);
  }
});

test('where no program can be bound it is run as it is', () => {
  expect(bindPrograms(runProgram, { platform: 'darwin', pid: 1, ownCommand: ['never'] })).toBe(runProgram);
});
