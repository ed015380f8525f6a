import { MINUTE_MS, SECOND_MS } from '../../../base/units.ts';

const FIRST_WAIT_MS = SECOND_MS;
const MAX_WAIT_MS = MINUTE_MS;

/** How long to wait after so many failures in a row. */
export const reconnectMs = (failures: number): number => Math.min(MAX_WAIT_MS, FIRST_WAIT_MS * 2 ** (failures - 1));
