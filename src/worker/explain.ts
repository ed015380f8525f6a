import { roundToTenths } from '../base/units.ts';
import type { Offer } from '../contract/frames/inbound.ts';
import type { Engine } from '../engines/engine.ts';
import { type Readiness, whyNotGpu } from '../engines/readiness.ts';
import { admit, type AdmissionSnapshot } from '../jobs/admit.ts';
import type { PooledModel } from '../models/loaded/entry.ts';
import type { MemoryVerdict } from '../models/memory/fit.ts';
import { unfitReason } from './memory-gate.ts';

/** What one rule says of an offer. */
export interface RuleSays {
  readonly rule: 'paused' | 'idle' | 'busy' | 'engine' | 'kind' | 'ready' | 'device' | 'threshold' | 'memory';
  /**
   * `rejects`: the offer would be turned down. `fails`: it would be taken, and the job would fail. `warns`: nobody here
   * acts on it. `unknown`: not to be told from here.
   */
  readonly says: 'passes' | 'rejects' | 'fails' | 'warns' | 'unknown';
  /** What it looked at. */
  readonly inputs: Readonly<Record<string, string | number | boolean>>;
  /** Empty when it passes. */
  readonly because: string;
}

export interface Explanation {
  readonly rules: readonly RuleSays[];
  readonly verdict: 'taken' | 'rejected' | 'fails';
  /** The first rule's word that decided it; empty when the offer would be taken and nothing stands against the job. */
  readonly because: string;
}

/** Everything the rules look at, read at one moment. */
export interface OfferFacts {
  readonly paused: boolean;
  readonly onlyWhenIdle: boolean;
  readonly userPresence: AdmissionSnapshot['userPresence'];
  /** The worker that runs with this config; undefined when none does. */
  readonly running: { readonly busy: boolean; readonly stopping: boolean } | undefined;
  readonly thresholdGb: number;
  readonly allowCpu: boolean;
  readonly engines: readonly Engine[];
  /** Of the engine that the offer names; undefined when it is not here. */
  readonly readiness: Readiness | undefined;
  readonly memory: MemoryVerdict;
}

/** What an operator asks of `explain-offer`, beside what the machine and its config say. */
export interface ExplainChoice {
  /** The frame as it came, or the claim in it. */
  readonly text: string;
  readonly configPath: string | undefined;
  /** What the running worker says of itself, if there is one. */
  readonly running: OfferFacts['running'];
  /** The models it has in memory. */
  readonly loaded: readonly PooledModel[];
}

/** The offer as it was read, and what would become of it. */
export interface ExplainedOffer extends Explanation {
  readonly offer: Offer;
}

/** What this worker would do with an offer, rule by rule, in the order in which they apply. */
export function explain(offer: Offer, facts: OfferFacts): Explanation {
  const engine = facts.engines.find(({ id }) => id === offer.modelSource.engine);
  const rules: readonly RuleSays[] = [
    pausedRule(facts),
    idleRule(facts),
    busyRule(facts),
    memoryRule(offer, facts.memory),
    thresholdRule(offer, facts.thresholdGb),
    engineRule(offer, engine, facts.engines),
    kindRule(offer, engine),
    readyRule(offer, facts.readiness),
    deviceRule(offer, facts),
  ];
  const against = rules.find(({ says }) => says === 'rejects') ?? rules.find(({ says }) => says === 'fails');
  if (against === undefined) return { rules, verdict: 'taken', because: '' };
  return { rules, verdict: against.says === 'rejects' ? 'rejected' : 'fails', because: against.because };
}

const NO_OBSTACLE: AdmissionSnapshot = {
  paused: false,
  onlyWhenIdle: false,
  userPresence: undefined,
  busy: false,
  stopping: false,
  outboxFull: false,
};

/** Why the worker's own decision turns an offer down over this alone; undefined when it does not. */
function rejection(obstacle: Partial<AdmissionSnapshot>): string | undefined {
  const admission = admit({ ...NO_OBSTACLE, ...obstacle });
  return admission.is === 'rejected' ? (admission.why ?? admission.because.reason) : undefined;
}

type Named = Pick<RuleSays, 'rule' | 'inputs'>;

const passesUnless = (named: Named, says: 'rejects' | 'fails', because: string | undefined): RuleSays =>
  because === undefined ? { ...named, says: 'passes', because: '' } : { ...named, says, because };

const pausedRule = ({ paused }: OfferFacts): RuleSays =>
  passesUnless({ rule: 'paused', inputs: { auto_enabled: !paused } }, 'rejects', rejection({ paused }));

function idleRule({ onlyWhenIdle, userPresence }: OfferFacts): RuleSays {
  const inputs = { only_when_idle: onlyWhenIdle, presence: userPresence ?? 'unknown' };
  return passesUnless({ rule: 'idle', inputs }, 'rejects', rejection({ onlyWhenIdle, userPresence }));
}

function busyRule({ running }: OfferFacts): RuleSays {
  if (running === undefined) {
    return { rule: 'busy', inputs: { running: false }, says: 'unknown', because: 'no worker runs with this config' };
  }
  return passesUnless({ rule: 'busy', inputs: { running: true, ...running } }, 'rejects', rejection(running));
}

function memoryRule(offer: Offer, verdict: MemoryVerdict): RuleSays {
  const rule = 'memory';
  if (verdict.is === 'unknown') {
    return { rule, inputs: { estimateGb: offer.vramGbEstimate }, says: 'passes', because: verdict.because };
  }
  const { needGb, needFrom, freeGb, totalGb, marginGb, gpu } = verdict;
  const inputs = {
    needGb: roundToTenths(needGb),
    needFrom,
    freeGb: roundToTenths(freeGb),
    totalGb: roundToTenths(totalGb),
    marginGb,
    gpu,
  };
  if (verdict.is === 'fits-after-unloading') {
    return { rule, inputs, says: 'passes', because: `after unloading ${verdict.unload.join(', ')}` };
  }
  return passesUnless({ rule, inputs }, 'rejects', rejection({ unfit: unfitReason(verdict) }));
}

/** The threshold is the studio's to keep: the worker only tells it. */
function thresholdRule({ vramGbEstimate }: Offer, thresholdGb: number): RuleSays {
  const named = { rule: 'threshold', inputs: { estimateGb: vramGbEstimate, vram_threshold_gb: thresholdGb } } as const;
  if (vramGbEstimate <= thresholdGb) return { ...named, says: 'passes', because: '' };
  return { ...named, says: 'warns', because: 'a studio that heeds the threshold does not offer this' };
}

function engineRule({ modelSource }: Offer, engine: Engine | undefined, engines: readonly Engine[]): RuleSays {
  const inputs = { engine: modelSource.engine, present: engines.map(({ id }) => id).join(' ') };
  const because = engine === undefined ? `this release carries no ${modelSource.engine} engine` : undefined;
  return passesUnless({ rule: 'engine', inputs }, 'fails', because);
}

function kindRule({ task, modelSource }: Offer, engine: Engine | undefined): RuleSays {
  const served = Object.keys(engine?.models ?? {});
  const named = { rule: 'kind', inputs: { kind: task.kind, served: served.join(' ') } } as const;
  if (engine === undefined) return { ...named, says: 'unknown', because: 'there is no such engine to ask' };
  const because = served.includes(task.kind)
    ? undefined
    : `the ${modelSource.engine} engine cannot serve ${task.kind} tasks`;
  return passesUnless(named, 'fails', because);
}

function readyRule({ modelSource }: Offer, readiness: Readiness | undefined): RuleSays {
  const rule = 'ready';
  if (readiness === undefined) {
    return { rule, inputs: { engine: modelSource.engine }, says: 'unknown', because: 'there is no such engine to ask' };
  }
  const because = readiness.ready ? undefined : `${readiness.because}. ${readiness.hint}`;
  return passesUnless({ rule, inputs: { engine: modelSource.engine, ready: readiness.ready } }, 'fails', because);
}

/** An engine on the processor of a machine whose GPU it could use. */
function deviceRule({ modelSource: { engine } }: Offer, { readiness, allowCpu }: OfferFacts): RuleSays {
  const named = { rule: 'device', inputs: { engine, on: readiness?.where?.on ?? 'cpu', allow_cpu: allowCpu } } as const;
  if (readiness === undefined) return { ...named, says: 'unknown', because: 'there is no such engine to ask' };
  const advice = whyNotGpu(readiness.where);
  if (advice === undefined) return { ...named, says: 'passes', because: '' };
  return { ...named, says: readiness.ready ? 'warns' : 'rejects', because: `${advice.because}. ${advice.hint}` };
}
