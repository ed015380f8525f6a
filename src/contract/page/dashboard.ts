import * as v from 'valibot';
import { JobViewSchema, LogLineSchema, StatusViewSchema, WorkerViewSchema } from '../operator/views.ts';
import { absentable } from '../numbers.ts';
import type { OperatorRoute } from '../operator/routes.ts';
import { Timestamp } from '../operator/timestamp.ts';

/*
 * What the page of a studio's operator has beside the operator API: its stream of events, and what its first tab shows. Served
 * below the same prefix, to the operator token and to the cookie of a page.
 */

const Count = v.pipe(v.number(), v.integer(), v.minValue(0));

/** Its own routes, as `OPERATOR_ROUTES`. */
export const DASHBOARD_ROUTES = {
  /** Operator token only → 201 DashboardCode */
  codes: { method: 'POST', path: '/admin/page-codes' },
  /** SignIn from anyone, since its code is the key → 204 with the cookie */
  signIn: { method: 'POST', path: '/admin/page-session' },
  /** Server-sent events */
  events: { method: 'GET', path: '/admin/events', scope: 'read' },
  /** OverviewView */
  overview: { method: 'GET', path: '/admin/overview' },
} as const satisfies Readonly<Record<string, OperatorRoute>>;

/** A code that opens the page once. Its address is that of the studio, with the code behind `#code=`. */
export const DashboardCodeSchema = v.object({ code: v.string(), expiresAt: Timestamp });
export type DashboardCode = v.InferOutput<typeof DashboardCodeSchema>;

/** The page of a studio at this address, which opens with the code. */
export const dashboardUrl = (studio: string, code: string): string => `${studio}/#code=${code}`;

/** A job in a list: its prompt is cut, and its result stands in the job alone. */
export const JobRowSchema = v.omit(JobViewSchema, ['result']);
export type JobRowView = v.InferOutput<typeof JobRowSchema>;

/** One hour of the last day. */
const HourSchema = v.object({
  /** When it began, in milliseconds since the epoch. */
  at: v.number(),
  done: Count,
  failed: Count,
  /** How long jobs ran in it, all workers together. */
  busyMs: v.pipe(v.number(), v.minValue(0)),
});
export type HourView = v.InferOutput<typeof HourSchema>;

/** The last day, and how the queue stands. */
export const OverviewSchema = v.object({
  /** Oldest first; the last one is the hour that runs. */
  hours: v.array(HourSchema),
  /** How long half of the jobs of the day waited at most; absent where none ended. */
  usualWaitMs: absentable(v.pipe(v.number(), v.minValue(0))),
  /** When the job was queued that waits longest, in milliseconds since the epoch. */
  oldestQueuedAt: absentable(v.number()),
  /** Queued jobs that no known worker could take, and the most GPU memory that one of them needs. */
  unservable: v.object({ count: Count, maxVramGb: v.number() }),
});
export type OverviewView = v.InferOutput<typeof OverviewSchema>;

/** One event of a studio, as its name and its data stand in the stream. */
export const StudioFeedEventSchema = v.variant('event', [
  /** Sent first, and when it changes. */
  v.object({ event: v.literal('status'), data: StatusViewSchema }),
  v.object({ event: v.literal('job'), data: JobRowSchema }),
  v.object({ event: v.literal('worker'), data: WorkerViewSchema }),
  v.object({ event: v.literal('workerRemoved'), data: v.object({ workerId: v.string() }) }),
  /** Who waits for approval changed: whoever lists them reads them anew. */
  v.object({ event: v.literal('registrations'), data: v.object({}) }),
  v.object({ event: v.literal('models'), data: v.object({}) }),
  v.object({ event: v.literal('lines'), data: v.object({ lines: v.array(LogLineSchema) }) }),
  /** What keeps queued jobs from workers may have changed. */
  v.object({ event: v.literal('queue'), data: v.object({}) }),
  /** There were more events than are kept: lists are to be read anew. */
  v.object({ event: v.literal('missed'), data: v.object({}) }),
]);
export type StudioFeedEvent = v.InferOutput<typeof StudioFeedEventSchema>;
