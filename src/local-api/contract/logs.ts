import * as v from 'valibot';
import { type OwnLogLine, OwnLogLineSchema } from '../../contract/log-entry.ts';

/** A line of the log as this API sends it. */
export type ApiLogLine = OwnLogLine;

/** The newest lines, at most 1,000; `seq` is the newest one's, to ask for what follows. */
export const LogPageSchema = v.object({ entries: v.array(OwnLogLineSchema), seq: v.number() });
export type LogPage = v.InferOutput<typeof LogPageSchema>;

/** `after` beyond the newest line gives all that is kept: the caller counted in another run of the worker. */
export const LogQuerySchema = v.object({
  after: v.exactOptional(v.pipe(v.string(), v.regex(/^\d{1,15}$/), v.transform(Number))),
});
