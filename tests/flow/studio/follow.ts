import * as v from 'valibot';
import { type StudioFeedEvent, StudioFeedEventSchema } from '../../../src/contract/page/dashboard.ts';
import { API_PREFIX } from '../../../src/contract/routes.ts';
import { createSseReader } from '../../../src/local-api/client/sse.ts';
import type { FakeStudio } from '../../fakes/studio/fake-studio.ts';

/** Follows a studio as its operator, from the last event that was seen. */
export async function follow(studio: FakeStudio, lastEventId?: string) {
  const abort = new AbortController();
  const response = await fetch(`${studio.url}${API_PREFIX}/admin/events`, {
    signal: abort.signal,
    headers: {
      authorization: `Bearer ${studio.studio.operatorToken}`,
      ...(lastEventId !== undefined && { 'last-event-id': lastEventId }),
    },
  });
  const reader = createSseReader();
  const text = new TextDecoder();
  const pieces = response.body![Symbol.asyncIterator]();
  const waiting: { readonly id: string; readonly event: StudioFeedEvent }[] = [];
  async function next(): Promise<{ readonly id: string; readonly event: StudioFeedEvent }> {
    for (;;) {
      const first = waiting.shift();
      if (first !== undefined) return first;
      const { value } = await pieces.next();
      for (const { id = '', event, data } of reader.read(text.decode(value, { stream: true }))) {
        waiting.push({ id, event: v.parse(StudioFeedEventSchema, { event, data: JSON.parse(data) }) });
      }
    }
  }
  return {
    next,
    async until(fits: (event: StudioFeedEvent) => boolean) {
      for (;;) {
        const found = await next();
        if (fits(found.event)) return found;
      }
    },
    [Symbol.dispose]: () => abort.abort(),
  };
}
