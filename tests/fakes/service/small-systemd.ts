import { chmod, mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { isAlive } from '../../../src/system/process/alive.ts';

/** A folder of programs to be the first of a search path: a `systemctl --user` that starts and stops one unit for real. */
export interface SmallSystemd extends AsyncDisposable {
  readonly folder: string;
  /** The process of the unit; undefined when none was started. */
  pid(): Promise<number | undefined>;
  /** What the unit printed. */
  output(): Promise<string>;
}

/**
 * Of systemd it knows what an installation asks for: `restart`, `disable --now` and `is-active` of the worker's unit. The
 * command of the unit is written as a shell reads it, too. What starts and stops is the real program.
 */
export async function smallSystemd(folder: string): Promise<SmallSystemd> {
  const [pidFile, log] = [join(folder, 'pid'), join(folder, 'output')];
  await mkdir(folder, { recursive: true });
  const programs = {
    systemctl: `
unit="$HOME/.config/systemd/user/minis-studio-worker.service"
stop() {
  [ -s '${pidFile}' ] || return 0
  kill "$(cat '${pidFile}')" 2> /dev/null || true
  while kill -0 "$(cat '${pidFile}')" 2> /dev/null; do sleep 0.05; done
  : > '${pidFile}'
}
case "$*" in
  *restart*)
    stop
    command="$(sed -n 's/^ExecStart=//p' "$unit")"
    # In a session of its own before this program returns: what it leaves in its group ends with it.
    setsid sh -c "echo \\$\\$ > '${pidFile}'; exec $command" >> '${log}' 2>&1 < /dev/null &
    while ! [ -s '${pidFile}' ]; do sleep 0.05; done
    ;;
  *'disable --now'*) stop ;;
  *is-active*) if [ -s '${pidFile}' ]; then echo active; else echo inactive; exit 3; fi ;;
esac`,
    loginctl: 'echo Linger=yes',
    'systemd-run': 'exit 1', // no namespaces: the unit goes without isolation
  };
  for (const [name, script] of Object.entries(programs)) {
    await writeFile(join(folder, name), `#!/bin/sh\n${script}\n`);
    await chmod(join(folder, name), 0o755);
  }
  const pid = async (): Promise<number | undefined> => {
    const text = await readFile(pidFile, 'utf8').catch(() => '');
    return text.trim() === '' ? undefined : Number(text);
  };
  return {
    folder,
    pid,
    output: () => readFile(log, 'utf8').catch(() => ''),
    async [Symbol.asyncDispose]() {
      const left = await pid();
      if (left !== undefined && isAlive(left)) process.kill(left, 'SIGKILL');
    },
  };
}
