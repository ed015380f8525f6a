import type { Offer } from '../../contract/frames/inbound.ts';
import { aboveThreshold } from '../../contract/rejections.ts';
import type { OfferFacts } from './offer-facts.ts';

/** Keeps to the largest estimate that the operator allows, also where an edit of it crosses an offer. */
export const THRESHOLD_RULE = {
  name: 'threshold',
  rejection: ({ thresholdGb }: OfferFacts, { vramGbEstimate }: Offer) => aboveThreshold(vramGbEstimate, thresholdGb),
  isLive: false,
  inputs: ({ thresholdGb }: OfferFacts, { vramGbEstimate }: Offer) => ({
    estimateGb: vramGbEstimate,
    vram_threshold_gb: thresholdGb,
  }),
  against: ({ thresholdGb }: OfferFacts, { vramGbEstimate }: Offer): string | undefined =>
    vramGbEstimate > thresholdGb
      ? `the job is estimated at ${vramGbEstimate} GiB, and vram_threshold_gb allows ${thresholdGb} GiB`
      : undefined,
} as const;

/** Why a worker that works on an idle machine only does not work now; undefined when it does. */
export function whyNotIdle({ onlyWhenIdle, userPresence }: OfferFacts): string | undefined {
  if (!onlyWhenIdle || userPresence === 'idle') return undefined;
  return userPresence === 'active'
    ? 'only_when_idle is set and this machine is in use'
    : 'only_when_idle is set and user activity is unknown';
}
