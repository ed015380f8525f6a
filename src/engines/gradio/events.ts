import { errorChain } from '../../base/errors.ts';
import { MIB } from '../../base/units.ts';
import { appFailed, type GradioApp, isObject, type AppAccess } from './app.ts';

/** The stream on which an app reports on its work (server-sent events, WHATWG HTML §9.2). */
export interface Events {
  /** Starts to read; the messages go to the source's `onmessage`, in order. */
  open(sessionHash: string, closed: AbortSignal): EventSource;
  /** Rejects when the connection breaks, or sends what cannot be read: then no result will ever come. */
  readonly broken: Promise<never>;
}

/** Characters of one message, over all its lines. */
const MAX_MESSAGE_LENGTH = 64 * MIB;

/** The events of one submission. Opens nothing by itself: the library does when it submits. */
export function createEvents(
  { base, apiPrefix }: Pick<GradioApp, 'base' | 'apiPrefix'>,
  { ask, signal }: Omit<AppAccess, 'clock'>,
): Events {
  const { promise: broken, reject } = Promise.withResolvers<never>();
  broken.catch(() => {}); // a pending result rejects with it; with none pending, the work is over
  return {
    broken,
    open(sessionHash, closed) {
      const url = `${base}${apiPrefix}/queue/data?session_hash=${encodeURIComponent(sessionHash)}`;
      const source = new Source(url);
      const both = AbortSignal.any([signal, closed]);
      const read = async (): Promise<void> => {
        const headers = new Headers({ accept: 'text/event-stream' });
        const answer = await ask(url, { method: 'GET', headers, signal: both });
        const isStream = answer.headers.get('content-type')?.startsWith('text/event-stream') === true;
        if (answer.status !== 200 || !isStream) throw appFailed(`it does not stream events: GET -> ${answer.status}`);
        for await (const text of messagesOf(answer)) await handle(source, text);
      };
      void read().then(
        () => reject(appFailed('the Gradio app closed the connection before it was done')),
        (thrown: unknown) => reject(appFailed(`the connection to the Gradio app broke: ${errorChain(thrown)}`, thrown)),
      );
      return source;
    },
  };
}

/** What the library cannot read, it would only print. */
async function handle(source: Source, json: string): Promise<void> {
  const message: unknown = JSON.parse(json);
  if (!isObject(message)) throw appFailed('it sent something other than messages');
  const { msg, output, message: text } = message;
  if (msg === 'unexpected_error') throw appFailed(typeof text === 'string' ? text : 'unexpected error');
  if (msg === 'process_completed' && !isObject(output)) throw appFailed('it sent a result without an output');
  await source.onmessage?.(new MessageEvent('message', { data: json }));
}

/** The data of each event. Only `data:` lines are used here; an event ends with an empty line. */
async function* messagesOf(answer: Response): AsyncGenerator<string> {
  const decoder = new TextDecoder();
  let rest = '';
  let data: string[] = [];
  let dataLength = 0;
  for await (const part of answer.body ?? []) {
    const text = decoder.decode(part, { stream: true });
    rest += text;
    if (dataLength + rest.length > MAX_MESSAGE_LENGTH) throw appFailed('one of its messages is too large');
    if (!/[\r\n]/.test(text)) continue; // an image within a message comes in many parts
    const lines = rest.split(/\r\n|\n|\r(?!$)/);
    rest = lines.pop() ?? '';
    for (const line of lines) {
      if (line.startsWith('data:')) {
        data.push(line.slice('data:'.length).trimStart());
        dataLength += line.length;
      }
      if (line !== '' || data.length === 0) continue;
      yield data.join('\n');
      data = [];
      dataLength = 0;
    }
  }
}

/** As much of an event source as the library uses: it sets `onmessage`, and closes the connection by its own signal. */
class Source implements EventSource {
  readonly CONNECTING = 0;
  readonly OPEN = 1;
  readonly CLOSED = 2;
  readonly readyState = 1;
  readonly withCredentials = false;
  onopen: EventSource['onopen'] = null;
  onerror: EventSource['onerror'] = null;
  onmessage: EventSource['onmessage'] = null;

  constructor(readonly url: string) {}

  close(): void {}
  addEventListener(): void {}
  removeEventListener(): void {}
  dispatchEvent(): boolean {
    return false;
  }
}
