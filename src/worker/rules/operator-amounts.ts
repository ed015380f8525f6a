import { SECOND_MS } from '../../base/units.ts';

/**
 * The largest estimate that the studio may offer, in GiB: what the operator allows, and no more than `maxEstimateGb`, what
 * this machine can hold, where that is known. A larger offer would be rejected for ever.
 */
export const offeredGb = (thresholdGb: number, maxEstimateGb: number | undefined): number =>
  Math.min(thresholdGb, maxEstimateGb ?? Number.POSITIVE_INFINITY);

/** How long a model stays in memory after its last job. With claiming off no job can come, and the operator may want the memory. */
export const keepWarmMs = (isClaiming: boolean, keepWarmSecs: number): number =>
  isClaiming ? keepWarmSecs * SECOND_MS : 0;
