/* A process that starts a program bound to its own life, says that program's pid, and waits to be killed. */
import { bindPrograms } from '../../../src/system/process/bound-programs.ts';
import { childEnvironment, processVariables, ownCommand } from '../../../src/system/process/processes.ts';
import { runProgram } from '../../../src/system/process/programs.ts';

const run = bindPrograms(runProgram, { platform: process.platform, pid: process.pid, ownCommand: ownCommand() });
const program = run(['/bin/sh', '-c', 'echo "$0 $1"; exec sleep 600', 'two words', "it's"], {
  env: childEnvironment(processVariables()),
  nice: 3,
  onOutput: (text) => console.log(`${program.pid} ${text.trim()}`),
  onError: (text) => console.log(text),
});
await program.ended;
