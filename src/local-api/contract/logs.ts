import * as v from 'valibot';

/** One line of the log. `seq` counts up from 1 within one run of the worker. */
export const LogLineSchema = v.object({
  seq: v.number(),
  /** RFC 3339, UTC, with milliseconds. */
  ts: v.string(),
  level: v.picklist(['info', 'warn', 'error']),
  category: v.string(),
  message: v.string(),
  jobId: v.exactOptional(v.string()),
});
export type ApiLogLine = v.InferOutput<typeof LogLineSchema>;

/** The newest lines, at most 1,000; `seq` is the newest one's, to ask for what follows. */
export const LogPageSchema = v.object({ entries: v.array(LogLineSchema), seq: v.number() });
export type LogPage = v.InferOutput<typeof LogPageSchema>;

/** `after` beyond the newest line gives all that is kept: the caller counted in another run of the worker. */
export const LogQuerySchema = v.object({
  after: v.exactOptional(v.pipe(v.string(), v.regex(/^\d{1,15}$/), v.transform(Number))),
});
