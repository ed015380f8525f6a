import { WorkerError } from '../../base/errors.ts';
import { type Offer, parseInbound } from '../../contract/frames/inbound.ts';
import { parseJson, writeJson } from '../../contract/json.ts';
import type { LoadedShare } from '../../models/memory/fit.ts';
import { openPeaks } from '../../models/memory/peaks.ts';
import { explain, type ExplainChoice, type ExplainedOffer, type OfferFacts } from '../../worker/explain.ts';
import { createMemoryGate } from '../../worker/memory-gate.ts';
import { readinessOf } from '../../worker/readiness.ts';
import { siblingsOf } from '../../config/paths.ts';
import { configPathOf, openConfig } from '../config.ts';
import type { Effects } from '../effects.ts';
import { realEngines } from '../engines/engines.ts';
import { openCommandLog } from '../log.ts';

/**
 * What a worker with this config on this machine would do with an offer. Nothing is changed and nothing is loaded.
 *
 * @throws WorkerError `frame.malformed` | `config.invalid`
 */
export async function explainOffer(choice: ExplainChoice, effects: Effects): Promise<ExplainedOffer> {
  const offer = readOffer(choice.text);
  const log = openCommandLog(effects).logger;
  const path = await configPathOf(choice.configPath, effects);
  const config = await openConfig(path, effects, { log, readOnly: true });
  const { current } = config;
  const { engines } = realEngines(effects, { log, config });
  const named = engines.find(({ id }) => id === offer.modelSource.engine);
  const report = await effects.gpus.probe();
  const { files, clock } = effects;
  const peaks = await openPeaks({ path: siblingsOf(path).peaks, files, clock, log });
  const watch = { latest: report, refresh: () => effects.gpus.probe() };
  const usesGpu = (id: string): boolean => engines.some((engine) => engine.id === id && engine.memory === 'gpu');
  const loaded = (): readonly LoadedShare[] =>
    choice.loaded
      .filter(({ engine, pid }) => usesGpu(engine) && pid !== undefined)
      .map(({ model, gb, state, lastUsedAt }) => ({ model, gb, inUse: state !== 'idle', lastUsedAt }));
  const gate = createMemoryGate({ engines, watch, peaks, loaded, clock: effects.clock });
  const facts: OfferFacts = {
    paused: !current.auto_enabled,
    onlyWhenIdle: current.only_when_idle,
    userPresence: undefined,
    running: choice.running,
    thresholdGb: current.vram_threshold_gb,
    allowCpu: current.allow_cpu,
    engines,
    readiness: named === undefined ? undefined : await readinessOf(named),
    memory: gate.verdict(offer),
  };
  return { offer, ...explain(offer, facts) };
}

/** Reads an offer with the same eyes as the session does. */
function readOffer(text: string): Offer {
  let value: unknown;
  try {
    value = parseJson(text.replace(/^\uFEFF/, ''));
  } catch (thrown) {
    throw malformed('it is not JSON', thrown);
  }
  const isFrame = typeof value === 'object' && value !== null && 'type' in value;
  const parsed = parseInbound(writeJson(isFrame ? value : { type: 'offer', claim: value }));
  if (parsed.is !== 'frame') throw malformed(parsed.problem);
  if (parsed.frame.type !== 'offer') throw malformed(`it is a ${parsed.frame.type} frame`);
  return parsed.frame.claim;
}

const malformed = (problem: string, cause?: unknown): WorkerError =>
  new WorkerError('frame.malformed', `the file holds no offer: ${problem}`, {
    cause,
    hint: 'Name a file with the offer frame as the studio sends it, or with the claim in it.',
  });
