/**
 * Reads changed inputs for five minutes, all targets in turn: `bun run fuzz [--target X] [--seconds N] [--seed N]`.
 * What a target does not take as it should is saved, and read again by `bun run fuzz --target X --input FILE`.
 */
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { inputAt } from './mutate.ts';
import { faultOf, type Target } from './target.ts';
import { TARGETS } from './targets.ts';

const SECONDS = 300;
/** An input that takes longer than this never ends, for anybody who waits. */
const HANGS_AFTER_MS = 15_000;
const FOUND = 'tests/fuzz/found';

const { values } = parseArgs({
  options: {
    target: { type: 'string' },
    seconds: { type: 'string', default: String(SECONDS) },
    seed: { type: 'string', default: String(Date.now() % 2 ** 31) },
    input: { type: 'string' },
  },
});
const chosen = TARGETS.filter(({ name }) => values.target === undefined || name === values.target);
async function replay([target, ...more]: readonly Target[], path: string): Promise<number> {
  if (target === undefined || more.length > 0) {
    console.error('Name the target of the input with --target.');
    return 64;
  }
  const fault = await faultOf(target, readFileSync(path));
  console.log(fault === undefined ? `${target.name} takes ${path} as it should` : `✗ ${target.name}: ${fault.because}`);
  return fault === undefined ? 0 : 1;
}

async function fuzzAll(targets: readonly Target[]): Promise<number> {
  if (targets.length === 0) {
    console.error(`There is no target ${values.target}. Targets: ${TARGETS.map(({ name }) => name).join(', ')}`);
    return 64;
  }
  const seed = Number(values.seed);
  const forMs = (Number(values.seconds) * 1_000) / targets.length;
  console.log(`seed ${seed}, ${targets.length} targets, ${(forMs / 1_000).toFixed(0)} s each`);
  let faults = 0;
  for (const target of targets) faults += Number(!(await fuzzOne(target, { seed, forMs })));
  return faults === 0 ? 0 : 1;
}

interface Run {
  readonly tried: number;
  readonly found?: { readonly because: string; readonly bytes: string };
}

/** In a process of its own, which a crash or a hang ends alone. */
async function fuzzOne(
  target: Target,
  { seed, forMs }: { readonly seed: number; readonly forMs: number },
): Promise<boolean> {
  const folder = mkdtempSync(join(tmpdir(), 'studio-worker-fuzz-'));
  const place = join(folder, 'at');
  writeFileSync(place, new Uint8Array(8));
  const command = [
    process.execPath,
    join(import.meta.dir, 'child.ts'),
    target.name,
    String(seed),
    String(forMs),
    place,
  ];
  const child = Bun.spawn(command, { stdio: ['ignore', 'pipe', 'pipe'] });
  const stopWatching = watch(place, () => child.kill('SIGKILL'));
  const [out, err] = await Promise.all([new Response(child.stdout).text(), new Response(child.stderr).text()]);
  const exited = await child.exited;
  stopWatching();
  const index = indexIn(place);
  rmSync(folder, { recursive: true, force: true });
  if (exited === 0) {
    const { tried, found }: Run = JSON.parse(out);
    if (found === undefined) {
      console.log(`${target.name}: ${tried} inputs`);
      return true;
    }
    save(target, Buffer.from(found.bytes, 'base64'), found.because);
    return false;
  }
  const how = child.signalCode ?? `code ${exited}`;
  save(
    target,
    inputAt(await target.corpus(), seed, index),
    `input ${index} ended the process (${how})\n${err.slice(-2_000)}`,
  );
  return false;
}

function indexIn(place: string): number {
  return Number(readFileSync(place).readBigUInt64LE(0));
}

/** Calls back when the same input is read for too long. */
function watch(place: string, onHang: () => void): () => void {
  let last = { index: -1, since: performance.now() };
  const timer = setInterval(() => {
    const index = indexIn(place);
    if (index !== last.index) last = { index, since: performance.now() };
    else if (performance.now() - last.since > HANGS_AFTER_MS) onHang();
  }, 1_000);
  return () => clearInterval(timer);
}

function save(target: Target, bytes: Uint8Array, because: string): void {
  mkdirSync(FOUND, { recursive: true });
  const path = join(FOUND, `${target.name}-${new Bun.CryptoHasher('sha256').update(bytes).digest('hex').slice(0, 12)}`);
  writeFileSync(path, bytes);
  console.log(`✗ ${target.name}: ${because}\n  saved; again by: bun run fuzz --target ${target.name} --input ${path}`);
}

// At once: targets may have started processes of their own.
process.exit(values.input === undefined ? await fuzzAll(chosen) : await replay(chosen, values.input));
