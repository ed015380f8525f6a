import { readdirSync, readFileSync } from 'node:fs';

/** What cannot be covered by tests that share a process with it: the exit code is decided there. */
const NOT_COVERED = /^src\/main\.ts$|\/binding\.ts$/;

/** How often each line of each file ran. */
export type Hits = Map<string, Map<number, number>>;

export interface Covered {
  readonly path: string;
  readonly lines: number;
  readonly uncovered: number;
}

/** Adds what one run of tests covered, as `lcov` writes it: a line that any run reached is covered. */
export function addLcov(hits: Hits, text: string): void {
  for (const record of text.split('end_of_record')) {
    const path = /^SF:(.+)$/m.exec(record)?.[1];
    if (path === undefined) continue;
    const lines = hits.get(path) ?? new Map<number, number>();
    hits.set(path, lines);
    for (const [, line, count] of record.matchAll(/^DA:(\d+),(\d+)/gm)) {
      lines.set(Number(line), (lines.get(Number(line)) ?? 0) + Number(count));
    }
  }
}

/** Every source file, the least covered first. One that no test loads counts as uncovered, so that it cannot hide. */
export function coverageOf(hits: Hits): readonly Covered[] {
  const sources = readdirSync('src', { recursive: true, encoding: 'utf8' })
    .map((path) => `src/${path.replaceAll('\\', '/')}`)
    .filter((path) => path.endsWith('.ts') && !NOT_COVERED.test(path));
  return sources
    .map((path): Covered => {
      const lines = hits.get(path);
      if (lines === undefined) return { path, lines: runnable(path), uncovered: runnable(path) };
      return { path, lines: lines.size, uncovered: [...lines.values()].filter((count) => count === 0).length };
    })
    .toSorted((a, b) => b.uncovered - a.uncovered);
}

/** Type-only files have no lines to cover; in others every line that is not blank or comment could have run. */
function runnable(path: string): number {
  const code = readFileSync(path, 'utf8').replaceAll(/\/\*[\s\S]*?\*\//g, '');
  if (!/^(export )?(async )?(const|let|function|class)\b/m.test(code)) return 0;
  return code.split('\n').filter((line) => /\w/.test(line) && !/^\s*\/\//.test(line)).length;
}
