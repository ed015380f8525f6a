/** Bytes in memory, or the path of a file that is read when it is asked for. */
export type Content = Uint8Array | string;

/** Files over http on this machine, for programs of this machine alone. */
export interface LoopbackFiles {
  /** The address of a name, whether there is anything under it yet or not. */
  url(name: string): string;
  /** Serves this under the name from now on. */
  put(name: string, content: Content): void;
  /** Closes all connections. */
  close(): Promise<void>;
}

/** Serves files on a free port of the loopback interface; ranges too, as download hosts do. */
export function serveLoopback(): LoopbackFiles {
  const contents = new Map<string, Blob | string>();
  const server = Bun.serve({
    hostname: '127.0.0.1',
    port: 0,
    fetch: async ({ url, headers }) => {
      const content = contents.get(decodeURIComponent(new URL(url).pathname.slice(1)));
      if (content === undefined) return nothing();
      if (typeof content !== 'string') return answer(content, headers);
      const file = Bun.file(content);
      return (await file.exists()) ? answer(file, headers) : nothing();
    },
  });
  return {
    url: (name) => `http://127.0.0.1:${server.port}/${encodeURIComponent(name)}`,
    put: (name, content) =>
      void contents.set(name, typeof content === 'string' ? content : new Blob([new Uint8Array(content)])),
    close: () => server.stop(true),
  };
}

const nothing = (): Response => new Response('nothing here', { status: 404 });

/** The whole, or the one range that was asked for (RFC 9110 §14). A range of another form is answered with the whole. */
function answer(whole: Blob, headers: Headers): Response {
  const [, first, last] = /^bytes=(\d{1,15})-(\d{0,15})$/.exec(headers.get('range') ?? '') ?? [];
  if (first === undefined) return new Response(whole, { headers: { 'accept-ranges': 'bytes' } });
  const startAt = Number(first);
  const endAt = last === '' ? whole.size : Math.min(Number(last) + 1, whole.size);
  if (startAt >= endAt)
    return new Response(null, { status: 416, headers: { 'content-range': `bytes */${whole.size}` } });
  return new Response(whole.slice(startAt, endAt), {
    status: 206,
    headers: { 'content-range': `bytes ${startAt}-${endAt - 1}/${whole.size}` },
  });
}
