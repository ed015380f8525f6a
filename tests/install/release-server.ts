import { basename, join } from 'node:path';
import type { Release } from './release.ts';

/** What goes wrong with a file, each time it is asked for, the first time first. What comes after is served whole. */
export type Fault =
  /** The connection breaks after so many bytes. */
  | { readonly does: 'break'; readonly afterBytes: number }
  /** Nothing comes after so many bytes. */
  | { readonly does: 'stall'; readonly afterBytes: number }
  | { readonly does: 'fail'; readonly status: number };

export interface ReleaseServer extends AsyncDisposable {
  readonly url: string;
  /** The files asked for, with the byte that each began at. */
  readonly requests: readonly string[];
  publish(release: Release): void;
  /** From now on whole files only, whatever part is asked for. */
  withoutRanges(): void;
  /** What to do with the next requests for a file. */
  spoil(file: string, ...faults: readonly Fault[]): void;
  /** Resolves once a request for the file stalls. */
  stalled(file: string): Promise<void>;
}

/** Serves releases as their page does: the latest one by that name, all of them by their versions. */
export function serveReleases(): ReleaseServer {
  const releases = new Map<string, Release>();
  const faults = new Map<string, Fault[]>();
  const stalls = new Map<string, PromiseWithResolvers<void>>();
  const requests: string[] = [];
  let hasRanges = true;
  const stallOf = (file: string): PromiseWithResolvers<void> => {
    const known = stalls.get(file) ?? Promise.withResolvers<void>();
    stalls.set(file, known);
    return known;
  };
  const server = Bun.serve({
    hostname: '127.0.0.1',
    port: 0,
    idleTimeout: 0,
    fetch: async (request) => {
      const { pathname } = new URL(request.url);
      const [, version] = /^\/download\/studio-worker-v([^/]+)\//.exec(pathname) ?? [];
      const release = pathname.startsWith('/latest/') ? [...releases.values()].at(-1) : releases.get(version ?? '');
      const name = basename(pathname);
      const range = hasRanges ? (request.headers.get('range') ?? '') : '';
      const from = Number(/^bytes=(\d+)-/.exec(range)?.[1] ?? 0);
      requests.push(from === 0 ? name : `${name} from ${from}`);
      const file = Bun.file(join(release?.folder ?? '/nowhere', name));
      if (!(await file.exists())) return new Response('no such file', { status: 404 });
      const bytes = (await file.bytes()).subarray(from);
      const fault = faults.get(name)?.shift();
      if (fault?.does === 'fail') return new Response('failed', { status: fault.status });
      const headers = {
        'content-length': String(bytes.byteLength),
        ...(hasRanges && { 'accept-ranges': 'bytes' }),
        ...(from > 0 && { 'content-range': `bytes ${from}-${file.size - 1}/${file.size}` }),
      };
      const status = from > 0 ? 206 : 200;
      if (fault === undefined) return new Response(bytes, { status, headers });
      return new Response(spoiled(bytes, fault, stallOf(name).resolve), { status, headers });
    },
  });
  return {
    url: `http://127.0.0.1:${server.port}`,
    requests,
    publish: (release) => void releases.set(release.version, release),
    withoutRanges: () => void (hasRanges = false),
    spoil: (file, ...next) => void faults.set(file, [...next]),
    stalled: async (file) => await stallOf(file).promise,
    [Symbol.asyncDispose]: async () => await server.stop(true),
  };
}

type Cut = Exclude<Fault, { does: 'fail' }>;

const spoiled = (bytes: Uint8Array<ArrayBuffer>, fault: Cut, onStall: () => void): ReadableStream<Uint8Array> =>
  new ReadableStream({
    start: (controller) => {
      controller.enqueue(bytes.subarray(0, fault.afterBytes));
    },
    pull: (controller) => {
      if (fault.does === 'break') controller.error(new Error('the connection breaks'));
      else onStall();
    },
  });
