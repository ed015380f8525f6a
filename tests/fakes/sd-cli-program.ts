import { chmod, mkdir, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';

/** Puts the stand-in for sd-cli at a path, as a program of its own that says it is of this release. */
export async function installSdCli(path: string, version = 'master-920, commit 2f88688'): Promise<string> {
  await mkdir(dirname(path), { recursive: true });
  const program = join(import.meta.dir, 'sd-cli.ts');
  await writeFile(path, `#!/bin/sh\nSD_CLI_VERSION='${version}' exec '${process.execPath}' '${program}' "$@"\n`);
  await chmod(path, 0o755);
  return path;
}
