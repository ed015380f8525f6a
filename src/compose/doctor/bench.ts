import { errorChain, WorkerError } from '../../base/errors.ts';
import { toModelId } from '../../base/ids.ts';
import { MIB } from '../../base/units.ts';
import type { EngineName, FileRole } from '../../contract/model-source.ts';
import { readJson } from '../../contract/read.ts';
import { type Task, TaskSchema } from '../../contract/tasks/index.ts';
import { DEMO_SOURCE } from '../../demo/jobs.ts';
import { SENTENCE } from '../../demo/real.ts';
import { chatModel } from '../../demo/weights/chat.ts';
import { voiceConfig, voiceModel } from '../../demo/weights/voice.ts';
import { type Benchmark, measure, type Measurement } from '../../doctor/bench.ts';
import type { LoadedModel } from '../../engines/engine.ts';
import type { TaskResult } from '../../engines/result.ts';
import { openConfig } from '../config.ts';
import type { Effects } from '../effects.ts';
import { realEngines } from '../engines/engines.ts';
import { openCommandLog } from '../log.ts';

/** Large enough that a disk's own buffer does not hold it all, and small enough for any disk. */
const BLOCK_BYTES = 64 * MIB;

/** One engine with a model of its own, and what is counted of a run. */
interface EngineBenchmark extends Omit<Benchmark, 'work'> {
  readonly engine: EngineName;
  readonly weights: Readonly<Partial<Record<FileRole, Uint8Array>>>;
  readonly task: unknown;
  /** `steps`: those that the engine reported last; `before`: those that it reported first. */
  readonly count: (result: TaskResult, steps: number, before: number) => number;
}

const ENGINE_BENCHMARKS = (): readonly EngineBenchmark[] => [
  {
    id: 'bench.synthetic',
    what: 'image steps of the synthetic engine',
    unit: 'steps/s',
    engine: 'synthetic',
    weights: {},
    task: { kind: 'image', prompt: 'a fox at dusk', width: 256, height: 256, steps: 8, ext: 'png' },
    count: (_result, steps) => steps,
  },
  {
    id: 'bench.chat',
    what: 'tokens of a tiny chat model',
    unit: 'tokens/s',
    engine: 'llama-cpp',
    weights: { model: chatModel() },
    task: { kind: 'llm', messages: [{ role: 'user', content: 'Name three things a fox does.' }], maxTokens: 64 },
    count: (_result, tokens, inPrompt) => tokens - inPrompt, // its steps are the tokens read and written
  },
  {
    id: 'bench.speech',
    what: 'speech of a tiny voice',
    unit: 'x real time',
    engine: 'piper',
    weights: { model: voiceModel(), config: new TextEncoder().encode(JSON.stringify(voiceConfig())) },
    task: { kind: 'audio_tts', text: SENTENCE, ext: 'wav' },
    count: (result) => (result.is === 'artifact' ? wavSeconds(result.bytes) : 0),
  },
];

/** Measures this machine, one thing after the other. What cannot be measured says why. */
export async function* benchmarks(path: string, effects: Effects): AsyncGenerator<Measurement> {
  const { environment, files, random } = effects;
  const folder = `${environment.tempDir}/studio-worker-bench-${random.hex(8)}`;
  await files.makeDir(folder, { mode: 0o700 });
  try {
    yield await hashRate(effects);
    yield* diskRates(folder, effects);
    for (const benchmark of ENGINE_BENCHMARKS()) yield await engineRate(benchmark, { path, folder }, effects);
  } finally {
    await files.remove(folder);
  }
}

/** By the very digest that downloads are verified with. */
function hashRate({ clock, startSha256 }: Effects): Promise<Measurement> {
  const block = new Uint8Array(BLOCK_BYTES);
  const work = async (): Promise<number> => {
    const hash = startSha256();
    hash.add(block);
    hash.hex();
    return BLOCK_BYTES / MIB;
  };
  return measure({ id: 'bench.hash', what: 'SHA-256', unit: 'MiB/s', work }, clock);
}

/** Written with a sync, as downloads are; read back from wherever the system has it. */
async function* diskRates(folder: string, { clock, files }: Effects): AsyncGenerator<Measurement> {
  const path = `${folder}/block`;
  const block = new Uint8Array(BLOCK_BYTES).fill(0x5a);
  const write = async (): Promise<number> => {
    await files.writeDurable(path, [block]);
    return BLOCK_BYTES / MIB;
  };
  const read = async (): Promise<number> => {
    let sizeBytes = 0;
    for await (const chunk of files.openRead(path)) sizeBytes += chunk.byteLength;
    return sizeBytes / MIB;
  };
  yield await measure({ id: 'bench.write', what: 'writing with a sync', unit: 'MiB/s', work: write }, clock);
  yield await measure({ id: 'bench.read', what: 'reading what was written', unit: 'MiB/s', work: read }, clock);
}

/** Loads the engine's model once and runs it again and again; a failure is why it is unmeasured. */
async function engineRate(
  benchmark: EngineBenchmark,
  { path, folder }: { readonly path: string; readonly folder: string },
  effects: Effects,
): Promise<Measurement> {
  const { id, what, unit, count } = benchmark;
  try {
    await using model = await load(benchmark, { path, folder }, effects);
    const task = taskOf(benchmark.task);
    const work = async (): Promise<number> => {
      const steps: number[] = [];
      const { signal } = new AbortController();
      const result = await model.run(task, { signal, progress: (done) => void steps.push(done), emit: () => {} });
      return count(result, steps.at(-1) ?? 0, steps.at(0) ?? 0);
    };
    return await measure({ id, what, unit, work }, effects.clock);
  } catch (thrown) {
    return { id, what, is: 'unmeasured', because: errorChain(thrown) };
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
  for (const role of ROLES) {
    const bytes = weights[role];
    if (bytes === undefined) continue;
    const file = `${folder}/${id}${ENDINGS[name] ?? ''}${role === 'config' ? '.json' : ''}`;
    await effects.files.writeDurable(file, [bytes]);
    paths.set(role, file);
  }
  const files = { model: toModelId(id), paths, loras: [], defaults: DEMO_SOURCE.cliDefaults };
  return await engine.load(files, new AbortController().signal, { lean: false, mayFetch: false });
}

const ROLES = ['model', 'config'] as const satisfies readonly FileRole[];
const ENDINGS: Readonly<Partial<Record<EngineName, string>>> = { 'llama-cpp': '.gguf', piper: '.onnx' };

/** Through the contract's own schema, so that a benchmark asks for what a studio could. */
function taskOf(params: unknown): Task {
  const read = readJson(TaskSchema, JSON.stringify(params));
  if (read.is === 'read') return read.value;
  throw new WorkerError('internal', `a benchmark's task cannot be read: ${read.problem}`);
}

/** RIFF/WAVE with its usual header of 44 bytes: bytes a second are at 28. */
function wavSeconds(bytes: Uint8Array): number {
  const rate = new DataView(bytes.buffer, bytes.byteOffset).getUint32(28, true);
  return (bytes.byteLength - 44) / rate;
}
