import { VERSION } from '../../base/version.ts';
import type { Logger } from '../../log/logger.ts';
import { createUpdater } from '../../release/update/driver.ts';
import { createKnowledge } from '../../release/update/knowledge.ts';
import { supersededReleases } from '../../release/update/superseded.ts';
import { openUpdateMemory } from '../../release/update/state.ts';
import { startTrial, TRIAL_VARIABLE, type TrialChild } from '../../release/update/trial.ts';
import type { Updater } from '../../release/update/updater.ts';
import { siblingsOf } from '../../config/paths.ts';
import { asLines, asText, startChild } from '../../system/process/child.ts';
import { continueAs } from '../../system/process/exec.ts';
import { processVariables, ownEnvironment } from '../../system/process/processes.ts';
import { commandLine } from '../../system/process/this-program.ts';
import type { Effects } from '../effects.ts';
import { installationOf } from './installation.ts';

/** The installation's own updater: it lives as long as the process. */
export function composeUpdater(
  configPath: string,
  effects: Effects,
  about: { readonly log: Logger; readonly flush: () => Promise<void>; readonly isStopped: () => boolean },
): Updater {
  const { files, clock, random, environment } = effects;
  const log = about.log.child({}, 'update');
  const memory = openUpdateMemory({ path: siblingsOf(configPath).updateState, files, log });
  const installation = installationOf(effects, log);
  return createUpdater({
    running: VERSION,
    unable: installation.unable,
    knowledge: createKnowledge(memory, log),
    clock,
    random,
    log,
    startTrial: (program) => startTrial({ clock, start: (on) => startTrialChild(program, on, effects) }),
    install: installation.install,
    previousVersion: installation.previousVersion,
    putBack: installation.putBack,
    async cleanUp() {
      await installation.cleanUp();
      await removeStaged(siblingsOf(configPath).updates, files);
    },
    async restart() {
      await about.flush(); // what is in this process is lost with it
      await effects.terminal.drain();
      if (!about.isStopped()) continueAs(environment.execPath, ownEnvironment(processVariables()));
    },
  });
}

/** What is left of an update that is done, or overtaken. Partial downloads stay, to be resumed. */
async function removeStaged(folder: string, files: Effects['files']): Promise<void> {
  for (const name of supersededReleases(await files.list(folder), VERSION))
    await files.remove(`${folder}/${name}`).catch(() => {}); // it is in nobody's way
}

/** With the command line of this process, so that it proves itself with the very config that it will serve. */
function startTrialChild(
  program: string,
  on: { readonly line: (line: string) => void; readonly error: (text: string) => void },
  { terminal }: Pick<Effects, 'terminal'>,
): TrialChild {
  const child = startChild([program, ...commandLine], {
    env: { ...ownEnvironment(processVariables()), [TRIAL_VARIABLE]: '1' },
    stdin: 'pipe',
    stdout: asLines(on.line),
    stderr: asText((text) => {
      terminal.stderr.write(text);
      on.error(text);
    }),
  });
  return {
    ended: child.ended,
    kill: () => child.killGroup('SIGKILL'),
    write(line) {
      // One that has ended reads nothing: its end says so.
      void Promise.resolve(child.stdin?.write(line)).catch(() => {});
      void Promise.resolve(child.stdin?.flush()).catch(() => {});
    },
  };
}
