import { connectUrl, studioUrl } from '../../../src/contract/routes.ts';
import type { Credentials } from '../../../src/studio/session/session.ts';
import { systemClock } from '../../../src/system/clock.ts';
import { someCapabilities } from '../builders.ts';

/** Bun's client, of which the DOM's types know nothing: header options, and an end without a goodbye. */
type BunWebSocket = WebSocket & { terminate(): void };

/** A frame from the studio, unread: tests look at what travelled. */
export type Frame = Readonly<Record<string, unknown>> & { readonly type: string };

/** A WebSocket with a queue and no rules of its own, to try the studio's. */
export interface BareWorker extends Disposable {
  readonly socket: BunWebSocket;
  send(frame: object | string): void;
  /** The next frame that has not been taken yet, whenever it comes. */
  any(): Promise<Frame>;
  /** The next frame that has not been taken yet; it must be of this type. */
  next(type: string): Promise<Frame>;
  /** Frames that nobody took. */
  readonly waiting: readonly Frame[];
  readonly closed: Promise<{ readonly code: number; readonly reason: string }>;
  /** Sends one, and returns what answers it first. */
  heartbeat(about?: {
    readonly currentJobId?: string;
    readonly currentJobIds?: readonly string[];
    readonly capabilities?: object;
  }): Promise<Frame>;
  upload(
    jobId: string,
    bytes?: Uint8Array,
    about?: { readonly ext?: string; readonly prompt?: string },
  ): Promise<Response>;
}

const PATIENCE_MS = 120_000;

/** A socket on its way to the studio. */
export function startSocket({ apiBaseUrl, workerId, authToken }: Credentials): BunWebSocket {
  const init = { headers: { authorization: `Bearer ${authToken}` }, protocols: ['studio-worker-v1'] };
  return new WebSocket(connectUrl(apiBaseUrl, workerId) ?? '', init as unknown as string[]) as BunWebSocket;
}

/** What a worker uploads. */
export interface Upload {
  readonly jobId: string;
  readonly bytes: Uint8Array;
  readonly ext: string;
  readonly prompt: string;
}

/** Uploads an artifact, in one attempt. */
export function uploadArtifact(
  { apiBaseUrl, workerId, authToken }: Credentials,
  { jobId, bytes, ext, prompt }: Upload,
  init: Pick<BunFetchRequestInit, 'signal' | 'keepalive'> = {},
): Promise<Response> {
  const form = new FormData();
  form.append('prompt', prompt);
  form.append('ext', ext);
  form.append('image', new Blob([Uint8Array.from(bytes)]), `${jobId}.${ext}`);
  const url = studioUrl(apiBaseUrl, `/workers/${workerId}/jobs/${jobId}/complete`) ?? '';
  return fetch(url, { ...init, method: 'POST', headers: { authorization: `Bearer ${authToken}` }, body: form });
}

/** Opens the socket, without a word. */
export async function bareSocket(credentials: Credentials): Promise<BareWorker> {
  const socket = startSocket(credentials);
  const waiting: Frame[] = [];
  let wake = (): void => {};
  const closed = new Promise<{ code: number; reason: string }>((resolve) => {
    socket.addEventListener('close', ({ code, reason }) => resolve({ code, reason }));
  });
  socket.addEventListener('message', ({ data }) => {
    waiting.push(JSON.parse(String(data)) as Frame);
    wake();
  });
  await new Promise<void>((resolve, reject) => {
    socket.addEventListener('open', () => resolve());
    socket.addEventListener('close', ({ reason }) => reject(new Error(`the upgrade was refused: ${reason}`)));
  });
  const arrived = (what: string): Promise<void> =>
    new Promise((resolve, reject) => {
      const cancel = systemClock.after(PATIENCE_MS, () => reject(new Error(`the worker waited for ${what}`)));
      wake = () => {
        cancel();
        resolve();
      };
    });
  const worker: BareWorker = {
    socket,
    waiting,
    closed,
    send: (frame) => socket.send(typeof frame === 'string' ? frame : JSON.stringify(frame)),
    any: async () => {
      for (;;) {
        const frame = waiting.shift();
        if (frame !== undefined) return frame;
        await new Promise<void>((resolve) => (wake = resolve));
      }
    },
    next: async (type) => {
      while (waiting.length === 0) await arrived(type);
      const frame = waiting.shift();
      if (frame?.type !== type) throw new Error(`expected ${type}, got ${JSON.stringify(frame)}`);
      return frame;
    },
    heartbeat: (about = {}) => {
      worker.send({ type: 'heartbeat', capabilities: someCapabilities(), ...about });
      return worker.next('heartbeatAck');
    },
    upload: (jobId, bytes = new Uint8Array([1, 2, 3]), { ext = 'webp', prompt = 'a fox' } = {}) =>
      uploadArtifact(credentials, { jobId, bytes, ext, prompt }),
    [Symbol.dispose]: () => socket.terminate(),
  };
  return worker;
}

/** A worker that said hello and was welcomed, and nothing more. */
export async function welcomed(credentials: Credentials, capabilities: object = {}): Promise<BareWorker> {
  const worker = await bareSocket(credentials);
  worker.send(helloOf(credentials, capabilities));
  await worker.next('welcome');
  return worker;
}

/** An idle worker: welcomed, with its first heartbeat answered. */
export async function bareWorker(credentials: Credentials, capabilities: object = {}): Promise<BareWorker> {
  const worker = await welcomed(credentials, capabilities);
  await worker.heartbeat({ capabilities: helloOf(credentials, capabilities).capabilities });
  return worker;
}

export const helloOf = (credentials: Credentials, capabilities: object = {}) => ({
  type: 'hello',
  authToken: credentials.authToken,
  capabilities: { ...someCapabilities(), ...capabilities },
});

/** The id of the job an offer speaks of. */
export const jobOf = (offer: Frame): string => (offer['claim'] as { jobId: string }).jobId;
