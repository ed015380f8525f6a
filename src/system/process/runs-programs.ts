import { existsSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { errorChain } from '../../base/errors.ts';
import { codeOf } from '../../base/system-code.ts';
import { childEnvironment, processVariables } from './processes.ts';

/**
 * Why programs cannot be put into this folder and run from there; undefined when they can. A folder that is not there yet
 * is judged by the one it will be in. What is written is removed again.
 */
export async function runsProgramsIn(folder: string, platform: NodeJS.Platform): Promise<string | undefined> {
  let place = folder;
  while (!existsSync(place) && dirname(place) !== place) place = dirname(place);
  let made = '';
  try {
    made = await mkdtemp(join(place, '.studio-worker-doctor-'));
    if (platform === 'win32') return undefined;
    const script = join(made, 'program');
    await writeFile(script, '#!/bin/sh\nexit 0\n', { mode: 0o700 });
    const { success } = Bun.spawnSync([script], {
      stdio: ['ignore', 'ignore', 'ignore'],
      env: childEnvironment(processVariables()),
    });
    return success ? undefined : 'a program in it did not run';
  } catch (thrown) {
    return codeOf(thrown) === 'EACCES' && made !== ''
      ? 'the file system may not run programs (noexec)'
      : errorChain(thrown);
  } finally {
    if (made !== '') await rm(made, { recursive: true, force: true });
  }
}
