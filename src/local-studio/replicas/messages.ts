import * as v from 'valibot';
import { TASK_KIND_IDS } from '../../contract/tasks/index.ts';
import { readJson } from '../../contract/read.ts';
import type { StudioNews } from './bus.ts';

const Id = v.pipe(v.string(), v.maxLength(300));

const NewsSchema = v.variant('is', [
  v.object({
    is: v.literal('queued'),
    job: v.optional(v.object({ id: Id, kind: v.picklist(TASK_KIND_IDS), vramGb: v.pipe(v.number(), v.finite()) })),
  }),
  v.object({ is: v.literal('freed'), project: Id }),
  v.object({
    is: v.literal('cancelled'),
    jobId: Id,
    because: v.optional(v.picklist(['cancelled', 'deadline'])),
  }),
  v.object({ is: v.literal('completed'), jobId: Id, workerId: Id }),
  v.object({ is: v.literal('decided'), requestId: Id }),
  v.object({ is: v.literal('connected'), workerId: Id }),
  v.object({ is: v.literal('changed'), workerId: Id }),
  v.object({ is: v.literal('removed'), workerId: Id }),
]);

const MessageSchema = v.object({ from: Id, news: NewsSchema });

/** News as text for a channel of the database, which every studio hears, the sender too. */
export const messageText = (from: string, news: StudioNews): string => JSON.stringify({ from, news });

/** News of another studio. Undefined for one's own, and for those of a newer release. */
export function newsIn(text: string, self: string): StudioNews | undefined {
  const read = readJson(MessageSchema, text);
  return read.is === 'unreadable' || read.value.from === self ? undefined : read.value.news;
}
