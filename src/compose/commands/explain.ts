import type { Offer } from '../../contract/frames/inbound.ts';
import { devicesOf, ONLY_SLOT } from '../../jobs/slots/job-slot.ts';
import { listCatalogue } from '../../models/catalogue/catalogue.ts';
import { openPeaks } from '../../models/memory/peaks.ts';
import { createModelStore } from '../../models/store/store.ts';
import { type ExplainChoice, type ExplainedOffer, type Explanation, explainNow } from '../../worker/explain.ts';
import { readOffer } from '../../worker/read-offer.ts';
import { createMemoryAdmission } from '../../worker/rules/memory-admission.ts';
import { slotsAfter } from '../../worker/placement/gpu-slots.ts';
import type { ControlClient } from '../../worker/control/client.ts';
import { presenceOf } from '../../system/presence/presence.ts';
import { siblingsOf } from '../../config/paths.ts';
import { choiceIn, configPathOf, openConfig } from '../config.ts';
import type { Effects } from '../effects.ts';
import { underGpuRules } from '../gpu-rules.ts';
import { readConditions } from '../../worker/conditions/read.ts';
import { realEngines } from '../engines/engines.ts';
import { openCommandLog } from '../log.ts';
import { modelStoreOptions, offeredUrlCheck } from '../model-store.ts';

/**
 * What a worker with this config on this machine would do with an offer. A worker that runs answers for itself; without
 * one it is worked out here, as far as it can be told. Nothing is changed and nothing is loaded.
 *
 * @throws WorkerError `frame.malformed` | `config.invalid` | `worker.incompatible` | what else asking the running worker throws
 */
export async function explainOffer(
  { text, configPath }: ExplainChoice,
  effects: Effects,
  control: (configPath: string) => ControlClient,
): Promise<ExplainedOffer> {
  const offer = readOffer(text);
  const path = await configPathOf(configPath, effects);
  const asked = await control(path).ask('explain', { offer: text });
  if (asked.is === 'failed') throw asked.error;
  return { offer, ...(asked.is === 'answered' ? asked.answer : await explainHere(offer, path, effects)) };
}

/**
 * By this process's own look at the machine. What only a running worker knows, such as a full outbox, is `live:
 * undefined`.
 */
async function explainHere(offer: Offer, path: string, effects: Effects): Promise<Explanation> {
  const log = openCommandLog(effects).logger;
  const config = await openConfig(path, effects, { log, readOnly: true });
  const { current } = config;
  const { engines, cpuRule } = realEngines(effects, { log, config });
  const { files, clock, gpus } = underGpuRules(effects, config);
  const peaks = await openPeaks({ path: siblingsOf(path).peaks, files, clock, log });
  const watch = { latest: await gpus.probe(), refresh: () => gpus.probe() };
  const devices = devicesOf(slotsAfter(ONLY_SLOT, watch.latest));
  const conditions = await readConditions(current, effects);
  const userPresence = presenceOf(await effects.presence.read());
  const admission = createMemoryAdmission({
    engines,
    watch,
    peaks,
    loaded: () => [],
    ceilingGb: config.live('memory_max_gb'),
    devices: () => devices,
    clock,
  });
  const store = createModelStore(modelStoreOptions(effects, config, log));
  const catalogue = await listCatalogue(siblingsOf(path).catalogue, files);
  return await explainNow(offer, {
    engines,
    urls: { check: offeredUrlCheck(effects, config), stored: () => store.list() },
    readFacts: () => ({
      claimingOff: !current.auto_enabled,
      choice: choiceIn(current),
      conditions,
      isTurnedOff: catalogue.some(({ id, enabled }) => id === offer.model && !enabled),
      onlyWhenIdle: current.only_when_idle,
      thresholdGb: current.vram_threshold_gb,
      userPresence,
      cpuRefusal: cpuRule.refusal(offer.modelSource.engine),
      memory: admission.verdict(offer),
      live: undefined,
    }),
  });
}
