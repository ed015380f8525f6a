import type { Environment } from '../../../system/environment.ts';
import type { Files } from '../../../system/disk/files.ts';
import type { ChildEnvironment } from '../../../system/process/child.ts';
import type { GpuAccess } from '../../gpu-access.ts';
import type { LoadOptions } from '../../load-options.ts';
import { executableName } from '../../programs/find.ts';

export interface EnvironmentOptions {
  readonly files: Pick<Files, 'stat'>;
  readonly environment: Pick<Environment, 'platform'>;
  readonly childEnv: ChildEnvironment;
}

/** What it takes to keep a program on one GPU. */
export interface GpuEnvironmentOptions extends EnvironmentOptions {
  readonly gpuAccess: GpuAccess;
}

/** The library that a build of upstream brings beside its program, and the variable by which its loader finds it. */
const LIBRARIES: Readonly<Record<string, readonly [file: string, variable: string]>> = {
  linux: ['libstable-diffusion.so', 'LD_LIBRARY_PATH'],
  darwin: ['libstable-diffusion.dylib', 'DYLD_LIBRARY_PATH'],
};

/** Windows takes either separator, elsewhere the second one is a letter like any other. */
const folderOf = (path: string, platform: string): string =>
  path.slice(0, Math.max(path.lastIndexOf('/'), platform === 'win32' ? path.lastIndexOf('\\') : -1, 0));

/** The variables for a program of stable-diffusion.cpp, by which it finds the libraries beside it. */
export async function environmentFor(path: string, options: EnvironmentOptions): Promise<ChildEnvironment> {
  const { childEnv, environment, files } = options;
  const [library, variable] = LIBRARIES[environment.platform] ?? [];
  const folder = folderOf(path, environment.platform);
  if (library === undefined || variable === undefined) return childEnv;
  if ((await files.stat(`${folder}/${library}`)) === undefined) return childEnv;
  const inherited = childEnv[variable] ?? '';
  return { ...childEnv, [variable]: inherited === '' ? folder : `${folder}:${inherited}` };
}

/** The same for one that is to compute on this GPU, or on any that may be used. */
export const environmentOn = async (
  path: string,
  device: LoadOptions['device'],
  options: GpuEnvironmentOptions,
): Promise<ChildEnvironment> => ({ ...(await environmentFor(path, options)), ...(await options.gpuAccess(device)) });

/** Where the server of the same build is; undefined when it came without one. */
export async function serverBeside(path: string, options: EnvironmentOptions): Promise<string | undefined> {
  const { platform } = options.environment;
  const folder = folderOf(path, platform);
  const server = `${folder === '' ? '.' : folder}/${executableName('sd-server', platform)}`;
  return (await options.files.stat(server))?.isFolder === false ? server : undefined;
}
