import { writeJson } from '../../contract/json.ts';
import { SAFE_HEADERS } from './reply.ts';

/** Server-sent events without names, as OpenAI's API sends them. */
export interface SseWriter {
  /** Resolves once the client can take more, or is gone. */
  send(value: unknown): Promise<void>;
  /** A marker that is no JSON. */
  sendText(text: string): void;
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
  const sendText = (text: string): void => controller?.enqueue(encoder.encode(`data: ${text}\n\n`));
  return {
    response: new Response(body, { headers: { ...SAFE_HEADERS, 'content-type': 'text/event-stream' } }),
    writer: {
      async send(value) {
        sendText(writeJson(value));
        if (controller === undefined || (controller.desiredSize ?? 0) > 0) return;
        ready = Promise.withResolvers();
        await ready.promise;
      },
      sendText,
      end() {
        controller?.close();
        controller = undefined;
      },
    },
  };
}
