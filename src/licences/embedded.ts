import type { Licences } from './licences.ts';

/** None in a checkout, which has everything in `node_modules`. The build puts its own list in this file's place. */
export const licences: Licences | undefined = undefined;
