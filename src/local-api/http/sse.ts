import { writeJson } from '../../contract/json.ts';
import { SAFE_HEADERS } from './reply.ts';

/** One event: JSON, some under a name, or a marker that is none. */
export type SseEvent = { readonly event?: string; readonly data: unknown } | { readonly text: string };

/** Server-sent events, as OpenAI's API sends them. */
export interface SseWriter {
  /** Resolves once the client can take more, or is gone. */
  send(event: SseEvent): Promise<void>;
  /** Idempotent. */
  end(): void;
}

/** A response that is written as events come; `onGone` is called when its client goes away before the end. */
export function sseReply(onGone: () => void): { readonly response: Response; readonly writer: SseWriter } {
  const encoder = new TextEncoder();
  let controller: ReadableStreamDefaultController<Uint8Array> | undefined;
  let ready = Promise.withResolvers<void>();
  const body = new ReadableStream<Uint8Array>({
    start(its) {
      controller = its;
    },
    pull() {
      ready.resolve();
    },
    cancel() {
      controller = undefined;
      ready.resolve();
      onGone();
    },
  });
  return {
    response: new Response(body, { headers: { ...SAFE_HEADERS, 'content-type': 'text/event-stream' } }),
    writer: {
      async send(event) {
        controller?.enqueue(encoder.encode(textOf(event)));
        if (controller === undefined || (controller.desiredSize ?? 0) > 0) return;
        ready = Promise.withResolvers();
        await ready.promise;
      },
      end() {
        controller?.close();
        controller = undefined;
      },
    },
  };
}

const textOf = (event: SseEvent): string =>
  'text' in event
    ? `data: ${event.text}\n\n`
    : `${event.event === undefined ? '' : `event: ${event.event}\n`}data: ${writeJson(event.data)}\n\n`;
