import type { ChildEnvironment } from '../system/process/child.ts';
import type { LoadOptions } from './load-options.ts';

/**
 * The variables by which a child sees the GPU that it has to stay on and no other; without one, those that may be used. None
 * where that is every GPU of the machine. Never rejects: where a GPU cannot be named to a child, that is logged.
 */
export type GpuAccess = (device: LoadOptions['device']) => Promise<ChildEnvironment>;
