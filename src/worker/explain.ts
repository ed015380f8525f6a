import type { Offer } from '../contract/frames/inbound.ts';
import { filesOffered } from '../contract/offered-urls.ts';
import { inputsOffered } from '../contract/tasks/index.ts';
import type { Engine } from '../engines/engine.ts';
import { findEngine, routeTo } from '../engines/registry.ts';
import { type Readiness, whyNotGpu } from '../engines/readiness.ts';
import { whyNoImages } from '../jobs/chat-images.ts';
import { sourceProblem } from '../models/store/source-check.ts';
import { type RuleName, RULES, unfit } from './fitness.ts';
import type { RuleInputs } from './rules/rule-spec.ts';
import type { OfferFacts } from './rules/offer-facts.ts';
import { readinessOf } from './engines/readiness.ts';
import { refusedUrl, type RefusedUrlDeps } from './rules/refused-url.ts';

/** How one rule judges an offer. */
export interface RuleReport {
  readonly rule: RuleName | 'images' | 'engine' | 'kind' | 'ready' | 'files' | 'urls';
  /**
   * `rejects`: the offer would be rejected. `fails`: it would be taken, and the job would fail. `warns`: nobody here
   * acts on it. `unknown`: only a running worker, or the missing engine, would know.
   */
  readonly outcome: 'passes' | 'rejects' | 'fails' | 'warns' | 'unknown';
  /** What it is decided on. */
  readonly inputs: RuleInputs;
  /** Empty when it passes. */
  readonly because: string;
}

export interface Explanation {
  readonly rules: readonly RuleReport[];
  readonly verdict: 'taken' | 'rejected' | 'fails';
  /** Of the first rule that decided it; empty when the offer would be taken and nothing stands against the job. */
  readonly because: string;
}

/** What an operator asks of `explain-offer`, beside its machine and config. */
export interface ExplainChoice {
  /** The frame as it came, or the claim in it. */
  readonly text: string;
  readonly configPath: string | undefined;
}

/** The offer as it was read, and what would become of it. */
export interface ExplainedOffer extends Explanation {
  readonly offer: Offer;
}

/** Everything that counts for an offer, read at one moment. */
export interface OfferSnapshot {
  readonly facts: OfferFacts;
  readonly engines: readonly Engine[];
  /** Of the engine that the offer names; undefined when it is not here. */
  readonly readiness: Readiness | undefined;
  /** Why a URL that would be fetched is refused; undefined when none is. */
  readonly refusedUrl: string | undefined;
}

/**
 * What a worker would do with an offer, rule by rule: first the rules that reject, in the order in which they apply to
 * a running worker, then what would make the job fail.
 */
export function explain(offer: Offer, moment: OfferSnapshot): Explanation {
  const { facts, engines, readiness } = moment;
  const rules: readonly RuleReport[] = [
    ...fitnessReports(offer, facts, readiness),
    ...imagesReport(offer),
    ...routeReports(offer, engines),
    readyReport(offer, readiness),
    filesReport(offer),
    urlsReport(offer, moment),
  ];
  const rejected = unfit(offer, facts);
  if (rejected !== undefined) return { rules, verdict: 'rejected', because: rejected.because };
  const failure = rules.find(({ outcome }) => outcome === 'fails');
  return { rules, verdict: failure === undefined ? 'taken' : 'fails', because: failure?.because ?? '' };
}

/** The same for this moment. The engine is asked first, since some facts follow from its answer. */
export async function explainNow(offer: Offer, { engines, readFacts, urls }: NowDeps): Promise<Explanation> {
  const engine = findEngine(engines, offer.modelSource.engine);
  const readiness = engine && (await readinessOf(engine));
  const refused = await refusedUrl(offer, urls);
  return explain(offer, { facts: readFacts(), engines, readiness, refusedUrl: refused });
}

/** What a moment is read from. */
export interface NowDeps extends Pick<OfferSnapshot, 'engines'> {
  readonly readFacts: () => OfferFacts;
  readonly urls: RefusedUrlDeps;
}

function fitnessReports(offer: Offer, facts: OfferFacts, readiness: Readiness | undefined): readonly RuleReport[] {
  return RULES.map(({ name: rule, isLive, inputs: read, against }) => {
    const inputs = read(facts, offer);
    if (isLive && facts.live === undefined) {
      return { rule, inputs: {}, outcome: 'unknown', because: 'no worker runs with this config' };
    }
    const because = against(facts, offer);
    if (because !== undefined) return { rule, inputs, outcome: 'rejects', because };
    const { outcome, because: note } = noteOn(rule, facts, readiness);
    return { rule, inputs, outcome, because: note };
  });
}

/** What is worth knowing about a rule that does not reject. */
function noteOn(
  rule: RuleName,
  { memory }: OfferFacts,
  readiness: Readiness | undefined,
): Pick<RuleReport, 'outcome' | 'because'> {
  if (rule === 'memory' && memory.is === 'unknown') return { outcome: 'passes', because: memory.because };
  if (rule === 'memory' && memory.is === 'fits-after-unloading') {
    return { outcome: 'passes', because: `after unloading ${memory.unload.join(', ')}` };
  }
  const instead = rule === 'device' ? whyNotGpu(readiness?.where) : undefined;
  if (instead !== undefined) return { outcome: 'warns', because: `${instead.because}. ${instead.hint}` };
  return { outcome: 'passes', because: '' };
}

/** In the words with which the job would fail. */
function routeReports(
  { task: { kind }, model, modelSource }: Offer,
  engines: readonly Engine[],
): readonly RuleReport[] {
  const { engine } = modelSource;
  const route = routeTo(engines, { engine, model, kind });
  const served = Object.keys(findEngine(engines, engine)?.models ?? {}).join(' ');
  const present = { rule: 'engine', inputs: { engine, present: engines.map(({ id }) => id).join(' ') } } as const;
  const serves = { rule: 'kind', inputs: { kind, served } } as const;
  switch (route.is) {
    case 'found':
      return [passing(present), passing(serves)];
    case 'missing':
      return [
        { ...present, outcome: 'fails', because: route.error.message },
        { ...serves, outcome: 'unknown', because: NO_ENGINE },
      ];
    case 'unserved':
      return [passing(present), { ...serves, outcome: 'fails', because: route.error.message }];
    default:
      return route satisfies never;
  }
}

const passing = (about: Pick<RuleReport, 'rule' | 'inputs'>): RuleReport => ({
  ...about,
  outcome: 'passes',
  because: '',
});

/** Shown where a task has images: without a projector no engine is asked. */
function imagesReport({ model, modelSource: source, task }: Offer): readonly RuleReport[] {
  const images = task.kind === 'llm' ? (task.images?.length ?? 0) : 0;
  if (images === 0) return [];
  const about = { rule: 'images', inputs: { images } } as const;
  const obstacle = whyNoImages({ model, source, task });
  return [obstacle === undefined ? passing(about) : { ...about, outcome: 'fails', because: obstacle.message }];
}

function readyReport({ modelSource: { engine } }: Offer, readiness: Readiness | undefined): RuleReport {
  const rule = 'ready';
  if (readiness === undefined) return { rule, inputs: { engine }, outcome: 'unknown', because: NO_ENGINE };
  const inputs = { engine, ready: readiness.ready };
  if (readiness.ready) return { rule, inputs, outcome: 'passes', because: '' };
  return { rule, inputs, outcome: 'fails', because: `${readiness.because}. ${readiness.hint}` };
}

/** What is looked at before anything is fetched; whether a URL answers is not asked. */
function filesReport({ model, modelSource }: Offer): RuleReport {
  const about = { rule: 'files', inputs: { files: modelSource.files.length } } as const;
  const problem = sourceProblem(model, modelSource);
  return problem === undefined ? passing(about) : { ...about, outcome: 'fails', because: problem.message };
}

/** By the guard that a request begins with. */
function urlsReport({ modelSource, task }: Offer, { refusedUrl: because }: OfferSnapshot): RuleReport {
  const urls = filesOffered(modelSource).length + inputsOffered(task).length;
  const about = { rule: 'urls', inputs: { urls } } as const;
  return because === undefined ? passing(about) : { ...about, outcome: 'fails', because };
}

const NO_ENGINE = 'there is no such engine to ask';
