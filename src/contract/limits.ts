import { MIB } from '../base/units.ts';

/** One image that a task names (studio contract, chat images). */
export const MAX_IMAGE_BYTES = 25 * MIB;
/**
 * A job as the operator sends it to our studio. It travels to its worker in one frame of at most 64 MiB, with the recipe
 * of its model beside it: a longer body is refused when the job is created, since it could never be offered.
 */
export const MAX_JOB_BYTES = 62 * MIB;
/** What the images inside a job may have together, as files: base64 makes four bytes of three, and text is beside them. */
export const MAX_INLINE_IMAGE_BYTES = 45 * MIB;
/** Jobs that one worker may have in flight at one studio: more GPUs than any machine has. */
export const MAX_PARALLEL_JOBS = 64;
