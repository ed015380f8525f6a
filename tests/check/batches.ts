import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { availableParallelism, tmpdir } from 'node:os';
import { join } from 'node:path';

/** Nothing waits for this long; it is what ends a test that hangs on a slow machine. */
const TEST_LIMIT_MS = 120_000;
/** More at a time would only take the cores from each other's children. */
const MAX_LANES = 4;
/** What takes longest begins first, so that it is not what everything else waits for. */
const LONGEST_FIRST = [
  'binary',
  'install',
  'fuzz',
  'flow/engines',
  'spec/engines',
  'contract',
  'flow/commands',
  'flow/worker',
];

export interface BatchResult {
  readonly name: string;
  readonly passed: number;
  readonly failed: number;
  /** The titles of what was skipped. */
  readonly skipped: readonly string[];
  readonly output: string;
  readonly lcov: string;
  readonly seconds: number;
}

export interface BatchOptions {
  /** Folders below `tests` whose tests are run, `.` for those that are in none; all when left out. */
  readonly folders?: readonly string[];
  readonly withCoverage: boolean;
  readonly onResult: (result: BatchResult) => void;
}

/** Runs the tests folder by folder, as many folders at a time as there are cores. */
export async function runBatches({ folders, withCoverage, onResult }: BatchOptions): Promise<void> {
  const waiting = [...batches(folders)];
  const lanes = Math.min(MAX_LANES, availableParallelism());
  const lane = async (): Promise<void> => {
    for (let next = waiting.shift(); next !== undefined; next = waiting.shift()) {
      onResult(await runBatch(next, withCoverage));
    }
  };
  await Promise.all(Array.from({ length: lanes }, lane));
}

interface Batch {
  readonly name: string;
  readonly files: readonly string[];
}

/** The test files by the first two folders that they are in. */
function batches(folders: readonly string[] | undefined): readonly Batch[] {
  const files = readdirSync('tests', { recursive: true, encoding: 'utf8' })
    .map((path) => path.replaceAll('\\', '/'))
    .filter((path) => path.endsWith('.test.ts'))
    .filter((path) => folders === undefined || folders.includes(topOf(path)));
  const byFolder = Map.groupBy(files.toSorted(), (path) => path.split('/').slice(0, -1).slice(0, 2).join('/') || '.');
  const rank = (name: string): number => LONGEST_FIRST.indexOf(name) + 1 || LONGEST_FIRST.length + 1;
  return [...byFolder]
    .map(([name, paths]) => ({ name, files: paths.map((path) => `./tests/${path}`) }))
    .toSorted((a, b) => rank(a.name) - rank(b.name));
}

const topOf = (path: string): string => (path.includes('/') ? (path.split('/')[0] ?? '') : '.');

async function runBatch({ name, files }: Batch, withCoverage: boolean): Promise<BatchResult> {
  const scratch = mkdtempSync(join(tmpdir(), 'studio-worker-check-'));
  const junit = join(scratch, 'junit.xml');
  const coverage = ['--coverage', '--coverage-reporter=lcov', `--coverage-dir=${scratch}`];
  const report = ['--reporter=junit', `--reporter-outfile=${junit}`];
  const flags = [`--timeout=${TEST_LIMIT_MS}`, ...(withCoverage ? coverage : []), ...report];
  const since = performance.now();
  const child = Bun.spawn([process.execPath, 'test', ...flags, ...files], { stdio: ['ignore', 'pipe', 'pipe'] });
  const [out, err, code] = await Promise.all([
    new Response(child.stdout).text(),
    new Response(child.stderr).text(),
    child.exited,
  ]);
  const lcov = withCoverage ? textOf(join(scratch, 'lcov.info')) : '';
  const counts = readJunit(textOf(junit), code);
  rmSync(scratch, { recursive: true, force: true });
  return { name, ...counts, output: out + err, lcov, seconds: (performance.now() - since) / 1_000 };
}

/** What the report counts. A run that ended badly without a failed test, or without a report, is one failure. */
export function readJunit(report: string, exitCode: number): Pick<BatchResult, 'passed' | 'failed' | 'skipped'> {
  const root = /<testsuites[^>]*>/.exec(report)?.[0] ?? '';
  const count = (name: string): number => Number(new RegExp(`\\b${name}="(\\d+)"`).exec(root)?.[1] ?? 0);
  const failures = count('failures');
  const skipped = [...report.matchAll(/<testcase name="([^"]*)"[^>]*>\s*<skipped/g)].map(([, title = '']) => title);
  return {
    passed: count('tests') - failures - count('skipped'),
    failed: failures > 0 ? failures : Number(exitCode !== 0 || root === ''),
    skipped,
  };
}

function textOf(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return '';
  }
}
