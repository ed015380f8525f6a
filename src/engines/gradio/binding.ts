import type { Client } from '@gradio/client';
import { unlessAborted } from '../../base/abort.ts';
import { errorChain, WorkerError } from '../../base/errors.ts';
import type { JsonValue } from '../../base/json.ts';
import { SECOND_MS } from '../../base/units.ts';
import { appFailed, type GradioApp, type AppAccess } from './app.ts';
import { createEvents, type Events } from './events.ts';

/** What is asked of an app, and by which endpoint. */
export interface Submission {
  readonly endpoint: string;
  readonly values: Readonly<Record<string, JsonValue>>;
}

/** Called with each status of a submission: any of them is progress. */
export type OnStatus = (bars: readonly ProgressBar[]) => void;

/** How far one bar of the app is, in units of its own. */
export interface ProgressBar {
  readonly done: number;
  readonly total: number;
}

type ClientClass = typeof Client;
type Submitted = ReturnType<Client['submit']>;
type Message = Submitted extends AsyncIterable<infer One> ? One : never;
type Status = Extract<Message, { readonly type: 'status' }>;

/** The request to cancel may not delay this process. */
const CANCEL_MS = 2 * SECOND_MS;

/**
 * Has an app do something, and returns what its endpoint gives back.
 *
 * On abort the app is asked to cancel, and every connection to it is closed.
 *
 * @throws WorkerError `engine.failed` with the app's own message; the signal's reason
 */
export async function submit(
  app: GradioApp,
  { endpoint, values }: Submission,
  { access, onStatus }: { readonly access: AppAccess; readonly onStatus: OnStatus },
): Promise<readonly unknown[]> {
  const over = new AbortController();
  const signal = AbortSignal.any([access.signal, over.signal]);
  const events = createEvents(app, { ...access, signal });
  const client = await connect(app, events, { ...access, signal });
  const submission = client.submit(endpoint, { ...values });
  try {
    return await outcomeOf(submission, { events, signal: access.signal, onStatus });
  } catch (thrown) {
    const eventId = submission.event_id();
    const work = { event_id: eventId, session_hash: client.session_hash, fn_index: client.api_map[endpoint.slice(1)] };
    if (access.signal.aborted && eventId !== '') void cancel(app, work, access);
    throw thrown;
  } finally {
    void submission.return?.();
    client.close();
    over.abort();
  }
}

/** Spares the app work whose result nobody fetches. Not awaited: an app that cannot be reached loses nothing. */
async function cancel({ base, apiPrefix }: GradioApp, work: object, { ask, clock }: AppAccess): Promise<void> {
  const late = new AbortController();
  const disarm = clock.after(CANCEL_MS, () => late.abort());
  const headers = new Headers({ 'content-type': 'application/json' });
  const request = { method: 'POST', headers, body: JSON.stringify(work), signal: late.signal };
  // The first ends functions, the second those that give one result after the other.
  await Promise.allSettled(['cancel', 'reset'].map((route) => ask(`${base}${apiPrefix}/${route}`, request)));
  disarm();
}

interface SubmissionWatch {
  readonly events: Events;
  readonly signal: AbortSignal;
  readonly onStatus: OnStatus;
}

async function outcomeOf(
  submission: Submitted,
  { events, signal, onStatus }: SubmissionWatch,
): Promise<readonly unknown[]> {
  let last: readonly unknown[] | undefined;
  for (;;) {
    const { done, value } = await unlessAborted(Promise.race([submission.next(), events.broken]), signal);
    if (done === true) throw appFailed('the Gradio app ended without a result');
    if (value.type === 'data') last = value.data;
    if (value.type !== 'status') continue;
    if (value.stage === 'error') throw appFailed(`the Gradio app failed: ${messageOf(value)}`);
    onStatus(barsOf(value));
    if (value.stage !== 'complete') continue;
    if (last === undefined) throw appFailed('the Gradio app ended without a result');
    return last;
  }
}

const MAX_MESSAGE_LENGTH = 500;

const messageOf = ({ message }: Status): string =>
  (typeof message === 'string' ? message.trim().split('\n').at(-1)?.slice(0, MAX_MESSAGE_LENGTH) : '') ||
  '(no message)';

/** Bars of the app's own code (`gr.Progress`); one without a length shows only that work goes on. */
const barsOf = ({ progress_data: bars }: Status): readonly ProgressBar[] =>
  (bars ?? []).flatMap(({ progress, index, length }) => {
    if (typeof index === 'number' && typeof length === 'number' && length > 0) return [{ done: index, total: length }];
    return typeof progress === 'number' ? [{ done: progress, total: 1 }] : [];
  });

async function connect(app: GradioApp, events: Events, access: AppAccess): Promise<Client> {
  try {
    const { Client: Library } = await import('@gradio/client');
    const Confined = confined(Library, { app, events, access });
    return await Confined.connect(app.base, { events: ['data', 'status'], record_history: false });
  } catch (thrown) {
    access.signal.throwIfAborted();
    if (thrown instanceof WorkerError) throw thrown;
    throw appFailed(`the Gradio app cannot be used: ${errorChain(thrown)}`, thrown);
  }
}

interface Confinement {
  readonly app: GradioApp;
  readonly events: Events;
  readonly access: AppAccess;
}

/**
 * The library's client, kept to this one app: it goes by the addresses in an app's answers, and to huggingface.co where
 * they say so. The app's own description is known already, and is given with every address in it replaced by ours.
 */
function confined(Library: ClientClass, { app, events, access }: Confinement): ClientClass {
  const { base, apiPrefix } = app;
  const { origin } = new URL(base);
  const known: ReadonlyMap<string, unknown> = new Map<string, unknown>([
    [
      `${base}/config`,
      { ...app.sent.config, root: base, space_id: null, connect_heartbeat: false, run_history: false },
    ],
    [`${base}${apiPrefix}/info`, app.sent.info],
  ]);
  return class extends Library {
    override async fetch(input: RequestInfo | URL, init: RequestInit = {}): Promise<Response> {
      const url = input instanceof Request ? input.url : String(input);
      if (known.has(url)) return Response.json(known.get(url));
      if (new URL(url).origin !== origin) throw appFailed(`the Gradio app refers to another address: ${url}`);
      const { method = 'GET', body } = init;
      const request = { method, headers: new Headers(init.headers), signal: access.signal };
      return await access.ask(url, typeof body === 'string' ? { ...request, body } : request);
    }

    override stream(): EventSource {
      this.abort_controller = new AbortController();
      return events.open(this.session_hash, this.abort_controller.signal);
    }
  };
}
