import * as v from 'valibot';
import { JobSchema } from './jobs.ts';
import { PullSchema } from './models.ts';
import { OwnLogLineSchema } from '../../contract/log-entry.ts';
import { LiveStatusSchema, LoadedModelSchema } from './status.ts';

/*
 * What `GET /events` sends: `event:` is the name, `data:` its JSON, `id:` what `Last-Event-ID` takes up again. A fresh
 * subscriber is sent a `status` at once. One that was away longer than the ring reaches back, or in another run of the
 * worker, is sent `missed` before it: what it shows may have gaps, so it reads its lists anew.
 */

/** By which the tray icon names itself (studio contract). It glances: no driver is asked for its sake. */
export const TRAY_CLIENT = { header: 'x-studio-worker-client', value: 'tray' } as const;

const EVENTS = {
  status: LiveStatusSchema,
  /** A job began, came to another phase, ended or was delivered. */
  job: JobSchema,
  progress: v.object({ jobId: v.string(), done: v.number(), total: v.number(), share: v.number() }),
  /** The models in memory, after one of them changed. */
  models: v.array(LoadedModelSchema),
  /** A download that an operator began, as it advances and ends. */
  pull: v.object({ id: v.string(), pull: PullSchema }),
  /** A model was added to the catalogue, changed or removed: whoever lists them reads them anew. */
  catalogue: v.object({}),
  log: OwnLogLineSchema,
  missed: v.object({}),
} as const;

export type ApiEventName = keyof typeof EVENTS;
type Payloads = { readonly [Name in ApiEventName]: v.InferOutput<(typeof EVENTS)[Name]> };
/** One event, by its name. */
export type ApiEvent = {
  readonly [Name in ApiEventName]: { readonly event: Name; readonly data: Payloads[Name] };
}[ApiEventName];

/** How the `data` of each event reads. */
export const EVENT_SCHEMAS: { readonly [Name in ApiEventName]: v.GenericSchema<unknown, Payloads[Name]> } = EVENTS;

export const isEventName = (name: string): name is ApiEventName => Object.hasOwn(EVENTS, name);

/** One event of the stream; none where it is of another release and cannot be read. */
export function readEvent({ event, data }: { readonly event: string; readonly data: string }): readonly ApiEvent[] {
  if (!isEventName(event)) return [];
  const read = v.safeParse(v.pipe(v.string(), v.parseJson(), EVENT_SCHEMAS[event]), data);
  const parsed = { event, data: read.output };
  return read.success && isApiEvent(parsed) ? [parsed] : [];
}

/** Whose data was read by the schema of its own name. */
const isApiEvent = (event: { readonly event: ApiEvent['event'] }): event is ApiEvent => isEventName(event.event);
