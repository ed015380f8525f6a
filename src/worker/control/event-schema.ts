import { JOB_PHASES } from '../../contract/worker/jobs.ts';
import * as v from 'valibot';
import { UpdateStatusSchema } from '../../contract/worker/update-status.ts';
import { toJobId, toModelId } from '../../base/ids.ts';
import { TaskKindIdSchema } from '../../contract/tasks/index.ts';
import type { WorkerEvent } from '../events.ts';
import { RULES, type RuleName } from '../fitness.ts';
import { ConditionSchema, JobSchema, ModelSchema, RegistrationSchema, SessionSchema } from './status-schema.ts';

const JobId = v.pipe(v.string(), v.transform(toJobId));
const ModelId = v.pipe(v.string(), v.transform(toModelId));

const ReportSchema = v.variant('is', [
  v.object({ is: v.picklist(['delivered', 'reported', 'sent']) }),
  v.object({ is: v.picklist(['kept', 'discarded']), because: v.string() }),
]);

/** What an event of the running worker must look like. */
export const EventSchema: v.GenericSchema<unknown, WorkerEvent> = v.variant('is', [
  v.object({ is: v.literal('offer'), jobId: JobId, kind: TaskKindIdSchema, model: ModelId }),
  v.object({
    is: v.literal('rejected'),
    jobId: JobId,
    rule: v.picklist(RULES.map(({ name }): RuleName => name)),
    because: v.string(),
  }),
  v.object({ is: v.picklist(['accepted', 'outcome']), job: JobSchema }),
  v.object({ is: v.literal('phase'), jobId: JobId, phase: v.picklist(JOB_PHASES) }),
  v.object({ is: v.literal('progress'), jobId: JobId, share: v.number(), done: v.number(), total: v.number() }),
  v.object({ is: v.literal('delivery'), jobId: JobId, report: ReportSchema }),
  v.object({ is: v.literal('models'), models: v.array(ModelSchema) }),
  v.object({ is: v.literal('session'), status: SessionSchema }),
  v.object({ is: v.literal('registration'), status: RegistrationSchema }),
  v.object({ is: v.literal('pause'), paused: v.boolean() }),
  v.object({ is: v.literal('condition'), ...ConditionSchema.entries }),
  v.object({ is: v.literal('config'), changedKeys: v.array(v.string()) }),
  v.object({ is: v.literal('update'), status: UpdateStatusSchema }),
  v.object({ is: v.literal('thumbnail'), jobId: JobId }),
  v.object({ is: v.picklist(['stopping', 'catalogue']) }),
  v.object({ is: v.literal('heartbeat'), roundTripMs: v.exactOptional(v.number()) }),
  v.object({ is: v.literal('missed'), count: v.number() }),
]);
