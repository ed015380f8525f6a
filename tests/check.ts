/**
 * Everything that must hold before a change is taken: types, format, lint, tests, coverage. With `--quick` what is known
 * in under a minute: no flow, no executable, no coverage.
 * Ends with `N passed, N failed`, where each step before the tests counts as one check of its own.
 */
import { type BatchResult, runBatches } from './check/batches.ts';
import { addLcov, coverageOf, type Hits } from './check/coverage.ts';
import { isInstallable, missingIn, needsIn } from './check/skips.ts';

const COVERAGE_GOAL = 0.9;
const QUICK_FOLDERS = ['.', 'check', 'contract', 'spec'];
/** Set where every program that tests need should be installed: what is skipped for want of one then counts as failed. */
const ALL_PROGRAMS = process.env['STUDIO_WORKER_CHECK_ALL_PROGRAMS'] === '1';

const isQuick = process.argv.includes('--quick');
const bun = process.execPath;
const hits: Hits = new Map();
const skipped: string[] = [];
let passed = 0;
let failed = 0;

function fail(count: number, because: string): void {
  failed += count;
  console.log(`✗ ${because}`);
}

async function step(name: string, ...cmd: string[]): Promise<void> {
  console.log(`\n── ${name}`);
  const code = await Bun.spawn(cmd, { stdio: ['ignore', 'inherit', 'inherit'] }).exited;
  if (code === 0) passed += 1;
  else fail(1, `${name} failed`);
}

function onResult(result: BatchResult): void {
  if (result.failed > 0) console.log(result.output.replaceAll(/^\(pass\).*\n/gm, ''));
  const skips = result.skipped.length > 0 ? `, ${result.skipped.length} skipped` : '';
  console.log(
    `${result.name}: ${result.passed} passed, ${result.failed} failed${skips} (${result.seconds.toFixed(1)} s)`,
  );
  passed += result.passed;
  failed += result.failed;
  skipped.push(...result.skipped);
  addLcov(hits, result.lcov);
}

/** Line coverage over every source file. */
function coverage(): void {
  const files = coverageOf(hits);
  const all = files.reduce((sum, { lines }) => sum + lines, 0);
  const uncovered = files.reduce((sum, file) => sum + file.uncovered, 0);
  const share = (all - uncovered) / Math.max(1, all);
  console.log(`\n── coverage: ${(100 * share).toFixed(1)} % of ${all} lines`);
  if (share >= COVERAGE_GOAL) {
    passed += 1;
    return;
  }
  fail(1, `line coverage is below ${100 * COVERAGE_GOAL} %. Most uncovered lines:`);
  for (const file of files.slice(0, 15)) {
    console.log(`  ${String(file.uncovered).padStart(4)} of ${String(file.lines).padStart(4)}  ${file.path}`);
  }
}

/** Says what was skipped for want of what, and how many of them may be; the others have failed. */
function skips(): number {
  if (skipped.length === 0) return 0;
  console.log(`\n── skipped: ${skipped.length}, for want of ${missingIn(skipped) || 'nothing that is named'}`);
  const unnamed = skipped.filter((title) => needsIn(title).length === 0);
  const avoidable = ALL_PROGRAMS ? skipped.filter((title) => needsIn(title).length > 0 && isInstallable(title)) : [];
  if (unnamed.length > 0) fail(unnamed.length, `skipped without a need: ${unnamed.join(', ')}`);
  if (avoidable.length > 0) fail(avoidable.length, `skipped for want of programs to install: ${missingIn(avoidable)}`);
  return skipped.length - unnamed.length - avoidable.length;
}

await step('type check', bun, 'check', '--no-script', '--no-pretty');
await step('format', bun, 'fmt', '--no-script', '--check');
await step('lint', 'node_modules/.bin/oxlint', '--type-aware', '--deny-warnings');
console.log('\n── tests');
await runBatches({ ...(isQuick && { folders: QUICK_FOLDERS }), withCoverage: !isQuick, onResult });
if (!isQuick) coverage();
const mayBeSkipped = skips();
console.log(`\n${passed} passed, ${failed} failed${mayBeSkipped > 0 ? `, ${mayBeSkipped} skipped` : ''}`);
process.exitCode = failed === 0 ? 0 : 1;
