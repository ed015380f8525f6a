import { version } from '../../package.json';

/** The release this program was built from, without a prefix. */
export const VERSION: string = version;
/** How we name ourselves to a studio, a download host or a release feed. */
export const USER_AGENT: string = `studio-worker/${version}`;
