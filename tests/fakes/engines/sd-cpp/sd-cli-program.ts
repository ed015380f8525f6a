import { chmod, mkdir, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';

/** Puts a stand-in at a path, as a program of its own that says it is of this release. */
async function install(path: string, script: string, version: string): Promise<string> {
  await mkdir(dirname(path), { recursive: true });
  const program = join(import.meta.dir, script);
  await writeFile(path, `#!/bin/sh\nSD_CLI_VERSION='${version}' exec '${process.execPath}' '${program}' "$@"\n`);
  await chmod(path, 0o755);
  return path;
}

export const installSdCli = (path: string, version = 'master-920, commit 2f88688'): Promise<string> =>
  install(path, 'sd-cli.ts', version);

/** Beside sd-cli, as builds bring it. */
export const installSdServer = (path: string): Promise<string> =>
  install(path, 'sd-server.ts', 'master-920, commit 2f88688');
