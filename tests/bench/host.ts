import { toModelId } from '../../src/base/ids.ts';
import type { HostedModel } from '../../src/engines/host/hosted-model.ts';
import { aTask, synthetic } from '../fakes/builders.ts';
import { unrulyHost } from '../fakes/engines/hosted-engine.ts';
import type { Measurement } from './report.ts';
import { median, percentile } from './statistics.ts';

/** How often each is tried. */
export interface HostSizes {
  readonly trips: number;
  readonly cancels: number;
}

const MIB = 2 ** 20;
const { signal } = new AbortController();

/** What it costs that engines live in a process of their own: the way there and back, and the way out. */
export async function measureHost({ trips, cancels }: HostSizes): Promise<readonly Measurement[]> {
  const small = await roundTrips(new Uint8Array(), trips);
  const large = await roundTrips(new Uint8Array(MIB), Math.ceil(trips / 10));
  const gone = await cancelled(cancels);
  const killed = await killedOutright(cancels);
  return [
    { name: 'engine host: a task there and its result back, p50', unit: 'ms', ...small },
    { name: 'engine host: the same with 1 MiB each way, p50', unit: 'ms', ...large },
    {
      name: 'cancel of an engine that hangs → its process is gone, p50',
      unit: 'ms',
      measured: median(gone),
      limit: { what: 'SIGKILL at once', measured: median(killed) },
    },
    {
      name: 'cancel of an engine that hangs → its process is gone, p95',
      unit: 'ms',
      measured: percentile(gone, 0.95),
      goal: { atMost: 500 },
      limit: { what: 'SIGKILL at once', measured: percentile(killed, 0.95) },
    },
  ];
}

/** A model in the tests' own engine, which does what its prompt says. */
async function load(): Promise<HostedModel> {
  const host = unrulyHost();
  const files = { model: toModelId('fine'), paths: new Map(), loras: [], defaults: synthetic.cliDefaults };
  return await host.load({ engine: 'gradio', files }, signal);
}

/** Through the host, and over the same kind of line with nothing at either end, in turn. */
async function roundTrips(bytes: Uint8Array, times: number): Promise<Pick<Measurement, 'measured' | 'limit'>> {
  await using model = await load();
  await using echo = startEcho();
  const task = aTask({ kind: 'image', prompt: bytes.byteLength === 0 ? 'hello' : 'steps' });
  const inputs = new Map(bytes.byteLength === 0 ? [] : [['initImageUrl', bytes]]);
  const hosted: number[] = [];
  const bare: number[] = [];
  for (let trip = -10; trip < times; trip++) {
    const [mine, limit] = [
      await timeOf(() => model.run(task, inputs, { signal, progress: () => {}, emit: () => {} })),
      await timeOf(() => echo.trip({ task, inputs })),
    ];
    if (trip < 0) continue; // both get warm first
    hosted.push(mine);
    bare.push(limit);
  }
  return { measured: median(hosted), limit: { what: 'bare IPC, echoed', measured: median(bare) } };
}

async function timeOf(work: () => Promise<unknown>): Promise<number> {
  const since = performance.now();
  await work();
  return performance.now() - since;
}

interface Echo extends AsyncDisposable {
  trip(message: unknown): Promise<unknown>;
}

function startEcho(): Echo {
  let back = Promise.withResolvers<unknown>();
  const child = Bun.spawn([process.execPath, 'tests/bench/host-echo.ts'], {
    stdio: ['ignore', 'ignore', 'inherit'],
    serialization: 'advanced',
    ipc: (message) => back.resolve(message),
  });
  return {
    trip: (message) => {
      back = Promise.withResolvers();
      child.send(message);
      return back.promise;
    },
    [Symbol.asyncDispose]: async () => {
      child.kill('SIGKILL');
      await child.exited;
    },
  };
}

/** From the abort of a run that never ends until the system has no such process any more. */
async function cancelled(times: number): Promise<readonly number[]> {
  const took: number[] = [];
  while (took.length < times) {
    await using model = await load();
    const { ended } = model.process;
    const started = Promise.withResolvers<void>();
    const abort = new AbortController();
    const run = model.run(aTask({ kind: 'image', prompt: 'hang' }), new Map(), {
      signal: abort.signal,
      progress: () => started.resolve(),
      emit: () => {},
    });
    const refused = run.catch(() => {});
    await started.promise;
    took.push(
      await timeOf(async () => {
        abort.abort(new Error('cancelled'));
        await ended;
      }),
    );
    await refused;
  }
  return took;
}

async function killedOutright(times: number): Promise<readonly number[]> {
  const took: number[] = [];
  while (took.length < times) {
    await using model = await load();
    const { pid, ended } = model.process;
    took.push(
      await timeOf(async () => {
        process.kill(pid, 'SIGKILL');
        await ended;
      }),
    );
  }
  return took;
}
