/**
 * Simulated workers, all in this process: `workers.ts <json of FleetOrder>`. Each keeps one socket open, accepts what it
 * is offered and completes it at once. What happens is told on standard output, one JSON a line.
 */
import { connectUrl } from '../../../src/contract/routes.ts';
import { someCapabilities } from '../../fakes/builders.ts';

/** What the process is told to do. */
export interface FleetOrder {
  /** Studios, over which the workers are spread evenly. */
  readonly urls: readonly string[];
  readonly workers: readonly { readonly workerId: string; readonly authToken: string }[];
}

/** What it tells. Times are milliseconds since the epoch. */
export type FleetNews =
  | { readonly is: 'welcomed'; readonly worker: number; readonly at: number }
  | { readonly is: 'offers'; readonly offers: readonly (readonly [jobId: string, at: number])[] };

const HEARTBEAT_MS = 10_000;
const AT_ONCE = 50;
/** As a worker's first wait after a lost socket: random up to this. */
const MAX_RETRY_MS = 2_000;
const TELL_MS = 100;

const order = JSON.parse(process.argv[2] ?? '') as FleetOrder;
const tell = (news: FleetNews): void => void process.stdout.write(`${JSON.stringify(news)}\n`);
const now = (): number => performance.timeOrigin + performance.now();

let offers: [string, number][] = [];
setInterval(() => {
  if (offers.length > 0) tell({ is: 'offers', offers });
  offers = [];
}, TELL_MS);

const capabilities = someCapabilities();

function connect(worker: number): Promise<void> {
  const { workerId, authToken } = order.workers[worker] as FleetOrder['workers'][number];
  const url = connectUrl(order.urls[worker % order.urls.length] ?? '', workerId) ?? '';
  const init = { headers: { authorization: `Bearer ${authToken}` }, protocols: ['studio-worker-v1'] };
  const socket = new WebSocket(url, init as unknown as string[]);
  const send = (frame: object): void => socket.send(JSON.stringify(frame));
  const { promise, resolve } = Promise.withResolvers<void>();
  let beat: ReturnType<typeof setInterval> | undefined;
  socket.addEventListener('open', () => send({ type: 'hello', authToken, capabilities }));
  socket.addEventListener('message', ({ data }) => {
    const frame = JSON.parse(String(data)) as { type: string; claim?: { jobId: string } };
    if (frame.type === 'welcome') {
      send({ type: 'heartbeat', capabilities });
      beat = setInterval(() => send({ type: 'heartbeat', capabilities }), HEARTBEAT_MS);
      tell({ is: 'welcomed', worker, at: now() });
      resolve();
    } else if (frame.type === 'offer' && frame.claim !== undefined) {
      const { jobId } = frame.claim;
      offers.push([jobId, now()]);
      send({ type: 'accept', jobId });
      send({ type: 'completeJson', jobId, result: { text: 'done' }, prompt: '' });
    }
  });
  socket.addEventListener('close', () => {
    clearInterval(beat);
    resolve();
    setTimeout(() => void connect(worker), Math.random() * MAX_RETRY_MS);
  });
  return promise;
}

const waiting = order.workers.keys();
await Promise.all(
  Array.from({ length: AT_ONCE }, async () => {
    for (const worker of waiting) await connect(worker);
  }),
);
