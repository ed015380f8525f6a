import { toJobId } from '../../../src/base/ids.ts';
import type { NewEntry } from '../../../src/studio/delivery/outbox.ts';

/** A picture that is put into an outbox. */
export const anEntry = (jobId = 'job-1', fields: Partial<NewEntry> = {}): NewEntry => ({
  jobId: toJobId(jobId),
  kind: 'artifact',
  ext: 'png',
  prompt: 'a red fox',
  workerId: 'w-1',
  studio: 'http://studio.test',
  ...fields,
});
