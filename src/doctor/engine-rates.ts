import { errorChain, WorkerError } from '../base/errors.ts';
import type { EngineName, FileRole } from '../contract/model-source.ts';
import { readJson } from '../contract/read.ts';
import { type Task, TaskSchema } from '../contract/tasks/index.ts';
import { SPOKEN_TEXT } from '../demo/real.ts';
import { chatModel } from '../demo/weights/chat.ts';
import { voiceConfig, voiceModel } from '../demo/weights/voice.ts';
import type { LoadedModel } from '../engines/engine.ts';
import { wavSeconds } from '../base/media/wav.ts';
import type { TaskResult } from '../engines/result.ts';
import type { Clock } from '../system/clock.ts';
import { type Benchmark, measure, type Measurement } from './bench.ts';

/** One engine with a model of its own, and what is counted of a run. */
export interface EngineBenchmark extends Omit<Benchmark, 'work'> {
  readonly engine: EngineName;
  /** The files of its model, with what their names end in. */
  readonly weights: readonly { readonly role: FileRole; readonly ending: string; readonly bytes: Uint8Array }[];
  readonly task: unknown;
  /** `steps`: those that the engine reported last; `before`: those that it reported first. */
  readonly count: (result: TaskResult, steps: number, before: number) => number;
}

/** Generated anew by each call: weights are not kept in memory. */
export const engineBenchmarks = (): readonly EngineBenchmark[] => [
  {
    id: 'bench.synthetic',
    what: 'image steps of the synthetic engine',
    unit: 'steps/s',
    engine: 'synthetic',
    weights: [],
    task: { kind: 'image', prompt: 'a fox at dusk', width: 256, height: 256, steps: 8, ext: 'png' },
    count: (_result, steps) => steps,
  },
  {
    id: 'bench.chat',
    what: 'tokens of a tiny chat model',
    unit: 'tokens/s',
    engine: 'llama-cpp',
    weights: [{ role: 'model', ending: '.gguf', bytes: chatModel() }],
    task: { kind: 'llm', messages: [{ role: 'user', content: 'Name three things a fox does.' }], maxTokens: 64 },
    count: (_result, tokens, inPrompt) => tokens - inPrompt, // its steps are the tokens read and written
  },
  {
    id: 'bench.speech',
    what: 'speech of a tiny voice',
    unit: 'x real time',
    engine: 'piper',
    weights: [
      { role: 'model', ending: '.onnx', bytes: voiceModel() },
      { role: 'config', ending: '.onnx.json', bytes: new TextEncoder().encode(JSON.stringify(voiceConfig())) },
    ],
    task: { kind: 'audio_tts', text: SPOKEN_TEXT, ext: 'wav' },
    count: (result) => (result.is === 'artifact' ? wavSeconds(result.bytes) : 0),
  },
];

/** Loads the engine's model once and runs it again and again; a failure is why it is unmeasured. */
export async function engineRate(
  { id, what, unit, count, task: params }: EngineBenchmark,
  load: () => Promise<LoadedModel>,
  clock: Pick<Clock, 'elapsed'>,
): Promise<Measurement> {
  try {
    await using model = await load();
    const task = taskOf(params);
    const work = async (): Promise<number> => {
      const steps: number[] = [];
      const { signal } = new AbortController();
      const result = await model.run(task, { signal, progress: (done) => void steps.push(done), emit: () => {} });
      return count(result, steps.at(-1) ?? 0, steps.at(0) ?? 0);
    };
    return await measure({ id, what, unit, work }, clock);
  } catch (thrown) {
    return { id, what, is: 'unmeasured', because: errorChain(thrown) };
  }
}

/** Through the contract's own schema, so that a benchmark asks for what a studio could. */
function taskOf(params: unknown): Task {
  const read = readJson(TaskSchema, JSON.stringify(params));
  if (read.is === 'read') return read.value;
  throw new WorkerError('internal', `a benchmark's task cannot be read: ${read.problem}`);
}
