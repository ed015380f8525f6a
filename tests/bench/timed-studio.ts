import { type JobKind, type ModelJob, offerText, SUB_PROTOCOL, WORKER_ID } from './wire.ts';

/** How long one job took, seen from the studio's side of the socket. Times count from handing over the offer. */
export interface Exchange {
  /** Until the `accept` was read. */
  readonly acceptedMs: number;
  /** Until the result was here: its frame read, or the last byte of its upload. */
  readonly doneMs: number;
}

/**
 * The studio's side of every measurement: keeps no queue and stores nothing, so that what is measured is the other
 * side. It runs in the bench's own process; whoever takes the jobs runs in another.
 */
export interface TimedStudio extends AsyncDisposable {
  readonly url: string;
  /** The instant (of `performance.now`) at which the next `hello` is read. Rejects when none comes. */
  nextHello(): Promise<number>;
  /** Offers one job and waits for its result, then gives the answer a worker waits for. */
  exchange(job: JobKind | ModelJob): Promise<Exchange>;
  /** Offers job after job, the next as soon as the last is here. */
  exchanges(kind: JobKind, count: number): Promise<Exchange[]>;
}

interface Underway {
  readonly jobId: string;
  readonly offeredAt: number;
  acceptedAt: number;
  readonly ended: PromiseWithResolvers<Exchange>;
}

const WAIT_MS = 15_000;
const FEATURES = ['resume'];

/** Starts it on a free port of this machine. */
export function startTimedStudio(): TimedStudio {
  let line: Bun.ServerWebSocket | undefined;
  let underway: Underway | undefined;
  let serial = 0;
  let greeted = Promise.withResolvers<number>();

  const server = Bun.serve({
    hostname: '127.0.0.1',
    port: 0,
    idleTimeout: 0,
    async fetch(request, self) {
      if (request.method === 'POST') return await takeUpload(request);
      const headers = { 'sec-websocket-protocol': SUB_PROTOCOL };
      return self.upgrade(request, { headers }) ? undefined : new Response('no such page', { status: 404 });
    },
    websocket: {
      message: (socket, text) => {
        const now = performance.now();
        onFrame(socket, JSON.parse(String(text)) as Frame, now);
      },
      close: (socket) => {
        if (socket !== line) return;
        line = undefined;
        underway?.ended.reject(new Error('the socket closed in the middle of a job'));
      },
    },
  });

  function onFrame(socket: Bun.ServerWebSocket, frame: Frame, now: number): void {
    switch (frame.type) {
      case 'hello':
        line = socket;
        greeted.resolve(now);
        return say(socket, {
          type: 'welcome',
          workerId: WORKER_ID,
          serverTime: new Date().toISOString(),
          features: FEATURES,
        });
      case 'heartbeat':
        return say(socket, { type: 'heartbeatAck' });
      case 'accept':
        if (underway !== undefined && underway.jobId === frame.jobId) underway.acceptedAt = now;
        return;
      case 'completeJson':
        say(socket, { type: 'completeAck', jobId: frame.jobId });
        return conclude(frame.jobId, now);
      case 'reject':
      case 'fail':
        return underway?.ended.reject(new Error(`${frame.type}: ${frame.reason ?? frame.error}`));
      default:
    }
  }

  async function takeUpload(request: Request): Promise<Response> {
    await request.arrayBuffer();
    const now = performance.now();
    const jobId = decodeURIComponent(/\/jobs\/([^/]+)\//.exec(request.url)?.[1] ?? '');
    // As a studio does: the answer first, then whatever the result allows to happen next.
    queueMicrotask(() => conclude(jobId, now));
    return Response.json({ status: 'completed' });
  }

  function conclude(jobId: string | undefined, now: number): void {
    if (underway === undefined || underway.jobId !== jobId) return;
    const { offeredAt, acceptedAt, ended } = underway;
    underway = undefined;
    ended.resolve({ acceptedMs: acceptedAt - offeredAt, doneMs: now - offeredAt });
  }

  async function exchange(job: JobKind | ModelJob): Promise<Exchange> {
    if (line === undefined) throw new Error('nobody is there to take a job');
    const jobId = `job-${++serial}`;
    const text = offerText(jobId, job);
    const ended = Promise.withResolvers<Exchange>();
    underway = { jobId, offeredAt: performance.now(), acceptedAt: Number.NaN, ended };
    line.send(text);
    return await ended.promise;
  }

  return {
    url: `http://127.0.0.1:${server.port}`,
    async nextHello() {
      greeted = Promise.withResolvers<number>();
      const late = setTimeout(() => greeted.reject(new Error(`no hello within ${WAIT_MS} ms`)), WAIT_MS);
      return await greeted.promise.finally(() => clearTimeout(late));
    },
    exchange,
    async exchanges(kind, count) {
      const all: Exchange[] = [];
      while (all.length < count) all.push(await exchange(kind));
      return all;
    },
    [Symbol.asyncDispose]: async () => await server.stop(true),
  };
}

interface Frame {
  readonly type: string;
  readonly jobId?: string;
  readonly reason?: string;
  readonly error?: string;
}

const say = (socket: Bun.ServerWebSocket, frame: object): void => void socket.send(JSON.stringify(frame));
