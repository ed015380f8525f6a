/** The segments of a path or of a pattern such as `/jobs/:id`. */
export const segmentsOf = (path: string): readonly string[] => path.split('/').slice(1);

/** Whether a path has the form of a pattern, in which `:name` stands for one segment that is not empty. */
export const matchesPath = (pattern: readonly string[], path: readonly string[]): boolean =>
  pattern.length === path.length &&
  pattern.every((part, at) => (part.startsWith(':') ? path[at] !== '' : part === path[at]));

/** What the names of a pattern stand for, decoded; undefined where the path is not well encoded. */
export function pathParams(
  pattern: readonly string[],
  path: readonly string[],
): Readonly<Record<string, string>> | undefined {
  try {
    return Object.fromEntries(
      pattern.flatMap((part, at) =>
        part.startsWith(':') ? [[part.slice(1), decodeURIComponent(path[at] ?? '')] as const] : [],
      ),
    );
  } catch {
    return undefined; // a stray `%`
  }
}
