import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { chatModel } from '../../src/demo/weights/chat.ts';
import { serveLoopback } from '../../src/system/net/loopback-files.ts';
import { type Direct, startDirect } from './direct.ts';
import { treeOf, usageOf } from './processes.ts';
import { SCRATCH, startTaker, type Taker } from './programs.ts';
import type { Measurement } from './report.ts';
import { median } from './statistics.ts';
import { startTimedStudio, type TimedStudio } from './timed-studio.ts';
import { CLI_DEFAULTS, type ModelJob, PROMPT } from './wire.ts';

/** How long the replies are and how often each is asked for. */
export interface ChatSizes {
  readonly tokens: number;
  readonly times: number;
  /** Until garbage had time to go; see growth. */
  readonly settleMs: number;
}

const MB = 1e6;
const CONTEXT_TOKENS = 2_048;
/** Memory that two looks at the same idle worker differ by. */
const NO_SLOPE_MB = 3;
/** The bare library has no politeness either, and on a busy machine that would be all there is to measure. */
const AS_EAGER = 'engine_nice = 0\n';
const COLD = `keep_warm_secs = 0\n${AS_EAGER}`;
const KEPT_SECONDS = 3;

/**
 * What a language model costs in the worker: its load and what staying warm saves, the rate of its replies beside the
 * same library with nothing around it, and its memory, which must come back.
 */
export async function measureChat(sizes: ChatSizes): Promise<readonly Measurement[]> {
  const weights = chatModel({ endless: true, contextLength: CONTEXT_TOKENS, layers: { count: 8, width: 4_096 } });
  const folder = join(SCRATCH, 'chat');
  mkdirSync(folder, { recursive: true });
  const path = join(folder, 'chat.gguf');
  writeFileSync(path, weights);
  const served = serveLoopback();
  served.put('chat.gguf', path);
  const size = `${Math.round(weights.byteLength / MB)} MB`;
  const job = (maxTokens: number, content = PROMPT): ModelJob => ({
    model: 'bench-chat',
    task: { kind: 'llm', messages: [{ role: 'user', content }], maxTokens, temperature: 0.7 },
    source: {
      engine: 'llama-cpp',
      files: [{ role: 'model', url: served.url('chat.gguf'), filename: 'chat.gguf' }],
      cliDefaults: CLI_DEFAULTS,
    },
  });
  try {
    await using studio = startTimedStudio();
    await using direct = await startDirect(path, CONTEXT_TOKENS);
    return [
      ...(await rates(studio, { job, direct, sizes })),
      ...(await cold(studio, { job: job(1), times: sizes.times, size })),
      ...(await memory(studio, { job: job(1), settleMs: sizes.settleMs, size })),
    ];
  } finally {
    await served.close();
    rmSync(folder, { recursive: true, force: true });
  }
}

interface Rated {
  readonly job: (maxTokens: number, content?: string) => ModelJob;
  readonly direct: Direct;
  readonly sizes: ChatSizes;
}

/** Both on a model in memory, in turn, so that a busy moment of the machine falls on both. */
async function rates(studio: TimedStudio, { job, direct, sizes }: Rated): Promise<readonly Measurement[]> {
  const { tokens, times } = sizes;
  await using _taker = await startTaker(studio, 'worker', { settings: AS_EAGER });
  const took = { one: [], all: [], read: [], directOne: [], directAll: [], directRead: [] } as Record<string, number[]>;
  for (let time = 0; time <= times; time++) {
    const long = longPrompt(time);
    const seen = {
      one: (await studio.exchange(job(1))).doneMs,
      directOne: await direct.takesMs(1, PROMPT),
      all: (await studio.exchange(job(tokens))).doneMs,
      directAll: await direct.takesMs(tokens, PROMPT),
      read: (await studio.exchange(job(1, long))).doneMs,
      directRead: await direct.takesMs(1, long),
    };
    // The first loads the model, and both warm up.
    if (time > 0) for (const [what, ms] of Object.entries(seen)) took[what]?.push(ms);
  }
  const of = (what: string): number => median(took[what] ?? []);
  const perSecond = (what: string): number => (tokens / of(what)) * 1_000;
  return [
    {
      name: `LLM, ${tokens} tokens on a warm model, offer → result`,
      unit: 'tokens/s',
      measured: perSecond('all'),
      goal: { atLeastTimes: 0.95 },
      limit: { what: 'node-llama-cpp alone', measured: perSecond('directAll') },
    },
    {
      name: 'LLM job of one token, warm',
      unit: 'ms',
      measured: of('one'),
      limit: { what: 'node-llama-cpp alone', measured: of('directOne') },
    },
    {
      name: `LLM, a prompt of ${LONG_WORDS} words never read before`,
      unit: 'ms',
      measured: of('read'),
      goal: { atMostTimes: 1.05 },
      limit: { what: 'node-llama-cpp alone', measured: of('directRead') },
    },
  ];
}

const LONG_WORDS = 300;

/** Begins with a word of its own each time, so that nothing of it is in memory. */
const longPrompt = (time: number): string => Array.from({ length: LONG_WORDS }, (_, at) => (at + time) % 97).join(' ');

/** Each job loads its model, as it would in a worker that keeps none. */
async function cold(
  studio: TimedStudio,
  { job, times, size }: { readonly job: ModelJob; readonly times: number; readonly size: string },
): Promise<readonly Measurement[]> {
  await using _taker = await startTaker(studio, 'worker', { settings: COLD });
  await studio.exchange(job); // fetches the model
  const took: number[] = [];
  while (took.length < times) took.push((await studio.exchange(job)).doneMs);
  return [{ name: `LLM job of one token, cold: model of ${size} loaded for it`, unit: 'ms', measured: median(took) }];
}

async function memory(
  studio: TimedStudio,
  { job, settleMs, size }: { readonly job: ModelJob; readonly settleMs: number; readonly size: string },
): Promise<readonly Measurement[]> {
  await using taker = await startTaker(studio, 'worker', { settings: `keep_warm_secs = ${KEPT_SECONDS}\n` });
  const unloaded = async (): Promise<number> => {
    while (treeOf(taker.pid).length > 1) await Bun.sleep(100);
    await Bun.sleep(settleMs);
    return rssMb(taker);
  };
  await studio.exchange(job); // whatever code a first job needs is in memory after it
  const before = await unloaded();
  await studio.exchange(job);
  const loaded = rssMb(taker);
  const after = await unloaded();
  return [
    { name: `memory (RSS) of a warm model of ${size}, its process included`, unit: 'MB', measured: loaded - before },
    {
      name: 'of it still taken once it was unloaded',
      unit: 'MB',
      measured: after - before,
      goal: { atMost: NO_SLOPE_MB },
    },
  ];
}

const rssMb = ({ pid }: Taker): number => treeOf(pid).reduce((sum, each) => sum + usageOf(each).rssBytes, 0) / MB;
