/** How paths are written on one system. */
export interface PathStyle {
  readonly join: (...parts: readonly string[]) => string;
  /** With one separator throughout, where the system takes two. */
  readonly native: (path: string) => string;
}

/** `platform` is Node's name of it. */
export function pathStyle(platform: string): PathStyle {
  const separator = platform === 'win32' ? '\\' : '/';
  return {
    join: (...parts) => parts.join(separator),
    native: (path) => path.replaceAll('/', separator),
  };
}

/** A path that means the same whatever folder the process is in later. */
export const absolutePath = (path: string, cwd: string): string =>
  /^([/\\]|[A-Za-z]:[/\\])/.test(path) ? path : `${cwd}/${path}`;
