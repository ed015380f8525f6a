import { WorkerError } from '../src/base/errors.ts';
import manifest from '../dist-manifest.json';

/** A system we release for. The list of them is `dist-manifest.json` and nothing else. */
export interface Target {
  readonly triple: string;
  readonly bunTarget: Bun.Build.CompileTarget;
  /** File name of the release archive. */
  readonly archive: string;
  /** File name of the executable. */
  readonly binary: string;
  readonly os: NodeJS.Platform;
  /** As Node names it: `x64`, `arm64`. */
  readonly cpu: string;
}

/** By Bun's names. */
const PLATFORMS: Readonly<Record<string, NodeJS.Platform>> = { linux: 'linux', darwin: 'darwin', windows: 'win32' };

export const TARGETS: readonly Target[] = manifest.targets.map(({ triple, archive, binary, bunTarget }) => {
  const [, os = '', cpu = ''] = bunTarget.split('-');
  return {
    triple,
    archive,
    binary,
    // JSON carries no literal types; Bun itself refuses a target that it does not know.
    bunTarget: bunTarget as Bun.Build.CompileTarget,
    os: PLATFORMS[os] ?? process.platform,
    cpu,
  };
});

/** The target of a triple, or of this machine. @throws WorkerError `cli.usage` */
export function targetOf(triple: string | undefined): Target {
  const found =
    triple === undefined
      ? TARGETS.find((target) => isThisMachine(target))
      : TARGETS.find((target) => target.triple === triple);
  if (found !== undefined) return found;
  throw new WorkerError('cli.usage', `no release target ${triple ?? `for ${process.platform} ${process.arch}`}`, {
    hint: `Name one of ${TARGETS.map((target) => target.triple).join(', ')}.`,
  });
}

export const isThisMachine = (target: Pick<Target, 'os' | 'cpu'>): boolean =>
  target.os === process.platform && target.cpu === process.arch;
