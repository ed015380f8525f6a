/** Files over http on this machine, as a studio or a model hub would have them. */
export interface FileServer extends AsyncDisposable {
  /** The address of a file that it has or may get. */
  url(name: string): string;
  readonly files: Map<string, Uint8Array<ArrayBuffer>>;
  /** Names that were asked for, in order. */
  readonly asked: readonly string[];
}

/** A server on a free port. What it does not have is 404. */
export function fileServer(files: Readonly<Record<string, Uint8Array>> = {}): FileServer {
  const held = new Map(Object.entries(files).map(([name, bytes]) => [name, new Uint8Array(bytes)] as const));
  const asked: string[] = [];
  const server = Bun.serve({
    hostname: '127.0.0.1',
    port: 0,
    fetch: ({ url }) => {
      const name = new URL(url).pathname.slice(1);
      asked.push(name);
      const bytes = held.get(name);
      return bytes === undefined ? new Response('nothing here', { status: 404 }) : new Response(bytes);
    },
  });
  return {
    url: (name) => `http://127.0.0.1:${server.port}/${name}`,
    files: held,
    asked,
    [Symbol.asyncDispose]: () => server.stop(true),
  };
}
