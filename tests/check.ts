/**
 * Everything that must hold before a change is taken: types, format, lint, tests, coverage.
 * Ends with `N passed, N failed`, where each step before the tests counts as one check of its own.
 */
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const COVERAGE_GOAL = 0.9;
/** Nothing waits for this long; it is what ends a test that hangs on a slow machine. */
const TEST_LIMIT_MS = 60_000;
/** What cannot be covered by tests that share a process with it: the exit code is decided there. */
const NOT_COVERED = /^src\/main\.ts$|\/binding\.ts$/;

const scratch = mkdtempSync(join(tmpdir(), 'studio-worker-check-'));
const bun = process.execPath;
let passed = 0;
let failed = 0;

async function run(...cmd: string[]): Promise<number> {
  return await Bun.spawn(cmd, { stdio: ['ignore', 'inherit', 'inherit'] }).exited;
}

async function step(name: string, ...cmd: string[]): Promise<void> {
  console.log(`\n── ${name}`);
  if ((await run(...cmd)) === 0) passed += 1;
  else {
    failed += 1;
    console.log(`✗ ${name} failed`);
  }
}

async function tests(): Promise<void> {
  console.log('\n── tests');
  const junit = join(scratch, 'junit.xml');
  const code = await run(
    bun,
    'test',
    `--timeout=${TEST_LIMIT_MS}`,
    '--coverage',
    '--coverage-reporter=lcov',
    `--coverage-dir=${scratch}`,
    '--reporter=junit',
    `--reporter-outfile=${junit}`,
  );
  const report = await Bun.file(junit)
    .text()
    .catch(() => '');
  const root = /<testsuites[^>]*>/.exec(report)?.[0] ?? '';
  const count = (name: string): number => Number(new RegExp(`\\b${name}="(\\d+)"`).exec(root)?.[1] ?? 0);
  const failures = count('failures');
  const skipped = count('skipped');
  passed += count('tests') - failures - skipped;
  failed += failures > 0 ? failures : code === 0 && root !== '' ? 0 : 1;
  if (skipped > 0) console.log(`${skipped} skipped: a program they need is not installed here`);
}

interface Lines {
  readonly covered: number;
  readonly all: number;
}

/** Line coverage over every source file. A file that no test loads counts as uncovered, so that it cannot hide. */
function coverage(): void {
  const seen = readLcov(readFileSync(join(scratch, 'lcov.info'), 'utf8'));
  const sources = readdirSync('src', { recursive: true, encoding: 'utf8' })
    .map((path) => `src/${path.replaceAll('\\', '/')}`)
    .filter((path) => path.endsWith('.ts') && !NOT_COVERED.test(path));
  const lines = sources.map((path): readonly [string, Lines] => [path, seen.get(path) ?? unloaded(path)]);
  const covered = lines.reduce((sum, [, at]) => sum + at.covered, 0);
  const all = lines.reduce((sum, [, at]) => sum + at.all, 0);
  const share = covered / Math.max(1, all);
  console.log(`\n── coverage: ${(100 * share).toFixed(1)} % of ${all} lines`);
  if (share >= COVERAGE_GOAL) {
    passed += 1;
    return;
  }
  failed += 1;
  console.log(`✗ line coverage is below ${100 * COVERAGE_GOAL} %. Most uncovered lines:`);
  for (const [path, at] of lines.toSorted(([, a], [, b]) => b.all - b.covered - (a.all - a.covered)).slice(0, 15)) {
    console.log(`  ${String(at.all - at.covered).padStart(4)} of ${String(at.all).padStart(4)}  ${path}`);
  }
}

function readLcov(text: string): Map<string, Lines> {
  const files = new Map<string, Lines>();
  for (const record of text.split('end_of_record')) {
    const path = /^SF:(.+)$/m.exec(record)?.[1];
    if (path === undefined) continue;
    const hits = [...record.matchAll(/^DA:\d+,(\d+)/gm)].map((match) => Number(match[1]));
    files.set(path, { covered: hits.filter((hit) => hit > 0).length, all: hits.length });
  }
  return files;
}

/** Type-only files have no lines to cover; in others every line that is not blank or comment could have run. */
function unloaded(path: string): Lines {
  const code = readFileSync(path, 'utf8').replaceAll(/\/\*[\s\S]*?\*\//g, '');
  const typesOnly = !/^(export )?(async )?(const|let|function|class)\b/m.test(code);
  const lines = code.split('\n').filter((line) => /\w/.test(line) && !/^\s*\/\//.test(line));
  return { covered: 0, all: typesOnly ? 0 : lines.length };
}

await step('type check', bun, 'check', '--no-script', '--no-pretty');
await step('format', bun, 'fmt', '--no-script', '--check');
await step('lint', 'node_modules/.bin/oxlint', '--type-aware', '--deny-warnings');
await tests();
coverage();
rmSync(scratch, { recursive: true, force: true });
console.log(`\n${passed} passed, ${failed} failed`);
process.exitCode = failed === 0 ? 0 : 1;
