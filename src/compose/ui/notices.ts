import { createAskProgram } from '../../system/process/ask-program.ts';
import { WorkerError } from '../../base/errors.ts';
import { SECOND_MS } from '../../base/units.ts';
import { sessionBusPaths } from '../../system/dbus/address.ts';
import { busNotices } from '../../system/desktop/notices/bus-notices.ts';
import { macNotice, type NoticeCommand, windowsNotice } from '../../system/desktop/notices/commands.ts';
import type { Notice, Notices } from '../../system/desktop/notices/notice.ts';
import { childEnvironment, processVariables } from '../../system/process/processes.ts';
import { runProgram } from '../../system/process/programs.ts';
import type { Effects } from '../effects.ts';

/** PowerShell takes seconds to start on a busy machine. */
const SHOW_MS = 20 * SECOND_MS;

/** The way of this desktop to show notices; `onClick` is called where it tells of a click. */
export function openNotices(
  { clock, environment }: Pick<Effects, 'clock' | 'environment'>,
  onClick: () => void,
): Notices {
  if (environment.platform === 'darwin') return byProgram(macNotice, clock);
  if (environment.platform === 'win32') return byProgram(windowsNotice, clock);
  return busNotices({ clock, paths: sessionBusPaths(environment.get), onClick });
}

function byProgram(commandFor: (notice: Notice) => NoticeCommand, clock: Effects['clock']): Notices {
  const ask = createAskProgram(runProgram, clock);
  return {
    async show(notice) {
      const { command, variables } = commandFor(notice);
      const env = childEnvironment(processVariables(), variables);
      const { end, lastError } = await ask(command, { env, limitMs: SHOW_MS });
      if (end.is === 'exited' && end.code === 0) return;
      throw new WorkerError('native.unavailable', lastError || `${command[0]} did not show it`);
    },
    [Symbol.dispose]: () => {},
  };
}
