import { expect, test } from 'bun:test';
import { realEffects } from '../../../src/compose/effects.ts';
import { realEngines } from '../../../src/compose/engines/engines.ts';
import type { WorkerSetup } from '../../../src/compose/worker/setup.ts';
import { composeWorker } from '../../../src/compose/worker/worker.ts';
import { openConfigStore } from '../../../src/config/store.ts';
import { openLog } from '../../../src/log/open-log.ts';
import type { Updater } from '../../../src/release/update/updater.ts';
import { FakeClock } from '../../fakes/system/fake-clock.ts';
import { MemoryFiles } from '../../fakes/system/memory-files.ts';
import { failureOf } from '../../fakes/system/temp-folder.ts';

const REAL = realEffects();

/** All that a worker is built from, on a machine without GPUs. */
async function setup() {
  const clock = new FakeClock();
  const files = new MemoryFiles();
  const environment = { ...REAL.environment, get: () => undefined };
  const untold = () => Promise.resolve({ is: 'unknown' as const, because: 'nobody asked', reasons: [] });
  const effects = {
    ...REAL,
    clock,
    files,
    environment,
    presence: { read: untold },
    surroundings: { power: untold, programs: untold, fullScreen: untold },
    gpus: { probe: () => Promise.resolve({ gpus: [], ram: { totalBytes: 0, freeBytes: 0 }, reasons: [] }) },
    machine: { ...REAL.machine, vram: () => Promise.resolve({ totalGb: 0, reasons: [], silentGpus: 0 }) },
  };
  const log = openLog({
    clock,
    format: 'json',
    levels: { every: 'error', areas: {} },
    terminal: { write: () => {}, colourDepth: 1 },
  });
  const config = await openConfigStore({
    path: '/c/config.toml',
    files,
    folders: environment,
    log: log.logger,
    detectVramGb: () => Promise.resolve(0),
  });
  const { quarantine, cpuRule } = realEngines(effects, { log: log.logger, config });
  const parts: WorkerSetup = { effects, config, log, engines: [], quarantine, cpuRule };
  return { clock, parts, idle: clock.armed };
}

/** The same, of which one part fails when it is used. */
const failing = (parts: WorkerSetup, part: keyof WorkerSetup): WorkerSetup =>
  Object.defineProperty({ ...parts }, part, {
    get() {
      throw new Error(`no ${part}`);
    },
  });

test.each(['trial', 'cpuRule'] as const)('a worker whose %s fails leaves no timer behind', async (part) => {
  const { clock, parts, idle } = await setup();
  expect(await failureOf(composeWorker(failing(parts, part)))).toMatchObject({ message: `no ${part}` });
  expect(clock.armed).toBe(idle);
});

test('a worker that was composed keeps what it follows until it has run', async () => {
  const { clock, parts, idle } = await setup();
  const worker = await composeWorker(parts);
  expect(clock.armed).toBeGreaterThan(idle);
  worker.signal();
  await worker.run();
  expect(clock.armed).toBe(idle);
});

test('a part that fails to close leaves no other one open', async () => {
  const { clock, parts, idle } = await setup();
  const armed: number[] = [];
  const worker = await composeWorker({
    ...parts,
    updater: anUpdater(() => {
      armed.push(clock.armed);
      throw new Error('it stays connected');
    }),
  });
  worker.signal();
  expect(await failureOf(worker.run())).toMatchObject({ message: 'it stays connected' });
  expect(armed[0]).toBeGreaterThan(idle); // it came last, so it is closed while the rest is open
  expect(clock.armed).toBe(idle);
});

/** One that never finds anything. */
const anUpdater = (disconnect: () => void): Updater => ({
  connect: () => disconnect,
  status: () => ({ at: 'idle' }),
  request: () => Promise.resolve({ is: 'current', version: '0.6.0' }),
  takesOver: false,
  takeOver: () => Promise.resolve(),
  lastChance: () => Promise.resolve(),
  stop: () => {},
});
