/** What a target of the built-in manifest is found by. */
interface BuiltTarget {
  /** As the compiler of executables names it: `bun-linux-x64`. */
  readonly bunTarget: string;
}

/** The target among those of a release that this system runs; undefined where the release has none for it. */
export function targetFor<T extends BuiltTarget>(
  targets: readonly T[],
  { platform, arch }: { readonly platform: string; readonly arch: string },
): T | undefined {
  const name = `bun-${platform === 'win32' ? 'windows' : platform}-${arch}`;
  return targets.find(({ bunTarget }) => bunTarget === name);
}
