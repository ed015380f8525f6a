import { WorkerError } from '../../base/errors.ts';
import { toModelId } from '../../base/ids.ts';
import type { FileRole } from '../../contract/model-source.ts';
import { DEMO_SOURCE } from '../../demo/jobs.ts';
import type { Measurement } from '../../doctor/bench.ts';
import { type EngineBenchmark, engineBenchmarks, engineRate } from '../../doctor/engine-rates.ts';
import { diskRates, hashRate } from '../../doctor/machine-rates.ts';
import type { LoadedModel } from '../../engines/engine.ts';
import { openConfig } from '../config.ts';
import type { Effects } from '../effects.ts';
import { realEngines } from '../engines/engines.ts';
import { openCommandLog } from '../log.ts';

/** Measures this machine, one thing after the other. What cannot be measured says why. */
export async function* benchmarks(path: string, effects: Effects): AsyncGenerator<Measurement> {
  const { clock, environment, files, random, startSha256 } = effects;
  const folder = `${environment.tempDir}/studio-worker-bench-${random.hex(8)}`;
  await files.makeDir(folder, { mode: 0o700 });
  try {
    yield await hashRate(startSha256, clock);
    yield* diskRates(folder, { clock, files });
    for (const benchmark of engineBenchmarks()) {
      yield await engineRate(benchmark, () => load(benchmark, { path, folder }, effects), clock);
    }
  } finally {
    await files.remove(folder);
  }
}

/**
 * A tiny model in `folder`, which the caller removes. Nothing is fetched for it.
 *
 * @throws WorkerError what the engine's load throws
 */
async function load(
  { id, engine: name, weights }: EngineBenchmark,
  { path, folder }: { readonly path: string; readonly folder: string },
  effects: Effects,
): Promise<LoadedModel> {
  const log = openCommandLog(effects).logger;
  const config = await openConfig(path, effects, { log, readOnly: true });
  const engine = realEngines(effects, { log, config, fetchesNoPacks: true }).engines.find((one) => one.id === name);
  if (engine === undefined) throw new WorkerError('engine.unavailable', `this release has no engine ${name}`);
  const paths = new Map<FileRole, string>();
  for (const { role, ending, bytes } of weights) {
    const file = `${folder}/${id}${ending}`;
    await effects.files.writeDurable(file, [bytes]);
    paths.set(role, file);
  }
  const files = { model: toModelId(id), paths, loras: [], defaults: DEMO_SOURCE.cliDefaults };
  return await engine.load(files, new AbortController().signal, {
    lean: false,
    mayFetch: false,
    device: undefined,
  });
}
